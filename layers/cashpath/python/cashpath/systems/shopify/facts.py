"""What a Shopify shop can tell and hold, by its system's options. Pure data."""

from collections.abc import Mapping
from typing import Any

from cashpath.records import Kind, Variant
from cashpath.systems.port import Facts, KindFacts
from cashpath.systems.shopify import customers, goods

# Fields that a shop tells only where its options say where to look (see `pricing`): field, option.
OPTIONAL: Mapping[str, str] = {"prices": "price_countries", "tiers": "tier_location"}


def facts(options: Mapping[str, Any]) -> Facts:
    """The facts of a shop with these options. Price lists have no webhook (shopify.dev/docs/api/admin-graphql/2026-07/
    enums/WebhookSubscriptionTopic), and Shopify does not say that they move a product's mark."""
    missing = frozenset(field for field, option in OPTIONAL.items() if not options.get(option))
    kinds: dict[Kind, KindFacts] = {
        "order": KindFacts(reads=True),
        "customer": KindFacts(
            reads=True,
            tells=customers.FIELDS | {"addresses", "company", "also_for"},
            fields=customers.FIELDS,
            matches=frozenset({"email"}),
            merges=True,
        ),
        "company": KindFacts(
            reads=True,
            tells=frozenset({"name", "tax_id", "tax_exempt", "domain", "phone", "address", "locations"}),
        ),
        "product": KindFacts(
            reads=True, tells=frozenset({"title", "variants", "archived"}), fields=goods.PRODUCT_FIELDS
        ),
        "variant": KindFacts(
            reads=True,
            tells=Variant.field_names() - missing,
            fields=goods.VARIANT_FIELDS,
            references=frozenset({"product"}),
            matches=frozenset({"sku"}),
        ),
    }
    priced = missing != frozenset(OPTIONAL)
    unmarked = frozenset[Kind]({"product"} if priced else ())
    return Facts(vendor="shopify", role="storefront", kinds=kinds, unmarked=unmarked)
