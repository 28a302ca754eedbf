"""Whatever a shop sells, the portal holds it exactly, and what is read back adds up to the minor unit."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cashpath.records import Charge, Discount, Line, Money, Order, ShippingLine, Tax
from cashpath_sandbox.hubspot.samples import MONTHLY, customers, order

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Any order that adds up, in a currency with two, no or three decimals."""
    currency = draw(CURRENCIES)

    def money(least: int = 0, most: int = 10_000_000) -> Money:
        return Money(draw(st.integers(least, most)), currency)

    def taxes() -> tuple[Tax, ...]:
        return tuple(Tax(title="VAT", rate=Decimal("0.19"), amount=money()) for _ in range(draw(st.integers(0, 2))))

    def line(key: str) -> Line:
        price, quantity = money(), draw(st.integers(1, 9_999))
        off = money(0, (price * quantity).minor)
        return Line(
            key=key,
            title=draw(TEXT),
            quantity=quantity,
            unit_price=price,
            sku=draw(TEXT),
            discounts=(Discount(title="", amount=off),) if off else (),
            taxes=taxes(),
            recurring=draw(st.sampled_from([None, MONTHLY])),
        )

    shipping = ShippingLine(key="s", title="Post", price=money(), taxes=taxes())
    made = replace(
        order(draw(st.integers(1, 2))),
        currency=currency,
        note=draw(TEXT),
        prices_include_tax=draw(st.booleans()),
        lines=tuple(line(f"l{i}") for i in range(draw(st.integers(1, 4)))),
        shipping=draw(st.sampled_from([(), (shipping,)])),
        duties=draw(st.sampled_from([(), (Charge(key="d", title="Duty", amount=money(), taxes=taxes()),)])),
        fees=draw(st.sampled_from([(), (Charge(key="f", title="Fee", amount=money(), taxes=taxes()),)])),
        tip=draw(st.sampled_from([None, money()])),
        rounding=draw(st.sampled_from([None, money(-4, 4)])),
    )
    tax = Money.sum((t.amount for t in made.taxes()), currency)
    sold: tuple[Line | ShippingLine | Charge, ...] = (*made.lines, *made.shipping, *made.duties, *made.fees)
    amounts = [*(part.amount for part in sold), *filter(None, (made.tip, made.rounding))]
    total = Money.sum(amounts if made.prices_include_tax else [*amounts, tax], currency)
    return replace(made, total=total, total_tax=tax).checked()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=orders(), then=orders())
def test_any_order_is_held_exactly_and_reads_back_adding_up(
    make_desk: Callable[..., Any], first: Order, then: Order
) -> None:
    desk = make_desk()
    changed = replace(then, key=first.key, sold_as=first.sold_as, customer=first.customer, company=first.company)
    for placed in (first, changed):
        desk.write(*customers(1), *customers(2), placed)
        assert desk.holds(placed)
        read = desk.connector.read("order", desk.refs[placed.key]).record.checked()
        assert (read.total, read.total_tax) == (placed.total, placed.total_tax)
        assert {(x.key, x.amount) for x in read.lines} == {(x.key, x.amount) for x in placed.lines}
