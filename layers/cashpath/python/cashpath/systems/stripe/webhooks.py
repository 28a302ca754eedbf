"""What Stripe tells us: checks `Stripe-Signature`, names the records of an event. Standard library only.

Stripe, "Receive Stripe events in your webhook endpoint", https://docs.stripe.com/webhooks#verify-manually.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cashpath.systems.inbound import BadSignature, Event, Inbound, Malformed

TOLERANCE = timedelta(minutes=5)  # the default of Stripe's own libraries, same page, "Preventing replay attacks"

_KINDS = (
    ("customer.subscription.", "subscription"),
    ("customer.", "customer"),
    ("payment_method.attached", "customer"),  # it may make the customer payable
    ("payment_method.detached", "customer"),  # or no longer payable
    ("product.", "variant"),
    ("price.", "variant"),
)


def verify(
    request: Inbound,
    secrets: Sequence[str],
    options: Mapping[str, Any],  # noqa: ARG001 - every vendor's verify has it
    now: datetime,
) -> None:
    """Raises BadSignature unless one `v1` of `Stripe-Signature` is the HMAC-SHA256 of `t.body` under a secret.

    There are several `v1` while Stripe rolls a secret, and several secrets while we do. Other schemes (`v0`) are
    ignored, as Stripe asks, so that nobody can downgrade the check.
    """
    pairs = [part.strip().partition("=") for part in request.headers.get("stripe-signature", "").split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1"]
    if len(stamps) != 1 or not stamps[0].isascii() or not stamps[0].isdigit() or not signatures:
        raise BadSignature("Stripe-Signature is missing or names no time and no v1 signature")
    payload = stamps[0].encode() + b"." + request.body
    expected = [hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest() for secret in secrets]
    good = [hmac.compare_digest(ours.encode(), theirs.encode()) for ours in expected for theirs in signatures]
    if not any(good):
        raise BadSignature("no v1 signature of Stripe-Signature fits the body")
    if abs(int(now.astimezone(UTC).timestamp()) - int(stamps[0])) > TOLERANCE.total_seconds():
        raise BadSignature("the time of Stripe-Signature is more than five minutes away")


def events(request: Inbound, options: Mapping[str, Any]) -> tuple[Event, ...]:
    """The one event of a delivery. Raises Malformed where the body is no event.

    An event of the other mode than the account's (`livemode` false while the option `live` is true) names no kind,
    so that no flow wants it: test data never reaches a live ERP. Objects carry no modification mark: no version.
    """
    body = _object(request.body)
    topic, id = body.get("type"), body.get("id")
    if not isinstance(topic, str) or not isinstance(id, str):
        raise Malformed("the event names no type or no id")
    data = body.get("data")
    about = subject(data) if isinstance(data, dict) else None
    kind = next((kind for prefix, kind in _KINDS if topic.startswith(prefix)), "")
    if not kind or (options.get("live", False) and body.get("livemode") is not True):
        return (Event(topic=topic, kind="", id="", event=id),)
    if not isinstance(about, dict):
        raise Malformed("data.object of the event is missing")
    return (Event(topic=topic, kind=kind, id=record_id(topic, kind, about), event=id),)


def subject(data: Mapping[str, Any]) -> Any:
    """The object that an event tells of. A payment method that was detached no longer names its customer: that stands
    among the `previous_attributes` (https://docs.stripe.com/api/events/object)."""
    about, before = data.get("object"), data.get("previous_attributes")
    if not isinstance(about, dict) or not isinstance(before, dict) or about.get("customer") is not None:
        return about
    return {**about, "customer": before.get("customer")}


def record_id(topic: str, kind: str, about: Mapping[str, Any]) -> str:
    """The id of the record of ours that an event's object tells of: its own, or that of the customer or product it
    belongs to (`customer.source.created` carries a source, `price.updated` a price). Raises Malformed without one."""
    parent = {"customer": "customer", "variant": "product"}.get(kind, "")
    own = about.get("object") in (kind, parent)
    found = about.get("id") if own else about.get(parent)
    if isinstance(found, dict):  # expanded
        found = found.get("id")
    if not isinstance(found, str) or not found:
        raise Malformed(f"data.object of {topic} names no {parent or kind}")
    return found


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except UnicodeDecodeError as error:
        raise Malformed(f"the body is not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise Malformed(f"the body is not JSON at line {error.lineno} column {error.colno}") from error
    if not isinstance(parsed, dict):
        raise Malformed("the body is not a JSON object")
    return parsed
