"""What the shop does to an order that is edited or cancelled: units come and go, and what stands is reckoned anew.

As Shopify keeps it: units that go leave the order's own lines, discounts and taxes as they were sold;
`current_quantity` and the `current_...` totals say what stands, and a refund without a payment tells what was taken
off each line. Units that come are sold as well, and raise both.
"""

import copy
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from cashpath.records import Money
from cashpath_sandbox.shopify.line_nodes import current_quantity

Body = dict[str, Any]


def with_quantities(order: Body, quantities: Mapping[str, int]) -> Body:
    """The order with other quantities on some lines, by line id: fewer units, or more at the line's price."""
    body = copy.deepcopy(order)
    taken: list[Body] = []
    for line in body["line_items"]:
        stands = current_quantity(line, body)
        wanted = quantities.get(str(line["id"]), stands)
        if wanted < 0:
            raise LookupError(f"line {line['id']}: {wanted} is no quantity")
        if wanted < stands:
            taken.append(_taken(line, body, stands, wanted))
        line["current_quantity"] = wanted
        if wanted > stands:
            _more(body, line, wanted - stands)
    if taken:
        body["refunds"].append({"id": 9_000_000 + len(body["refunds"]), "refund_line_items": taken, "transactions": []})
        _less(body, taken)
    return body


def with_line(order: Body, line: Mapping[str, Any], id: int) -> Body:
    """The order with a line added: `title`, `sku`, `price`, `quantity`, and ids of product and variant where it has
    any. It bears the taxes that the order's other lines bear."""
    body = copy.deepcopy(order)
    rates: list[Body] = next((other["tax_lines"] for other in body["line_items"] if other["tax_lines"]), [])
    added: Body = {
        "requires_shipping": True,
        "taxable": bool(rates),
        **line,
        "id": id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{id}",
        "quantity": 0,
        "current_quantity": 0,
        "price": str(line["price"]),
        "discount_allocations": [],
        "duties": [],
        "tax_lines": [{**tax, "price": "0", "price_set": None} for tax in rates],
    }
    body["line_items"].append(added)
    added["current_quantity"] = int(line.get("quantity") or 1)
    _more(body, added, added["current_quantity"])
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


def _more(body: Body, line: Body, units: int) -> None:
    """Put units on a line: at its price, with its taxes, and on the order's totals."""
    currency = body["currency"]
    if (body.get("presentment_currency") or currency) != currency:
        raise LookupError("the stand-in puts nothing on an order that is sold in another currency")
    price = Money.of(line["price"], currency) * units
    line["quantity"] += units
    rates = sum(Fraction(str(tax["rate"])) for tax in line["tax_lines"])
    total = Money.zero(currency)
    for tax in line["tax_lines"]:
        share = Fraction(str(tax["rate"])) / (1 + rates if body.get("taxes_included") else 1)
        more = Money(int(price.minor * share + Fraction(1, 2)), currency)
        tax["price"], tax["price_set"] = str((Money.of(str(tax["price"]), currency) + more).decimal), None
        total += more
    owed = price if body.get("taxes_included") else price + total
    for field, on in (("total_price", owed), ("total_tax", total), ("subtotal_price", price)):
        for name in (f"current_{field}", field):  # the current one first: where it is left out, it is the other one
            was = body.get(name) or body.get(field) or "0"
            body[name] = str((Money.of(str(was), currency) + on).decimal)
            body[f"{name}_set"] = None


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
