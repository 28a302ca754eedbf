"""Makes Tryton's tax equal the storefront's, to the minor unit. Pure.

The storefront sold, so what it charged is what was charged; Tryton computes tax itself, from rates and with its own
rounding, and would be a cent off on every tenth order. So:

1. A tax that the shop owes goes onto its line as Tryton's percentage tax of the same rate, so that base and tax land in
   the tax report as usual, if the rate explains the amount (each unit may be rounded by itself, no more).
2. What Tryton will then compute is modelled here, rounding included, and the difference, a few minor units, is one
   line at price zero with a fixed tax worth one minor unit ("Cashpath rounding 0.01"), as often as needed.
3. A tax that the channel owes (marketplace facilitator) is no tax of ours: it is a line at price zero with the fixed
   tax "Cashpath channel 0.01", whose account is a clearing account.
4. A tax that no rate of Tryton explains is booked exactly by "Cashpath collected 0.01", if the settings allow it
   (`unknown_taxes = "collect"`); else a person has to set up the rate.

Nothing is rounded away, and the client compares Tryton's totals with the order's before it confirms a sale.
Source: trytond_account 8.2, `tax.py` (TaxableMixin._get_taxes, ._round_taxes), `currency.py` (Currency.round).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import cycle
from typing import Literal

from cashpath.faults import NeedsPerson
from cashpath.records import Money, Tax

Purpose = Literal["rounding", "channel", "collected"]
PURPOSES: tuple[Purpose, ...] = ("rounding", "channel", "collected")
Rounding = Literal["line", "document"]


@dataclass(frozen=True)
class TaxTable:
    """The sale taxes that a company has in Tryton: ids by rate with their names, and those worth one minor unit by
    purpose and decimals. `collect`: whether a tax that no rate explains may be booked by `collected`."""

    rates: Mapping[Decimal, Sequence[tuple[int, str]]]
    units: Mapping[tuple[Purpose, int], int]
    rounding: Rounding
    collect: bool = False

    def of(self, tax: Tax) -> int | None:
        """The percentage tax of this rate; where several have it, the one of the same name."""
        found = self.rates.get(tax.rate.normalize(), ())
        named = [id for id, name in found if name.strip().casefold() == tax.title.strip().casefold()]
        if len(found) > 1 and not named:
            names = ", ".join(name for _, name in found)
            raise NeedsPerson(
                f"the tax {tax.title!r} of {tax.rate:%} could be any of Tryton's {names}",
                remedy=f"rename one of them to {tax.title!r} in Tryton, or deactivate the others, then redrive",
                owner="erp",
                code="ambiguous_tax",
            )
        return named[0] if named else next((id for id, _ in found), None)

    def unit(self, purpose: Purpose, digits: int) -> int:
        """The tax worth one minor unit of a currency with `digits` decimals."""
        if (purpose, digits) not in self.units:
            name = f"Cashpath {purpose} {Decimal(1).scaleb(-digits):f}"
            raise NeedsPerson(
                f"Tryton has no tax called {name!r}",
                remedy=f"create it (type fixed, amount {Decimal(1).scaleb(-digits):f}) with the account for it, "
                "then redrive",
                owner="erp",
                code="no_unit_tax",
            )
        return self.units[purpose, digits]


@dataclass(frozen=True)
class Taxed:
    """One line of a sale as Tryton's tax computation sees it: price as it is sent, quantity, percentage taxes in the
    order in which Tryton applies them."""

    unit_price: Decimal
    quantity: int
    taxes: tuple[tuple[int, Decimal], ...]


def explained(tax: Tax, net: Money, quantity: int) -> bool:
    """Whether rate times `net` makes the tax's amount, each unit rounded by itself at most."""
    return abs(tax.rate * net.minor - tax.amount.minor) <= max(1, abs(quantity))


def split(taxes: Sequence[Tax], net: Money, quantity: int, table: TaxTable) -> tuple[tuple[int, ...], Money, Money]:
    """A line's taxes as percentage taxes, what the channel owes, and what was collected without a known rate.

    Raises NeedsPerson where a tax has no rate in Tryton and the settings do not let us collect it.
    """
    ids: list[int] = []
    channel = collected = Money.zero(net.currency)
    for tax in taxes:
        if tax.liable == "channel":
            channel += tax.amount
            continue
        id = table.of(tax) if explained(tax, net, quantity) else None
        if id is not None and id not in ids:
            ids.append(id)
        elif tax.amount and not table.collect:
            raise _unknown(tax, net)
        else:
            collected += tax.amount
    return tuple(ids), channel, collected


def _unknown(tax: Tax, net: Money) -> NeedsPerson:
    return NeedsPerson(
        f"Tryton has no sale tax that makes {tax.amount} of {net}, as the storefront charged ({tax.title}, {tax.rate})",
        remedy=f"add a tax of {tax.rate} for sales in Tryton (Financial, Configuration, Taxes), then redrive; or set "
        "unknown_taxes = 'collect' for this system, to book such taxes by their amount alone",
        owner="erp",
        code="unknown_tax",
    )


def computed(lines: Sequence[Taxed], digits: int, rounding: Rounding) -> Decimal:
    """The tax that Tryton will compute for these lines, in a currency with `digits` decimals."""
    unit = Decimal(1).scaleb(-digits)
    groups: dict[tuple[tuple[tuple[int, Decimal], ...], bool], list[Taxed]] = {}
    for line in lines:
        groups.setdefault((line.taxes, line.unit_price * line.quantity >= 0), []).append(line)
    total = Decimal(0)
    for (taxes, _), group in groups.items():
        sums = dict.fromkeys(taxes, Decimal(0))
        for line in group:
            amounts = {tax: line.unit_price * tax[1] * line.quantity for tax in taxes}
            if rounding == "line":
                _round(amounts, unit)
            for tax, amount in amounts.items():
                sums[tax] += amount
        if rounding == "document":
            _round(sums, unit)
        total += sum(sums.values(), Decimal(0))
    return total


def rounded(amount: Decimal, digits: int) -> Decimal:
    """As Tryton rounds an amount of a currency with `digits` decimals: half to even."""
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)


def _round(amounts: dict[tuple[int, Decimal], Decimal], unit: Decimal) -> None:
    """Round each amount to `unit`, then give back what the roundings together gained or lost."""
    remainder = Decimal(0)
    for tax, amount in amounts.items():
        amounts[tax] = amount.quantize(unit, rounding=ROUND_HALF_EVEN)
        remainder += amounts[tax] - amount
    remainder = remainder.quantize(unit, rounding=ROUND_HALF_EVEN)
    if abs(remainder) < unit:
        return
    if not any(amounts.values()):
        # trytond_account 8.2 looks for an amount to take the remainder from, and here it would look for ever.
        raise NeedsPerson(
            f"two taxes of half a minor unit each ({unit / 2}) on one line make Tryton's tax computation hang",
            remedy="enter this order by hand in Tryton, with one tax on that line",
            owner="erp",
            code="erp_would_hang",
        )
    offset = unit.copy_sign(remainder)
    for tax in cycle(list(amounts)):
        if amounts[tax]:
            amounts[tax] -= offset
            remainder -= offset
            if abs(remainder) < unit:
                return
