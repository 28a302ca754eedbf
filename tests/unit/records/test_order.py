"""An order adds up to the minor unit, whatever it is made of, or says where it does not."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashpath.records import (
    BadRecord,
    Charge,
    Discount,
    Line,
    Money,
    Order,
    RecordKey,
    ShippingLine,
    SystemId,
    Tax,
    Tender,
)

SHOP = SystemId("shop")
VAT = Decimal("0.19")


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


def tax(amount: str, **values: Any) -> Tax:
    return Tax(title="VAT", rate=VAT, amount=eur(amount), **values)


def mug(quantity: int = 2, price: str = "10.00", **values: Any) -> Line:
    return Line(**{"key": "1", "title": "Mug", "quantity": quantity, "unit_price": eur(price), **values})


def order(total: str | Money, *lines: Line, tax: str | Money = "0.00", **values: Any) -> Order:
    said: dict[str, Any] = {
        "number": "#1042",
        "ordered_at": datetime(2026, 5, 1, tzinfo=UTC),
        "currency": "EUR",
        "total": total if isinstance(total, Money) else eur(total),
        "total_tax": tax if isinstance(tax, Money) else eur(tax),
    }
    return Order(key=RecordKey(SHOP, "order", "1042"), lines=lines, **{**said, **values})


def adds_up(order: Order) -> bool:
    return order.checked() is order


def test_lines_shipping_and_tax_make_the_total() -> None:
    shipping = ShippingLine(key="s", title="Parcel", price=eur("5.00"), taxes=(tax("0.95"),))
    assert adds_up(order("29.75", mug(taxes=(tax("3.80"),)), shipping=(shipping,), tax="4.75"))


def test_tax_inside_the_prices_is_not_added_again() -> None:
    assert adds_up(order("20.00", mug(taxes=(tax("3.19"),)), prices_include_tax=True, tax="3.19"))


def test_discounts_of_lines_and_of_shipping_are_taken_off() -> None:
    line = mug(discounts=(Discount(title="SUMMER", amount=eur("2.00")), Discount(title="VIP", amount=eur("1.00"))))
    shipping = ShippingLine(
        key="s", title="Parcel", price=eur("5.00"), discounts=(Discount(title="FREE", amount=eur("5.00")),)
    )
    assert adds_up(order("17.00", line, shipping=(shipping,)))
    assert (line.amount, shipping.amount) == (eur("17.00"), eur("0.00"))


def test_an_order_level_discount_is_allocated_to_lines_and_nothing_is_lost() -> None:
    lines = [mug(1, "10.00", key=str(n)) for n in range(3)]
    shares = eur("10.00").allocate([line.amount.minor for line in lines])
    discounted = [
        replace(line, discounts=(Discount(title="TEN OFF", amount=share),))
        for line, share in zip(lines, shares, strict=True)
    ]
    assert adds_up(order("20.00", *discounted))


def test_tax_that_a_marketplace_owes_is_paid_by_the_customer_all_the_same() -> None:
    line = mug(taxes=(tax("3.80", liable="channel"),))
    assert adds_up(order("23.80", line, tax="3.80"))
    assert [t.liable for t in order("23.80", line, tax="3.80").taxes()] == ["channel"]


def test_duties_and_fees_are_part_of_the_total_and_so_is_their_tax() -> None:
    duty = Charge(key="d", title="Duty", amount=eur("4.00"), taxes=(tax("0.76"),))
    fee = Charge(key="f", title="Deposit", amount=eur("0.25"), taxes=(tax("0.05"),))
    assert adds_up(order("25.06", mug(), duties=(duty,), fees=(fee,), tax="0.81"))


@pytest.mark.parametrize(("rounding", "total"), [("0.02", "19.90"), ("-0.03", "19.85")])
def test_cash_is_rounded_either_way(rounding: str, total: str) -> None:
    assert adds_up(order(total, mug(1, "19.88"), rounding=eur(rounding)))


def test_a_tip_is_part_of_the_total() -> None:
    assert adds_up(order("23.00", mug(), tip=eur("3.00")))


def test_a_gift_card_sold_is_a_line_and_one_redeemed_is_a_way_to_pay() -> None:
    sold = mug(1, "50.00", title="Gift card", gift_card=True)
    redeemed = Tender(kind="gift_card", gateway="gift_card", amount=eur("30.00"))
    assert adds_up(order("50.00", sold, tenders=(redeemed,)))


def test_how_an_order_was_paid_does_not_change_what_is_owed() -> None:
    assert adds_up(order("20.00", mug(), tenders=()))
    assert adds_up(order("20.00", mug(), tenders=(Tender(kind="card", gateway="visa", amount=eur("7.00")),)))


def test_what_the_customer_saw_in_another_currency_takes_no_part_in_the_sum() -> None:
    assert adds_up(order("20.00", mug(), presentment=Money.of("3200", "JPY")))


@pytest.mark.parametrize(("currency", "price", "total"), [("JPY", "1500", "4500"), ("KWD", "1.125", "3.375")])
def test_currencies_without_and_with_three_decimals_add_up(currency: str, price: str, total: str) -> None:
    line = mug(3, unit_price=Money.of(price, currency))
    assert adds_up(order(Money.of(total, currency), line, tax=Money.zero(currency), currency=currency))


def test_a_free_order_and_one_of_nothing_add_up() -> None:
    assert adds_up(order("0.00", mug(discounts=(Discount(title="FREE", amount=eur("20.00")),))))
    assert adds_up(order("0.00"))


def test_a_removed_line_counts_nothing() -> None:
    assert adds_up(order("20.00", mug(), mug(0, "99.00", key="2")))


def test_a_total_that_does_not_add_up_shows_its_sum_and_where_to_look() -> None:
    shipping = ShippingLine(key="s", title="Parcel", price=eur("5.00"))
    wrong = order("30.00", mug(taxes=(tax("3.80"),)), shipping=(shipping,), tip=eur("1.00"), tax="3.80")
    with pytest.raises(BadRecord) as refused:
        wrong.checked()
    assert str(refused.value) == (
        "order #1042: lines 20.00 EUR + shipping 5.00 EUR + tip 1.00 EUR + tax 3.80 EUR = 29.80 EUR, its total says "
        "30.00 EUR; look for a fee or discount that is not mapped (docs/mapping.md#fees)"
    )


def test_an_order_with_tax_inside_shows_no_tax_in_its_sum() -> None:
    with pytest.raises(BadRecord, match=r"lines 20\.00 EUR = 20\.00 EUR, its total says 23\.19 EUR"):
        order("23.19", mug(taxes=(tax("3.19"),)), prices_include_tax=True, tax="3.19").checked()


def test_taxes_that_do_not_make_the_total_tax_are_named_first() -> None:
    with pytest.raises(BadRecord) as refused:
        order("23.81", mug(taxes=(tax("3.80"),)), tax="3.81").checked()
    assert str(refused.value) == (
        "order #1042: its taxes make 3.80 EUR, its total tax says 3.81 EUR; look for a tax line that is not mapped "
        "(docs/mapping.md#taxes)"
    )


def test_a_deal_of_which_only_the_amount_is_known_asks_what_was_sold() -> None:
    with pytest.raises(BadRecord, match=r"its total says 5000\.00 EUR; it has no lines: say what was sold"):
        order("5000.00").checked()


def test_a_minor_unit_too_much_is_refused() -> None:
    with pytest.raises(BadRecord):
        order("20.01", mug()).checked()


def test_an_amount_in_another_currency_than_the_orders_is_refused_by_name() -> None:
    with pytest.raises(BadRecord, match=r"order #1042: 0\.00 EUR and 20\.00 USD are of different currencies.*EUR$"):
        order("20.00", mug(unit_price=Money.of("10.00", "USD"))).checked()


def test_two_lines_of_one_key_are_refused() -> None:
    with pytest.raises(BadRecord, match="order #1042: two lines have the key '1'"):
        order("40.00", mug(), mug()).checked()


def test_an_order_names_its_customer_company_and_variants_each_once() -> None:
    variant, customer = RecordKey(SHOP, "variant", "9"), RecordKey(SHOP, "customer", "7")
    company = RecordKey(SHOP, "company", "5")
    lines = (mug(variant=variant), mug(key="2", variant=variant), mug(key="3"))
    assert order("60.00", *lines, customer=customer, company=company).references() == (customer, company, variant)


amounts = st.integers(min_value=0, max_value=10**9).map(lambda minor: Money(minor, "EUR"))
taxes = st.lists(amounts.map(lambda amount: Tax(title="VAT", rate=VAT, amount=amount)), max_size=3).map(tuple)
parcels = st.lists(
    st.builds(ShippingLine, key=st.just("s"), title=st.just("Parcel"), price=amounts, taxes=taxes), max_size=2
)
charges = st.lists(st.builds(Charge, key=st.just("c"), title=st.just("Fee"), amount=amounts, taxes=taxes), max_size=3)


@st.composite
def whole_orders(draw: st.DrawFn) -> Order:
    """Orders whose totals are what their parts make."""
    lines = [
        mug(draw(st.integers(0, 100)), unit_price=draw(amounts), key=str(n), taxes=draw(taxes))
        for n in range(draw(st.integers(0, 6)))
    ]
    duties, fees, shipping = draw(charges), draw(charges), draw(parcels)
    tip, rounding, included = draw(amounts), draw(st.integers(-4, 4)), draw(st.booleans())
    parts: list[Line | ShippingLine | Charge] = [*lines, *shipping, *duties, *fees]
    tax = sum(t.amount.minor for part in parts for t in part.taxes)
    net = sum(part.amount.minor for part in parts) + tip.minor + rounding
    return order(
        Money(net + (0 if included else tax), "EUR"),
        *lines,
        tax=Money(tax, "EUR"),
        duties=tuple(duties),
        fees=tuple(fees),
        shipping=tuple(shipping),
        tip=tip,
        rounding=Money(rounding, "EUR"),
        prices_include_tax=included,
    )


@given(whole_orders())
def test_whatever_an_order_is_made_of_it_adds_up(whole: Order) -> None:
    assert adds_up(whole)


@given(whole_orders(), st.integers(-1000, 1000).filter(bool))
def test_whatever_an_order_is_made_of_no_minor_unit_may_go_astray(whole: Order, astray: int) -> None:
    with pytest.raises(BadRecord, match="its total says"):
        replace(whole, total=whole.total + Money(astray, "EUR")).checked()
    with pytest.raises(BadRecord, match="its total tax says"):
        replace(whole, total_tax=whole.total_tax + Money(astray, "EUR")).checked()
