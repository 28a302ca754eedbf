"""The cells of the demo's tables, which show one record in all systems: when they say the same, and how they read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from cashpath.records.money import EXPONENTS


@dataclass(frozen=True)
class Amount:
    """Money in major units, as a system says it. `0` and `0.00` of one currency are equal."""

    value: Decimal
    currency: str  # ISO 4217

    def __str__(self) -> str:
        return f"{_padded(self.value, self.currency):,f} {self.currency}"


@dataclass(frozen=True)
class Units:
    """Some units of an order's line, and what they make in all."""

    quantity: int
    amount: Amount


Cell = str | Amount | Units


def amount(text: str, currency: str) -> Cell:
    """The amount that a system's text says; the text itself where it is no plain decimal number."""
    return Amount(Decimal(text), currency) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def agree(cells: Iterable[Cell]) -> bool:
    """True if there is any cell and all say the same. Text counts in any case: `Gold` is `gold`."""
    return len({cell.casefold() if isinstance(cell, str) else cell for cell in cells}) == 1


def read(cell: Cell, currency: str) -> str:
    """The text of a cell. An amount names its currency only where that is not the table's own."""
    match cell:
        case Units(quantity, amount):
            return f"{quantity} × = {read(amount, currency)}"
        case Amount(value, of):
            return f"{_padded(value, of):,f}" if of == currency else str(cell)
        case str():
            return cell


def _padded(value: Decimal, currency: str) -> Decimal:
    """The value with its currency's decimals. Nothing is rounded: a finer value stays as it is."""
    padded = value.quantize(Decimal(1).scaleb(-EXPONENTS.get(currency, 0)))
    return padded if padded == value else value
