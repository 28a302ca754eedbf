"""Deliveries come many times, at once and in any order: everything is there once, as it was left last."""

import itertools
from dataclasses import dataclass

import pytest

from cashpath_sandbox.eyes import Eyes

from .agreement import agree
from .merchant import Merchant, Placed
from .stack import Stack
from .until import until

pytestmark = pytest.mark.xdist_group("e2e")

EDITS = ((3, 3, 1), (3, 1, 1), (1, 4, 1))  # quantities of mugs, teas and care plans after each edit
ORDERS = tuple(itertools.permutations(range(3)))


@dataclass(frozen=True)
class Storm:
    """Orders of one storm, and how many records the CRM held before."""

    orders: tuple[Placed, ...]
    contacts: int
    sold: int


def placed(merchant: Merchant) -> Placed:
    """An order with a subscription, of somebody who has a card."""
    draft = merchant.makes("care")
    assert draft.basket.buyer is not None
    merchant.saves_card(draft.basket.buyer)
    return merchant.sends(draft)


def edited(merchant: Merchant, order: Placed, quantities: tuple[int, ...]) -> None:
    """Staff set the quantity of each line."""
    merchant.sets_quantities(order, {order.line(i): n for i, n in enumerate(quantities)})


def sold(eyes: Eyes) -> int:
    """How many orders and deals the CRM holds."""
    return eyes.stock()["orders"] + eyes.stock()["deals"]


def once_everywhere(eyes: Eyes, order: Placed) -> None:
    """One order in the CRM, one sale, one party, one subscription and one who pays, all as the last edit left them."""
    agree(eyes, order.origin, order.amounts_of(*EDITS[-1]), within=90)
    until(lambda: eyes.in_billing(order.id), within=60, about=f"{order.id} has its subscription")
    (subscription,) = eyes.in_billing(order.id)
    assert subscription["next"] == 1900
    assert len(eyes.payers(order.email)) == 1
    assert len(eyes.parties(order.name)) == 1


@pytest.fixture(scope="module")
def held_back(merchant: Merchant, stack: Stack, eyes: Eyes) -> Storm:
    """One order for each order of deliveries: created and edited twice, its events delivered only then, in that order,
    the creation ten times at once."""
    stack.drains(within=90)
    contacts, before = eyes.stock()["contacts"], sold(eyes)
    stack.subscribes("none")
    orders = tuple(placed(merchant) for _ in ORDERS)
    for order in orders:
        for quantities in EDITS[1:]:
            edited(merchant, order, quantities)
    stack.subscribes()
    for order, turn in zip(orders, ORDERS, strict=True):
        told = [event for event in stack.events(order.id) if event["topic"] in ("orders/create", "orders/updated")]
        assert len(told) == len(turn)
        for i in turn:
            assert set(stack.at_once([told[i]] * (10 if i == 0 else 1))) == {202}
    return Storm(orders, contacts, before)


@pytest.mark.parametrize("turn", ORDERS, ids=lambda turn: "-".join(("create", "edit", "edit again")[i] for i in turn))
def test_events_delivered_in_any_order_end_at_the_last_edit(
    turn: tuple[int, ...], held_back: Storm, eyes: Eyes
) -> None:
    once_everywhere(eyes, held_back.orders[ORDERS.index(turn)])


def test_nothing_was_made_twice_by_any_of_them(held_back: Storm, eyes: Eyes, stack: Stack) -> None:
    stack.drains(within=90)
    assert eyes.stock()["contacts"] - held_back.contacts == len(held_back.orders)
    assert sold(eyes) - held_back.sold == len(held_back.orders)


def test_ten_deliveries_at_once_while_staff_edit_make_one_of_everything(
    merchant: Merchant, eyes: Eyes, stack: Stack
) -> None:
    contacts, before = eyes.stock()["contacts"], sold(eyes)
    order = placed(merchant)
    for quantities in EDITS:
        assert set(stack.at_once(stack.events(order.id)[:1] * 10)) == {202}
        edited(merchant, order, quantities)
    once_everywhere(eyes, order)
    stack.drains(within=90)
    once_everywhere(eyes, order)
    assert eyes.stock()["contacts"] - contacts == 1
    assert sold(eyes) - before == 1


def test_two_orders_of_one_new_customer_at_the_same_moment_make_one_customer(
    merchant: Merchant, eyes: Eyes, stack: Stack
) -> None:
    contacts = eyes.stock()["contacts"]
    buyer = merchant.buyer("Lotte", "Zwick")
    stack.subscribes("none")
    orders = [merchant.places("plain", buyer=buyer) for _ in range(2)]
    stack.subscribes()
    stack.at_once([event for order in orders for event in stack.events(order.id)])
    for order in orders:
        agree(eyes, order.origin, order.amounts, within=90)
    assert len(eyes.parties(order.name)) == 1
    assert eyes.stock()["contacts"] - contacts == 1
