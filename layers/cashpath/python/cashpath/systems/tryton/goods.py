"""Reads and writes products. Stands between the port (`client`) and the database; `catalog` says what means what.

Many products are read in one call and created in one. Each carries its origin as an identifier, given in the call that
creates it with its template, and where it is a kit with what it contains.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import BadRecord, Kind, RecordKey, SystemId, Variant
from cashpath.records.record import CUSTOM, Custom
from cashpath.systems.mapping import FieldMap
from cashpath.systems.port import Reading, Wanted, Written
from cashpath.systems.tryton import catalog, kits, services
from cashpath.systems.tryton.books import Books, Database, Row
from cashpath.systems.tryton.catalog import Catalogue
from cashpath.systems.tryton.changes import PAGE, newest
from cashpath.systems.tryton.contacts import MARK
from cashpath.systems.tryton.mapped import canonical, theirs
from cashpath.systems.tryton.parties import plain

KIND: Kind = "variant"
PRODUCT, TEMPLATE = "product.product", "product.template"
STANDS = ("confirmed", "processing", "done")
SEEDS = ("sku", "title", "shippable", "gift_card", "archived")


class Goods:
    """Products of one database."""

    def __init__(self, database: Database, system: SystemId, catalogue: Catalogue, mapping: FieldMap) -> None:
        self._database = database
        self._system = system
        self._catalogue = catalogue
        self._mapping = mapping
        mapped = (f"template.{name}" for name in mapping.asked(KIND))
        self._fields = tuple(dict.fromkeys((*catalogue.fields, *mapped)))

    def rows(self, ids: Sequence[int], company: int) -> dict[int, Row]:
        """The products with these ids that exist: one request, however many."""
        return {row["id"]: row for row in self._search([("id", "in", list(ids))], company)} if ids else {}

    def row(self, id: str, company: int) -> Row | None:
        """One product, or None where there is none."""
        return self.rows([int(id)], company).get(int(id)) if id.isdecimal() else None

    def readings(self, ids: Sequence[int], books: Books) -> dict[str, Reading]:
        """The products with these ids that exist, as the port tells them."""
        rows = self._with_services(list(self.rows(ids, books.company).values()), books.company)
        return {str(row["id"]): self._told(row, books) for row in rows}

    def reading(self, row: Row, books: Books) -> Reading:
        """The product as the port tells it. Its parent is its template where it began here: a variant of a shop has a
        template that is no record of its own."""
        at = self._key(KIND, row["id"])
        survivor, origin = row["replaced_by"], catalog.origin(row)
        return Reading(
            at=at,
            record=self._catalogue.variant(at, row, books, self._custom(row)),
            version=newest(row, row["template."]),
            origin=origin,
            parent=None if origin else self._key("product", row["template"]),
            merged_into=self._key(KIND, survivor) if survivor else None,
        )

    def products(self, ids: Sequence[int], books: Books) -> dict[str, Reading]:
        """The templates with these ids that exist, with all their variants."""
        fields = ("name", "active", "create_date", "write_date", *self._mapping.asked("product"))
        templates = self._database.search(TEMPLATE, [("id", "in", list(ids))], fields, company=books.company)
        rows = self._search([("template", "in", [t["id"] for t in templates])], books.company) if templates else []
        rows = self._with_services(rows, books.company)
        found: dict[str, Reading] = {}
        for template in templates:
            at = self._key("product", template["id"])
            own = [row for row in rows if row["template"] == template["id"]]
            variants = [self._told(row, books).record for row in own]
            record = catalog.product(at, template, tuple(v for v in variants if isinstance(v, Variant)))
            custom = self._mapping.read("product", canonical(template)) if self._mapping.of("product") else {}
            found[at.id] = Reading(at=at, record=replace(record, custom=custom), version=newest(template, *own))
        return found

    def by_sku(self, skus: Sequence[str], company: int) -> dict[str, list[Row]]:
        """The active products with each of these codes; oldest first."""
        wanted = {sku.strip() for sku in skus} - {""}
        rows = self._search([("code", "in", sorted(wanted)), ("active", "=", True)], company) if wanted else []
        rows = self._with_services(rows, company)
        return {sku: [row for row in rows if (row["code"] or "") == sku.strip()] for sku in skus}

    def find_many(self, origins: Sequence[RecordKey]) -> dict[RecordKey, str]:
        """The product that carries each origin key: one request."""
        codes = {f"{MARK}{origin}": origin for origin in origins}
        domain = [("code", "in", sorted(codes))]
        rows = self._database.search("product.identifier", domain, ("product", "code")) if codes else []
        return {codes[row["code"]]: str(row["product"]) for row in reversed(rows)}

    def held(self, row: Row, names: Sequence[str], books: Books) -> dict[str, object]:
        """What Tryton holds, for the `names` that `Catalogue.shown` gave."""
        custom = {CUSTOM + name: plain(value) for name, value in self._custom(row).items()}
        everything = {**self._catalogue.everything(row, books), **custom}
        return {name: everything[name] for name in names}

    def write(self, wanted: Sequence[tuple[Wanted, Mapping[str, object]]], made: dict[int, str]) -> list[Written]:
        """Create products of one brand with their templates in one call, and update what differs of the others.

        `made` takes the ids of those that were created, by their place in `wanted`, as soon as they are.
        """
        books = self._database.books(wanted[0][0].brand)
        rows = self.rows([int(one.id) for one, _ in wanted if one.id and one.id.isdecimal()], books.company)
        now = {n: _target(one, rows) for n, (one, _) in enumerate(wanted) if one.id is not None}
        parts = self._parts(wanted, now, books)
        new = [(n, one, shown) for n, (one, shown) in enumerate(wanted) if one.id is None]
        if new:
            templates = [self._new(one, shown, parts, books) for _, one, shown in new]
            self._database.writes(f"model.{TEMPLATE}.create", templates, company=books.company)
            found = self.find_many([one.record.key for _, one, _ in new])
            made.update({n: found[one.record.key] for n, one, _ in new})
        for n, row in now.items():
            self._update(row, *wanted[n], parts, books)
        return [Written(id=made.get(n) or one.id or "", created=n in made) for n, (one, _) in enumerate(wanted)]

    def sold_since(self, variants: Sequence[str], since: datetime, company: int) -> dict[str, int]:
        """Units of these products on sales that stand, dated then or later; what came back is taken off."""
        ids = [int(id) for id in variants if id.isdecimal()]
        domain = [("product", "in", ids), ("sale.state", "in", list(STANDS)), ("sale.sale_date", ">=", since.date())]
        sold: dict[str, int] = dict.fromkeys(variants, 0)
        after = 0
        while ids:
            page = self._database.search(
                "sale.line",
                [*domain, ("id", ">", after)],
                ("product", "quantity"),
                limit=PAGE,
                company=company,
            )
            for row in page:
                sold[str(row["product"])] += round(row["quantity"] or 0)
            if len(page) < PAGE:
                break
            after = page[-1]["id"]
        return sold

    def _told(self, row: Row, books: Books) -> Reading:
        """Raises BadRecord for a product that began here and cannot be told. A shop's own is put right instead."""
        reading = self.reading(row, books)
        if reading.origin is None and (why := self._catalogue.unclear(row)):
            raise BadRecord(why)
        return reading

    def _with_services(self, rows: list[Row], company: int) -> list[Row]:
        """With the subscription services that name each product, where the settings ask for them: one request."""
        if not rows or not self._catalogue.services:
            return rows
        domain = [("product", "in", [row["id"] for row in rows]), ("active", "=", True)]
        found: dict[int, list[Row]] = {}
        for service in self._database.search(services.MODEL, domain, services.FIELDS, company=company):
            found.setdefault(service["product"], []).append(service)
        return [{**row, "services": found.get(row["id"], [])} for row in rows]

    def _parts(
        self, wanted: Sequence[tuple[Wanted, Mapping[str, Any]]], now: Mapping[int, Row], books: Books
    ) -> Mapping[int, Row]:
        """The products that go into kits which are new or change: one request, none without such kits. Raises NotYet
        or NeedsPerson for a kit that cannot be, before anything is written."""
        changing = [
            (one.record, shown["parts"], one.refs)
            for n, (one, shown) in enumerate(wanted)
            if shown.get("parts") and not (n in now and kits.held(now[n]) == shown["parts"])
        ]
        for variant, _, refs in changing:
            assert isinstance(variant, Variant)
            kits.missing(variant, refs)
        ids = sorted({int(part["variant"]) for _, parts, _ in changing for part in parts})
        rows = (
            self._database.search(PRODUCT, [("id", "in", ids)], kits.PART_FIELDS, company=books.company) if ids else []
        )
        products = {row["id"]: row for row in rows}
        for variant, parts, _ in changing:
            kits.fit(variant.key, parts, products)
        return products

    def _update(
        self, row: Row, wanted: Wanted, shown: Mapping[str, Any], parts: Mapping[int, Row], books: Books
    ) -> None:
        now = self.held(row, list(shown), books)
        changed = {name: value for name, value in shown.items() if now[name] != value}
        template = {
            **self._catalogue.template_values(changed, self._catalogue.everything(row, books), books),
            **self._mapped(wanted, changed, row["template."]),
            **_components(kits.changes(row, shown["parts"], parts) if "parts" in changed else []),
        }
        product = catalog.product_values(changed)
        if catalog.origin(row) is None:
            product["identifiers"] = _mark(wanted.record.key)
        if template:
            self._database.writes(f"model.{TEMPLATE}.write", [row["template"]], template, company=books.company)
        if product:
            self._write_product(row, product, books.company)

    def _write_product(self, row: Row, values: Mapping[str, Any], company: int) -> None:
        """Tryton lets the code of an active product alone change: one that is archived comes back for it."""
        ends_active = values.get("active", row["active"])
        if not row["active"] and "suffix_code" in values:
            self._database.writes(f"model.{PRODUCT}.write", [row["id"]], {"active": True}, company=company)
            values = {**values, "active": ends_active}
        self._database.writes(f"model.{PRODUCT}.write", [row["id"]], values, company=company)

    def _new(self, wanted: Wanted, shown: Mapping[str, Any], parts: Mapping[int, Row], books: Books) -> dict[str, Any]:
        variant = wanted.record
        assert isinstance(variant, Variant)
        everything = {**self._catalogue.shown(variant, SEEDS, wanted.refs), **shown}
        product = {**catalog.product_values(everything), "identifiers": _mark(variant.key)}
        return {
            "list_price": catalog.seed_price(variant, books),
            **self._catalogue.template_values(everything, {}, books),
            **self._mapped(wanted, {name: value for name, value in shown.items() if value is not None}, {}),
            **_components(kits.changes(None, shown.get("parts", []), parts)),
            "default_uom": books.unit,
            "sale_uom": books.unit,
            "salable": True,
            "products": [["create", [product]]],
        }

    def _mapped(self, wanted: Wanted, changed: Mapping[str, object], now: Row) -> dict[str, Any]:
        names = [name for name in changed if name.startswith(CUSTOM)]
        if not names:
            return {}
        return theirs(self._database, TEMPLATE, self._mapping.write(KIND, wanted.record.custom, names, canonical(now)))

    def _search(self, domain: list[Any], company: int) -> list[Row]:
        return self._database.search(PRODUCT, domain, self._fields, company=company)

    def _custom(self, row: Row) -> dict[str, Custom]:
        return self._mapping.read(KIND, canonical(row["template."])) if self._mapping.of(KIND) else {}

    def _key(self, kind: Kind, id: int) -> RecordKey:
        return RecordKey(self._system, kind, str(id))


def _mark(key: RecordKey) -> list[list[Any]]:
    return [["create", [{"code": f"{MARK}{key}"}]]]


def _components(operations: list[list[Any]]) -> dict[str, Any]:
    return {"components": operations} if operations else {}


def _target(wanted: Wanted, rows: Mapping[int, Row]) -> Row:
    id = wanted.id or ""
    row = rows.get(int(id)) if id.isdecimal() else None
    if row is None or row["replaced_by"]:
        raise NeedsPerson(
            f"{wanted.record.key} is linked to product {id} of Tryton, which is gone",
            remedy=f"link {wanted.record.key} to the right product, then redrive",
            owner="erp",
            code="target_gone",
        )
    return row
