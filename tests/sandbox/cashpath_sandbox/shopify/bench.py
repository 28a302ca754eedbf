"""The real connector, talking to a stand-in shop in process: what tests of either start from."""

from collections.abc import Callable

import httpx

from cashpath.records import SystemId
from cashpath.systems.connection import Connection, Secret
from cashpath.systems.mapping import NOTHING_MAPPED, FieldMap
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.subject import MovableClock


def connector(
    shop: ShopifyStandin,
    clock: MovableClock,
    *,
    transport: httpx.BaseTransport | None = None,
    secret: Callable[..., Secret] | None = None,
    mapping: FieldMap = NOTHING_MAPPED,
    **options: object,
) -> Connector:
    """A connector for `shop`, with its token unless a secret is given; `options` are further ones of the system."""
    return Connector(
        Connection(
            id=SystemId("shop"),
            options={"url": "http://shop.test", "shop": shop.shop, **options},
            secret=secret or (lambda fresh: {"access_token": shop.token}),
            now=clock,
            sleep=clock.sleep,
            transport=transport or httpx.WSGITransport(app=shop),
            mapping=mapping,
        )
    )
