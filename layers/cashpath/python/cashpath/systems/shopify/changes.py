"""Lists what changed in a shop, page by page, for sweeps and comparisons. Between `client` and `graphql`.

By `updated_at`, through the search index, which lags by seconds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from cashpath.faults import Unsupported
from cashpath.records import RecordKey, SystemId
from cashpath.records.keys import Kind
from cashpath.systems.port import Changed
from cashpath.systems.shopify import documents
from cashpath.systems.shopify.amounts import Node, mark, number
from cashpath.systems.shopify.graphql import Graph

# The document that lists changes of a kind, and the connection that it asks.
LISTED: Mapping[Kind, tuple[str, str]] = {
    "order": (documents.ORDERS_CHANGED, "orders"),
    "customer": (documents.CUSTOMERS_CHANGED, "customers"),
    "company": (documents.COMPANIES_CHANGED, "companies"),
    "product": (documents.PRODUCTS_CHANGED, "products"),
    "variant": (documents.VARIANTS_CHANGED, "productVariants"),
}


class Changes:
    """What changed in one shop."""

    def __init__(self, graph: Graph, system: SystemId) -> None:
        self._graph = graph
        self._system = system

    def since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        """What changed at or after a moment, oldest first.

        A change of a product that touches no variant is listed as the product's alone. Shopify cannot sort variants
        by time: theirs are all read before the first is told.
        """
        if kind not in LISTED:
            raise Unsupported(f"{self._system} (shopify) lists no changes of {kind}")
        changes = self._all(kind, since)
        return iter(oldest_first(changes)) if kind == "variant" else changes

    def page(self, kind: Kind, since: datetime, after: str | None = None) -> tuple[Sequence[Changed], str | None]:
        """Some of it, in Shopify's own order, and what to ask the next page with; None where there is none."""
        document, connection = LISTED[kind]
        page = self._graph.ask(document, {"query": search(since), "after": after})[connection]
        found = [changed(self._system, kind, node) for node in page["nodes"]]
        more = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
        return [each for each in found if (each.version or 0) >= earliest(since)], more

    def _all(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        after = None
        while True:
            found, after = self.page(kind, since, after)
            yield from found
            if after is None:
                return


def oldest_first(changes: Iterable[Changed]) -> list[Changed]:
    """In the order that the port asks for."""
    return sorted(changes, key=lambda each: (each.version or 0, each.key))


def changed(system: SystemId, kind: Kind, node: Node) -> Changed:
    """A change, as a listed node tells of it."""
    return Changed(key=RecordKey(system, kind, number(node["id"])), version=mark(node["updatedAt"]))


def search(since: datetime) -> str:
    """The search for what changed at or after a moment."""
    return f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def earliest(since: datetime) -> int:
    """The oldest mark that counts: of customers, the search finds the whole day."""
    return mark(since.replace(microsecond=0).isoformat())
