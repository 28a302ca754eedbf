"""Reads and writes products: what a variant of the shop is in Tryton.

A variant is a product of a template of its own. Its SKU is the product's code, its origin an identifier of the product
given in the call that creates both. Tryton's list price is a matter of the ERP: it is set at creation where the
currencies agree, and never again; each sale carries its own prices.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import Kind, Money, RecordKey, SystemId, Variant
from cashpath.systems.connection import origin_of
from cashpath.systems.port import Reading, Wanted, Written
from cashpath.systems.tryton import text
from cashpath.systems.tryton.books import Books, Database, Row
from cashpath.systems.tryton.changes import newest
from cashpath.systems.tryton.parties import MARK

KIND: Kind = "variant"
FIELDS = (
    "code",
    "suffix_code",
    "active",
    "replaced_by",
    "template",
    "template.name",
    "template.type",
    "template.account_category",
    "template.create_date",
    "template.write_date",
    "identifiers.code",
    "list_price_used",
    "sale_uom",
    "create_date",
    "write_date",
)


def shown(variant: Variant, fields: Iterable[str]) -> dict[str, object]:
    """The variant as Tryton will hold it, as far as `fields` go."""
    everything: dict[str, object] = {
        "sku": text.line(variant.sku),
        "title": text.line(variant.title) or text.line(variant.sku) or str(variant.key),
        "shippable": variant.shippable,
        "gift_card": variant.gift_card,
        "archived": variant.archived,
    }
    wanted = set(fields)
    return {name: value for name, value in everything.items() if name in wanted}


def held(row: Row, names: Iterable[str], books: Books) -> dict[str, object]:
    """What Tryton holds, for the `names` that `shown` gave."""
    template = row["template."]
    everything: dict[str, object] = {
        "sku": row["suffix_code"] or "",
        "title": template["name"] or "",
        "shippable": template["type"] == "goods",
        "gift_card": books.gift_category is not None and template["account_category"] == books.gift_category,
        "archived": not row["active"],
    }
    return {name: everything[name] for name in names}


class Goods:
    """Products of one database."""

    def __init__(self, database: Database, system: SystemId) -> None:
        self._database = database
        self._system = system

    def rows(self, ids: Sequence[int], company: int) -> dict[int, Row]:
        """The products with these ids that exist."""
        if not ids:
            return {}
        found = self._database.search("product.product", [("id", "in", list(ids))], FIELDS, company=company)
        return {row["id"]: row for row in found}

    def row(self, id: str, company: int) -> Row | None:
        """One product, or None where there is none."""
        return self.rows([int(id)], company).get(int(id)) if id.isdecimal() else None

    def reading(self, row: Row, books: Books) -> Reading:
        """The product as the port tells it."""
        at = RecordKey(self._system, KIND, str(row["id"]))
        now = held(row, ("sku", "title", "shippable", "gift_card", "archived"), books)
        code = next((c for c, id in books.currencies.items() if id == books.company_currency), "")
        record = Variant(
            key=at,
            sku=str(now["sku"]),
            title=str(now["title"]),
            price=_price(row["list_price_used"], code),
            shippable=bool(now["shippable"]),
            gift_card=bool(now["gift_card"]),
            archived=bool(now["archived"]),
        )
        survivor = row["replaced_by"]
        return Reading(
            at=at,
            record=record,
            version=newest(row, row["template."]),
            origin=_origin(row),
            merged_into=RecordKey(self._system, KIND, str(survivor)) if survivor else None,
        )

    def by_sku(self, sku: str, company: int) -> list[Row]:
        """The active products with this code; oldest first."""
        wanted = sku.strip()
        domain = [("code", "=", wanted), ("active", "=", True)]
        found = self._database.search("product.product", domain, FIELDS, company=company)
        return [row for row in found if (row["code"] or "") == wanted]

    def find(self, origin: RecordKey) -> str | None:
        """The product that carries this origin key."""
        domain = [("code", "=", f"{MARK}{origin}")]
        found = self._database.search("product.identifier", domain, ("product",), limit=1)
        return str(found[0]["product"]) if found else None

    def write(self, wanted: Wanted, shown: Mapping[str, object]) -> Written:
        """Create a product with its template in one call, or update what differs of each."""
        books = self._database.books(wanted.brand)
        if wanted.id is None:
            return Written(id=self._create(wanted, shown, books), created=True)
        row = self.row(wanted.id, books.company)
        if row is None or row["replaced_by"]:
            raise NeedsPerson(
                f"{wanted.record.key} is linked to product {wanted.id} of Tryton, which is gone",
                remedy=f"link {wanted.record.key} to the right product, then redrive",
                owner="erp",
                code="target_gone",
            )
        now = held(row, shown, books)
        changed = {name: value for name, value in shown.items() if now[name] != value}
        template, product = self._template_values(changed, books), _product_values(changed)
        if template:
            self._database.writes("model.product.template.write", [row["template"]], template, company=books.company)
        if product:
            self._write_product(row, product, books.company)
        return Written(id=wanted.id, created=False)

    def _write_product(self, row: Row, values: Mapping[str, Any], company: int) -> None:
        """Tryton lets the code of an active product alone change: one that is archived comes back for it."""
        ends_active = values.get("active", row["active"])
        if not row["active"] and "suffix_code" in values:
            self._database.writes("model.product.product.write", [row["id"]], {"active": True}, company=company)
            values = {**values, "active": ends_active}
        self._database.writes("model.product.product.write", [row["id"]], values, company=company)

    def _create(self, wanted: Wanted, shown: Mapping[str, object], books: Books) -> str:
        variant = wanted.record
        assert isinstance(variant, Variant)
        everything = {**_seeds(variant), **shown}
        mark = f"{MARK}{variant.key}"
        product = {**_product_values(everything), "identifiers": [["create", [{"code": mark}]]]}
        template = {
            **self._template_values(everything, books),
            "default_uom": books.unit,
            "sale_uom": books.unit,
            "salable": True,
            "list_price": _list_price(variant, books),
            "products": [["create", [product]]],
        }
        self._database.writes("model.product.template.create", [template], company=books.company)
        id = self.find(variant.key)
        assert id is not None, "a product that was just created carries its identifier"
        return id

    def _template_values(self, changed: Mapping[str, object], books: Books) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if "title" in changed:
            values["name"] = changed["title"]
        if "shippable" in changed:
            values["type"] = "goods" if changed["shippable"] else "service"
        if "gift_card" in changed:
            category = books.gift_category if changed["gift_card"] else books.goods_category
            if category is None:
                raise NeedsPerson(
                    "Tryton has no account category for what the shop sells",
                    remedy="name goods_category and gift_category in the system's settings as Tryton calls them",
                    owner="erp",
                    code="no_category",
                )
            values["account_category"] = category
        return values


def _origin(row: Row) -> RecordKey | None:
    codes = (str(identifier["code"]) for identifier in row["identifiers."])
    marked = (origin_of(code.removeprefix(MARK)) for code in codes if code.startswith(MARK))
    return next((origin for origin in marked if origin), None)


def _seeds(variant: Variant) -> dict[str, object]:
    return shown(variant, ("sku", "title", "shippable", "gift_card", "archived"))


def _product_values(changed: Mapping[str, object]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "sku" in changed:
        values["suffix_code"] = changed["sku"] or None
    if "archived" in changed:
        values["active"] = not changed["archived"]
    return values


def _list_price(variant: Variant, books: Books) -> Decimal:
    price = variant.price
    if price is None or books.currencies.get(price.currency) != books.company_currency:
        return Decimal(0)
    return price.decimal


def _price(amount: Decimal | None, currency: str) -> Money | None:
    if amount is None or not currency:
        return None
    money = Money(0, currency).decimal
    return Money.of(amount.quantize(money), currency) if amount == amount.quantize(money) else None
