"""Each vendor is down in turn: the others are served meanwhile, and all is carried over when it is back."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from cashpath_sandbox.eyes import Eyes

from .agreement import agree
from .merchant import Merchant, Placed
from .stack import Stack
from .until import until

pytestmark = pytest.mark.xdist_group("e2e")

DOWN = {"kind": "status", "status": 503, "times": None}
BACK = 150.0  # seconds: a brake of at most 30, its probe's minute, a notice's own rest


@dataclass(frozen=True)
class Outages:
    """What was sold during each outage, by the system that was down, and what was in the others before it ended.
    `stuck` are the exceptions that were open before all of them."""

    orders: Mapping[str, tuple[Placed, ...]]
    meanwhile: Mapping[str, str]
    deal: str
    stuck: frozenset[str]


@contextmanager
def down(stack: Stack, address: str) -> Iterator[None]:
    """A stand-in that answers 503 to everything."""
    stack.breaks(address, DOWN)
    try:
        yield
    finally:
        stack.breaks(address)


@contextmanager
def suspended(directory: Path) -> Iterator[None]:
    """The ERP's server takes connections and answers none: its process is stopped, and goes on afterwards."""
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True).stdout
    mine = [row.split() for row in listed.splitlines() if str(directory / "tryton") in row and "trytond" in row]
    (pid,) = (int(row[0]) for row in mine)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def sells(merchant: Merchant) -> tuple[Placed, ...]:
    """A plain order, and one with a subscription."""
    draft = merchant.makes("care")
    assert draft.basket.buyer is not None
    merchant.saves_card(draft.basket.buyer)
    return merchant.places("plain"), merchant.sends(draft)


@pytest.fixture(scope="module")
def outages(merchant: Merchant, eyes: Eyes, stack: Stack, directory: Path) -> Outages:
    """Each vendor in turn is down until the others are seen to be served."""
    stack.drains(within=120)
    world, orders, meanwhile = stack.world, {}, {}
    stuck = frozenset(filed.id for filed in stack.stuck())
    with down(stack, world.shopify):
        orders["storefront"] = sells(merchant)
        deal = merchant.wins({"name": "Rack", "currency": "EUR", "lines": [{"name": "Rack", "price": "80.00"}]})
        until(lambda: eyes.in_erp(f"hubspot/order/deals:{deal}"), within=BACK, about="a deal is carried over")
        meanwhile["storefront"] = "a deal was carried into the ERP"
    with down(stack, world.hubspot):
        orders["crm"] = sells(merchant)
        until(lambda: all(eyes.in_erp(order.origin) for order in orders["crm"]), within=BACK, about="sales in the ERP")
        until(lambda: eyes.in_billing(orders["crm"][1].id), within=BACK, about="the subscription started")
        meanwhile["crm"] = "sales and a subscription were made"
    with down(stack, world.stripe):
        orders["billing"] = sells(merchant)
        for order in orders["billing"]:
            agree(eyes, order.origin, order.amounts, within=BACK)
        meanwhile["billing"] = "CRM and ERP had the orders"
    with suspended(directory):
        orders["erp"] = sells(merchant)
        until(lambda: all(eyes.in_crm(o.origin) for o in orders["erp"]), within=120, about="orders in the CRM")
        meanwhile["erp"] = "the CRM had the orders"
    return Outages(orders, meanwhile, deal, stuck)


@pytest.mark.parametrize("system", ["storefront", "crm", "billing", "erp"])
def test_while_a_vendor_is_down_the_others_are_served_and_it_catches_up_when_it_is_back(
    system: str, outages: Outages, eyes: Eyes
) -> None:
    assert outages.meanwhile[system]
    for order in outages.orders[system]:
        agree(eyes, order.origin, order.amounts, within=BACK)
    _, recurring = outages.orders[system]
    (subscription,) = until(lambda: eyes.in_billing(recurring.id), within=BACK, about="the subscription started")
    assert subscription["next"] == 1900


def test_a_deal_won_while_the_storefront_was_down_is_one_sale(outages: Outages, eyes: Eyes) -> None:
    (sale,) = eyes.in_erp(f"hubspot/order/deals:{outages.deal}")
    assert sale.total == Decimal("80.00")


def test_no_outage_left_an_exception_open(outages: Outages, stack: Stack) -> None:
    stack.drains(within=BACK)
    assert [(filed.id, filed.cause.cause) for filed in stack.stuck() if filed.id not in outages.stuck] == []
