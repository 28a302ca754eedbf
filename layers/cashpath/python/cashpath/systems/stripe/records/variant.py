"""Variants: a Stripe product under an id of our own, and its default price. Pure.

Stripe, "Products and prices", https://docs.stripe.com/products-prices/how-products-and-prices-work: a price's amount
never changes, so another amount is another price; it is found by `lookup_key`, which is unique in the account.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cashpath.records import BadRecord, Money, RecordKey, Recurring, Variant
from cashpath.systems.port import Wanted
from cashpath.systems.stripe.money import from_stripe, to_stripe
from cashpath.systems.stripe.records import ORIGIN

if TYPE_CHECKING:
    from stripe.params._price_create_params import PriceCreateParams
    from stripe.params._price_update_params import PriceUpdateParams
    from stripe.params._product_create_params import ProductCreateParams
    from stripe.params._product_update_params import ProductUpdateParams

FIELDS = frozenset({"title", "sku", "price", "recurring", "archived"})
SKU = "sku"  # in the product's metadata: Stripe's products have no SKU


@dataclass(frozen=True)
class Terms:
    """What a price of Stripe says: an amount in its smallest unit, and how often. `tax` is its `tax_behavior` where
    the system's option names one."""

    amount: int
    currency: str
    interval: str = ""
    count: int = 0
    tax: str = ""

    @classmethod
    def of(cls, price: Money, recurring: Recurring | None, tax: str) -> "Terms":
        """The terms of a unit price. Raises BadRecord where Stripe cannot charge the amount."""
        interval, count = (recurring.interval, recurring.count) if recurring else ("", 0)
        return cls(to_stripe(price), price.currency.lower(), interval, count, tax)

    @classmethod
    def held(cls, price: Mapping[str, Any], tax: str) -> "Terms":
        """The terms of a price in Stripe; amount -1 where it has none for one unit (tiers, customer chooses)."""
        recurring = price["recurring"] or {"interval": "", "interval_count": 0}
        amount = price["unit_amount"] if price["unit_amount"] is not None else -1
        behaviour = price["tax_behavior"] if tax else ""
        return cls(amount, price["currency"], recurring["interval"], recurring["interval_count"], behaviour)

    def lookup_key(self, product: str) -> str:
        """The one name of this price: by it, it is found again, or created once."""
        often = f"{self.count}{self.interval}" if self.interval else "once"
        return ":".join(filter(None, (product, f"{self.amount}{self.currency}", often, self.tax)))

    def create_body(self, product: str, origin: RecordKey) -> "PriceCreateParams":
        """The price as it is created, with the origin of what it sells."""
        body: PriceCreateParams = {
            "product": product,
            "currency": self.currency,
            "unit_amount": self.amount,
            "lookup_key": self.lookup_key(product),
            "metadata": {ORIGIN: str(origin)},
        }
        if self.interval:
            body["recurring"] = {"interval": self.interval, "interval_count": self.count}
        if self.tax:
            body["tax_behavior"] = self.tax
        return body

    def state(self) -> dict[str, object]:
        """As plain data, for comparing."""
        return {
            "amount": self.amount,
            "currency": self.currency,
            "interval": self.interval,
            "count": self.count,
        } | ({"tax": self.tax} if self.tax else {})


def product_id(origin: RecordKey) -> str:
    """The id that we give the product: chosen by us, unique in the account, so creating it twice cannot succeed
    (https://docs.stripe.com/api/products/create, id)."""
    return f"cashpath_{hashlib.sha256(str(origin).encode()).hexdigest()[:24]}"


def ours(at: RecordKey, product: Mapping[str, Any], price: Mapping[str, Any] | None) -> Variant:
    """The product and its default price in canonical form."""
    recurring = price["recurring"] if price else None
    return Variant(
        key=at,
        sku=product["metadata"].get(SKU, ""),
        title=product["name"],
        price=unit_price(price) if price else None,
        recurring=recurring_of(recurring) if recurring else None,
        archived=not product["active"],
    )


def unit_price(price: Mapping[str, Any]) -> Money:
    """One unit's price. Raises BadRecord for prices that are no whole amount for each unit."""
    if price["unit_amount"] is None:
        raise BadRecord(
            f"price {price['id']} has no whole amount for one unit (tiers, or finer than the minor unit); "
            "use a price per unit, or end this product's link"
        )
    return from_stripe(price["unit_amount"], price["currency"])


def recurring_of(recurring: Mapping[str, Any]) -> Recurring:
    """How often a price recurs. Stripe bills it: that is what it is there for."""
    return Recurring(interval=recurring["interval"], count=recurring["interval_count"], biller="billing")


def state(wanted: Wanted, tax: str) -> dict[str, object]:
    """What Stripe will hold of a variant. No price is wanted where the record names none."""
    variant = wanted.record
    assert isinstance(variant, Variant)
    whole: dict[str, object] = {"title": _name(variant), "sku": variant.sku, "archived": variant.archived}
    kept = {name: value for name, value in whole.items() if name in wanted.fields}
    terms = wanted_terms(wanted, tax)
    return kept | ({"price": terms.state()} if terms else {})


def held(product: Mapping[str, Any], price: Mapping[str, Any] | None, wanted: Wanted, tax: str) -> dict[str, object]:
    """The same of a product in Stripe and its default price."""
    whole: dict[str, object] = {
        "title": product["name"],
        "sku": product["metadata"].get(SKU, ""),
        "archived": not product["active"],
    }
    kept = {name: value for name, value in whole.items() if name in wanted.fields}
    if wanted_terms(wanted, tax) is None:
        return kept
    return kept | {"price": Terms.held(price, tax).state() if price else None}


def wanted_terms(wanted: Wanted, tax: str) -> Terms | None:
    """The terms of the price that the variant should have, where it names one and it may be written."""
    variant = wanted.record
    assert isinstance(variant, Variant)
    if variant.price is None or not wanted.fields & {"price", "recurring"}:
        return None
    return Terms.of(variant.price, variant.recurring, tax)


def create_body(wanted: Wanted) -> "ProductCreateParams":
    """The product as it is created, with its origin; its price follows."""
    variant = wanted.record
    assert isinstance(variant, Variant)
    metadata = {ORIGIN: str(variant.key)} | ({SKU: variant.sku} if variant.sku else {})
    return {"id": product_id(variant.key), "name": _name(variant), "metadata": metadata}


def update_body(changes: Mapping[str, object], price_id: str | None) -> "ProductUpdateParams":
    """What differs, and only that."""
    body: ProductUpdateParams = {}
    if "title" in changes:
        body["name"] = str(changes["title"])
    if "sku" in changes:
        body["metadata"] = {SKU: str(changes["sku"])}
    if "archived" in changes:
        body["active"] = not changes["archived"]
    if price_id:
        body["default_price"] = price_id
    return body


def price_body(*, active: bool) -> "PriceUpdateParams":
    """The price archived, or in use again."""
    return {"active": active}


def _name(variant: Variant) -> str:
    return variant.title.strip() or variant.sku or variant.key.id
