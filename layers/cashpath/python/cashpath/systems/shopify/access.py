"""What a shop's app must be let do, what it lacks of that, and the metafields that are defined once for our key.

For `cashpath check` and `cashpath prepare`.
"""

from collections.abc import Iterator, Mapping, Sequence

from cashpath.records import SystemId
from cashpath.records.keys import Kind
from cashpath.systems.mapping import FieldMap
from cashpath.systems.shopify import documents
from cashpath.systems.shopify.customers import ORIGIN
from cashpath.systems.shopify.graphql import Graph

# What the app must be let do, and what is lacking otherwise (shopify.dev/docs/api/usage/access-scopes). Exports
# need none of their own; where the app may not run any, they are left out (see `exports`).
SCOPES: Mapping[str, str] = {
    "read_orders": "no order can be read",
    "read_all_orders": "orders older than 60 days read as if they were not there; ask Shopify for it",
    "read_customers": "no customer can be read",
    "write_customers": "what the CRM or the ERP decides about a customer cannot be written",
    "write_customer_merge": "merges cannot be carried over",
    "write_customer_data_erasure": "an erasure asked for elsewhere cannot be carried over",
    "read_companies": "no company can be read",
    "read_products": "no product can be read",
    "write_products": "what the ERP decides about the catalogue cannot be written",
}
# The kinds that may have fields of a brand's own: what Shopify calls their owner, and what people call them.
_OWNERS: Mapping[Kind, tuple[str, str]] = {
    "customer": ("CUSTOMER", "customers"),
    "company": ("COMPANY", "companies"),
    "product": ("PRODUCT", "products"),
    "variant": ("PRODUCTVARIANT", "variants"),
}
_CREATED = ("CUSTOMER", "PRODUCT", "PRODUCTVARIANT")  # the owners of what Cashpath creates


def lacking(graph: Graph, system: SystemId, mapping: FieldMap) -> Iterator[str]:
    """The scopes that the app lacks, and the mapped metafields that the shop has no definition of."""
    granted = {scope["handle"] for scope in graph.ask(documents.SCOPES, {})["currentAppInstallation"]["accessScopes"]}
    for scope, why in SCOPES.items():
        if scope not in granted:
            yield f"{system}: the app lacks the scope {scope}: {why}"
    for kind, (owner, people) in _OWNERS.items():
        mapped = mapping.asked(kind)
        known = {name for name, _ in _definitions(graph, owner)} if mapped else set()
        for name in mapped:
            if name not in known:
                yield (
                    f"{system}: {people} have no metafield {name!r}, which a field of yours is mapped to; define it in "
                    "Shopify (Settings, Custom data), or name another"
                )
        if len(mapped) > documents.METAFIELDS:
            yield (
                f"{system}: {len(mapped)} fields of {people} are mapped, and {documents.METAFIELDS} are read; map fewer"
            )


def define_origins(graph: Graph) -> Sequence[str]:
    """Define the metafields that carry our key, unique, so that what we created is found by it. Those made now."""
    return tuple(name for owner in _CREATED for name in _defined(graph, owner))


def _defined(graph: Graph, owner: str) -> Sequence[str]:
    namespace, key = ORIGIN
    if any(theirs == key and of.endswith("cashpath") for _, (of, theirs) in _definitions(graph, owner)):
        return ()
    definition = {
        "name": "Origin (Cashpath)",
        "namespace": namespace,
        "key": key,
        "type": "id",
        "ownerType": owner,
        "capabilities": {"uniqueValues": {"enabled": True}},
    }
    graph.tell(documents.ORIGIN_DEFINE, {"definition": definition}, "metafieldDefinitionCreate", "its origin")
    return (f"{owner.lower()}.{key}",)


def _definitions(graph: Graph, owner: str) -> list[tuple[str, tuple[str, str]]]:
    """The metafields that are defined for an owner: `namespace.key`, and both apart."""
    nodes = graph.ask(documents.DEFINITIONS, {"owner": owner})["metafieldDefinitions"]["nodes"]
    return [(f"{node['namespace']}.{node['key']}", (node["namespace"], node["key"])) for node in nodes]
