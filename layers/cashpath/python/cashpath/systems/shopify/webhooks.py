"""Shopify webhooks, the first step of an order's way: check the signature, then name the records a delivery is about.

Standard library only: a receiver imports nothing else of this vendor. Only the body is signed; topic, shop, time and
ids of the delivery come in headers and are hints. There is no signed timestamp, so a replay is possible and harmless:
a notice only says that something changed, and what is read is the record as it stands.

Source: Shopify, "Verify webhook deliveries" (shopify.dev/docs/apps/build/webhooks/verify-deliveries) and "Webhooks"
(shopify.dev/docs/api/webhooks), the topics and their sample payloads.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cashpath.notice import Wish
from cashpath.systems.inbound import BadSignature, Event, Inbound, Malformed

SIGNATURE = "x-shopify-hmac-sha256"
SHOP = "x-shopify-shop-domain"
TOPIC = "x-shopify-topic"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What the first part of a topic is about: our kind, and the type that the body's own global id must name.
_OF_ITSELF = {
    "orders": ("order", "Order"),
    "customers": ("customer", "Customer"),
    "products": ("product", "Product"),
    "companies": ("company", "Company"),
}
# "Webhooks": since 2025-01 a customer's own body tells nothing of consent; this one names the customer, and no version.
_CONSENT = "customers_email_marketing_consent"
_OF_AN_ORDER = {"refunds": "Refund", "fulfillments": "Fulfillment"}
# "Privacy law compliance": what the signed body of each holds, which the other's does not.
_PRIVACY: Mapping[str, tuple[str, Wish]] = {
    "customers/redact": ("orders_to_redact", "erase"),
    "customers/data_request": ("orders_requested", "access"),
}


def verify(
    request: Inbound,
    secrets: Sequence[str],
    options: Mapping[str, Any],  # noqa: ARG001 - Shopify signs nothing that depends on them
    now: datetime,  # noqa: ARG001 - nor a time
) -> None:
    """Check the base64 HMAC-SHA256 of the raw body, in constant time, against each valid secret.

    Two are valid while a client secret is rotated: Shopify may sign with the old one for up to an hour.
    Raises BadSignature.
    """
    given = request.headers.get(SIGNATURE, "")
    if not given:
        raise BadSignature(f"no {SIGNATURE} header")
    matches = [hmac.compare_digest(given.encode(), _signature(request.body, secret)) for secret in secrets if secret]
    if not any(matches):
        raise BadSignature(f"{SIGNATURE} matches none of the {len(matches)} valid secrets")


def events(request: Inbound, options: Mapping[str, Any]) -> tuple[Event, ...]:
    """The records that a verified delivery is about. Raises Malformed where body, topic and shop do not fit together.

    Since the topic is not signed, the record is taken only from a body whose own shape says the same: a signed body
    under another topic is refused, and so can start nothing that it would not have started under its own.
    """
    shop, expected = request.headers.get(SHOP, ""), str(options.get("shop", ""))
    if shop and expected and shop.lower() != expected.lower():
        raise Malformed(f"{SHOP} names another shop than the one this system is configured for")
    topic = request.headers.get(TOPIC, "").lower()
    body = _body(request.body)
    delivery = request.headers.get("x-shopify-event-id") or request.headers.get("x-shopify-webhook-id", "")
    if topic in _PRIVACY:
        wish, about = _wish(topic, body), [("customer", _id(_object(body, "customer"), "id"))]
        if wish == "erase":  # their orders too, which say where the person lives
            orders = body["orders_to_redact"]
            about += [("order", str(id)) for id in (orders if isinstance(orders, list) else ()) if str(id).isdecimal()]
        return tuple(Event(topic=topic, kind=kind, id=id, event=delivery, wish=wish) for kind, id in about)
    if topic == "customers/merge":  # who was merged away can no longer be read
        kept, gone = (
            _of_type(body, f"admin_graphql_api_customer_{which}_id", "Customer") for which in ("kept", "deleted")
        )
        return (Event(topic=topic, kind="customer", id=kept, absorbs=gone, event=delivery),)
    named = _named(topic, body)
    return tuple(Event(topic=topic, kind=kind, id=id, version=version, event=delivery) for kind, id, version in named)


def _signature(body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())


def _body(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise Malformed(f"the body is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"the body is not JSON (character {error.pos})") from None
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise Malformed("the body holds a number that is too long") from None
    if not isinstance(body, dict):
        raise Malformed("the body is not a JSON object")
    return body


def _named(topic: str, body: Mapping[str, Any]) -> Sequence[tuple[str, str, int | None]]:
    """Kind, id and version of each record that the body is about."""
    subject, _, action = topic.partition("/")
    if subject in _OF_AN_ORDER:
        _of_type(body, "admin_graphql_api_id", _OF_AN_ORDER[subject])
        return [("order", _id(body, "order_id"), None)]
    if subject == "orders" and "order_edit" in body:
        return [("order", _id(_object(body, "order_edit"), "order_id"), None)]
    if subject == "orders" and "admin_graphql_api_order_id" in body:  # orders/risk_assessment_changed
        return [("order", _of_type(body, "admin_graphql_api_order_id", "Order"), None)]
    if subject == _CONSENT:
        _object(body, "email_marketing_consent")
        return [("customer", _id(body, "customer_id"), None)]
    if subject not in _OF_ITSELF:
        return [("", str(body.get("id") or ""), None)]
    kind, type_name = _OF_ITSELF[subject]
    if action == "delete":  # its body is little more than the id
        if "admin_graphql_api_id" in body:
            _of_type(body, "admin_graphql_api_id", type_name)
        return [(kind, _id(body, "id"), None)]
    id = _of_type(body, "admin_graphql_api_id", type_name)
    if "id" in body and _id(body, "id") != id:
        raise Malformed("id and admin_graphql_api_id name different records")
    return [(kind, id, _version(body))]


def _wish(topic: str, body: Mapping[str, Any]) -> Wish:
    """What a person asks for. The topic is not signed, so the body's own shape must say the same."""
    shape, wish = _PRIVACY[topic]
    if shape not in body or "shop_domain" not in body:
        raise Malformed(f"{shape} or shop_domain is missing, against the topic")
    return wish


def _object(body: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = body.get(field)
    if not isinstance(value, dict):
        raise Malformed(f"{field} is missing or no object, against the topic")
    return value


def _id(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdecimal():
        raise Malformed(f"{field} is missing or no record id, against the topic")
    return str(value)


def _of_type(body: Mapping[str, Any], field: str, type_name: str) -> str:
    """The number in a global id `gid://shopify/<type>/<number>` of the type that the topic says."""
    value = body.get(field)
    prefix = f"gid://shopify/{type_name}/"
    if not isinstance(value, str) or not value.startswith(prefix) or not value.removeprefix(prefix).isdecimal():
        raise Malformed(f"{field} names no {type_name}, against the topic")
    return value.removeprefix(prefix)


def _version(body: Mapping[str, Any]) -> int | None:
    """`updated_at` as epoch milliseconds; Shopify writes whole seconds."""
    value = body.get("updated_at")
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        return (at - _EPOCH) // timedelta(milliseconds=1)
    except (TypeError, ValueError):
        raise Malformed("updated_at is no time with an offset") from None
