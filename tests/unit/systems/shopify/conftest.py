"""A stand-in shop, and the real connector talking to it in process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cashpath.records import SystemId
from cashpath.systems.connection import Connection
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.shopify.standin import ShopifyStandin

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that only moves when told to, or when somebody sleeps by it."""

    at: datetime = START
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.move(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop(clock: Clock) -> ShopifyStandin:
    return ShopifyStandin(clock=clock.now)


@pytest.fixture
def connect(clock: Clock, shop: ShopifyStandin) -> Callable[..., Connector]:
    """Makes a connector; `token` is the access token that its secret holds."""

    def build(token: str = "shpat_sandbox") -> Connector:
        connection = Connection(
            id=SystemId("shop"),
            options={"url": "http://shop.test", "shop": shop.shop},
            secret=lambda fresh: {"access_token": token},
            now=clock.now,
            sleep=clock.sleep,
            transport=httpx.WSGITransport(app=shop),
        )
        return Connector(connection)

    return build


@pytest.fixture
def storefront(connect: Callable[..., Connector]) -> Connector:
    return connect()
