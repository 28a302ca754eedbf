"""Writes products and variants: each is created with its origin by one mutation, and changed by one where it differs.

Source: shopify.dev/docs/api/admin-graphql/2026-07/mutations/productVariantsBulkCreate. A product is created with a
variant that nobody made (`Default Title`); it goes when the first real one comes. No sales channel shows a new product
until the shop publishes it.
"""

from collections.abc import Mapping
from typing import Any

from cashpath.faults import NeedsPerson, NotYet
from cashpath.records import Product, Record, RecordKey, SystemId, Variant
from cashpath.records.keys import Kind
from cashpath.systems.port import Wanted, Written
from cashpath.systems.shopify import documents, goods
from cashpath.systems.shopify.amounts import number
from cashpath.systems.shopify.catalog import SINGLE, product_reading, variant_reading
from cashpath.systems.shopify.customers import ORIGIN
from cashpath.systems.shopify.graphql import Graph

_UNMAPPED = {"fields": [documents.NO_FIELD], "own": [documents.NO_FIELD]}  # what is written compares none of them


class Goods:
    """The products and variants of one shop."""

    def __init__(self, graph: Graph, system: SystemId) -> None:
        self._graph = graph
        self._system = system

    def find(self, kind: Kind, origin: str) -> str | None:
        """What carries this origin: by its unique metafield, never by a search."""
        document, root = {
            "product": (documents.PRODUCT_BY_ORIGIN, "productByIdentifier"),
            "variant": (documents.VARIANT_BY_ORIGIN, "productVariantByIdentifier"),
        }[kind]
        found = self._graph.ask(document, {"origin": origin})[root]
        return number(found["id"]) if found else None

    def write(self, wanted: Wanted) -> Written:
        """Create or change a product or a variant. Raises NotYet where the variant's product is not there yet."""
        match wanted.record:
            case Product() as product if wanted.id is None:
                return Written(id=self._create_product(product, wanted), created=True)
            case Product() as product:
                self._change_product(product, wanted)
            case Variant() as variant if wanted.id is None:
                return Written(id=self._create_variant(variant, wanted), created=True)
            case Variant() as variant:
                self._change_variant(variant, wanted)
        return Written(id=str(wanted.id), created=False)

    def _create_product(self, product: Product, wanted: Wanted) -> str:
        given = {**goods.product_input(goods.state(product, wanted.fields)), "metafields": [_origin(product.key)]}
        made = self._graph.tell(documents.PRODUCT_CREATE, {"product": given}, "productCreate", str(product.key))
        return number(made["product"]["id"])

    def _change_product(self, product: Product, wanted: Wanted) -> None:
        data = self._graph.ask(documents.PRODUCT, {"id": f"gid://shopify/Product/{wanted.id}", **_UNMAPPED})
        if (node := data["product"]) is None:
            raise _gone("product", wanted.id)
        held = product_reading(node, (), data["shop"]["currencyCode"], self._system).record
        if changes := _differing(product, held, wanted):
            given = {"id": node["id"], **goods.product_input(changes)}
            self._graph.tell(documents.PRODUCT_UPDATE, {"product": given}, "productUpdate", str(product.key))

    def _create_variant(self, variant: Variant, wanted: Wanted) -> str:
        state, owner = goods.state(variant, wanted.fields), self._owner(variant, wanted)
        data = self._graph.ask(documents.PRODUCT_OPTIONS, {"id": f"gid://shopify/Product/{owner}"})
        if (product := data["product"]) is None:
            raise _gone("product", owner)
        _priced(variant, state, data["shop"]["currencyCode"])
        if len(product["options"]) != 1:
            raise NeedsPerson(
                f"product {owner} has several options in Shopify, and {variant.key} says none of them",
                remedy="create the variant in Shopify, with its SKU: the two are then linked; then redrive",
                owner="storefront",
                code="options_unknown",
            )
        there = product["variants"]["nodes"]
        name = goods.choice(variant, product["title"], {node["title"] for node in there})
        given = {
            **goods.variant_input(state),
            "optionValues": [{"optionName": product["options"][0]["name"], "name": name}],
            "metafields": [_origin(variant.key)],
        }
        variables = {"product": product["id"], "variants": [given], "strategy": _strategy(there)}
        about, mutation = str(variant.key), "productVariantsBulkCreate"
        made = self._graph.tell(documents.VARIANT_CREATE, variables, mutation, about)
        return number(made["productVariants"][0]["id"])

    def _change_variant(self, variant: Variant, wanted: Wanted) -> None:
        asked = {"id": f"gid://shopify/ProductVariant/{wanted.id}", "fields": _UNMAPPED["fields"]}
        data = self._graph.ask(documents.VARIANT, asked)
        if (node := data["productVariant"]) is None:
            raise _gone("variant", wanted.id)
        currency = data["shop"]["currencyCode"]
        changes = _differing(variant, variant_reading(node, currency, self._system).record, wanted)
        if not changes:
            return
        _priced(variant, changes, currency)
        variables = {
            "product": node["product"]["id"],
            "variants": [{"id": node["id"], **goods.variant_input(changes)}],
        }
        about, mutation = str(variant.key), "productVariantsBulkUpdate"
        self._graph.tell(documents.VARIANT_UPDATE, variables, mutation, about)

    def _owner(self, variant: Variant, wanted: Wanted) -> str:
        if variant.product is None:
            raise NeedsPerson(
                f"{variant.key} belongs to no product, and Shopify sells variants of products only",
                remedy="give it a product where it is owned, then redrive",
                owner="erp",
                code="no_product",
            )
        if variant.product not in wanted.refs:
            raise NotYet(f"{variant.key} waits for its product {variant.product}", system=self._system)
        return wanted.refs[variant.product]


def _strategy(there: list[Mapping[str, Any]]) -> str:
    """The variant that a new product came with goes; one that somebody gave a SKU is somebody's, and stays.

    Never REMOVE_STANDALONE_VARIANT: it would take a real variant too, where one was made since we looked.
    """
    nobodys = len(there) == 1 and there[0]["title"] == SINGLE and not there[0]["sku"]
    return "DEFAULT" if nobodys else "PRESERVE_STANDALONE_VARIANT"


def _differing(record: Record, held: Record, wanted: Wanted) -> dict[str, object]:
    there = goods.state(held, wanted.fields)
    return {name: value for name, value in goods.state(record, wanted.fields).items() if there.get(name) != value}


def _priced(variant: Variant, state: Mapping[str, object], currency: str) -> None:
    """Shopify sells what has no price for nothing, and takes any number for its own currency's."""
    if "price" not in state or (variant.price and variant.price.currency == currency):
        return
    said = f"its price is in {variant.price.currency}" if variant.price else "it has no price"
    raise NeedsPerson(
        f"{variant.key} cannot be sold by a shop in {currency}: {said}",
        remedy=f"give it a price in {currency} where it is owned, then redrive",
        owner="erp",
        code="no_price",
    )


def _origin(key: RecordKey) -> dict[str, str]:
    namespace, name = ORIGIN
    return {"namespace": namespace, "key": name, "value": str(key)}


def _gone(kind: Kind, id: str | None) -> NeedsPerson:
    return NeedsPerson(
        f"the {kind} {id} is gone from Shopify",
        remedy="end its link so that it is created again, or link another one, then redrive",
        owner="storefront",
        code="target_gone",
    )
