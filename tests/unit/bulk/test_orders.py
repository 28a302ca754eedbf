"""A backlog of orders: what many of them share is created once, and what is older than the cutover starts nothing."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from cashpath.flows import create_orders
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.seen import mark_name
from cashpath.records import Line, Money, Order, RecordKey, Recurring, Variant
from cashpath_sandbox.backlog import BILLING, CRM, DEAD, ERP, SHOP, Backlog

FLOW = "create_orders"
MONTHLY = Recurring(interval="month", biller="billing")


def shop(cutover: str = "2020-01-01T00:00:00+00:00") -> Backlog:
    backlog = Backlog(create_orders, FLOW, cutover=cutover)
    mug = Variant(key=RecordKey(SHOP, "variant", "mug"), sku="MUG", title="Mug", price=Money(1200, "EUR"))
    backlog.books[SHOP].add(mug, id="mug")
    return backlog


def orders(backlog: Backlog, many: int, *, recurring: Recurring | None = None) -> list[RecordKey]:
    """Each customer of the shop has ordered one mug."""
    keys = []
    for n, customer in enumerate(backlog.customers(many)):
        variant = RecordKey(SHOP, "variant", "mug")
        price = Money(1200, "EUR")
        mug = Line(key="l1", title="Mug", quantity=1, unit_price=price, variant=variant, sku="MUG", recurring=recurring)
        order = Order(
            key=RecordKey(SHOP, "order", f"{1001 + n}"),
            number=f"#{1001 + n}",
            ordered_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
            currency="EUR",
            total=price,
            total_tax=Money.zero("EUR"),
            customer=customer,
            email=f"{customer.id}@example.com",
            lines=(mug,),
        )
        keys.append(backlog.books[SHOP].add(order, id=order.key.id))
    return keys


def held(backlog: Backlog) -> dict[str, int]:
    """How many records of each kind the targets hold."""
    return {
        f"{system}/{kind}": len(backlog.books[system].of(kind))
        for system in (CRM, BILLING, ERP)
        for kind in ("customer", "variant", "order", "subscription")
        if backlog.books[system].of(kind)
    }


@pytest.mark.parametrize("kills", [(), (900, 300, 2000)])
def test_orders_that_share_a_product_find_it_created_once(kills: tuple[int, ...]) -> None:
    backlog = shop()
    backlog.tell(orders(backlog, 250))
    backlog.drain(kills)
    assert held(backlog) == {
        "crm/customer": 250,
        "crm/order": 250,
        "erp/customer": 250,
        "erp/variant": 1,
        "erp/order": 250,
    }
    assert set(Counter(row.origin for row in backlog.books[ERP].of("order")).values()) == {1}
    assert backlog.queue.messages[DEAD] == []


def test_orders_older_than_the_cutover_are_known_to_the_ledger_and_start_nothing() -> None:
    backlog = shop(cutover="2026-06-01T00:00:00+00:00")
    keys = orders(backlog, 100, recurring=MONTHLY)
    backlog.tell(keys)
    backlog.drain()
    assert held(backlog) == {}
    assert backlog.words() == {"done": 100}
    seen = Ledger("ledger", now=backlog.clock, client=backlog.tables, match_key=bytes).peek(keys[0])
    assert seen is not None
    assert seen.brand == "mugs"
    assert seen.reads[mark_name(FLOW, SHOP, keys[0])].began
