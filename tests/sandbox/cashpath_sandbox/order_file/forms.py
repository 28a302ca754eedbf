"""The forms in which people have orders, recognised: the one that can be placed is taken out, others are named.

Placed is the order of Shopify's REST form: its webhooks and `GET orders/<id>.json` give it
(shopify.dev/docs/api/admin-rest/latest/resources/order).
"""

import csv
import json
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from cashpath_sandbox.order_file.lines import Path

API = "2026-07"
SIGNS = ("line_items", "total_price", "currency")  # an object without any of them is no order
GRAPHQL = {"lineItems", "totalPriceSet", "currencyCode", "edges", "nodes", "node"}  # names that REST does not have
LISTED = 5  # orders that are named of a longer list
LONG = 60  # characters of a name that people still copy

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
        refusal = printable(_as_text(given["errors"]), 200)
        raise NoOrder(f"holds a refusal of Shopify's API, no order: {refusal}. Ask again:\n{_how()}")
    return _single(given, ())


def printable(text: str, most: int) -> str:
    """A text as a terminal may show it: what it would obey or hide is escaped, and what is longer is cut."""
    head = text[: most + 1]
    shown = "".join(c if c.isprintable() else c.encode("unicode-escape").decode() for c in head)
    return f"{shown[:most]}…" if len(shown) > most else shown


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
    bearers = Counter(name for order in orders for name in _names(order))
    if not matching:
        raise NoOrder(f"holds no order {printable(only, LONG)!r}. It holds {_listed(orders, bearers)}")
    found = [orders[i] for i in matching]
    here = f"holds {len(found)} orders: {_listed(found, bearers)}"
    own = next((name for order in found for name in _labels(order) if bearers[name] == 1), "")
    if not own:
        alike = "No name or id is of one of them only"
        raise NoOrder(f"{here}. {alike}: leave one in the file, and take out the others")
    raise NoOrder(f"{here}. Choose one:\n  {again} --only {shlex.quote(own)}")


def _is_order(given: Any) -> bool:
    return isinstance(given, dict) and any(sign in given for sign in SIGNS)


def _names(order: Body) -> frozenset[str]:
    """All by which `only` may choose it."""
    told = [str(order[field]) for field in ("name", "id", "order_number") if _is_name(order.get(field))]
    return frozenset([*told, *(name.removeprefix("#") for name in told)]) - {""}


def _is_name(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _labels(order: Body) -> Sequence[str]:
    """Those of its names that can be shown and copied, the one that people know first."""
    told = [str(order[field]) for field in ("name", "id", "order_number") if _is_name(order.get(field))]
    return [name for name in told if name.strip() and name.isprintable() and len(name) <= LONG]


def _listed(orders: Sequence[Body], bearers: Mapping[str, int]) -> str:
    names = [_shown(order, bearers) for order in orders[:LISTED]]
    more = len(orders) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _shown(order: Body, bearers: Mapping[str, int]) -> str:
    """Its name, with the id where others have that name."""
    match _labels(order):
        case [name, id, *_] if bearers[name] > 1 and id == str(order.get("id")):
            return f"{name} (id {id})"
        case [name, *_]:
            return name
        case _:
            return "one without a name or id"


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _kind(given: Any) -> str:
    return "nothing" if given is None else "text" if isinstance(given, str) else "a bare value"


def _how(id: str = "") -> str:
    """The command that fetches an order in the form that can be placed."""
    address = f"https://$SHOP.myshopify.com/admin/api/{API}/orders/{id or '$ORDER'}.json"
    names = "SHOP=my-shop TOKEN=shpat_…" + ("" if id else " ORDER=5600000000001")
    return f'  {names}\n  curl -H "X-Shopify-Access-Token: $TOKEN" "{address}" > my-order.json'


# GraphQL: shopify.dev/docs/api/admin-graphql/latest/objects/Order


def _is_graphql(given: Any) -> bool:
    if isinstance(given, str):
        return given.startswith("gid://shopify/")
    if isinstance(given, list):
        return any(_is_graphql(inner) for inner in given)
    if not isinstance(given, dict):
        return False
    if isinstance(given.get("data"), dict) or not given.keys().isdisjoint(GRAPHQL):
        return True
    return any(_is_graphql(given.get(field)) for field in ("id", "order", "orders"))


def _graphql_id(given: Any) -> str:
    """The number of the order, where exactly one is named."""
    found = {id for text in _texts(given) if (id := re.fullmatch(r"gid://shopify/Order/([0-9]+)", text))}
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
    first = text.splitlines()[:1]
    found = max((next(_rows(first, mark), []) for mark in ",;\t"), key=len)
    return [name.strip() for name in found] if len(found) > 2 else []


def _exported_id(text: str, columns: Sequence[str]) -> str:
    """The id of the one order of an export; '' where it holds several, or none."""
    if "Id" not in columns:
        return ""
    rows = _rows(text.splitlines()[1:], ",")
    ids = {row[columns.index("Id")].strip() for row in rows if len(row) == len(columns)} - {""}
    return ids.pop() if len(ids) == 1 and re.fullmatch("[0-9]{1,20}", "".join(ids)) else ""


def _rows(lines: Sequence[str], mark: str) -> Iterator[Sequence[str]]:
    """The rows of a CSV, up to one that no reader takes: a field of more than 131,072 characters."""
    with suppress(csv.Error):
        yield from csv.reader(lines, delimiter=mark)
