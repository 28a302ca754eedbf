"""Whatever a shop charges, the sale that we send makes the same amounts in Tryton's own arithmetic.

Tryton's rounding is not copied here: `TaxableMixin._round_taxes` of trytond_account itself runs on the lines.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from trytond.modules.account.tax import TaxableMixin

from cashpath.faults import NeedsPerson
from cashpath.records import Charge, Discount, Line, Money, Order, RecordKey, ShippingLine, SystemId, Tax
from cashpath.records.money import exponent
from cashpath.records.order import Liable
from cashpath.systems.tryton import pricing
from cashpath.systems.tryton.pricing import SaleLine
from cashpath.systems.tryton.taxing import PURPOSES, Rounding, TaxTable
from cashpath_sandbox.tryton.samples import added_up

RATES = (Decimal("0.07"), Decimal("0.0825"), Decimal("0.19"))
UNITS = {(purpose, digits): 100 + 10 * n + digits for n, purpose in enumerate(PURPOSES) for digits in (0, 2, 3)}
CURRENCIES = ("EUR", "JPY", "KWD")
SHOP = SystemId("shop")
LIABLE: tuple[Liable, ...] = ("shop", "shop", "channel")


def table(rounding: Rounding, *, collect: bool = True) -> TaxTable:
    """Three rates, and the taxes worth one minor unit."""
    rates = {rate.normalize(): [(n, f"VAT {rate}")] for n, rate in enumerate(RATES, start=1)}
    return TaxTable(rates, UNITS, rounding, collect)


@dataclass
class Currency:
    """A currency as Tryton's tax code asks it."""

    rounding: Decimal

    def round(self, amount: Decimal, opposite: bool = False) -> Decimal:
        """Half to even, which is its own opposite."""
        return (amount / self.rounding).quantize(Decimal(1), rounding=ROUND_HALF_EVEN) * self.rounding


@dataclass
class Amount:
    """A tax line as `_round_taxes` changes it."""

    amount: Decimal


class Document(TaxableMixin):  # type: ignore[misc]
    """A sale in the hands of Tryton's own rounding."""

    def __init__(self, currency: Currency) -> None:
        self.currency = currency


def in_tryton(lines: tuple[SaleLine, ...], currency: str, rounding: Rounding) -> tuple[Decimal, Decimal]:
    """Untaxed amount and tax as trytond_sale and trytond_account make them (`_get_taxes`, without its database)."""
    unit = Currency(Decimal(1).scaleb(-exponent(currency)))
    document = Document(unit)
    values = dict(enumerate(RATES, start=1))
    groups: dict[Any, list[SaleLine]] = defaultdict(list)
    for line in lines:
        groups[line.taxes, line.unit_price * line.quantity >= 0].append(line)
    total = Decimal(0)
    for (taxes, _), group in groups.items():
        sums = {tax: Amount(Decimal(0)) for tax in taxes}
        for line in group:
            made = {t: Amount(_tax(t, line, values)) for t in taxes}
            if rounding == "line":
                document._round_taxes(made)
            for tax, amount in made.items():
                sums[tax].amount += amount.amount
        if rounding == "document":
            document._round_taxes(sums)
        total += sum((amount.amount for amount in sums.values()), Decimal(0))
    untaxed = sum((unit.round(line.unit_price * line.quantity) for line in lines), Decimal(0))
    return untaxed, total


def _tax(tax: int, line: SaleLine, rates: dict[int, Decimal]) -> Decimal:
    if tax in rates:
        return line.unit_price * rates[tax] * line.quantity
    (digits,) = [digits for (_, digits), id in UNITS.items() if id == tax]
    return Decimal(1).scaleb(-digits) * line.quantity


