"""The forms in which people have orders, recognised: the one that can be placed is taken out, others are named.

Placed is the order of Shopify's REST form: its webhooks and `GET orders/<id>.json` give it
(shopify.dev/docs/api/admin-rest/latest/resources/order).
"""

import csv
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cashpath_sandbox.order_file.lines import Path

API = "2026-07"
SIGNS = ("line_items", "total_price", "currency")  # an object without any of them is no order
GRAPHQL = {"lineItems", "totalPriceSet", "edges", "nodes"}  # names that the REST form does not have
LISTED = 5  # orders that are named of a longer list

Body = Mapping[str, Any]


class NoOrder(ValueError):
    """What was given is no order that can be placed. Says what it is, and what to give."""


def order_in(given: Any, only: str, again: str) -> tuple[Body, Path]:
    """The order that a JSON value holds, and its path in it. `only` chooses one of a list, by its name or id.

    Raises NoOrder. `again` is the command that gives the same file once more.
    """
    if _is_graphql(given):
        raise NoOrder(f"is GraphQL's form of an order. Give the REST form:\n{_how(_graphql_id(given))}")
    if isinstance(given, list):
        return _chosen(given, (), only, again)
    if not isinstance(given, dict):
        raise NoOrder(f"holds {_kind(given)}, no order. Give the order's JSON object:\n{_how()}")
    if isinstance(given.get("orders"), list):
        return _chosen(given["orders"], ("orders",), only, again)
    if isinstance(given.get("order"), dict):
        return _single(given["order"], ("order",))
    if "errors" in given:
        raise NoOrder(f"holds a refusal of Shopify's API, no order: {given['errors']}. Ask again:\n{_how()}")
    return _single(given, ())


def not_json(text: str, why: str) -> NoOrder:
    """What a text is that is no JSON; `why` says what a parser stumbled over."""
    head = text.lstrip()[:2000]
    if head.startswith("<"):
        return NoOrder(f"is a web page or XML, not JSON. Give the order's JSON:\n{_how()}")
    if '"gid://shopify/' in text:
        return NoOrder(f"is an export of GraphQL, one object a line. Give one order in the REST form:\n{_how()}")
    if not head.startswith(("{", "[")) and (columns := _columns(text)):
        whose = "Shopify's order export" if {"Name", "Lineitem name"} <= set(columns) else "a CSV file"
        lacking = "which lacks ids and the taxes of each line"
        return NoOrder(f"is {whose}, {lacking}. Give the order's JSON:\n{_how(_exported_id(text, columns))}")
    return NoOrder(f"is not valid JSON: {why}. Correct it there, or fetch the order again:\n{_how()}")


def _single(order: Body, path: Path) -> tuple[Body, Path]:
    if not _is_order(order):
        raise NoOrder(f"holds an object without {', '.join(SIGNS)}: no order. Give the order's JSON:\n{_how()}")
    return order, path


def _chosen(orders: Sequence[Any], path: Path, only: str, again: str) -> tuple[Body, Path]:
    if not orders:
        raise NoOrder(f"holds an empty list. Give one order:\n{_how()}")
    if not all(_is_order(order) for order in orders):
        raise NoOrder(f"holds a list without {', '.join(SIGNS)}: no order. Give the order's JSON:\n{_how()}")
    matching = [i for i, order in enumerate(orders) if not only or only in _names(order)]
    if len(matching) == 1:
        return orders[matching[0]], (*path, matching[0])
    if not matching:
        raise NoOrder(f"holds no order {only!r}. It holds {_listed(orders)}")
    found = [orders[i] for i in matching]
    choice = f"{again} --only {shlex.quote(_name(found[0]))}"
    raise NoOrder(f"holds {len(found)} orders: {_listed(found)}. Choose one:\n  {choice}")


def _is_order(given: Any) -> bool:
    return isinstance(given, dict) and any(sign in given for sign in SIGNS)


def _names(order: Body) -> frozenset[str]:
    name = str(order.get("name") or "")
    return frozenset({name, name.removeprefix("#"), str(order.get("id")), str(order.get("order_number"))} - {""})


def _listed(orders: Sequence[Body]) -> str:
    names = [_name(order) for order in orders[:LISTED]]
    more = len(orders) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _name(order: Body) -> str:
    told = str(order.get("name") or order.get("id") or "one without a name")
    return "".join(c for c in told if c.isprintable())


def _kind(given: Any) -> str:
    return "nothing" if given is None else "text" if isinstance(given, str) else "a bare value"


def _how(id: str = "") -> str:
    """The command that fetches an order in the form that can be placed."""
    address = f"https://$SHOP.myshopify.com/admin/api/{API}/orders/{id or '$ORDER'}.json"
    names = "SHOP=my-shop TOKEN=shpat_…" + ("" if id else " ORDER=5600000000001")
    return f'  {names}\n  curl -H "X-Shopify-Access-Token: $TOKEN" "{address}" > my-order.json'


# GraphQL: shopify.dev/docs/api/admin-graphql/latest/objects/Order


def _is_graphql(given: Any) -> bool:
    if isinstance(given, list):
        return any(_is_graphql(inner) for inner in given[:1])
    if not isinstance(given, dict):
        return False
    if isinstance(given.get("data"), dict):
        return True
    wrapped = given.get("order")
    inner = wrapped if isinstance(wrapped, dict) else given
    return str(inner.get("id", "")).startswith("gid://") or not inner.keys().isdisjoint(GRAPHQL)


def _graphql_id(given: Any) -> str:
    """The number of the order, where exactly one is named."""
    found = {id for text in _texts(given) if (id := re.fullmatch(r"gid://shopify/Order/(\d+)", text))}
    numbers = {match[1] for match in found}
    return numbers.pop() if len(numbers) == 1 else ""


def _texts(given: Any) -> Iterable[str]:
    if isinstance(given, str):
        yield given
    inner = given.values() if isinstance(given, dict) else given if isinstance(given, list) else ()
    for each in inner:
        yield from _texts(each)


# CSV: help.shopify.com, "Exporting orders to a CSV file"


def _columns(text: str) -> Sequence[str]:
    """The columns that a first line names; none where it names none."""
    first = text.splitlines()[0]
    found = max((next(csv.reader([first], delimiter=mark)) for mark in ",;\t"), key=len)
    return [name.strip() for name in found] if len(found) > 2 else []


def _exported_id(text: str, columns: Sequence[str]) -> str:
    """The id of the one order of an export; '' where it holds several, or none."""
    if "Id" not in columns:
        return ""
    rows = csv.reader(text.splitlines()[1:])
    ids = {row[columns.index("Id")].strip() for row in rows if len(row) == len(columns)} - {""}
    return ids.pop() if len(ids) == 1 and "".join(ids).isdecimal() else ""
