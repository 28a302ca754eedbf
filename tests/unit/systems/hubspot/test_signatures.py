"""Signature v3 of a delivery: what is accepted, and what is refused and why."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cashpath.systems.hubspot.webhooks import verify
from cashpath.systems.inbound import BadSignature, Inbound

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
URI = "https://hooks.example.com/webhooks/crm"
OPTIONS = {"portal": 4242}


def signed(
    body: bytes = b"[]", *, uri: str = URI, secret: str = "s3cret", at: datetime = NOW, seen_as: str = ""
) -> Inbound:
    """A delivery signed as the vendor's page says; `seen_as` is how the URI reaches us where it is not as signed."""
    stamp = str(round(at.timestamp() * 1000))
    digest = hmac.new(secret.encode(), b"POST" + uri.encode() + body + stamp.encode(), hashlib.sha256).digest()
    headers = {"x-hubspot-signature-v3": base64.b64encode(digest).decode(), "x-hubspot-request-timestamp": stamp}
    return Inbound(method="POST", uri=seen_as or uri, headers=headers, body=body)


def test_a_delivery_signed_with_the_apps_secret_is_accepted() -> None:
    verify(signed('[{"x": "Zoë"}]'.encode()), ["s3cret"], OPTIONS, NOW)


def test_while_a_secret_is_rotated_both_are_accepted() -> None:
    for secret in ("old", "new"):
        verify(signed(secret=secret), ["new", "old"], OPTIONS, NOW)


def test_the_uri_is_decoded_as_the_vendor_documents_and_no_further() -> None:
    plain = f"{URI}?to=a:b/c?d@e!f$g'h(i)j*k,l;m&space=%20&percent=%25"
    encoded = f"{URI}?to=a%3Ab%2Fc%3Fd%40e%21f%24g%27h%28i%29j%2Ak%2Cl%3Bm&space=%20&percent=%25"
    verify(signed(uri=plain, seen_as=encoded), ["s3cret"], OPTIONS, NOW)


@pytest.mark.parametrize("late", [timedelta(minutes=5, milliseconds=1), timedelta(days=1), -timedelta(minutes=6)])
def test_a_delivery_signed_more_than_five_minutes_away_is_refused(late: timedelta) -> None:
    verify(signed(at=NOW - timedelta(minutes=5)), ["s3cret"], OPTIONS, NOW)
    with pytest.raises(BadSignature, match="five minutes"):
        verify(signed(at=NOW - late), ["s3cret"], OPTIONS, NOW)


@pytest.mark.parametrize(
    "tampered",
    [
        replace(signed(), body=b"[ ]"),
        replace(signed(), method="PUT"),
        replace(signed(), uri=URI.replace("crm", "erp")),
        replace(signed(), headers={**signed().headers, "x-hubspot-request-timestamp": "1772366400001"}),
        replace(signed(), headers={**signed().headers, "x-hubspot-signature-v3": "AAAA"}),
        replace(signed(), headers={**signed().headers, "x-hubspot-signature-v3": "Schlüssel"}),
        signed(secret="another"),
    ],
    ids=["body", "method", "uri", "timestamp", "signature", "no ascii", "secret"],
)
def test_whatever_was_changed_after_signing_is_refused(tampered: Inbound) -> None:
    with pytest.raises(BadSignature, match="not ours"):
        verify(tampered, ["s3cret"], OPTIONS, NOW)


@pytest.mark.parametrize("missing", ["x-hubspot-signature-v3", "x-hubspot-request-timestamp"])
def test_a_delivery_without_signature_or_timestamp_is_refused(missing: str) -> None:
    headers = {name: value for name, value in signed().headers.items() if name != missing}
    with pytest.raises(BadSignature, match="missing"):
        verify(replace(signed(), headers=headers), ["s3cret"], OPTIONS, NOW)


@pytest.mark.parametrize("stamp", ["yesterday", "-1", "1e12", "٣", "9" * 40])
def test_a_timestamp_that_is_no_number_of_milliseconds_is_refused(stamp: str) -> None:
    headers = {**signed().headers, "x-hubspot-request-timestamp": stamp}
    with pytest.raises(BadSignature):
        verify(replace(signed(), headers=headers), ["s3cret"], OPTIONS, NOW)


def test_without_a_secret_nothing_is_accepted() -> None:
    with pytest.raises(BadSignature):
        verify(signed(), [], OPTIONS, NOW)
