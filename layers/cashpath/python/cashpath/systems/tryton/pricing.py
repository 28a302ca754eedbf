"""An order as the lines of a Tryton sale whose amounts are exactly the order's. Pure.

Everything that makes up the total is a line with a key: `line/…`, `shipping/…`, `duty/…`, `fee/…`, `tip`, `rounding`.
Amounts are without tax: where the order's prices include it, it is taken out here. Discounts are inside the unit price
(the module sale_discount is not asked for) and told in the line's note. Tryton makes a line's amount from quantity
times a unit price of a few decimals; where that cannot make the amount, the missing minor units are a second line,
`…~rest`. Gift cards are sold through a product of their own, since a card is owed, not earned: its account category
decides where it is booked, and Tryton accepts only accounts of a revenue type there.
Tax is explained in `taxing`; its lines are `tax/rounding`, `tax/channel`, `tax/collected`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from cashpath.records import Charge, Line, Money, Order, RecordKey, ShippingLine, Tax
from cashpath.records.money import exponent
from cashpath.systems.tryton import taxing, text
from cashpath.systems.tryton.taxing import Purpose, Taxed, TaxTable

Service = Literal["SHIPPING", "DUTY", "FEE", "TIP", "ROUNDING", "GIFT-CARD"]
SERVICES: tuple[Service, ...] = ("SHIPPING", "DUTY", "FEE", "TIP", "ROUNDING", "GIFT-CARD")
REST = "~rest"


@dataclass(frozen=True)
class Part:
    """One thing that the total is made of. `amount` is what the order says for it, tax inside where prices include
    it; `net` is without tax. `sold` is a product of the shop or one of our services; None for a free-text line."""

    key: str
    title: str
    quantity: int
    net: Money
    taxes: tuple[Tax, ...] = ()
    sold: RecordKey | Service | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class SaleLine:
    """One line of the sale, as it will be sent."""

    key: str
    description: str
    quantity: int
    unit_price: Decimal
    taxes: tuple[int, ...] = ()
    sold: RecordKey | Service | None = None
    details: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """The line's note: its key first, by which it is found again, then discounts and taxes as the shop told."""
        return "\n".join((f"cashpath:{self.key}", *self.details))


def parts(order: Order) -> tuple[Part, ...]:
    """What the order is made of, each part without tax. Parts that are nothing (quantity and amounts zero) are left
    out: a line that an edit removed keeps its key and has quantity 0."""
    return tuple(part for part in _parts(order) if part.quantity or part.net or any(t.amount for t in part.taxes))


def _parts(order: Order) -> Iterator[Part]:
    inclusive = order.prices_include_tax
    for line in order.lines:
        sold: RecordKey | Service | None = "GIFT-CARD" if line.gift_card else line.variant
        yield _part("line", line, line.quantity, line.amount, sold, inclusive=inclusive)
    for shipping in order.shipping:
        yield _part("shipping", shipping, 1, shipping.amount, "SHIPPING", inclusive=inclusive)
    for duty in order.duties:
        yield _part("duty", duty, 1, duty.amount, "DUTY", inclusive=inclusive)
    for fee in order.fees:
        yield _part("fee", fee, 1, fee.amount, "FEE", inclusive=inclusive)
    if order.tip:
        yield Part("tip", "Tip", 1, order.tip, sold="TIP")
    if order.rounding:
        yield Part("rounding", "Cash rounding", 1, order.rounding, sold="ROUNDING")


def _part(
    group: str,
    source: Line | ShippingLine | Charge,
    quantity: int,
    amount: Money,
    sold: RecordKey | Service | None,
    *,
    inclusive: bool,
) -> Part:
    tax = Money.sum((t.amount for t in source.taxes), amount.currency)
    discounts = () if isinstance(source, Charge) else source.discounts
    details = (
        *(f"discount {text.line(d.title)}: {d.amount}" for d in discounts),
        *(tax_detail(t) for t in source.taxes),
    )
    title = text.lines(source.title) or group
    net = amount - tax if inclusive else amount
    return Part(f"{group}/{source.key}", title, quantity, net, source.taxes, sold, details)


def tax_detail(tax: Tax) -> str:
    """A tax as a line of the note, from which it is read back."""
    whose = "" if tax.liable == "shop" else f" ({tax.liable})"
    return f"tax {tax.rate.normalize():f} {tax.amount}{whose}: {text.line(tax.title)}"


def priced(order: Order, table: TaxTable, digits: int) -> tuple[SaleLine, ...]:
    """The lines of the sale. `digits` is how many decimals a unit price has in that database.

    Raises NeedsPerson where a tax cannot be expressed.
    """
    lines: list[SaleLine] = []
    channel = collected = Money.zero(order.currency)
    for part in parts(order):
        ids, by_channel, by_amount = taxing.split(part.taxes, part.net, part.quantity, table)
        channel, collected = channel + by_channel, collected + by_amount
        lines.extend(_lines(part, ids, digits))
    rates = {id: rate for rate, known in table.rates.items() for id, _ in known}
    modelled = [
        Taxed(line.unit_price, line.quantity, tuple((id, rates[id]) for id in line.taxes))
        for line in lines
        if line.taxes
    ]
    computed = Money.of(taxing.computed(modelled, exponent(order.currency), table.rounding), order.currency)
    rounding = order.total_tax - channel - collected - computed
    named: Mapping[Purpose, Money] = {"rounding": rounding, "channel": channel, "collected": collected}
    return (*lines, *(_tax_line(purpose, amount, table) for purpose, amount in named.items() if amount))


def _lines(part: Part, taxes: tuple[int, ...], digits: int) -> Iterator[SaleLine]:
    quantity = part.quantity or 1
    price = (part.net.decimal / quantity).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    decimals = exponent(part.net.currency)
    yield SaleLine(part.key, part.title, quantity, price, taxes, part.sold if part.quantity else None, part.details)
    rest = part.net.decimal - taxing.rounded(price * quantity, decimals)
    if rest:
        yield SaleLine(part.key + REST, f"{part.title}: rest of the division", 1, rest, taxes, "ROUNDING")


def _tax_line(purpose: Purpose, amount: Money, table: TaxTable) -> SaleLine:
    titles = {
        "rounding": "Tax: rounding as in the shop",
        "channel": "Tax owed by the channel",
        "collected": "Tax as collected by the shop",
    }
    unit = table.unit(purpose, exponent(amount.currency))
    return SaleLine(f"tax/{purpose}", titles[purpose], amount.minor, Decimal(0), (unit,))


def merged(lines: Sequence[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """The amount of each part, its rest included, from keys and amounts of sale lines; tax lines left out."""
    sums: dict[str, Decimal] = {}
    for key, amount in lines:
        if not key.startswith("tax/"):
            whole = key.removesuffix(REST)
            sums[whole] = sums.get(whole, Decimal(0)) + amount
    return sums


def untaxed(order: Order) -> Money:
    """What the sale's lines make without tax."""
    return Money.sum((part.net for part in parts(order)), order.currency)
