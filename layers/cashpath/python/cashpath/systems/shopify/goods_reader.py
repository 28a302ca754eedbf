"""Reads products and variants: one with all that belongs to it, many in few requests. Between `client`, `catalog`.

Searches go through an index that matches by word, so that a variant counts only where its SKU is equal.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cashpath.records import SystemId, Variant
from cashpath.systems.mapping import FieldMap
from cashpath.systems.port import Reading
from cashpath.systems.shopify import documents
from cashpath.systems.shopify.amounts import Node, asked, number, quoted
from cashpath.systems.shopify.catalog import product_reading, variant_reading
from cashpath.systems.shopify.graphql import Graph


class Shelves:
    """The products and variants of one shop."""

    def __init__(self, graph: Graph, system: SystemId, mapping: FieldMap) -> None:
        self._graph = graph
        self._system = system
        self._mapping = mapping
        self._fields = {"fields": asked(mapping, "variant")}

    def variant(self, gid: str) -> Reading | None:
        """A variant with what its product says of it."""
        data = self._graph.ask(documents.VARIANT, {"id": gid, **self._fields})
        node = data["productVariant"]
        return self._reading(node, data) if node else None

    def product(self, gid: str) -> Reading | None:
        """A product with all its variants."""
        own = {"own": asked(self._mapping, "product")}
        data = self._graph.ask(documents.PRODUCT, {"id": gid, **self._fields, **own})
        node: dict[str, Any] | None = data["product"]
        if node is None:
            return None
        variants = self._graph.pages(documents.PRODUCT_VARIANTS, node, "product", "variants", **self._fields)
        return product_reading(node, variants, data["shop"]["currencyCode"], self._system, self._mapping)

    def variants(self, gids: Sequence[str]) -> dict[str, Reading]:
        """Those of these variants that exist, by the number in their id."""
        found: dict[str, Reading] = {}
        for start in range(0, len(gids), documents.MANY):
            some = {"ids": gids[start : start + documents.MANY], **self._fields}
            data = self._graph.ask(documents.VARIANTS, some)
            found |= {number(node["id"]): self._reading(node, data) for node in data["nodes"] if node}
        return found

    def by_sku(self, skus: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        """The variants with each of these SKUs, oldest first."""
        found: dict[str, list[Reading]] = {sku: [] for sku in skus}
        wanted = list(found)
        for start in range(0, len(wanted), documents.SKUS):
            for reading in self._searched(wanted[start : start + documents.SKUS]):
                assert isinstance(reading.record, Variant)
                found.get(reading.record.sku.strip(), []).append(reading)
        return found

    def _searched(self, skus: Sequence[str]) -> list[Reading]:
        query = " OR ".join(f"sku:{quoted(sku)}" for sku in skus)
        readings: list[Reading] = []
        after = None
        while True:
            data = self._graph.ask(documents.VARIANTS_BY_SKU, {"query": query, "after": after, **self._fields})
            page = data["productVariants"]
            readings += [self._reading(node, data) for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                return readings
            after = page["pageInfo"]["endCursor"]

    def _reading(self, node: Node, data: Mapping[str, Any]) -> Reading:
        return variant_reading(node, data["shop"]["currencyCode"], self._system, self._mapping)
