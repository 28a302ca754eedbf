"""Variants: a Stripe product under an id of our own, and its default price (see `terms`). Pure.

Stripe, "The Product object", https://docs.stripe.com/api/products/object.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

from cashpath.records import RecordKey, Variant
from cashpath.records.catalog import Nature
from cashpath.systems.mapping import NOTHING_MAPPED, FieldMap
from cashpath.systems.port import Wanted
from cashpath.systems.stripe.records import NATURE, ORIGIN, REPLACED_BY, REPLACES, SKU, TAX_CATEGORY
from cashpath.systems.stripe.records import terms as priced
from cashpath.systems.stripe.records.metadata import custom_held, custom_state, custom_texts
from cashpath.systems.stripe.records.terms import Terms, prices_of, recurring_of, tiers_of, unit_price

if TYPE_CHECKING:
    from stripe.params._price_update_params import PriceUpdateParams
    from stripe.params._product_create_params import ProductCreateParams
    from stripe.params._product_update_params import ProductUpdateParams

PRICED = frozenset({"price", "prices", "tiers", "recurring"})  # together they are the terms of one price
FIELDS = PRICED | {"title", "sku", "archived", "nature", "tax_category", "shippable"}
EXPANDED = tuple(f"default_price.{name}" for name in priced.EXPANDED)
_TAX_CODE = re.compile(r"txcd_\d{8}", re.ASCII)  # https://docs.stripe.com/tax/tax-codes


def product_id(origin: RecordKey) -> str:
    """The id that we give the product: chosen by us, unique in the account, so creating it twice cannot succeed
    (https://docs.stripe.com/api/products/create, id)."""
    return f"cashpath_{hashlib.sha256(str(origin).encode()).hexdigest()[:24]}"


def current(product: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The price that the product is sold at. None too while the price that it replaced is still in use: a pass was
    killed before it archived that one, and whoever compares must find something left to write."""
    price: Mapping[str, Any] | None = product["default_price"]
    return None if price is None or replaced(price) else price


def replaced(price: Mapping[str, Any]) -> str:
    """The id of the price that this one replaces and that is not archived yet; '' where there is none."""
    return str(price["metadata"].get(REPLACES, ""))


def ours(at: RecordKey, product: Mapping[str, Any], mapping: FieldMap = NOTHING_MAPPED) -> Variant:
    """The product and its default price in canonical form; without a price where the customer chooses what to give.
    Raises BadRecord for a price that is no whole amount for each unit."""
    price = current(product)
    recurring = price["recurring"] if price else None
    chosen = price is None or (price["unit_amount"] is None and _is_chosen(price))
    return Variant(
        key=at,
        sku=product["metadata"].get(SKU, ""),
        title=product["name"],
        price=unit_price(price) if price and not chosen else None,
        prices=prices_of(price) if price else (),
        tiers=tiers_of(price) if price else (),
        recurring=recurring_of(recurring) if recurring else None,
        nature=_nature(product),
        tax_category=_tax_category(product),
        shippable=product["shippable"] is not False,
        archived=not product["active"],
        custom=mapping.read("variant", product["metadata"]),
    )


def state(wanted: Wanted, tax: str, mapping: FieldMap = NOTHING_MAPPED) -> dict[str, object]:
    """What Stripe will hold of a variant. No price is wanted where the record names none."""
    variant = _variant(wanted)
    terms = wanted_terms(wanted, tax)
    whole: dict[str, object] = {
        "title": _name(variant),
        "sku": variant.sku,
        "archived": variant.archived,
        "nature": variant.nature,
        "tax_category": variant.tax_category.strip(),
        "shippable": variant.shippable,
        **(terms.fields() if terms else {}),
    }
    kept = {name: value for name, value in whole.items() if name in wanted.fields}
    return kept | custom_state(variant, wanted.fields, mapping)


def held(product: Mapping[str, Any], wanted: Wanted, tax: str, mapping: FieldMap = NOTHING_MAPPED) -> dict[str, object]:
    """The same of a product in Stripe and its default price."""
    price = current(product)
    whole: dict[str, object] = {
        "title": product["name"],
        "sku": product["metadata"].get(SKU, ""),
        "archived": not product["active"],
        "nature": _nature(product),
        "tax_category": _tax_category(product),
        "shippable": product["shippable"] is not False,
    }
    if wanted_terms(wanted, tax) is not None:
        whole |= Terms.held(price, tax).fields() if price else dict.fromkeys(PRICED)
    kept = {name: value for name, value in whole.items() if name in wanted.fields}
    return kept | custom_held(product["metadata"], wanted.record, wanted.fields, mapping)


def wanted_terms(wanted: Wanted, tax: str) -> Terms | None:
    """The terms of the price that the variant should have, where it names one and it may be written."""
    return Terms.of_variant(_variant(wanted), tax) if wanted.fields & PRICED else None


def create_body(wanted: Wanted, mapping: FieldMap = NOTHING_MAPPED) -> "ProductCreateParams":
    """The product as it is created, with its origin; its price follows."""
    variant = _variant(wanted)
    texts = {ORIGIN: str(variant.key)} | _texts(variant, wanted.fields | {"sku"})
    texts |= custom_texts(variant, wanted.fields, mapping)
    body: ProductCreateParams = {
        "id": product_id(variant.key),
        "name": _name(variant),
        "metadata": {key: text for key, text in texts.items() if text},
        "expand": [*EXPANDED],
    }
    if "tax_category" in wanted.fields and (code := _tax_code(variant)):
        body["tax_code"] = code
    if "shippable" in wanted.fields and not variant.shippable:
        body["shippable"] = False
    return body


def update_body(
    changes: Mapping[str, object],
    wanted: Wanted,
    price_id: str | None,
    mapping: FieldMap = NOTHING_MAPPED,
) -> "ProductUpdateParams":
    """What differs, and only that."""
    variant = _variant(wanted)
    body: ProductUpdateParams = {}
    if "title" in changes:
        body["name"] = _name(variant)
    if texts := _texts(variant, changes) | custom_texts(variant, changes, mapping):
        body["metadata"] = texts
    if "tax_category" in changes:
        body["tax_code"] = _tax_code(variant)
    if "shippable" in changes:
        body["shippable"] = variant.shippable
    if "archived" in changes:
        body["active"] = not variant.archived
    if price_id:
        body["default_price"] = price_id
    return body


def in_use(replaces: str = "") -> "PriceUpdateParams":
    """A price that is used again, in place of the one named."""
    return {"active": True, "metadata": {REPLACES: replaces, REPLACED_BY: ""}}


def sold_again() -> "PriceUpdateParams":
    """An archived price that an order was placed at."""
    return {"active": True}


def archived(by: str) -> "PriceUpdateParams":
    """A price that another has replaced."""
    return {"active": False, "metadata": {REPLACED_BY: by, REPLACES: ""}}


def settled() -> "PriceUpdateParams":
    """A price whose predecessor is archived."""
    return {"metadata": {REPLACES: ""}}


def _texts(variant: Variant, names: "Mapping[str, object] | frozenset[str]") -> dict[str, str]:
    """What goes into the metadata for want of a field: '' unsets."""
    texts = {
        "sku": (SKU, variant.sku),
        "nature": (NATURE, variant.nature if variant.nature != "good" else ""),
        "tax_category": (TAX_CATEGORY, "" if _tax_code(variant) else variant.tax_category.strip()),
    }
    return dict(texts[name] for name in texts if name in names)


def _tax_code(variant: Variant) -> str:
    code = variant.tax_category.strip()
    return code if _TAX_CODE.fullmatch(code) else ""


def _tax_category(product: Mapping[str, Any]) -> str:
    code = product["tax_code"]
    id = code["id"] if isinstance(code, Mapping) else code
    return str(id or product["metadata"].get(TAX_CATEGORY, ""))


def _nature(product: Mapping[str, Any]) -> Nature:
    noted = product["metadata"].get(NATURE, "")
    return next((nature for nature in get_args(Nature) if nature == noted), "good")


def _is_chosen(price: Mapping[str, Any]) -> bool:
    """Whether the customer says how much it is: a donation."""
    return bool(price["custom_unit_amount"]) and price["tiers_mode"] is None


def _variant(wanted: Wanted) -> Variant:
    assert isinstance(wanted.record, Variant)
    return wanted.record


def _name(variant: Variant) -> str:
    return variant.title.strip() or variant.sku or variant.key.id
