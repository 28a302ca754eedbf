"""What a variant costs besides its own price: in other currencies, and by quantity. Pure; `apart` asks for it.

Shopify keeps both in price lists, and tells what follows from them for one buyer: one in a country, or one who buys
for a company's location (shopify.dev/docs/api/admin-graphql/2026-07/objects/ProductVariantContextualPricing). Quantity
breaks are for B2B buyers alone (shopify.dev/changelog/manage-quantity-price-breaks-for-b2b-customers).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from cashpath.records import BadRecord, Money, RecordKey
from cashpath.records.catalog import Tier
from cashpath.systems.shopify.amounts import Node


@dataclass(frozen=True, kw_only=True)
class Buyers:
    """Whose prices are asked for: the `countries` where buyers pay in a currency, and the company `location` whose
    quantity breaks are the brand's. Empty: nobody's."""

    countries: Mapping[str, str]
    location: str

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Those that a system's options name."""
        return cls(countries=options.get("price_countries") or {}, location=str(options.get("tier_location") or ""))

    def abroad(self, currency: str) -> Mapping[str, str]:
        """The countries by currency, for a shop in `currency`: its own price says what is paid in that."""
        return {other: country for other, country in self.countries.items() if other != currency}


def price(pricing: Node, variant: RecordKey, currency: str, country: str) -> Money:
    """What a buyer in `country` pays for one. Raises BadRecord where that is in another currency than `currency`."""
    found = _money(pricing["price"])
    if found.currency != currency:
        raise BadRecord(
            f"{variant} costs {found} in {country}, where its price in {currency} is looked for; let buyers in "
            f"{country} pay in {currency} (Shopify, Markets), or name another country in the option price_countries"
        )
    return found


def tiers(pricing: Node, variant: RecordKey, currency: str, location: str) -> tuple[Tier, ...]:
    """The steps of what buyers of a company's location pay, in the shop's `currency`; none where there are no breaks.

    Up to the first break it is what they pay for one. Raises BadRecord for another currency, or more breaks than are
    read.
    """
    breaks = pricing["quantityPriceBreaks"]
    if breaks["pageInfo"]["hasNextPage"]:
        raise BadRecord(
            f"{variant} has more than {len(breaks['nodes'])} quantity breaks for company location {location}"
        )
    if not breaks["nodes"]:
        return ()
    costs = {1: _money(pricing["price"])} | {b["minimumQuantity"]: _money(b["price"]) for b in breaks["nodes"]}
    if other := next((found for found in costs.values() if found.currency != currency), None):
        raise BadRecord(
            f"{variant} costs {other} for company location {location}, but the shop sells in {currency}; name a "
            f"location whose catalog is in {currency} in the option tier_location"
        )
    starts = sorted(costs)
    ends = [later - 1 for _, later in pairwise(starts)]
    return tuple(Tier(up_to=end, price=costs[start]) for start, end in zip(starts, [*ends, None], strict=True))


def _money(node: Node) -> Money:
    return Money.of(str(node["amount"]), node["currencyCode"])
