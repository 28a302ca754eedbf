"""The shop that the tests of flows start from."""

import pytest

from cashpath_sandbox.oneshop import ADA, Shop


@pytest.fixture
def shop() -> Shop:
    """A shop that sells mugs to Ada, and whose other systems know nobody yet."""
    shop = Shop()
    shop.knows(ADA)
    shop.sells("MUG")
    return shop
