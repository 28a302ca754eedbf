"""Reads products and variants: one with all that belongs to it, many in few requests. Between `client`, `catalog`.

Searches go through an index that matches by word, so that a variant counts only where its SKU is equal.
"""

from collections.abc import Iterator, Mapping, Sequence

from cashpath.records import SystemId
from cashpath.systems.mapping import FieldMap
from cashpath.systems.port import Reading
from cashpath.systems.shopify import documents
from cashpath.systems.shopify.amounts import Node, asked, number, quoted
from cashpath.systems.shopify.apart import Keeper
from cashpath.systems.shopify.catalog import product_reading, variant_reading
from cashpath.systems.shopify.graphql import Graph


class Shelves:
    """The products and variants of one shop."""

    def __init__(self, graph: Graph, system: SystemId, mapping: FieldMap, keeper: Keeper) -> None:
        self._graph = graph
        self._keeper = keeper
        self._system = system
        self._mapping = mapping
        self._fields = {"fields": asked(mapping, "variant")}
        self._own = {"own": asked(mapping, "product")}

    def variant(self, gid: str) -> Reading | None:
        """A variant with what its product says of it."""
        data = self._graph.ask(documents.VARIANT, {"id": gid, **self._fields})
        return next(self._readings([data["productVariant"]], data["shop"]["currencyCode"]), None)

    def product(self, gid: str) -> Reading | None:
        """A product with all its variants, without what is kept apart from them."""
        data = self._graph.ask(documents.PRODUCT, {"id": gid, **self._fields, **self._own})
        return self._stocked(data["product"], data["shop"]["currencyCode"]) if data["product"] else None

    def products(self, gids: Sequence[str]) -> dict[str, Reading]:
        """Those of these products that exist, by the number in their id."""
        found: dict[str, Reading] = {}
        for start in range(0, len(gids), documents.PRODUCTS):
            some = {"ids": gids[start : start + documents.PRODUCTS], **self._fields, **self._own}
            data = self._graph.ask(documents.PRODUCTS_MANY, some)
            currency = data["shop"]["currencyCode"]
            found |= {number(node["id"]): self._stocked(node, currency) for node in data["nodes"] if node}
        return found

    def variants(self, gids: Sequence[str]) -> dict[str, Reading]:
        """Those of these variants that exist, by the number in their id."""
        found: list[Node | None] = []
        currency = ""
        for start in range(0, len(gids), documents.MANY):
            some = {"ids": gids[start : start + documents.MANY], **self._fields}
            data = self._graph.ask(documents.VARIANTS, some)
            found, currency = [*found, *data["nodes"]], data["shop"]["currencyCode"]
        return {reading.at.id: reading for reading in self._readings(found, currency)}

    def by_sku(self, skus: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        """The variants with each of these SKUs, oldest first."""
        found: dict[str, list[Reading]] = {sku: [] for sku in skus}
        wanted = list(found)
        for start in range(0, len(wanted), documents.SKUS):
            some = wanted[start : start + documents.SKUS]
            search = {"query": " OR ".join(f"sku:{quoted(sku)}" for sku in some), **self._fields}
            for data in self._graph.found(documents.VARIANTS_BY_SKU, "productVariants", search):
                nodes = [node for node in data["productVariants"]["nodes"] if _sku(node) in some]
                for node, reading in zip(nodes, self._readings(nodes, data["shop"]["currencyCode"]), strict=True):
                    found[_sku(node)].append(reading)
        return found

    def _stocked(self, node: Node, currency: str) -> Reading:
        variants = self._graph.pages(documents.PRODUCT_VARIANTS, node, "product", "variants", **self._fields)
        return product_reading(node, variants, currency, self._system, self._mapping)

    def _readings(self, nodes: Sequence[Node | None], currency: str) -> Iterator[Reading]:
        """Those of these variants that exist, with what is kept apart from each."""
        variants = [node for node in nodes if node]
        apart = self._keeper.of(variants, currency)
        for node in variants:
            yield variant_reading(node, currency, self._system, self._mapping, apart[node["id"]])


def _sku(node: Node) -> str:
    return str(node.get("sku") or "").strip()
