"""The other way round: a deal that sales won becomes a sale and a subscription; the order made of it makes no other."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cashpath_sandbox.eyes import Eyes, Sold
from cashpath_sandbox.shopify import orders

from .agreement import BOOKED
from .merchant import Draft, Merchant
from .stack import Stack
from .until import until

pytestmark = pytest.mark.xdist_group("e2e")


def test_a_deal_won_in_the_crm_becomes_one_sale_and_one_subscription(merchant: Merchant, eyes: Eyes) -> None:
    buyer = merchant.buyer("Ute", "Vogel")
    merchant.saves_card(buyer)
    deal = merchant.wins(
        {
            "name": "Tea corner",
            "currency": "EUR",
            "contact": {"email": buyer.email, "firstname": buyer.first, "lastname": buyer.last},
            "lines": [
                {"name": "Tea machine", "hs_sku": "MACHINE", "price": "1200.00", "quantity": "2"},
                {"name": "Care plan", "hs_sku": "CAREPLAN", "price": "49.00", "recurringbillingfrequency": "monthly"},
            ],
        }
    )
    origin = f"hubspot/order/deals:{deal}"
    (sale,) = until(lambda: booked(eyes, origin), within=60, about="the deal's sale is confirmed")
    assert sale.total == Decimal("2449.00")
    assert sorted(sale.lines.values()) == [(1, Decimal("49.00")), (2, Decimal("2400.00"))]
    (subscription,) = until(lambda: eyes.in_billing(f"deals:{deal}"), within=30, about="the subscription started")
    assert subscription["next"] == 4900
    assert eyes.in_crm(origin) == []


def test_an_order_that_staff_made_of_a_won_deal_and_the_deal_are_one_sale(
    merchant: Merchant, eyes: Eyes, stack: Stack
) -> None:
    buyer = merchant.buyer("Uwe", "Amsel")
    lines = [{"name": "Mug", "hs_sku": "MUG", "price": "14.90", "quantity": "2"}]
    contact = {"email": buyer.email, "firstname": buyer.first, "lastname": buyer.last}
    deal = merchant.wins({"name": "Mugs", "currency": "EUR", "contact": contact, "lines": lines})
    origin = f"hubspot/order/deals:{deal}"
    until(lambda: booked(eyes, origin), within=60, about="the deal's sale is confirmed")
    plain = merchant.makes("plain", buyer)
    won = orders.won(origin, plain.n, datetime.now(UTC))
    body = {**won.body, **{name: plain.made.body[name] for name in ("customer", "email", "billing_address")}}
    order = merchant.sends(Draft("won", plain.n, plain.basket, replace(won, body=body)))
    until(lambda: eyes.in_erp(origin)[0].amounts == order.amounts, within=60, about="the sale is the order's")
    stack.drains(within=60)
    assert len(eyes.in_erp(origin)) == 1
    assert eyes.in_erp(order.origin) == []
    assert eyes.in_crm(order.origin) == []


def booked(eyes: Eyes, origin: str) -> list[Sold]:
    """The sales of this origin, once they are confirmed."""
    return [sale for sale in eyes.in_erp(origin) if sale.state in BOOKED]
