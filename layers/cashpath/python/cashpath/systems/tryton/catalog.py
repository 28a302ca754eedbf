"""Variants and products of the shop as Tryton's products and templates: ours -> theirs, theirs -> ours. Pure.

A variant of the shop is a product of a template of its own: its SKU is the product's code. What began in Tryton is read
as it is there: a template with all its variants. Tiers and prices in other currencies have no place in the modules
asked for.

Options. `list_price = "as_shown"`: the shop's price is Tryton's list price, tax as the shop shows it, which is right
where the shop shows prices without tax (Tryton's list price is net) or books by channel; only a price in `currency`,
the currency of the books, is told and held. Without it the list price is a matter of the ERP: set when a product is
created where the currencies agree, and never again; each sale carries its own prices. `tax_categories`: Tryton's
accounting category for each tax category of the shop, by name; `untaxed_category`: the one of what is not taxed. They
decide where sales are booked and which tax a person is offered, as `goods_category` and `gift_category` do. `kits`: a
bundle's parts are told and held, as the module product_kit has them (kits.py). `services`: what recurs is told, as the
module sale_subscription has it (services.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import Product, RecordKey, Variant
from cashpath.records.catalog import Nature
from cashpath.records.record import CUSTOM, Custom
from cashpath.systems.connection import origin_of
from cashpath.systems.tryton import kits, services, text
from cashpath.systems.tryton.books import Books, Row, whole
from cashpath.systems.tryton.contacts import MARK
from cashpath.systems.tryton.parties import plain

FIELDS = (
    *("code", "suffix_code", "active", "replaced_by", "template", "list_price_used", "sale_uom"),
    *("create_date", "write_date", "identifiers.code"),
    *(f"template.{name}" for name in ("name", "type", "account_category", "active", "create_date", "write_date")),
)
SHIPPED = ("goods", kits.TYPE)
CATEGORY = ("gift_card", "taxable", "tax_category")  # what the one accounting category of a template says


@dataclass(frozen=True)
class Catalogue:
    """How a brand's catalogue is kept, from the system's options."""

    price_currency: str = ""
    tax_categories: Mapping[str, str] = field(default_factory=dict)
    untaxed: str = ""
    kits: bool = False
    services: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Catalogue":
        """As the options say."""
        as_shown = options.get("list_price") == "as_shown"
        return cls(
            price_currency=str(options.get("currency") or "") if as_shown else "",
            tax_categories=dict(options.get("tax_categories") or {}),
            untaxed=str(options.get("untaxed_category") or ""),
            kits=bool(options.get("kits")),
            services=bool(options.get("services")),
        )

    @property
    def fields(self) -> tuple[str, ...]:
        """What is asked of a product."""
        return (*FIELDS, *kits.FIELDS) if self.kits else FIELDS

    def shown(self, variant: Variant, fields: Iterable[str], refs: Mapping[RecordKey, str]) -> dict[str, object]:
        """The variant as Tryton will hold it, as far as `fields` go. A kit is shipped, whatever the shop says."""
        wanted = set(fields)
        price = variant.price if variant.price and variant.price.currency == self.price_currency else None
        ordinary = variant.taxable and not variant.gift_card
        known = variant.tax_category if variant.tax_category in self.tax_categories else ""
        everything: dict[str, object] = {
            "sku": text.line(variant.sku),
            "title": text.line(variant.title) or text.line(variant.sku) or str(variant.key),
            "shippable": variant.shippable or (self.kits and bool(variant.parts)),
            "gift_card": variant.gift_card,
            "archived": variant.archived,
            "price": str(price) if price else None,
            "taxable": variant.taxable or variant.gift_card,
            "tax_category": known if ordinary else "",
            "parts": kits.shown(variant, refs),
        }
        custom = {
            name: plain(variant.custom.get(name.removeprefix(CUSTOM))) for name in wanted if name.startswith(CUSTOM)
        }
        return {**{name: value for name, value in everything.items() if name in wanted}, **custom}

    def everything(self, row: Row, books: Books) -> dict[str, Any]:
        """What Tryton holds of a product, in the same form; without mapped fields."""
        template = row["template."]
        category = template["account_category"]
        name = next((name for name, id in books.categories.items() if id == category), "")
        price = whole(row["list_price_used"], self.price_currency) if self._prices(books) else None
        return {
            "sku": row["suffix_code"] or "",
            "title": template["name"] or "",
            "shippable": template["type"] in SHIPPED,
            "gift_card": books.gift_category is not None and category == books.gift_category,
            "archived": not row["active"],
            "price": str(price) if price else None,
            "taxable": not (self.untaxed and name == self.untaxed),
            "tax_category": next((ours for ours, theirs in self.tax_categories.items() if theirs == name), ""),
            **({"parts": kits.held(row)} if self.kits else {}),
        }

    def variant(self, key: RecordKey, row: Row, books: Books, custom: Mapping[str, Custom]) -> Variant:
        """The product as ours."""
        now = self.everything(row, books)
        code = books.currency_codes.get(books.company_currency, "")
        return Variant(
            key=key,
            product=RecordKey(key.system, "product", str(row["template"])),
            sku=now["sku"],
            title=now["title"],
            price=whole(row["list_price_used"], code),
            shippable=now["shippable"],
            gift_card=now["gift_card"],
            archived=now["archived"],
            taxable=now["taxable"],
            tax_category=now["tax_category"],
            parts=kits.told(row, key.system) if self.kits else (),
            recurring=services.recurring(row.get("services", ())),
            nature=self._nature(row, now),
            custom=dict(custom),
        )

    def unclear(self, row: Row) -> str:
        """Why a product cannot be told as ours, and what to do; '' where it can."""
        name = row["code"] or row["template."]["name"]
        return (kits.unclear(row) if self.kits else "") or services.unclear(name, row.get("services", ()))

    def template_values(self, changed: Mapping[str, object], now: Mapping[str, object], books: Books) -> dict[str, Any]:
        """Tryton's values of a template for what changed. `now` is what it holds of the rest."""
        values: dict[str, Any] = {}
        if "title" in changed:
            values["name"] = changed["title"]
        if "shippable" in changed or "parts" in changed:
            wanted = _type({**now, **changed})
            values.update(wanted if not now or wanted != _type(now) else {})
        if changed.get("price") is not None and self._prices(books):
            values["list_price"] = Decimal(str(changed["price"]).partition(" ")[0])
        if any(name in changed for name in CATEGORY):
            values["account_category"] = self._category({**now, **changed}, books)
        return values

    def _nature(self, row: Row, now: Mapping[str, object]) -> Nature:
        if now["gift_card"]:
            return "gift_card"
        if self.kits and row["template."]["type"] == kits.TYPE:
            return "bundle"
        return "good" if now["shippable"] else "service"

    def _prices(self, books: Books) -> bool:
        """Whether Tryton's list prices are in the currency of the prices that are held there."""
        return bool(self.price_currency) and books.currencies.get(self.price_currency) == books.company_currency

    def _category(self, wanted: Mapping[str, object], books: Books) -> int:
        mapped = self.tax_categories.get(str(wanted.get("tax_category") or ""), "")
        named = mapped if wanted.get("taxable", True) else self.untaxed
        if wanted.get("gift_card"):
            category, named = books.gift_category, ""
        else:
            category = books.categories.get(named) if named else books.goods_category
        if category is None:
            raise NeedsPerson(
                f"Tryton has no accounting category {named!r}"
                if named
                else "Tryton has no account category for what the shop sells",
                remedy="name goods_category, gift_category, untaxed_category and tax_categories in the system's "
                "settings as Tryton calls them",
                owner="erp",
                code="no_category",
            )
        return category


