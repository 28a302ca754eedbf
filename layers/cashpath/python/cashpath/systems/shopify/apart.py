"""Asks for what Shopify keeps apart from a variant: what a bundle contains, and what price lists say. Between
`goods_reader`, `catalog` and `pricing`.

Only what is wanted is asked for: contents of bundles alone, prices where the system's options name buyers.
"""

from collections.abc import Iterator, Mapping, Sequence

from cashpath.faults import NeedsPerson
from cashpath.records import Money, RecordKey, SystemId
from cashpath.records.catalog import Part, Tier
from cashpath.systems.shopify import documents, pricing
from cashpath.systems.shopify.amounts import Node, number
from cashpath.systems.shopify.catalog import Apart, contents
from cashpath.systems.shopify.graphql import Graph
from cashpath.systems.shopify.pricing import Buyers


class Keeper:
    """What one shop keeps apart."""

    def __init__(self, graph: Graph, system: SystemId, buyers: Buyers) -> None:
        self._graph = graph
        self._system = system
        self._buyers = buyers

    def of(self, variants: Sequence[Node], currency: str) -> Mapping[str, Apart]:
        """What is kept apart from each of these variants of a shop in `currency`, by global id."""
        gids = [variant["id"] for variant in variants]
        parts = self._parts([variant["id"] for variant in variants if variant["requiresComponents"]])
        prices = self._prices(gids, currency)
        tiers = self._tiers(gids, currency)
        return {
            gid: Apart(parts=parts.get(gid, ()), prices=prices.get(gid, ()), tiers=tiers.get(gid, ())) for gid in gids
        }

    def lacking(self) -> Iterator[str]:
        """What is wrong with the buyers that the options name, one sentence each, by the example of one variant."""
        if self._buyers.countries:
            sold = self._graph.ask(documents.VARIANTS_CHANGED, {"query": "", "after": None})["productVariants"]["nodes"]
            for currency, country in self._buyers.countries.items():
                for gid, found in self._in_country([variant["id"] for variant in sold[:1]], country).items():
                    if (paid := found["price"]["currencyCode"]) != currency:
                        yield (
                            f"{self._system}: variant {number(gid)} costs {paid} in {country}, which the option "
                            f"price_countries names for {currency}; let buyers there pay in it, or name another country"
                        )
        if self._buyers.location and self._at_location([]) is None:
            yield f"{self._system}: {self._unknown}; correct the option tier_location"

    def _parts(self, bundles: Sequence[str]) -> Mapping[str, tuple[Part, ...]]:
        found: dict[str, tuple[Part, ...]] = {}
        for some in _pages(bundles, documents.BUNDLED):
            nodes = self._graph.ask(documents.BUNDLES, {"ids": some})["nodes"]
            found |= {node["id"]: contents(node, self._system) for node in nodes if node}
        return found

    def _prices(self, gids: Sequence[str], currency: str) -> Mapping[str, tuple[Money, ...]]:
        found: dict[str, tuple[Money, ...]] = {}
        for other, country in self._buyers.abroad(currency).items():
            for some in _pages(gids, documents.PRICED):
                for gid, told in self._in_country(some, country).items():
                    found[gid] = (*found.get(gid, ()), pricing.price(told, self._key(gid), other, country))
        return found

    def _tiers(self, gids: Sequence[str], currency: str) -> Mapping[str, tuple[Tier, ...]]:
        found: dict[str, tuple[Tier, ...]] = {}
        location = self._buyers.location
        for some in _pages(gids, documents.TIERED) if location else ():
            told = self._at_location(some)
            if told is None:
                raise NeedsPerson(
                    self._unknown,
                    remedy="correct the option tier_location in the stage's TOML and deploy, then redrive",
                    owner="storefront",
                    code="unknown_location",
                )
            found |= {gid: pricing.tiers(one, self._key(gid), currency, location) for gid, one in told.items()}
        return found

    def _in_country(self, gids: Sequence[str], country: str) -> Mapping[str, Node]:
        """What a buyer in the country pays for each, as Shopify says it."""
        nodes = self._graph.ask(documents.PRICES, {"ids": gids, "country": country})["nodes"]
        return {node["id"]: node["contextualPricing"] for node in nodes if node}

    def _at_location(self, gids: Sequence[str]) -> Mapping[str, Node] | None:
        """What a buyer for the company location pays; None where there is no such location."""
        location = f"gid://shopify/CompanyLocation/{self._buyers.location}"
        data = self._graph.ask(documents.TIERS, {"ids": gids, "location": location})
        if data["companyLocation"] is None:
            return None
        return {node["id"]: node["contextualPricing"] for node in data["nodes"] if node}

    def _key(self, gid: str) -> RecordKey:
        return RecordKey(self._system, "variant", number(gid))

    @property
    def _unknown(self) -> str:
        return f"the shop has no company location {self._buyers.location}, whose quantity breaks are to be read"


def _pages(gids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (gids[start : start + size] for start in range(0, len(gids), size))
