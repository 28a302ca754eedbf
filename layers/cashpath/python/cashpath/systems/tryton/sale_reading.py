"""A sale of Tryton as an order: theirs -> ours. Pure.

Taxes are read back from the notes of lines that we wrote; of a sale that a person entered only the sum is known, and
stands as one tax on its first line.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation

from cashpath.records import Charge, Discount, Line, Money, Order, RecordKey, ShippingLine, SystemId, Tax
from cashpath.records.order import Liable, OrderState
from cashpath.systems.connection import origin_of
from cashpath.systems.port import Reading
from cashpath.systems.tryton import addresses, pricing, sales
from cashpath.systems.tryton.books import Books, Row
from cashpath.systems.tryton.changes import newest
from cashpath.systems.tryton.sales import Sale

TAX = re.compile(r"^tax (?P<rate>\S+) (?P<amount>\S+) (?P<currency>\S+?)(?: \((?P<liable>\w+)\))?: (?P<title>.*)$")
STATES: dict[str, OrderState] = {"cancelled": "cancelled", "done": "fulfilled", "draft": "open", "quotation": "open"}


def reading(sale: Sale, system: SystemId, books: Books) -> Reading:
    """The sale as the port tells it."""
    row = sale.row
    at = RecordKey(system, "order", str(row["id"]))
    return Reading(
        at=at,
        record=order(sale, at, books),
        version=newest(row, *sale.lines),
        origin=origin_of(row["reference"]),
        brand_hint=str(row["company"]),
    )


def order(sale: Sale, at: RecordKey, books: Books) -> Order:
    """The sale as an order without tax in its prices."""
    row, currency = sale.row, books.currency_codes[sale.row["currency"]]
    sold = [line for line in sale.lines if line["type"] == "line"]
    amounts = pricing.merged([(sales.key_of(line) or str(line["id"]), line["amount"]) for line in sold])
    whole = [line for line in sold if not sales.key_of(line).startswith("tax/")]
    whole = [line for line in whole if not sales.key_of(line).endswith(pricing.REST)]
    taxes = _taxes(whole, Money.of(row["tax_amount"], currency))
    parts = [(line, Money.of(amounts[sales.key_of(line) or str(line["id"])], currency)) for line in whole]
    groups = {
        group: [p for p in parts if _group(p[0]) == group] for group in ("shipping", "duty", "fee", "tip", "rounding")
    }
    lines = [part for part in parts if _group(part[0]) not in groups]
    country = books.country_codes
    address = sale.addresses.get
    billing, shipping = address(row["invoice_address"] or 0), address(row["shipment_address"] or 0)
    return Order(
        key=at,
        number=row["description"] or row["number"] or str(row["id"]),
        ordered_at=datetime.combine(row["sale_date"] or row["create_date"].date(), time(), UTC),
        currency=currency,
        total=Money.of(row["total_amount"], currency),
        total_tax=Money.of(row["tax_amount"], currency),
        state=STATES.get(row["state"], "won"),
        customer=RecordKey(at.system, "customer", str(row["party"])),
        billing_address=addresses.canonical_address(billing, country) if billing else None,
        shipping_address=addresses.canonical_address(shipping, country) if shipping else None,
        lines=tuple(_line(line, amount, taxes[line["id"]], at.system) for line, amount in lines),
        shipping=tuple(
            ShippingLine(key=_key(line), title=line["description"] or "", price=amount, taxes=taxes[line["id"]])
            for line, amount in groups["shipping"]
        ),
        duties=_charges(groups["duty"], taxes),
        fees=_charges(groups["fee"], taxes),
        tip=Money.sum((amount for _, amount in groups["tip"]), currency) if groups["tip"] else None,
        rounding=Money.sum((amount for _, amount in groups["rounding"]), currency) if groups["rounding"] else None,
        note=row["comment"] or "",
    )


def _group(line: Row) -> str:
    return sales.key_of(line).partition("/")[0]


def _key(line: Row) -> str:
    return sales.key_of(line).partition("/")[2] or str(line["id"])


def _charges(parts: Sequence[tuple[Row, Money]], taxes: dict[int, tuple[Tax, ...]]) -> tuple[Charge, ...]:
    return tuple(
        Charge(key=_key(line), title=line["description"] or "", amount=amount, taxes=taxes[line["id"]])
        for line, amount in parts
    )


def _line(line: Row, amount: Money, taxes: tuple[Tax, ...], system: SystemId) -> Line:
    """A price that is not whole minor units is told as the next higher one, less a discount."""
    exact = line["quantity"] or 0
    quantity = int(exact) if exact == int(exact) and exact else 1
    unit_price = Money(-(-amount.minor // quantity), amount.currency)
    rest = unit_price * quantity - amount
    return Line(
        key=_key(line),
        title=line["description"] or "",
        quantity=quantity,
        unit_price=unit_price,
        variant=RecordKey(system, "variant", str(line["product"])) if line["product"] else None,
        discounts=(Discount(title="", amount=rest),) if rest else (),
        taxes=taxes,
    )


def _taxes(lines: Sequence[Row], total: Money) -> dict[int, tuple[Tax, ...]]:
    """The taxes of each line by its id, together exactly `total`."""
    told = {line["id"]: _told(line) for line in lines}
    missing = total - Money.sum((tax.amount for taxes in told.values() for tax in taxes), total.currency)
    if missing and lines:
        first = lines[0]["id"]
        told[first] = (*told[first], Tax(title="tax", rate=Decimal(0), amount=missing))
    return told


def _told(line: Row) -> tuple[Tax, ...]:
    found = (TAX.match(part) for part in (line["note"] or "").splitlines())
    return tuple(tax for match in found if match and (tax := _tax(match)))


def _tax(match: re.Match[str]) -> Tax | None:
    liable: Liable = "channel" if match["liable"] == "channel" else "shop"
    try:
        amount = Money.of(match["amount"], match["currency"])
        return Tax(title=match["title"], rate=Decimal(match["rate"]), amount=amount, liable=liable)
    except (ValueError, InvalidOperation):
        return None  # somebody rewrote the note: the sum still stands, on the first line