@st.composite
def taxes(draw: st.DrawFn, amount: Money, quantity: int, inclusive: bool) -> tuple[Tax, ...]:
    """What a shop charges on an amount: by a rate we know or not, rounded its own way, owed by itself or a channel."""
    found = []
    for rate in draw(st.lists(st.sampled_from((*RATES, Decimal("0.0333"))), max_size=2, unique=True)):
        exact = amount.minor * rate / (1 + rate) if inclusive else amount.minor * rate
        off = draw(st.integers(-quantity, quantity))
        liable: Liable = draw(st.sampled_from(LIABLE))
        found.append(
            Tax(title=f"VAT {rate}", rate=rate, amount=Money(max(0, int(exact) + off), amount.currency), liable=liable)
        )
    return tuple(found)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Any order that adds up."""
    currency, inclusive = draw(st.sampled_from(CURRENCIES)), draw(st.booleans())
    lines = []
    for n in range(draw(st.integers(0, 6))):
        quantity, price = draw(st.integers(1, 250)), Money(draw(st.integers(0, 500_000)), currency)
        whole = price * quantity
        discount = Money(draw(st.integers(0, whole.minor)), currency)
        line = Line(
            key=f"{n}",
            title=f"Thing {n}",
            quantity=quantity,
            unit_price=price,
            variant=draw(st.sampled_from((None, RecordKey(SHOP, "variant", "1")))),
            gift_card=draw(st.booleans()),
            discounts=(Discount(title="SALE", amount=discount),) if discount else (),
        )
        lines.append(replace(line, taxes=draw(taxes(line.amount, quantity, inclusive))))
    post = ShippingLine(key="1", title="Post", price=Money(draw(st.integers(0, 5000)), currency))
    fee = Charge(key="1", title="Fee", amount=Money(draw(st.integers(0, 5000)), currency))
    duty = Charge(key="1", title="Duty", amount=Money(draw(st.integers(0, 5000)), currency))
    return added_up(
        Order(
            key=RecordKey(SHOP, "order", "1"),
            number="#1",
            ordered_at=datetime(2026, 3, 1, tzinfo=UTC),
            currency=currency,
            total=Money(0, currency),
            total_tax=Money(0, currency),
            prices_include_tax=inclusive,
            lines=tuple(lines),
            shipping=(replace(post, taxes=draw(taxes(post.amount, 1, inclusive))),),
            fees=(replace(fee, taxes=draw(taxes(fee.amount, 1, inclusive))),),
            duties=(duty,),
            tip=Money(draw(st.integers(0, 900)), currency),
            rounding=Money(draw(st.integers(-4, 4)), currency),
        )
    )


def sent(order: Order, rounding: Rounding, price_digits: int) -> tuple[SaleLine, ...]:
    """The lines of the sale; orders that Tryton cannot compute at all have a test of their own."""
    try:
        return pricing.priced(order, table(rounding), price_digits)
    except NeedsPerson as fault:
        if fault.code != "erp_would_hang":
            raise
        reject()


@settings(max_examples=300, deadline=None)
@given(orders(), st.sampled_from(("line", "document")), st.integers(4, 8))
def test_a_sale_makes_the_amounts_of_its_order_to_the_minor_unit(
    order: Order, rounding: Rounding, price_digits: int
) -> None:
    lines = sent(order, rounding, price_digits)
    untaxed, tax = in_tryton(lines, order.currency, rounding)
    assert Money.of(tax, order.currency) == order.total_tax
    assert Money.of(untaxed + tax, order.currency) == order.total
    assert len({line.key for line in lines}) == len(lines)


@settings(max_examples=100, deadline=None)
@given(orders())
def test_each_part_keeps_its_own_amount(order: Order) -> None:
    lines = sent(order, "line", 4)
    unit = Currency(Decimal(1).scaleb(-exponent(order.currency)))
    made = pricing.merged([(line.key, unit.round(line.unit_price * line.quantity)) for line in lines])
    assert made == {part.key: part.net.decimal for part in pricing.parts(order)}


@settings(max_examples=100, deadline=None)
@given(orders())
def test_what_a_channel_owes_is_never_our_tax(order: Order) -> None:
    lines = {line.key: line for line in sent(order, "line", 4)}
    owed = sum(tax.amount.minor for tax in order.taxes() if tax.liable == "channel")
    if not owed:
        assert "tax/channel" not in lines
        return
    line = lines["tax/channel"]
    assert line.quantity == owed
    assert line.taxes == (UNITS["channel", exponent(order.currency)],)
    assert line.unit_price == 0


def test_two_taxes_of_half_a_cent_never_reach_tryton_which_would_look_for_their_remainder_for_ever() -> None:
    ten = Decimal("0.10")
    both = {ten.normalize(): [(1, "State"), (2, "City")]}
    half = tuple(Tax(title=title, rate=ten, amount=Money(1, "EUR")) for title in ("State", "City"))
    line = Line(key="1", title="Pin", quantity=1, unit_price=Money(5, "EUR"), taxes=half)
    order = Order(
        key=RecordKey(SHOP, "order", "1"),
        number="#1",
        ordered_at=datetime(2026, 3, 1, tzinfo=UTC),
        currency="EUR",
        total=Money(7, "EUR"),
        total_tax=Money(2, "EUR"),
        lines=(line,),
    ).checked()
    with pytest.raises(NeedsPerson) as caught:
        pricing.priced(order, TaxTable(both, UNITS, "line"), 4)
    assert caught.value.code == "erp_would_hang"


def test_a_tax_that_no_rate_of_tryton_explains_asks_for_the_rate() -> None:
    strange = Tax(title="Beverage", rate=Decimal("0.0333"), amount=Money(33, "EUR"))
    line = Line(key="1", title="Cola", quantity=1, unit_price=Money(1000, "EUR"), taxes=(strange,))
    order = Order(
        key=RecordKey(SHOP, "order", "1"),
        number="#1",
        ordered_at=datetime(2026, 3, 1, tzinfo=UTC),
        currency="EUR",
        total=Money(1033, "EUR"),
        total_tax=Money(33, "EUR"),
        lines=(line,),
    ).checked()
    with pytest.raises(NeedsPerson, match=r"0\.33 EUR of 10\.00 EUR"):
        pricing.priced(order, table("line", collect=False), 4)
