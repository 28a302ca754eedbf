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
        return f"{_padded(self)} {self.currency}"


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


def shown(cell: Cell, currency: str) -> str:
    """The text of a cell in a table of this currency. An amount names its currency only where that is another one."""
    match cell:
        case Units(quantity, amount):
            return f"{quantity} × = {shown(amount, currency)}"
        case Amount():
            return _padded(cell) if cell.currency == currency else str(cell)
        case str():
            return cell


def _padded(amount: Amount) -> str:
    """The value with its currency's decimals. Nothing is rounded: a finer value is written as it is."""
    text = f"{amount.value:,.{EXPONENTS.get(amount.currency, 0)}f}"
    return text if Decimal(text.replace(",", "")) == amount.value else f"{amount.value:,f}"