def _type(wanted: Mapping[str, object]) -> dict[str, str]:
    """A kit's cost is that of its components, which Tryton calls fixed."""
    if wanted.get("parts"):
        return {"type": kits.TYPE, "cost_price_method": "fixed"}
    return {"type": "goods" if wanted.get("shippable") else "service"}


def product_values(changed: Mapping[str, object]) -> dict[str, Any]:
    """Tryton's values of a product for what changed."""
    values: dict[str, Any] = {}
    if "sku" in changed:
        values["suffix_code"] = changed["sku"] or None
    if "archived" in changed:
        values["active"] = not changed["archived"]
    return values


def origin(row: Row) -> RecordKey | None:
    """The key that Cashpath left on a product."""
    codes = (str(identifier["code"]) for identifier in row["identifiers."])
    marked = (origin_of(code.removeprefix(MARK)) for code in codes if code.startswith(MARK))
    return next((origin for origin in marked if origin), None)


def product(key: RecordKey, template: Row, variants: tuple[Variant, ...]) -> Product:
    """A template as ours, with its variants."""
    return Product(key=key, title=template["name"] or "", variants=variants, archived=not template["active"])


def seed_price(variant: Variant, books: Books) -> Decimal:
    """The list price that a product begins with."""
    price = variant.price
    if price is None or books.currencies.get(price.currency) != books.company_currency:
        return Decimal(0)
    return price.decimal
