"""Orders as Tryton's sales: what a sale will hold, what it holds, and its values. Pure.

The sale's `reference` is the origin key, given in the call that creates it; its description is the shop's number (the
field `number` is Tryton's own). A line carries its key as the first line of its note. Tryton's state `confirmed` (or
any later one) is an order that stands; `draft` and `quotation` are a sale on its way there.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import Address, Order, RecordKey
from cashpath.records.money import Money
from cashpath.systems.tryton import addresses, pricing, text
from cashpath.systems.tryton.books import Books
from cashpath.systems.tryton.pricing import SaleLine

Row = Mapping[str, Any]
KEYED = re.compile(r"^cashpath:(\S.*)$", re.MULTILINE)
LINES_COME_FROM = frozenset({"lines", "shipping", "duties", "fees", "tip", "rounding", "prices_include_tax"})
STANDS = ("confirmed", "processing", "done")
GUESTS = "guests"  # stands for the party of orders that name no customer

READ = (
    *("number", "reference", "description", "comment", "party", "company", "currency", "sale_date", "state"),
    *("invoice_address", "shipment_address", "untaxed_amount", "tax_amount", "total_amount"),
    *("create_date", "write_date"),
    *(f"lines.{name}" for name in ("type", "product", "unit", "quantity", "unit_price", "amount", "taxes")),
    *(f"lines.{name}" for name in ("description", "note", "create_date", "write_date")),
    *(f"{address}.{name}" for address in ("invoice_address", "shipment_address") for name in addresses.FIELDS),
)


@dataclass(frozen=True)
class Sale:
    """A sale with its lines and addresses, as read from Tryton."""

    row: Row
    lines: Sequence[Row]
    addresses: Mapping[int, Row]


def of_row(row: Row) -> Sale:
    """A sale as one answer tells it, with its lines and addresses."""
    places = (row["invoice_address."], row["shipment_address."])
    return Sale(row, tuple(row["lines."]), {place["id"]: place for place in places if place})


def key_of(line: Row) -> str:
    """The key of a sale line; '' where somebody added it by hand."""
    found = KEYED.search(line["note"] or "")
    return found[1].strip() if found else ""


def party_key(order: Order) -> RecordKey | None:
    """Who the sale is to: the company, where the person buys for one."""
    return order.company or order.customer


def billing(order: Order) -> Address:
    """Where the invoice goes; an empty address where the order names none."""
    return order.billing_address or order.shipping_address or Address()


def shipping(order: Order) -> Address:
    """Where the goods go; Tryton wants one for every sale of goods."""
    return order.shipping_address or billing(order)


def shown(order: Order, fields: Iterable[str], party: str) -> dict[str, object]:
    """The sale as Tryton will hold it, as far as `fields` go: plain data, equal to `held` of what was written."""
    untaxed = pricing.untaxed(order)
    everything: dict[str, tuple[frozenset[str], object]] = {
        "number": (frozenset({"number"}), text.line(order.number)),
        "date": (frozenset({"ordered_at"}), order.ordered_at.astimezone(UTC).date().isoformat()),
        "currency": (frozenset({"currency"}), order.currency),
        "party": (frozenset({"customer", "company"}), party),
        "billing": (frozenset({"billing_address"}), addresses.shown_address(billing(order))),
        "shipping": (frozenset({"shipping_address"}), addresses.shown_address(shipping(order))),
        "note": (frozenset({"note"}), text.lines(order.note)),
        "state": (frozenset({"state"}), _state(order)),
        "lines": (LINES_COME_FROM, _shown_lines(order)),
        "untaxed": (LINES_COME_FROM, str(untaxed)),
        "tax": (frozenset({"total_tax"}), str(order.total_tax)),
        "total": (frozenset({"total"}), str(untaxed + order.total_tax)),
    }
    wanted = set(fields)
    return {name: value for name, (sources, value) in everything.items() if sources & wanted}


def _state(order: Order) -> str:
    """An order of which edits left nothing is a cancelled sale: Tryton quotes no sale without lines."""
    stands = order.state not in ("cancelled", "lost") and pricing.parts(order)
    return "confirmed" if stands else "cancelled"


def _shown_lines(order: Order) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = [
        {
            "key": part.key,
            "title": part.title,
            "quantity": part.quantity or 1,
            "amount": str(part.net),
            "details": list(part.details),
        }
        for part in pricing.parts(order)
    ]
    return sorted(lines, key=lambda line: str(line["key"]))


def held(sale: Sale, names: Iterable[str], books: Books) -> dict[str, object]:
    """What Tryton holds, for the `names` that `shown` gave."""
    row = sale.row
    currency = books.currency_codes[row["currency"]]
    state = "confirmed" if row["state"] in STANDS else row["state"]
    everything: dict[str, object] = {
        "number": row["description"] or "",
        "date": row["sale_date"].isoformat() if row["sale_date"] else "",
        "currency": currency,
        "party": GUESTS if row["party"] == books.guests else str(row["party"]),
        "billing": _held_address(sale, row["invoice_address"], books),
        "shipping": _held_address(sale, row["shipment_address"], books),
        "note": text.lines(row["comment"] or ""),
        "state": state,
        "lines": _held_lines(sale.lines, currency),
        "untaxed": str(Money.of(row["untaxed_amount"], currency)),
        "tax": str(Money.of(row["tax_amount"], currency)),
        "total": str(Money.of(row["total_amount"], currency)),
    }
    return {name: everything[name] for name in names}


def _held_address(sale: Sale, id: int | None, books: Books) -> dict[str, str] | None:
    row = sale.addresses.get(id or 0)
    return addresses.held_address(row, books.country_codes) if row else None


def _held_lines(lines: Sequence[Row], currency: str) -> list[dict[str, object]]:
    """Lines as the order says them: a rest joins its line, tax lines show in the sale's tax, and a line that somebody
    added by hand shows without key."""
    sold = [line for line in lines if line["type"] == "line"]
    amounts = pricing.merged([(key_of(line), line["amount"]) for line in sold if key_of(line)])
    shown: list[dict[str, object]] = []
    for line in sold:
        key = key_of(line)
        if key.startswith("tax/") or key.endswith(pricing.REST):
            continue
        amount = amounts[key] if key else line["amount"]
        note = [part for part in (line["note"] or "").splitlines() if part and not KEYED.match(part)]
        quantity = line["quantity"] or 0
        shown.append(
            {
                "key": key,
                "title": text.lines(line["description"] or ""),
                "quantity": int(quantity) if quantity == int(quantity) else str(quantity),
                "amount": str(Money.of(amount, currency)),
                "details": note,
            }
        )
    return sorted(shown, key=lambda line: str(line["key"]))


def header(order: Order, shown: Mapping[str, object], books: Books) -> dict[str, Any]:
    """The sale's own values, as far as they are wanted; party and addresses are the caller's."""
    if order.currency not in books.currencies:
        raise NeedsPerson(
            f"Tryton has no currency {order.currency}",
            remedy=f"add {order.currency} in Tryton (Currency, Currencies) with its decimals, then redrive",
            owner="erp",
            code="no_currency",
        )
    values: dict[str, Any] = {
        "description": shown.get("number"),
        "sale_date": date.fromisoformat(str(shown["date"])) if "date" in shown else None,
        "currency": books.currencies[order.currency],
        "comment": shown.get("note"),
    }
    names = {"description": "number", "sale_date": "date", "currency": "currency", "comment": "note"}
    return {name: value or None for name, value in values.items() if names[name] in shown}


def line_changes(
    lines: Sequence[SaleLine], now: Sequence[Row], products: Mapping[str, tuple[int, int]], services: Any
) -> list[list[Any]]:
    """The operations on a sale's lines: by key, never by position. Lines with a key we do not want, or without one,
    go: the storefront decides what was sold. Comments, titles and subtotals that somebody added stay."""
    sold = [row for row in now if row["type"] == "line"]
    known: dict[str, Row] = {}
    for row in sold:
        known.setdefault(key_of(row), row)
    wanted = {line.key for line in lines}
    gone = [row["id"] for row in sold if key_of(row) not in wanted or known[key_of(row)]["id"] != row["id"]]
    operations: list[list[Any]] = [["delete", gone]] if gone else []
    created: list[dict[str, Any]] = []
    for position, line in enumerate(lines, start=1):
        values = {**_line_values(line, products, services), "sequence": position}
        if line.key not in known:
            created.append({**values, "taxes": [["add", list(line.taxes)]] if line.taxes else []})
        elif changes := _line_differences(values, line, known[line.key]):
            operations.append(["write", [known[line.key]["id"]], changes])
    return [*operations, ["create", created]] if created else operations


def _line_values(line: SaleLine, products: Mapping[str, tuple[int, int]], services: Any) -> dict[str, Any]:
    product: int | None
    unit: int | None
    match line.sold:
        case RecordKey():
            product, unit = products[str(line.sold)]
        case None:
            product, unit = None, None
        case service:
            product, unit = services(service)
    return {
        "type": "line",
        "product": product,
        "unit": unit,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "description": line.description,
        "note": line.note,
    }


def _line_differences(values: Mapping[str, Any], line: SaleLine, now: Row) -> dict[str, Any]:
    changes = {name: value for name, value in values.items() if name != "sequence" and now[name] != value}
    before = set(now["taxes"])
    taxes = [
        *([["remove", sorted(before - set(line.taxes))]] if before - set(line.taxes) else []),
        *([["add", sorted(set(line.taxes) - before)]] if set(line.taxes) - before else []),
    ]
    return {**changes, "taxes": taxes} if taxes else changes


def exact(sale: Row, order: Order, currency: str) -> None:
    """Raises NeedsPerson where Tryton's totals are not the order's, to the minor unit: such a sale stays a draft."""
    untaxed = pricing.untaxed(order)
    wanted = (untaxed, order.total_tax, untaxed + order.total_tax)
    made = tuple(Money.of(sale[name], currency) for name in ("untaxed_amount", "tax_amount", "total_amount"))
    if made != wanted:
        told = ", ".join(
            f"{name} {have} instead of {want}"
            for name, have, want in zip(("untaxed", "tax", "total"), made, wanted, strict=True)
            if have != want
        )
        raise NeedsPerson(
            f"order {order.number}: Tryton makes {told}",
            remedy="look at the dates and child taxes of the taxes on the draft sale in Tryton, then redrive",
            owner="erp",
            code="totals_differ",
        )
