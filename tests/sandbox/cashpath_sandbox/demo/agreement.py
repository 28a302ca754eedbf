"""One order in all systems, side by side: amounts and lines, and what billing will charge next."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cashpath.records.money import exponent
from cashpath_sandbox.demo.cells import Amount, Cell, Units, agree, shown
from cashpath_sandbox.eyes import Eyes, Sold, standing

Line = Mapping[str, Any]
LONGEST = 80  # characters of a title
MISSING, NOWHERE = "missing", "-"  # a system that lacks the order; an order that lacks the line


@dataclass(frozen=True)
class Agreement:
    """One order as the systems have it. `crm`, `erp`, `billing` hold one each where all is well."""

    body: Mapping[str, Any]  # the order, in the shop's words
    shop: Sold
    crm: Sequence[Sold]
    erp: Sequence[Sold]
    billing: Sequence[Mapping[str, Any]]
    recurring: Sequence[Line]  # the lines that billing is to charge again

    @classmethod
    def of(cls, eyes: Eyes, id: str) -> "Agreement":
        """The order as it is now."""
        origin, body = f"shop/order/{id}", eyes.order(id)
        return cls(
            body=body,
            shop=eyes.in_shop(id),
            crm=eyes.in_crm(origin),
            erp=eyes.in_erp(origin),
            billing=eyes.in_billing(id),
            recurring=[] if is_renewal(body) else [line for line in body["line_items"] if eyes.billed(line)],
        )

    @property
    def holds(self) -> bool:
        """Whether the storefront, the CRM and the ERP say the same of it, and each has it once."""
        return [s.amounts for s in self.crm] == [self.shop.amounts] == [s.amounts for s in self.erp]

    @property
    def starts_nothing(self) -> bool:
        """Whether billing has nothing to do with the order."""
        return not any(standing(line) for line in self.recurring)

    @property
    def next_invoice(self) -> Decimal:
        """What the recurring lines make each time: units at their price before the order's discounts."""
        return sum((Decimal(line["price"]) * standing(line) for line in self.recurring), Decimal(0))

    @property
    def next_charges(self) -> Decimal:
        """What the next invoices of the order's subscriptions make in all, as billing reckons them."""
        minor = sum(row["next"] or 0 for row in self.billing)
        return Decimal(minor).scaleb(-exponent(self.shop.currency))

    def show(self, console: Console) -> None:
        """Print the table."""
        title = escape(f"order {self.body['name']}, {self.shop.currency}")
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
        for name in ("", "storefront", "CRM", "ERP", "same"):
            table.add_column(name, justify="right" if name else "left", overflow="fold")  # an amount is never cut
        sold = (self.shop, next(iter(self.crm), None), next(iter(self.erp), None))
        self._row(table, "total", *(Amount(one.total, one.currency) if one else MISSING for one in sold))
        self._row(table, "of it tax", *(Amount(one.tax, one.currency) if one else MISSING for one in sold))
        for line in self.body["line_items"]:
            told = [_line(one, str(line["id"])) if one else MISSING for one in sold]
            if any(cell != NOWHERE for cell in told):
                self._row(table, f"  {_short(line['title'])}", *told)
        if self.recurring:
            mark = _mark(self.next_charges == self.next_invoice)
            table.add_row("billed again", f"{self.next_invoice:,}", "", f"{self.next_charges:,} Stripe", mark)
        console.print(table)

    def _row(self, table: Table, label: str, *told: Cell) -> None:
        table.add_row(escape(label), *(shown(cell, self.shop.currency) for cell in told), _mark(agree(told)))


def _short(title: str) -> str:
    """A title as a terminal can show it, cut where it would flood the table."""
    shown = "".join(c for c in title if c.isprintable())
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def _mark(same: bool) -> str:
    return "[green]✓[/]" if same else "[red]✗[/]"


def _line(sold: Sold, key: str) -> Cell:
    if key not in sold.lines:
        return NOWHERE
    quantity, amount = sold.lines[key]
    return Units(quantity, Amount(amount, sold.currency))


def is_renewal(body: Mapping[str, Any]) -> bool:
    """Whether a subscription made the order: what it sells was started before."""
    return str(body.get("source_name") or "").startswith("subscription_contract")


def month_later(at: datetime) -> datetime:
    """The same day and time of the next month, or the month's last day."""
    year, month = (at.year + 1, 1) if at.month == 12 else (at.year, at.month + 1)
    return at.astimezone(UTC).replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))
