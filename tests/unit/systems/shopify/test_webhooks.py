"""What Shopify's webhooks may and may not start: signatures, rotation, and topics that nobody signed."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from cashpath.systems.inbound import BadSignature, Event, Inbound, Malformed
from cashpath.systems.shopify import webhooks

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OPTIONS = {"shop": "tea-house.myshopify.com"}
ORDER = {
    "id": 820982911946154508,
    "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
    "updated_at": "2026-11-20T10:30:05+01:00",
    "line_items": [],
}
CUSTOMER = {"id": 706405506930370084, "admin_graphql_api_id": "gid://shopify/Customer/706405506930370084"}
FULFILMENT = {
    "id": 123456,
    "admin_graphql_api_id": "gid://shopify/Fulfillment/123456",
    "order_id": 820982911946154508,
    "line_items": [],
    "updated_at": "2026-11-20T10:30:05+01:00",
}


def delivery(topic: str, body: Any, *, secret: str = "hush", **headers: str) -> Inbound:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    named = {
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": signature,
        "x-shopify-shop-domain": "tea-house.myshopify.com",
        "x-shopify-event-id": "e-1",
        "x-shopify-webhook-id": "w-1",
    }
    return Inbound(method="POST", uri="https://x.test/webhooks/shop", headers={**named, **headers}, body=raw)


def verified(request: Inbound, *secrets: str) -> None:
    webhooks.verify(request, secrets, OPTIONS, NOW)


def test_what_shopify_signed_is_let_in() -> None:
    verified(delivery("orders/create", ORDER), "hush")


def test_either_secret_is_good_while_they_are_rotated() -> None:
    verified(delivery("orders/create", ORDER, secret="old"), "new", "old")
    verified(delivery("orders/create", ORDER, secret="new"), "new", "old")


def test_the_signature_that_shopify_documents_is_the_one_checked() -> None:
    """base64 of HMAC-SHA256 of the raw body, reckoned apart with openssl: `printf '{"id":1}' | openssl dgst -sha256
    -hmac hush -binary | base64`."""
    request = Inbound(
        method="POST",
        uri="",
        headers={"x-shopify-hmac-sha256": "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="},
        body=b'{"id":1}',
    )
    verified(request, "hush")


@pytest.mark.parametrize(
    "request_",
    [
        delivery("orders/create", ORDER, secret="guess"),
        delivery("orders/create", ORDER, **{"x-shopify-hmac-sha256": ""}),
        delivery("orders/create", ORDER, **{"x-shopify-hmac-sha256": "ö"}),
        delivery("orders/create", ORDER, **{"x-shopify-hmac-sha256": "not base64"}),
    ],
)
def test_a_wrong_or_missing_signature_is_refused(request_: Inbound) -> None:
    with pytest.raises(BadSignature):
        verified(request_, "hush", "older")


def test_a_tampered_body_is_refused() -> None:
    request = delivery("orders/create", ORDER)
    tampered = Inbound(method="POST", uri="", headers=request.headers, body=request.body.replace(b"508", b"509"))
    with pytest.raises(BadSignature):
        verified(tampered, "hush")


def test_without_a_secret_nobody_is_let_in() -> None:
    with pytest.raises(BadSignature):
        verified(delivery("orders/create", ORDER, secret=""), "")


def test_an_order_notice_names_the_order_and_its_version() -> None:
    assert webhooks.events(delivery("orders/updated", ORDER), OPTIONS) == (
        Event(
            topic="orders/updated",
            kind="order",
            id="820982911946154508",
            version=1763631005000 + 365 * 86_400_000,
            event="e-1",
        ),
    )


REDACT = {"shop_id": 1, "shop_domain": "tea-house.myshopify.com", "customer": {"id": 7}, "orders_to_redact": []}
CONSENT = {"customer_id": 7, "email_address": "", "email_marketing_consent": {"state": "unsubscribed"}}
CASES: list[tuple[str, Any, str, str]] = [
    ("orders/edited", {"order_edit": {"id": 1, "order_id": 42}}, "order", "42"),
    ("orders/delete", {"id": 42}, "order", "42"),
    ("orders/risk_assessment_changed", {"admin_graphql_api_order_id": "gid://shopify/Order/42"}, "order", "42"),
    ("refunds/create", {"id": 9, "admin_graphql_api_id": "gid://shopify/Refund/9", "order_id": 42}, "order", "42"),
    ("fulfillments/update", FULFILMENT, "order", "820982911946154508"),
    ("customers/update", CUSTOMER, "customer", "706405506930370084"),
    ("customers/redact", REDACT, "customer", "7"),
    ("customers_email_marketing_consent/update", CONSENT, "customer", "7"),
    ("products/update", {"id": 8, "admin_graphql_api_id": "gid://shopify/Product/8"}, "product", "8"),
    ("companies/create", {"admin_graphql_api_id": "gid://shopify/Company/6"}, "company", "6"),
    ("carts/update", {"id": "abc"}, "", "abc"),
    ("shop/update", {"name": "Tea House"}, "", ""),
]


@pytest.mark.parametrize(("topic", "body", "kind", "id"), CASES)
def test_each_topic_is_about_a_record(topic: str, body: Any, kind: str, id: str) -> None:
    found = webhooks.events(delivery(topic, body), OPTIONS)
    assert [(event.kind, event.id) for event in found] == [(kind, id)]


def test_a_refund_or_fulfilment_names_no_version_of_its_order() -> None:
    (found,) = webhooks.events(delivery("fulfillments/create", FULFILMENT), OPTIONS)
    assert found.version is None


def test_a_merge_is_about_who_was_kept_and_names_who_went() -> None:
    body = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
    }
    (found,) = webhooks.events(delivery("customers/merge", body), OPTIONS)
    assert (found.kind, found.id, found.absorbs) == ("customer", "1", "2")


def test_a_person_asks_for_erasure_or_access_only_where_the_signed_body_says_so() -> None:
    asked = {name: value for name, value in REDACT.items() if name != "orders_to_redact"} | {"orders_requested": []}
    (erase,) = webhooks.events(delivery("customers/redact", REDACT), OPTIONS)
    (access,) = webhooks.events(delivery("customers/data_request", asked), OPTIONS)
    assert (erase.wish, access.wish) == ("erase", "access")
    for topic, body in (("customers/redact", asked), ("customers/data_request", REDACT)):
        with pytest.raises(Malformed):
            webhooks.events(delivery(topic, body), OPTIONS)


def test_an_erasure_is_of_the_persons_orders_too() -> None:
    found = webhooks.events(delivery("customers/redact", {**REDACT, "orders_to_redact": [42, 43]}), OPTIONS)
    assert [(event.kind, event.id, event.wish) for event in found] == [
        ("customer", "7", "erase"),
        ("order", "42", "erase"),
        ("order", "43", "erase"),
    ]


@pytest.mark.parametrize("body", [ORDER, CUSTOMER, FULFILMENT], ids=["order", "customer", "fulfilment"])
@pytest.mark.parametrize(
    "topic",
    [
        "orders/create",
        "customers/update",
        "products/update",
        "refunds/create",
        "fulfillments/create",
        "customers/redact",
        "customers_email_marketing_consent/update",
    ],
)
def test_a_signed_body_under_another_topic_starts_nothing(topic: str, body: Any) -> None:
    own = {"orders/create": ORDER, "customers/update": CUSTOMER, "fulfillments/create": FULFILMENT}
    if own.get(topic) is body:
        assert webhooks.events(delivery(topic, body), OPTIONS)
        return
    with pytest.raises(Malformed):
        webhooks.events(delivery(topic, body), OPTIONS)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"id": 82098', "character"),
        (b"", "character"),
        (b"\xff\xfe", "UTF-8"),
        (b"[1]", "object"),
        (b'{"id": ' + b"9" * 5000 + b"}", "number"),
        (json.dumps({**ORDER, "id": 7}).encode(), "different records"),
        (json.dumps({**ORDER, "id": True}).encode(), "id"),
        (json.dumps({**ORDER, "updated_at": "yesterday"}).encode(), "updated_at"),
        (json.dumps({**ORDER, "updated_at": "2026-11-20T10:30:05"}).encode(), "updated_at"),
        (json.dumps({**ORDER, "admin_graphql_api_id": "gid://shopify/Order/1/2"}).encode(), "admin_graphql_api_id"),
    ],
)
def test_a_body_that_cannot_be_read_says_where_and_nothing_of_its_values(body: bytes, says: str) -> None:
    with pytest.raises(Malformed) as refused:
        webhooks.events(delivery("orders/create", body), OPTIONS)
    assert says in str(refused.value)
    assert "820982911946154508" not in str(refused.value)


def test_a_delivery_of_another_shop_is_refused() -> None:
    with pytest.raises(Malformed, match="another shop"):
        webhooks.events(delivery("orders/create", ORDER, **{"x-shopify-shop-domain": "other.myshopify.com"}), OPTIONS)


def test_a_receiver_loads_neither_an_http_client_nor_a_checker_of_settings() -> None:
    code = "import sys, cashpath.systems.shopify.webhooks; print({'httpx', 'pydantic', 'boto3'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
