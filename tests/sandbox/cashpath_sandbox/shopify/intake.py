"""What a merchant's own file may leave out is filled in before the shop keeps the order, and nothing else is changed.

The file is the JSON of Shopify's order webhook, alone or under `order`. What cannot be filled in honestly (a total, a
currency) is refused with the reason.
"""

import copy
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cashpath.records import BadRecord, Money

Body = dict[str, Any]


class Unusable(ValueError):
    """The file is no order that a shop could hold. Says what is missing."""


def order(given: Mapping[str, Any], id: int, now: datetime) -> Body:
    """A complete order body, `id` being used where it brings none of its own. Raises Unusable."""
    body = copy.deepcopy(dict(given.get("order") or given))
    if not body.get("currency"):
        raise Unusable("the order names no currency")
    if body.get("total_price") is None:
        raise Unusable("the order names no total_price")
    body["id"] = body.get("id") or id
    body["admin_graphql_api_id"] = f"gid://shopify/Order/{body['id']}"
    body["name"] = body.get("name") or f"#{body.get('order_number') or body['id']}"
    at = body.get("created_at") or body.get("processed_at") or iso(now)
    for field in ("created_at", "processed_at", "updated_at"):
        body[field] = body.get(field) or at
    for field in ("line_items", "shipping_lines", "discount_applications", "tax_lines", "refunds", "note_attributes"):
        body[field] = body.get(field) or []
    for i, line in enumerate(body["line_items"]):
        _line(line, body, i)
    if body.get("customer") and not body["customer"].get("id"):
        body["customer"] = None  # nobody that a shop could know again
    _check(body)
    return body


def iso(at: datetime) -> str:
    """A time as Shopify writes it, in whole seconds."""
    return at.replace(microsecond=0).isoformat()


def today(given: Mapping[str, Any], now: datetime) -> Body:
    """The order as if it were placed now: history that is to be tried as today's business."""
    body = copy.deepcopy(dict(given.get("order") or given))
    return {**body, **dict.fromkeys(("created_at", "processed_at", "updated_at"), iso(now))}


def _line(line: Body, order: Body, position: int) -> None:
    line["id"] = line.get("id") or _number(f"{order['id']}/{position}")
    line["admin_graphql_api_id"] = f"gid://shopify/LineItem/{line['id']}"
    line["title"] = line.get("title") or line.get("name") or "Untitled"
    line["quantity"] = int(line.get("quantity") or 0)
    line["price"] = str(line.get("price") or "0")
    for field in ("tax_lines", "discount_allocations", "duties"):
        line[field] = line.get(field) or []


def _number(text: str) -> int:
    return 10_000_000_000 + zlib.crc32(text.encode())


def _check(body: Body) -> None:
    try:
        Money.of(str(body["total_price"]), body["currency"])
        for line in body["line_items"]:
            Money.of(line["price"], body["currency"])
    except BadRecord as error:
        raise Unusable(str(error)) from error
