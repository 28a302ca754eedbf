"""HubSpot's webhooks: is this delivery really HubSpot's, and which records does it tell of? Standard library only.

Signature v3: developer documentation, "Validating requests". Payloads: "Webhooks API" and "Create generic webhook
subscriptions". HubSpot sends one JSON array for up to 100 events; the ids of events are not unique, so nothing here
drops an event because its id was seen.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cashpath.notice import Wish
from cashpath.systems.hubspot.objects import BY_NUMBER, BY_SINGULAR, COMPANIES, CONTACTS, ObjectType, spelled
from cashpath.systems.inbound import BadSignature, Event, Inbound, Malformed

TOLERANCE = timedelta(minutes=5)  # "Validating requests", v3: reject if the timestamp is older than 5 minutes
# "Validating requests", v3: the characters of the URI that are decoded before it is signed, and no others.
DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip


def verify(request: Inbound, secrets: Sequence[str], options: Mapping[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Raises BadSignature unless one of the app's client secrets signed exactly this request within five minutes."""
    signature = request.headers.get("x-hubspot-signature-v3", "")
    stamp = request.headers.get("x-hubspot-request-timestamp", "")
    if not signature or not stamp:
        raise BadSignature("the v3 signature or its timestamp is missing")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 15):
        raise BadSignature("the timestamp is no number of milliseconds")
    if abs(now.timestamp() * 1000 - int(stamp)) > TOLERANCE.total_seconds() * 1000:
        raise BadSignature("the timestamp is more than five minutes away")
    given = signature.encode("utf-8", "replace")
    good = [hmac.compare_digest(sign(request, secret, stamp), given) for secret in secrets]  # each is compared, always
    if not any(good):
        raise BadSignature("the signature is not ours")


def sign(request: Inbound, secret: str, stamp: str) -> bytes:
    """The v3 signature of a request: base64 of HMAC-SHA256 over method, decoded URI, body and timestamp."""
    uri = request.uri
    for encoded, plain in DECODED.items():
        uri = uri.replace(encoded, plain).replace(encoded.lower(), plain)
    source = f"{request.method}{uri}".encode() + request.body + stamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), source, hashlib.sha256).digest())


def events(request: Inbound, options: Mapping[str, Any]) -> tuple[Event, ...]:
    """What the delivery tells, in its order. Raises Malformed where it cannot be read or is another portal's."""
    try:
        body = json.loads(request.body)
    except (ValueError, UnicodeDecodeError) as error:
        raise Malformed("the body is not JSON") from error
    if not isinstance(body, list):
        raise Malformed("the body is not an array of events")
    return tuple(event for i, told in enumerate(body) for event in _events(told, f"[{i}]", options))


def _events(told: Any, at: str, options: Mapping[str, Any]) -> Iterator[Event]:
    if not isinstance(told, dict):
        raise Malformed(f"{at} is not an object")
    topic = told.get("subscriptionType")
    if not isinstance(topic, str) or not topic:
        raise Malformed(f"{at}.subscriptionType is missing")
    if told.get("portalId") != options["portal"]:
        raise Malformed(f"{at}.portalId is not this portal's")
    type = _type(told, topic)
    number = str(told.get("eventId", ""))
    kind, what = type.kind if type else "", topic.partition(".")[2]
    first, *rest = [spelled(type, id) if type else id for id in _ids(told, topic, at)]
    if what == "merge":
        yield from (Event(topic=topic, kind=kind, id=first, event=number, absorbs=loser) for loser in rest)
        if rest:
            return
    # "Webhooks API", contact.privacyDeletion: the signed body itself names what was asked for.
    wish: Wish = "erase" if what == "privacyDeletion" and kind == "customer" else "agree"
    yield Event(topic=topic, kind=kind, id=first, event=number, wish=wish)


def _type(told: Mapping[str, Any], topic: str) -> ObjectType | None:
    """Which type of record an event is about; None where it is about nothing that Cashpath reads."""
    subject, _, what = topic.partition(".")
    if what == "associationChange" and _is_beside(told, subject):
        return None
    if subject != "object":
        return BY_SINGULAR.get(subject)
    if what == "associationChange":
        return BY_NUMBER.get(str(told.get("fromObjectTypeId", "")))
    return BY_NUMBER.get(str(told.get("objectTypeId", "")))


def _is_beside(told: Mapping[str, Any], subject: str) -> bool:
    """Whether a contact was associated with what is no part of it: each of its deals would be a change of the person
    ("Webhooks API": one subscription tells of all that contacts can be associated with)."""
    if subject == "contact":
        return str(told.get("associationType", "CONTACT_TO_COMPANY")) != "CONTACT_TO_COMPANY"
    ends = (told.get("fromObjectTypeId"), told.get("toObjectTypeId"))
    return subject == "object" and ends[0] == CONTACTS.number and ends[1] != COMPANIES.number


def _ids(told: Mapping[str, Any], topic: str, at: str) -> tuple[str, ...]:
    """A merge tells of the survivor first and then of each record that went into it; an association, of where it
    begins."""
    match topic.partition(".")[2]:
        case "merge":
            merged = told.get("mergedObjectIds")
            named = [
                told.get("newObjectId"),
                told.get("primaryObjectId"),
                *(merged if isinstance(merged, list) else []),
            ]
            ids = [_id(value, f"{at}.mergedObjectIds") for value in named if value is not None]
            return tuple(dict.fromkeys(ids)) or (_id(told.get("objectId"), f"{at}.objectId"),)
        case "associationChange":
            return (_id(told.get("fromObjectId"), f"{at}.fromObjectId"),)
    return (_id(told.get("objectId"), f"{at}.objectId"),)


def _id(value: Any, at: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdigit():
        raise Malformed(f"{at} is no id")
    return str(value)
