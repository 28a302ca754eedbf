"""HubSpot's object types and how Cashpath names their records. Standard library only: the receiver imports it.

A deal and an order are both Cashpath's kind `order`, so their ids are spelled with the type: `deals:123`, `orders:9`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

API_VERSION = "2026-03"  # HubSpot-public-api-spec-collection, rollout 2026-03


@dataclass(frozen=True)
class ObjectType:
    """One object type. `path` stands in the objects API's addresses, `number` in webhooks as `objectTypeId`,
    `modified` names the property that holds its modification mark."""

    name: str
    path: str
    number: str
    kind: str
    modified: str = "hs_lastmodifieddate"


# Developer documentation, "Object type IDs"; contacts alone call their modification mark `lastmodifieddate`.
CONTACTS = ObjectType("contacts", "contacts", "0-1", "customer", "lastmodifieddate")
COMPANIES = ObjectType("companies", "companies", "0-2", "company")
DEALS = ObjectType("deals", "0-3", "0-3", "order")
PRODUCTS = ObjectType("products", "products", "0-7", "variant")
LINE_ITEMS = ObjectType("line_items", "line_items", "0-8", "")
ORDERS = ObjectType("orders", "orders", "0-123", "order")

TYPES: tuple[ObjectType, ...] = (CONTACTS, COMPANIES, DEALS, PRODUCTS, LINE_ITEMS, ORDERS)
BY_NUMBER: Mapping[str, ObjectType] = {t.number: t for t in TYPES}
BY_SINGULAR: Mapping[str, ObjectType] = {
    "contact": CONTACTS,
    "company": COMPANIES,
    "deal": DEALS,
    "product": PRODUCTS,
    "line_item": LINE_ITEMS,
    "order": ORDERS,
}
SOLD: Mapping[str, ObjectType] = {"deal": DEALS, "order": ORDERS}

# The associations that a line item is created with: "Association type ID values" (associations API, v4 guide).
LINE_ITEM_TO: Mapping[ObjectType, int] = {DEALS: 20, ORDERS: 514}


def spelled(type: ObjectType, id: str) -> str:
    """The id by which Cashpath names a record of this type."""
    return f"{type.name}:{id}" if type.kind == "order" else id


def located(kind: str, id: str) -> tuple[ObjectType, str] | None:
    """The type and HubSpot's own id that a spelled id means; None where no record can have it."""
    name, _, number = id.rpartition(":")
    for type in TYPES:
        if type.kind == kind and (type.name == name if kind == "order" else not name):
            return (type, number) if number.isascii() and number.isdigit() else None
    return None


@dataclass(frozen=True, kw_only=True)
class Theirs:
    """One record as HubSpot gave it: properties that have a value, and ids of associated records by type name.

    A `primary` company is the one that HubSpot marks so; an association without that mark ends in `_unlabeled`.
    """

    type: ObjectType
    id: str
    properties: Mapping[str, str]
    associated: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """A property's value, '' where it has none."""
        return self.properties.get(name, "")
