"""Shopify counts points, not requests: the connector waits for them, or asks for a brake; errors become kinds."""

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from cashpath.faults import CredentialsRefused, Fault, NeedsPerson, RateLimited, SystemDown
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.killable import Answer, KillableTransport
from cashpath_sandbox.shopify import orders
from cashpath_sandbox.shopify.bench import connector
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.standin import VendorFault
from cashpath_sandbox.subject import MovableClock


def test_a_throttled_query_waits_for_its_points_and_is_sent_again(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    id = shop.place_order(orders.made("plain").body)
    began = clock.at
    shop.points.set(100, 100, clock())
    assert storefront.read("order", id) is not None
    assert [entry.status for entry in shop.log] == [200, 200]
    assert timedelta(seconds=6) < clock.at - began < timedelta(seconds=8)


def test_a_query_that_the_bucket_cannot_pay_for_is_not_even_sent(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    id = shop.place_order(orders.made("plain").body)
    storefront.read("order", id)
    shop.points.set(50, 10, clock())
    storefront.read("customer", "1")  # a cheap one, whose answer tells how few points are left
    sent = len(shop.log)
    with pytest.raises(RateLimited) as limited:
        storefront.read("order", id)
    assert len(shop.log) == sent
    assert limited.value.retry_after is not None
    asked = max(shop.points.asked, 780)
    assert abs(limited.value.retry_after.total_seconds() - (asked - 50) / 10) < 5


def test_an_order_of_250_lines_is_read_at_the_pace_of_a_standard_plan(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    """100 points a second, 2,000 in the bucket: slower, but in one go."""
    id = shop.place_order(orders.made("250 lines").body)
    shop.points.most = 2000
    shop.points.set(2000, 100, clock())
    began = clock.at
    reading = storefront.read("order", id)
    assert reading is not None
    assert clock.at - began < timedelta(seconds=60)


def test_points_that_returned_meanwhile_are_counted(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    id = shop.place_order(orders.made("plain").body)
    storefront.read("order", id)
    shop.points.set(60, 10, clock())
    storefront.read("customer", "1")
    clock.move(timedelta(minutes=5))
    assert storefront.read("order", id) is not None


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (
            b'{"errors": [{"message": "Access denied for customer field. Required access: `read_customers`",'
            b' "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "`read_customers` access scope."}}]}',
            CredentialsRefused,
            "read_customers",
        ),
        (
            b'{"errors": [{"message": "Internal error.", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}',
            SystemDown,
            "Internal error",
        ),
        (
            b'{"errors": [{"message": "Field \'x\' doesn\'t exist on type \'Order\'",'
            b' "extensions": {"code": "undefinedField"}}]}',
            NeedsPerson,
            "doesn't exist",
        ),
        (
            b'{"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost":'
            b' {"requestedQueryCost": 700, "throttleStatus": {"currentlyAvailable": 0, "restoreRate": 50.0}}}}',
            RateLimited,
            "points",
        ),
        (b'{"errors": "Not Found"}', NeedsPerson, "Not Found"),
        (b'{"errors": [{"message": "x", "extensions": {"code": "SHOP_INACTIVE"}}]}', CredentialsRefused, "not active"),
        (b"<html>", SystemDown, "JSON"),
        (b"[]", SystemDown, "object"),
        (b"{}", SystemDown, "without data"),
    ],
)
def test_each_error_is_a_kind_by_what_to_do_next(
    answer: bytes, kind: type[Fault], says: str, shop: ShopifyStandin, clock: MovableClock
) -> None:
    transport = KillableTransport(httpx.WSGITransport(app=shop))
    transport.answer_always(Answer(200, body=answer))
    with pytest.raises(kind, match=says):
        connector(shop, clock, transport=transport).read("customer", "1")


def test_a_throttled_answer_says_when_enough_points_are_back(shop: ShopifyStandin, clock: MovableClock) -> None:
    transport = KillableTransport(httpx.WSGITransport(app=shop))
    body = (
        b'{"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost":'
        b' {"requestedQueryCost": 752, "actualQueryCost": null, "throttleStatus":'
        b' {"maximumAvailable": 1000.0, "currentlyAvailable": 66, "restoreRate": 50.0}}}}'
    )
    transport.answer_always(Answer(200, body=body))
    with pytest.raises(RateLimited) as limited:
        connector(shop, clock, transport=transport).read("order", "1")
    assert limited.value.retry_after == timedelta(seconds=float(Decimal(752 - 66) / 50))
    assert len(transport.sent) == 1


@pytest.mark.parametrize("status", [402, 403, 404, 423])
def test_a_shop_that_lets_nobody_in_is_one_exception_for_the_system(
    status: int, shop: ShopifyStandin, storefront: Connector
) -> None:
    shop.faults = [VendorFault("status", status=status, times=None)]
    with pytest.raises(CredentialsRefused, match=str(status)):
        storefront.read("order", "1")


def test_a_wrong_token_is_refused_after_one_fresh_try(shop: ShopifyStandin, clock: MovableClock) -> None:
    with pytest.raises(CredentialsRefused):
        connector(shop, clock, secret=lambda fresh: {"access_token": "old"}).read("order", "1")
    assert [entry.status for entry in shop.log] == [401, 401]


def test_a_token_that_was_renewed_is_found_by_reading_the_secret_again(
    shop: ShopifyStandin, clock: MovableClock
) -> None:
    storefront = connector(shop, clock, secret=lambda fresh: {"access_token": shop.token if fresh else "old"})
    assert storefront.read("order", "1") is None


def test_a_429_with_a_long_pause_is_not_tried_again_at_once(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    shop.faults = [VendorFault("status", status=429, retry_after="40", times=None)]
    with pytest.raises(RateLimited) as limited:
        storefront.read("order", "1")
    assert limited.value.retry_after == timedelta(seconds=40)
    assert len(shop.log) == 1
