"""The properties that Cashpath adds to a HubSpot portal, and how they get there when a portal is set up.

`cashpath_origin` and `cashpath_line` are unique: through them a record is found again by an endpoint that reads its
own writes, and no second record can carry the same ("Properties API": hasUniqueValue).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from cashpath.systems.http import Api
from cashpath.systems.hubspot import catalog, spelling
from cashpath.systems.hubspot.objects import (
    API_VERSION,
    COMPANIES,
    CONTACTS,
    DEALS,
    LINE_ITEMS,
    ORDERS,
    PRODUCTS,
    ObjectType,
)

ORIGIN = "cashpath_origin"
LINE = "cashpath_line"
TAX_ID = "cashpath_tax_id"
GROUP = "cashpath"


@dataclass(frozen=True, kw_only=True)
class Property:
    """One custom property of one object type."""

    on: ObjectType
    name: str
    label: str
    type: Literal["string", "number", "bool", "date"] = "string"
    unique: bool = False

    def body(self) -> dict[str, object]:
        """What creates it ("Properties API", create a property)."""
        fields = {"string": "text", "number": "number", "bool": "booleancheckbox", "date": "date"}
        body: dict[str, object] = {
            "name": self.name,
            "label": self.label,
            "groupName": GROUP,
            "type": self.type,
            "fieldType": fields[self.type],
            "hasUniqueValue": self.unique,
        }
        if self.type == "bool":
            body["options"] = [
                {"label": label, "value": value, "displayOrder": i, "hidden": False}
                for i, (label, value) in enumerate((("Yes", "true"), ("No", "false")))
            ]
        return body


def _amounts(on: ObjectType, *named: tuple[str, str]) -> tuple[Property, ...]:
    return tuple(Property(on=on, name=name, label=label, type="number") for name, label in named)


_SOLD = (
    ("cashpath_discounts", "Discounts on lines (Cashpath)"),
    ("cashpath_shipping_tax", "Tax on shipping (Cashpath)"),
    ("cashpath_charges_tax", "Tax on duties and fees (Cashpath)"),
    ("cashpath_duties", "Duties (Cashpath)"),
    ("cashpath_fees", "Additional fees (Cashpath)"),
    ("cashpath_tip", "Tip (Cashpath)"),
    ("cashpath_rounding", "Cash rounding (Cashpath)"),
)


def _added(on: ObjectType, table: Sequence[spelling.Spelling]) -> tuple[Property, ...]:
    """What a table of spellings needs that HubSpot has no property for."""
    types: dict[object, Literal["bool", "date"]] = {spelling.yes: "bool", spelling.day: "date"}
    return tuple(
        Property(on=on, name=row.name, label=row.label, type=types.get(row.to, "string")) for row in table if row.label
    )


PROPERTIES: tuple[Property, ...] = (
    *(
        Property(on=type, name=ORIGIN, label="Origin (Cashpath)", unique=True)
        for type in (CONTACTS, COMPANIES, DEALS, ORDERS, PRODUCTS)
    ),
    *(Property(on=type, name=TAX_ID, label="Tax id (Cashpath)") for type in (CONTACTS, COMPANIES)),
    *_added(CONTACTS, spelling.CONTACT),
    *_added(COMPANIES, spelling.COMPANY),
    *_added(PRODUCTS, spelling.PRODUCT),
    Property(on=PRODUCTS, name=catalog.PRICED_IN, label="Currency of the shop's price (Cashpath)"),
    Property(on=LINE_ITEMS, name=LINE, label="Order line (Cashpath)", unique=True),
    *_amounts(
        LINE_ITEMS,
        ("cashpath_discount", "Discounts on the whole line (Cashpath)"),
        ("cashpath_tax", "Tax on the whole line (Cashpath)"),
    ),
    *_amounts(DEALS, ("cashpath_total_tax", "Total tax (Cashpath)"), ("cashpath_shipping", "Shipping (Cashpath)")),
    *_amounts(DEALS, *_SOLD),
    *_amounts(ORDERS, *_SOLD),
    *(
        Property(on=type, name="cashpath_prices_include_tax", label="Prices include tax (Cashpath)", type="bool")
        for type in (DEALS, ORDERS)
    ),
)


def known_properties(api: Api, type: ObjectType) -> frozenset[str]:
    """The names of all properties that the portal has for a type."""
    return frozenset(p["name"] for p in api.read("GET", f"/crm/properties/{API_VERSION}/{type.path}").json()["results"])


def missing_properties(api: Api) -> tuple[Property, ...]:
    """Those of Cashpath's properties that the portal lacks."""
    known = {on: known_properties(api, on) for on in dict.fromkeys(p.on for p in PROPERTIES)}
    return tuple(property for property in PROPERTIES if property.name not in known[property.on])


def ensure_properties(api: Api, wanted: Iterable[Property] = PROPERTIES) -> tuple[Property, ...]:
    """Create what the portal lacks, our group of properties included; answers what was created. Safe to repeat.

    Raises as `Api` does: `Refused` (403) where the private app lacks the scopes crm.schemas.*.write.
    """
    created: list[Property] = []
    by_type: dict[ObjectType, list[Property]] = {}
    for property in wanted:
        by_type.setdefault(property.on, []).append(property)
    for type, properties in by_type.items():
        base = f"/crm/properties/{API_VERSION}/{type.path}"
        there = known_properties(api, type)
        missing = [p for p in properties if p.name not in there]
        if not missing:
            continue
        groups = {g["name"] for g in api.read("GET", f"{base}/groups").json()["results"]}
        if GROUP not in groups:
            api.write("POST", f"{base}/groups", json={"name": GROUP, "label": "Cashpath", "displayOrder": -1})
        for property in missing:
            api.write("POST", base, json=property.body())
        created += missing
    return tuple(created)
