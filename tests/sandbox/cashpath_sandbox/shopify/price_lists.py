"""What a shop sells at elsewhere: markets by country, and catalogs of company locations with their quantity breaks.

Changing one sends no webhook, as in Shopify, and moves no product's mark, which Shopify does not promise either way.
Left out: percentage adjustments, quantity rules, B2B markets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from cashpath.records import Money
from cashpath.records.money import exponent
from cashpath_sandbox.shopify import nodes
from cashpath_sandbox.shopify.query import Args, Node, Refusal, connection


@dataclass
class Market:
    """The market of one country: buyers pay in `currency`, by `rate` where a variant has no fixed price."""

    currency: str
    rate: Decimal = Decimal(1)
    fixed: dict[str, Money] = field(default_factory=dict)


@dataclass
class Catalog:
    """What buyers of one company location pay: fixed prices, and those from a quantity on, by variant."""

    fixed: dict[str, Money] = field(default_factory=dict)
    breaks: dict[str, dict[int, Money]] = field(default_factory=dict)


@dataclass
class PriceLists:
    """All price lists of a shop in `currency`."""

    currency: str
    markets: dict[str, Market] = field(default_factory=dict)
    catalogs: dict[str, Catalog] = field(default_factory=dict)

    def sell_abroad(self, country: str, currency: str, rate: str = "1") -> None:
        """Open a market where prices are converted."""
        self.markets[country] = Market(currency, Decimal(rate))

    def fix(self, country: str, variant: str, price: Money) -> None:
        """Give a variant a price of its own in a country, whose market is opened where it is none."""
        self.markets.setdefault(country, Market(price.currency)).fixed[variant] = price

    def discount(self, location: str, variant: str, price: Money, breaks: Mapping[int, Money]) -> None:
        """Give a variant a fixed price, and prices from a quantity on, for a company location."""
        catalog = self.catalogs.setdefault(location, Catalog())
        catalog.fixed[variant] = price
        catalog.breaks[variant] = dict(breaks)

    def take(self, given: Mapping[str, Any]) -> None:
        """One price as the sandbox's route is given it: `variant`, `amount`, and either `country` and `currency`, or
        `location` and `breaks` (amounts by the quantity from which they hold)."""
        if "country" in given:
            self.fix(given["country"], str(given["variant"]), Money.of(given["amount"], given["currency"]))
            return
        breaks = {int(least): Money.of(amount, self.currency) for least, amount in (given.get("breaks") or {}).items()}
        own = Money.of(given["amount"], self.currency)
        self.discount(str(given["location"]), str(given["variant"]), own, breaks)

    def of(self, variant: Mapping[str, Any]) -> Any:
        """The field `contextualPricing(context)` of a variant."""
        id = str(variant["id"])

        def pricing(args: Args) -> Node:
            own = Money.of(str(variant["price"]), self.currency)
            match args["context"]:
                case {"country": country}:
                    return _pricing(self._abroad(str(country), id, own), {})
                case {"companyLocationId": gid}:
                    catalog = self.catalogs.get(str(gid).rpartition("/")[2], Catalog())
                    return _pricing(catalog.fixed.get(id, own), catalog.breaks.get(id, {}))
            raise Refusal("the stand-in prices for a country or a company location", "BAD_REQUEST")

        return pricing

    def _abroad(self, country: str, variant: str, own: Money) -> Money:
        """In a country without a market, the shop's own price: only active markets count, says Shopify."""
        market = self.markets.get(country)
        if market is None:
            return own
        step = Decimal(1).scaleb(-exponent(market.currency))
        converted = (own.decimal * market.rate).quantize(step, ROUND_HALF_UP)
        return market.fixed.get(variant, Money.of(str(converted), market.currency))


def _pricing(price: Money, breaks: Mapping[int, Money]) -> Node:
    steps = [
        {"__typename": "QuantityPriceBreak", "minimumQuantity": least, "price": nodes.money(cost)}
        for least, cost in sorted(breaks.items())
    ]
    return {
        "__typename": "ProductVariantContextualPricing",
        "price": nodes.money(price),
        "quantityPriceBreaks": connection(steps),
    }
