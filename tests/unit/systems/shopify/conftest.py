"""A stand-in shop, and the real connector talking to it in process."""

from datetime import UTC, datetime

import pytest

from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.shopify.bench import connector
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.subject import MovableClock


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime(2026, 11, 24, 12, 0, tzinfo=UTC))


@pytest.fixture
def shop(clock: MovableClock) -> ShopifyStandin:
    return ShopifyStandin(clock=clock)


@pytest.fixture
def storefront(shop: ShopifyStandin, clock: MovableClock) -> Connector:
    return connector(shop, clock)
