"""Reads companies with all their locations: one, or many in few requests. Between `client` and `parties`."""

from collections.abc import Sequence

from cashpath.records import SystemId
from cashpath.systems.mapping import FieldMap
from cashpath.systems.port import Reading
from cashpath.systems.shopify import documents
from cashpath.systems.shopify.amounts import Node, asked, number
from cashpath.systems.shopify.graphql import Graph
from cashpath.systems.shopify.parties import company_reading


class Companies:
    """The companies of one shop."""

    def __init__(self, graph: Graph, system: SystemId, mapping: FieldMap) -> None:
        self._graph = graph
        self._system = system
        self._mapping = mapping
        self._fields = {"fields": asked(mapping, "company")}

    def one(self, gid: str) -> Reading | None:
        """A company."""
        node = self._graph.ask(documents.COMPANY, {"id": gid, **self._fields})["company"]
        return self._reading(node) if node else None

    def many(self, gids: Sequence[str]) -> dict[str, Reading]:
        """Those of these companies that exist, by the number in their id."""
        found: dict[str, Reading] = {}
        for start in range(0, len(gids), documents.COMPANIES):
            some = {"ids": gids[start : start + documents.COMPANIES], **self._fields}
            nodes = self._graph.ask(documents.COMPANIES_MANY, some)["nodes"]
            found |= {number(node["id"]): self._reading(node) for node in nodes if node}
        return found

    def _reading(self, node: Node) -> Reading:
        locations = self._graph.pages(documents.COMPANY_LOCATIONS, node, "company", "locations")
        return company_reading(node, locations, self._system, self._mapping)
