"""What the systems of a `Together` hold in the end, without what no two runs share: vendors' ids, and when it was.

Read from the stand-ins themselves, and from Tryton's own tables: nothing of a connector takes part.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from cashpath_sandbox.together import Together
from cashpath_sandbox.tryton.server import Tryton

Found = Mapping[str, Counter[str]]  # by place: how often it holds what
DATES = (
    "created",
    "updated",
    "createdate",
    "lastmodifieddate",
    "hs_lastmodifieddate",
    "hs_object_id",
    "start_date",
    "trial_start",
    "hs_createdate",
)
TRYTON: Mapping[str, tuple[str, ...]] = {  # what of each table says something of an order
    "party_party": ("name", "active"),
    "party_address": ("street", "city", "postal_code", "party_name"),
    "party_identifier": ("type", "code"),
    "party_contact_mechanism": ("type", "value"),
    "product_template": ("name", "salable", "type"),
    "product_product": ("code", "active"),
    "product_identifier": ("type", "code"),
    "sale_sale": ("reference", "state", "description", "untaxed_amount_cache", "total_amount_cache"),
    "sale_line": ("type", "quantity", "unit_price", "note", "description"),
}


def found(world: Together, marks: Mapping[str, int] | None = None) -> Found:
    """What CRM, billing and ERP hold; of Tryton, what came after `marks`."""
    erp = _tryton(world.tryton, marks or {}) if world.tryton else _memory(world)
    return {"crm": Counter(_portal(world)), "billing": Counter(_billing(world)), "erp": Counter(erp)}


def told_apart(found: Found, tag: str, order: str) -> Found:
    """The same, with what tells one position's order from another's taken out."""

    def plain(text: str) -> str:
        text = text.replace(order, "ORDER").replace(tag, "TAG")
        return re.sub(r"cashpath_[0-9a-f]{24}|\b[4578]\d{12,15}\b|\b9[12]\d{4}\b|#1\d{3}\b", "ID", text)

    return {place: Counter(plain(text) for text in held.elements()) for place, held in found.items()}


def _portal(world: Together) -> Iterator[str]:
    store = world.portal.store
    items = [item for item in store.items.values() if not item.archived]
    names = {item.id: _label(item.type.name, item.properties) for item in items}
    for item in items:
        near = sorted(names[id] for ids in store.associated.get((item.type, item.id), {}).values() for id in ids)
        yield _told({"type": item.type.name, "near": near, **item.properties}, names)


def _label(type: str, properties: Mapping[str, str]) -> str:
    told = [properties.get(name, "") for name in ("email", "name", "hs_order_name", "dealname", "hs_sku")]
    return f"{type} {' '.join(told)}".strip()


def _billing(world: Together) -> Iterator[str]:
    account = world.billing
    customers = [account.kept.customer(id) for id in account.kept.added if id.startswith("cus_")]
    products = [account.kept.product(id) for id in account.kept.added if not id.startswith("cus_")]
    names = {c["id"]: f"customer {c['email']}" for c in customers}
    names |= {p["id"]: f"product {p['name']}" for p in products}
    names |= {p["id"]: f"price {p['unit_amount']} of {names[p['product']]}" for p in account.prices.docs.values()}
    for doc in (*customers, *products, *account.prices.docs.values()):
        yield _told(doc, names)
    for id, subscription in account.subscriptions.docs.items():
        items = account.subscriptions.items[id]
        names |= {id: "subscription", **{item["id"]: "item" for item in items}}
        yield _told({**subscription, "items": items}, names)


def _told(doc: Mapping[str, Any], names: Mapping[str, str]) -> str:
    text = json.dumps(_undated(doc), sort_keys=True, ensure_ascii=False, default=str)
    for id, name in sorted(names.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(f'"{id}"', f'"{name}"')
    return re.sub(r"\b(pm|card|src)_\w+", "CARD", text)


def _undated(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _undated(held) for name, held in value.items() if name not in DATES}
    return [_undated(held) for held in value] if isinstance(value, list | tuple) else value


def _memory(world: Together) -> Iterator[str]:
    rows = [states[-1] for states in world.books.rows.values()]
    names = {str(row.record.key.id): str(row.origin) for row in rows}
    for row in rows:
        yield re.sub(r"id='([a-z]\d+)'", lambda match: names.get(match[1], match[1]), repr(row.record))


def marks(world: Together) -> Mapping[str, int]:
    """How far Tryton's tables go by now."""
    if not world.tryton:
        return {}
    return {table: rows(world.tryton, f"select coalesce(max(id), 0) as at from {table}")[0]["at"] for table in TRYTON}


def _tryton(tryton: Tryton, marks: Mapping[str, int]) -> Iterator[str]:
    for table, wanted in TRYTON.items():
        for row in rows(tryton, f"select * from {table} where id > {marks.get(table, 0)}"):
            told = {name: row[name] for name in wanted if name in row}
            yield f"{table} {json.dumps(told, ensure_ascii=False, default=str)}"


def rows(tryton: Tryton, query: str) -> list[dict[str, Any]]:
    """What Tryton's database file answers to a query."""
    place = f"file:{tryton.directory}/{tryton.database}.sqlite?mode=ro"
    with closing(sqlite3.connect(place, uri=True)) as file:
        file.row_factory = sqlite3.Row
        return [dict(row) for row in file.execute(query)]
