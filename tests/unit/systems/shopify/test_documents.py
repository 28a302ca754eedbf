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

import pytest
from graphql import GraphQLSchema, build_client_schema, parse, validate

from cashpath.systems.shopify import documents
from cashpath_sandbox.shopify.points import LARGEST
from cashpath_sandbox.shopify.query import Query

ROOT = Path(__file__).parents[4]
PUBLISHED = ROOT / "node_modules/@shopify/dev-mcp/dist/data" / f"admin_{documents.VERSION}.json.gz"
SCHEMA = Path(os.environ.get("CASHPATH_SHOPIFY_SCHEMA") or PUBLISHED)
FOUND = SCHEMA.is_file()


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


@pytest.mark.parametrize("name", documents.DOCUMENTS)
def test_a_document_asks_for_no_more_points_than_one_query_may(name: str) -> None:
    assert Query.parse(documents.DOCUMENTS[name]).asked({}) <= LARGEST


def test_every_query_that_the_connector_sends_is_a_named_document() -> None:
    package = Path(documents.__file__).parent
    for file in package.glob("*.py"):
        if file.name != "documents.py":
            assert not re.search(r"(?m)^[\s\"']*(query|mutation)\b\s*\w*\s*[({]", file.read_text()), file.name
    assert len(documents.DOCUMENTS) >= 14
