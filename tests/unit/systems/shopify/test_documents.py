"""Every GraphQL document is valid by Shopify's published Admin schema, and no dearer than Shopify allows.

The schema comes with the development dependency @shopify/dev-mcp, or from the file that $CASHPATH_SHOPIFY_SCHEMA
names. A checkout without it says what it did not test; with CI=true that is a failure.
"""

import gzip
import json
import os
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLResolveInfo, GraphQLSchema, build_client_schema, execute_sync, parse, validate

from cashpath.records import Kind, Money
from cashpath.systems.shopify import documents
from cashpath.systems.shopify.changes import LISTED
from cashpath_sandbox.shopify import orders
from cashpath_sandbox.shopify.points import LARGEST
from cashpath_sandbox.shopify.query import Query
from cashpath_sandbox.shopify.standin import ShopifyStandin

ROOT = Path(__file__).parents[4]
PUBLISHED = ROOT / "node_modules/@shopify/dev-mcp/dist/data" / f"admin_{documents.VERSION}.json.gz"
SCHEMA = Path(os.environ.get("CASHPATH_SHOPIFY_SCHEMA") or PUBLISHED)
FOUND = SCHEMA.is_file()
MORE = ("LINES", "VARIANTS", "OPTIONS", "LOCATIONS")  # what a document asks for besides the record that it is named for


@cache
def schema() -> GraphQLSchema:
    raw = gzip.decompress(SCHEMA.read_bytes()) if SCHEMA.suffix == ".gz" else SCHEMA.read_bytes()
    told = json.loads(raw)
    # Shopify deprecates fields that its interfaces require: fine for us, though the specification forbids it.
    return build_client_schema(told.get("data", told), assume_valid=True)


def test_the_published_schema_is_there_to_check_against() -> None:
    if FOUND:
        return
    missing = f"{len(documents.DOCUMENTS)} GraphQL documents were not checked: no Shopify schema at {SCHEMA.name}"
    assert os.environ.get("CI") != "true", f"{missing}; run npm ci, or set CASHPATH_SHOPIFY_SCHEMA"
    warnings.warn(missing, stacklevel=1)


@pytest.mark.parametrize("name", documents.DOCUMENTS)
def test_a_document_is_valid_by_the_published_schema(name: str) -> None:
    if not FOUND:
        return  # told above
    assert [error.message for error in validate(schema(), parse(documents.DOCUMENTS[name]))] == []


@pytest.mark.parametrize("name", documents.MUTATIONS)
def test_a_mutation_is_valid_by_the_published_schema(name: str) -> None:
    if not FOUND:
        return  # told above
    assert [error.message for error in validate(schema(), parse(documents.MUTATIONS[name]))] == []


@pytest.mark.parametrize("kind", LISTED)
def test_what_an_export_runs_is_valid_by_the_published_schema(kind: Kind) -> None:
    if not FOUND:
        return  # told above
    query = documents.export(LISTED[kind][1], "updated_at:>='2020-01-01T00:00:00Z'")
    assert [error.message for error in validate(schema(), parse(query))] == []


MOST = {
    "CUSTOMERS": documents.MANY,
    "COMPANIES_MANY": documents.COMPANIES,
    "ORDERS_MANY": documents.ORDERS,
    "PRODUCTS_MANY": documents.PRODUCTS,
    "SELLING_PLANS": documents.PLANS,
    "VARIANTS": documents.MANY,
    "BUNDLES": documents.BUNDLED,
    "PRICES": documents.PRICED,
    "TIERS": documents.TIERED,
}  # ids in one request


@pytest.mark.parametrize("name", documents.DOCUMENTS)
def test_a_document_asks_for_no_more_points_than_one_query_may(name: str) -> None:
    ids = [f"gid://shopify/Thing/{n}" for n in range(MOST.get(name, 1))]
    assert Query.parse(documents.DOCUMENTS[name]).asked({"ids": ids}) <= LARGEST


