"""What the shop does to an order that is edited or cancelled: units are taken off, and what stands is reckoned anew.

As Shopify keeps it: the order's own lines, discounts and taxes stay as they were sold; `current_quantity` and the
`current_...` totals say what stands, and a refund without a payment tells what was taken off each line.
"""

import copy
from collections.abc import Mapping
from typing import Any

from cashpath.records import Money
from cashpath_sandbox.shopify.line_nodes import current_quantity

Body = dict[str, Any]


def with_quantities(order: Body, quantities: Mapping[str, int]) -> Body:
    """The order with fewer units on some lines, by line id. Raises LookupError for more than were sold."""
    body = copy.deepcopy(order)
    taken: list[Body] = []
    for line in body["line_items"]:
        stands = current_quantity(line, body)
        wanted = quantities.get(str(line["id"]), stands)
        if not 0 <= wanted <= stands:
            raise LookupError(f"line {line['id']} has {stands} units: an edit here only takes units off")
        if wanted < stands:
            taken.append(_taken(line, body, stands, wanted))
        line["current_quantity"] = wanted
    body["refunds"].append({"id": 9_000_000 + len(body["refunds"]), "refund_line_items": taken, "transactions": []})
    _less(body, taken)
    return body


def cancelled(order: Body, at: str) -> Body:
    """The order, called off: no unit of it stands, and nothing is owed."""
    body = with_quantities(order, {str(line["id"]): 0 for line in order["line_items"]})
    for field in ("current_total_price", "current_total_tax", "current_subtotal_price", "current_total_duties"):
        both = body.get(f"{field}_set")
        if body.get(field) is not None or both:
            body[field] = "0"
            body[f"{field}_set"] = None
    return {**body, "cancelled_at": at, "cancel_reason": "customer", "closed_at": at}


def _taken(line: Body, order: Body, stands: int, wanted: int) -> Body:
    """What goes with the units: their share of the price after discounts, and of the tax."""
    currency, quantity = order["currency"], line["quantity"]
    discounts = _sum([d["amount"] for d in line["discount_allocations"]], currency)
    price = Money.of(line["price"], currency) * quantity - discounts
    tax = _sum([t["price"] for t in line["tax_lines"]], currency)
    shares = {name: _units(whole, quantity, wanted, stands) for name, whole in (("subtotal", price), ("tax", tax))}
    return {
        "line_item_id": line["id"],
        "quantity": stands - wanted,
        "restock_type": "no_restock",
        "subtotal": str(shares["subtotal"].decimal),
        "total_tax": str(shares["tax"].decimal),
    }


def _units(whole: Money, quantity: int, start: int, end: int) -> Money:
    """The worth of the units from `start` to `end`, where the remainder lies on the first ones."""
    if not quantity:
        return Money.zero(whole.currency)
    sign = -1 if whole.minor < 0 else 1
    each = (whole * sign).allocate([1] * quantity)
    return Money.sum(each[start:end], whole.currency) * sign


def _less(body: Body, taken: list[Body]) -> None:
    """Take what went off the order's current totals."""
    currency = body["currency"]
    price = _sum([t["subtotal"] for t in taken], currency)
    tax = _sum([t["total_tax"] for t in taken], currency)
    owed = price if body.get("taxes_included") else price + tax
    for field, off in (("total_price", owed), ("total_tax", tax), ("subtotal_price", price)):
        was = body.get(f"current_{field}") or body.get(field) or "0"
        body[f"current_{field}"] = str((Money.of(str(was), currency) - off).decimal)
        body.pop(f"current_{field}_set", None)
    _less_duties(body)


def _less_duties(body: Body) -> None:
    """Duties of units that were taken off are not owed any more."""
    currency = body["currency"]
    was = [(line, duty) for line in body["line_items"] for duty in line["duties"]]
    if not was:
        return
    stand = [_units(_price(duty, currency), ln["quantity"], 0, ln["current_quantity"]) for ln, duty in was]
    before = _price({"price_set": body.get("current_total_duties_set")}, currency)
    now = Money.sum(stand, currency)
    body["current_total_duties_set"] = {"shop_money": {"amount": str(now.decimal), "currency_code": currency}}
    owed = Money.of(body["current_total_price"], currency) - (before - now)
    body["current_total_price"] = str(owed.decimal)


def _price(told: Body, currency: str) -> Money:
    return Money.of(str(((told.get("price_set") or {}).get("shop_money") or {}).get("amount", "0")), currency)


def _sum(amounts: list[Any], currency: str) -> Money:
    return Money.sum((Money.of(str(amount), currency) for amount in amounts), currency)
