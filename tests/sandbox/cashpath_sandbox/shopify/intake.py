"""What a merchant's own file may leave out is filled in before the shop keeps the order, and nothing else is changed.

The file is the JSON of Shopify's order webhook, alone or under `order`. What cannot be filled in honestly (a total, a
currency) is refused with the reason.
"""

import copy
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from cashpath.records import BadRecord, Money

Body = dict[str, Any]


class Unusable(ValueError):
    """The file is no order that a shop could hold. Says what is missing."""


@contextmanager
def reading() -> Iterator[None]:
    """Whatever goes wrong while a merchant's file is read is about the file: nobody promised its shape."""
    try:
        yield
    except Unusable:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unusable(f"the file is not the JSON of an order webhook: {type(error).__name__}: {error}") from error


def order(given: Mapping[str, Any], id: int, now: datetime) -> Body:
    """A complete order body, `id` being used where it brings none of its own. Raises Unusable."""
    body = copy.deepcopy(dict(given.get("order") or given))
    if not body.get("currency"):
        raise Unusable("the order names no currency")
    if body.get("total_price") is None:
        raise Unusable("the order names no total_price")
    _plain(body, "")
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
        body["customer"] = _known_again(body["customer"])
    _check(body)
    return body


def iso(at: datetime) -> str:
    """A time as Shopify writes it, in whole seconds."""
    return at.replace(microsecond=0).isoformat()


def today(given: Mapping[str, Any], now: datetime) -> Body:
    """The order as if it were placed now: history that is to be tried as today's business."""
    body = copy.deepcopy(dict(given.get("order") or given))
    return {**body, **dict.fromkeys(("created_at", "processed_at", "updated_at"), iso(now))}


# What is read of a body as text, a record's id, or a time, wherever in it.
_TEXTS = frozenset(
    (
        "email",
        "contact_email",
        "phone",
        "name",
        "first_name",
        "last_name",
        "company_name",
        "address1",
        "address2",
        "city",
        "zip",
        "province",
        "province_code",
        "country",
        "country_code",
        "title",
        "variant_title",
        "sku",
        "vendor",
        "code",
        "source_name",
        "note",
        "gateway",
        "kind",
        "status",
        "tax_registration_id",
        "recommendation",
        "interval",
        "namespace",
        "key",
    )
)
_IDS = frozenset(("id", "product_id", "variant_id", "location_id", "line_item_id"))
_TIMES = frozenset(("created_at", "updated_at", "processed_at", "cancelled_at", "closed_at"))


def _plain(value: Any, path: str) -> None:
    """Put texts, ids and times into the one form that a shop keeps them in. Raises Unusable where they have none."""
    if isinstance(value, list):
        for i, inner in enumerate(value):
            _plain(inner, f"{path}[{i}]")
    if not isinstance(value, dict):
        return
    for field, inner in value.items():
        where = f"{path}.{field}".lstrip(".")
        if inner in (None, ""):
            value[field] = None
        elif field in _TIMES:
            value[field] = _time(inner, where)
        elif field in _IDS:
            value[field] = _id(inner, where)
        elif field in _TEXTS:
            if isinstance(inner, bool | dict | list):
                raise Unusable(f"{where} is no text")
            value[field] = str(inner)
        else:
            _plain(inner, where)


def _time(told: Any, where: str) -> str:
    try:
        at = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        raise Unusable(f"{where} is no time") from None
    return iso(at if at.tzinfo else at.replace(tzinfo=UTC))


def _id(told: Any, where: str) -> int | None:
    if isinstance(told, bool) or not isinstance(told, int | str) or not re.fullmatch("[0-9]{1,19}", str(told)):
        raise Unusable(f"{where} is no id of a record")
    return int(told) or None


def _line(line: Body, order: Body, position: int) -> None:
    line["id"] = line.get("id") or _number(f"{order['id']}/{position}")
    line["admin_graphql_api_id"] = f"gid://shopify/LineItem/{line['id']}"
    line["title"] = line.get("title") or line.get("name") or "Untitled"
    line["quantity"] = int(line.get("quantity") or 0)
    line["price"] = str(line.get("price") or "0")
    if line.get("discount_allocations") is None and line.get("total_discount"):  # as older API versions tell it
        line["discount_allocations"] = [{"amount": str(line["total_discount"]), "discount_application_index": 0}]
    for field in ("tax_lines", "discount_allocations", "duties"):
        line[field] = line.get(field) or []


def _known_again(customer: Body) -> Body | None:
    """A customer whose id was taken out of the file is the same person in every order of the same email."""
    email = customer.get("email")
    return {**customer, "id": _number(email.strip().lower())} if email else None


def _number(text: str) -> int:
    return 10_000_000_000 + zlib.crc32(text.encode())


def _check(body: Body) -> None:
    try:
        Money.of(str(body["total_price"]), body["currency"])
        for line in body["line_items"]:
            Money.of(line["price"], body["currency"])
    except BadRecord as error:
        raise Unusable(str(error)) from error