def test_every_query_that_the_connector_sends_is_a_named_document() -> None:
    package = Path(documents.__file__).parent
    for file in package.glob("*.py"):
        if file.name != "documents.py":
            assert not re.search(r"(?m)^[\s\"']*(query|mutation)\b\s*\w*\s*[({]", file.read_text()), file.name
    assert len(documents.DOCUMENTS) >= 14


def _resolve(source: Any, info: GraphQLResolveInfo, **args: Any) -> Any:
    held = source[info.field_name]
    return held(args) if callable(held) else held


def _answers_alike(document: str, variables: dict[str, Any], shop: ShopifyStandin) -> None:
    """Run by an executor that knows Shopify's types: no field of another type, none null that may not be, and the
    same answer."""
    by_schema = execute_sync(schema(), parse(document), shop.root(), variable_values=variables, field_resolver=_resolve)
    assert by_schema.errors is None
    answered, _ = Query.parse(document).run(shop.root(), variables)
    assert by_schema.data == answered


@pytest.mark.parametrize("case", orders.CASES)
def test_the_stand_in_tells_an_order_as_the_published_schema_says(case: str, shop: ShopifyStandin) -> None:
    if not FOUND:
        return  # told above
    id = shop.place_order(orders.made(case).body)
    _answers_alike(documents.ORDER, {"id": f"gid://shopify/Order/{id}"}, shop)


@pytest.mark.parametrize("name", documents.DOCUMENTS)
def test_the_stand_in_answers_every_document_as_the_published_schema_says(name: str, shop: ShopifyStandin) -> None:
    if not FOUND:
        return  # told above
    made = orders.made("mixed subscription")
    shop.place_order({**made.body, "company": orders.made("b2b").body["company"]})
    line, buyer = made.body["line_items"][1], made.body["customer"]
    inside = [{"variant_id": line["variant_id"], "quantity": 2}]
    bundle = {"sku": "SET", "price": "20.00", "requires_components": True, "components": inside}
    shop.put("products", {"id": 810001, "title": "Set", "variants": [{"id": 820001, **bundle}]})
    shop.store.price_lists.fix("US", "820001", Money(2600, "USD"))
    shop.store.price_lists.discount("920001", "820001", Money(2000, "EUR"), {10: Money(1800, "EUR")})
    shop.settle_search()
    shop.exports.run({"query": documents.export("orders", "")}, "https://storage.test")
    ids = {
        "EXPORT": "BulkOperation/700001",
        "ORDER": f"Order/{made.id}",
        "CUSTOMER": f"Customer/{buyer['id']}",
        "COMPANY": "Company/910001",
        "VARIANT": f"ProductVariant/{line['variant_id']}",
        "PRODUCT": f"Product/{line['product_id']}",
    }
    of = next(
        (id for start, id in ids.items() if name == start or name.removeprefix(f"{start}_") in MORE),
        "",
    )
    searches = {"CUSTOMERS_BY_EMAIL": f'email:"{buyer["email"]}"', "VARIANTS_BY_SKU": 'sku:"BOX"'}
    variables: dict[str, Any] = {
        "origin": "crm/customer/51",
        "owner": "CUSTOMER",
        "fields": [documents.NO_FIELD],
        "own": [documents.NO_FIELD],
        "id": f"gid://shopify/{of}",
        "ids": [
            "gid://shopify/SellingPlan/690001",
            "gid://shopify/ProductVariant/820001",
            *(f"gid://shopify/{ids[kind]}" for kind in ("ORDER", "CUSTOMER", "COMPANY", "PRODUCT", "VARIANT")),
        ],
        "country": "US",
        "location": "gid://shopify/CompanyLocation/920001",
        "query": searches.get(name, "updated_at:>='2020-01-01T00:00:00Z'"),
        "after": "cGxhY2U6MA==" if of else None,
    }
    asked = {argument: value for argument, value in variables.items() if f"${argument}:" in documents.DOCUMENTS[name]}
    _answers_alike(documents.DOCUMENTS[name], asked, shop)
