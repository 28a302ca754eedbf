"""Products and variants: Shopify's into ours, and what makes a thing recurring. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from cashpath.records import BadRecord, Money, Product, RecordKey, Recurring, SystemId, Variant
from cashpath.records.catalog import Biller, Interval, Nature, Part, Tier
from cashpath.systems.connection import origin_of
from cashpath.systems.mapping import NOTHING_MAPPED, FieldMap
from cashpath.systems.port import Reading
from cashpath.systems.shopify.amounts import Node, mapped_values, mark, number

SINGLE = "Default Title"  # what Shopify calls the only variant of a product without options
_INTERVALS: Mapping[str, Interval] = {name: name for name in get_args(Interval)}
_BILLERS: Mapping[str, Biller] = {name: name for name in get_args(Biller)}
_NATURES: Mapping[str, Nature] = {name: name for name in get_args(Nature)}


@dataclass(frozen=True, kw_only=True)
class Apart:
    """What Shopify keeps apart from a variant, and tells only when asked for it."""

    parts: tuple[Part, ...] = ()
    prices: tuple[Money, ...] = ()
    tiers: tuple[Tier, ...] = ()


NOTHING_APART = Apart()


def variant_reading(
    node: Node,
    shop_currency: str,
    system: SystemId,
    mapping: FieldMap = NOTHING_MAPPED,
    apart: Apart = NOTHING_APART,
) -> Reading:
    """A variant with its product, as documents.VARIANT asks for it, and what is kept apart from it."""
    record = _variant(node, node["product"], shop_currency, system, mapping)
    return Reading(
        at=RecordKey(system, "variant", number(node["id"])),
        record=replace(record, parts=apart.parts, prices=apart.prices, tiers=apart.tiers),
        version=max(mark(node["updatedAt"]), mark(node["product"]["updatedAt"])),
        parent=RecordKey(system, "product", number(node["product"]["id"])),
        origin=origin_of((node.get("origin") or {}).get("value")),
    )


def product_reading(
    node: Node,
    variants: Sequence[Node],
    shop_currency: str,
    system: SystemId,
    mapping: FieldMap = NOTHING_MAPPED,
) -> Reading:
    """A product and all its variants, without what is kept apart: each variant's own reading tells it."""
    key = RecordKey(system, "product", number(node["id"]))
    record = Product(
        key=key,
        title=node["title"],
        variants=tuple(_variant(variant, node, shop_currency, system, mapping) for variant in variants),
        archived=node["status"] == "ARCHIVED",
        custom=mapping.read("product", mapped_values(node)),
    )
    origin = origin_of((node.get("origin") or {}).get("value"))
    return Reading(at=key, record=record, version=mark(node["updatedAt"]), origin=origin)


def contents(bundle: Node, system: SystemId) -> tuple[Part, ...]:
    """What a bundle contains, as documents.BUNDLES asks for it. Raises BadRecord for more than Shopify says there can
    be."""
    components = bundle["productVariantComponents"]
    if components["pageInfo"]["hasNextPage"]:
        raise BadRecord(f"bundle {number(bundle['id'])} contains more than {len(components['nodes'])} variants")
    return tuple(
        Part(variant=RecordKey(system, "variant", number(node["productVariant"]["id"])), quantity=node["quantity"])
        for node in components["nodes"]
    )


def recurring_line(product: Node | None, plan: Node | None, policies: Mapping[str, Node]) -> Recurring | None:
    """What makes an order line recurring: it was bought with a selling plan, or its product is one that billing bills.

    A line without a selling plan, of a product that the storefront bills, was bought once. `policies` are the billing
    policies of selling plans by global id, as documents.SELLING_PLANS asks for them. Raises BadRecord where billing
    is to bill and nothing says how often.
    """
    named = _named(product)
    if plan is None:
        return named if named and named.biller == "billing" else None
    if named and _value(product, "interval"):
        return named
    biller = named.biller if named else "storefront"
    policy = policies.get(plan.get("sellingPlanId") or "")
    if policy:
        return Recurring(interval=_interval(policy["interval"].lower()), count=policy["intervalCount"], biller=biller)
    if biller == "billing":
        raise BadRecord(
            f"selling plan {plan.get('name')!r} tells no billing interval and billing is to bill it; "
            "set the product's metafields cashpath.interval and cashpath.interval_count"
        )
    # Only the storefront charges by it, and its renewals arrive as orders: nothing is ever reckoned from this month.
    return Recurring(interval="month", biller="storefront")


def _variant(node: Node, product: Node, shop_currency: str, system: SystemId, mapping: FieldMap) -> Variant:
    title = product["title"] if node["title"] == SINGLE else f"{product['title']} - {node['title']}"
    return Variant(
        key=RecordKey(system, "variant", number(node["id"])),
        product=RecordKey(system, "product", number(product["id"])),
        sku=node.get("sku") or "",
        title=title,
        price=Money.of(str(node["price"]), shop_currency),
        recurring=_named(product),
        nature=_nature(node, product),
        tax_category=_value(product, "taxCategory") or number((product.get("category") or {}).get("id") or ""),
        gift_card=bool(product["isGiftCard"]),
        taxable=bool(node["taxable"]),
        shippable=bool(node["inventoryItem"]["requiresShipping"]),
        archived=product["status"] == "ARCHIVED",
        custom=mapping.read("variant", mapped_values(node)),
    )


def _nature(node: Node, product: Node) -> Nature:
    """What the merchant calls it (metafield cashpath.nature), else what Shopify knows it to be, else its product type
    where that is a word of ours."""
    if named := _value(product, "nature").lower():
        if named not in _NATURES:
            raise BadRecord(f"metafield cashpath.nature says {named!r}; it must be one of {', '.join(_NATURES)}")
        return _NATURES[named]
    if product["isGiftCard"]:
        return "gift_card"
    if node["requiresComponents"]:
        return "bundle"
    kind = (product.get("productType") or "").strip().lower()
    return "good" if kind == "gift_card" else _NATURES.get(kind, "good")


def _named(product: Node | None) -> Recurring | None:
    """What the product's own metafields say (namespace `cashpath`: biller, interval, interval_count)."""
    biller, interval = _value(product, "biller"), _value(product, "interval")
    if not biller and not interval:
        return None
    if biller and biller not in _BILLERS:
        raise BadRecord(f"metafield cashpath.biller says {biller!r}; it must be one of {', '.join(_BILLERS)}")
    found = Recurring(interval="month", biller=_BILLERS.get(biller, "storefront"))
    if interval:
        return replace(found, interval=_interval(interval), count=_count(_value(product, "intervalCount")))
    if found.biller == "billing" and product is not None:
        raise BadRecord("metafield cashpath.biller says billing, but cashpath.interval does not say how often; set it")
    return found


def _value(product: Node | None, name: str) -> str:
    metafield = (product or {}).get(name) or {}
    return str(metafield.get("value") or "").strip()


def _interval(text: str) -> Interval:
    if text not in _INTERVALS:
        raise BadRecord(f"metafield cashpath.interval says {text!r}; it must be one of {', '.join(_INTERVALS)}")
    return _INTERVALS[text]


def _count(text: str) -> int:
    if text and (not text.isdecimal() or int(text) < 1):
        raise BadRecord(f"metafield cashpath.interval_count says {text!r}; it must be a whole number from 1")
    return int(text or 1)
