"""What must not come in stays out, says why, and leaves no trace of what it said."""

import gzip
import json
import time
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from cashpath_sandbox.eyes import Eyes

from .agreement import agree
from .merchant import Merchant, Placed
from .stack import Stack

pytestmark = pytest.mark.xdist_group("e2e")

FORGED = "forged.person@nowhere.example"
LONG_AGO = 600  # seconds: twice what HubSpot and Stripe let a delivery's age be
LIMIT = 4 * 1024 * 1024


@pytest.fixture(scope="module")
def known(merchant: Merchant, eyes: Eyes) -> Placed:
    """An order that is everywhere already."""
    order = merchant.places("plain")
    agree(eyes, order.origin, order.amounts, within=90)
    return order


def body(stack: Stack, order: Placed) -> bytes:
    """What the shop told of it first."""
    return json.dumps(stack.events(order.id)[0]["body"], ensure_ascii=False).encode()


def refused(answer: httpx.Response, status: int, word: str = "") -> None:
    """The answer has this status, and says why."""
    assert answer.status_code == status, answer.text
    assert word in answer.json()["error"]


def test_a_body_that_was_changed_on_its_way_is_refused(stack: Stack, known: Placed) -> None:
    signed = body(stack, known)
    forged = signed.replace(known.email.encode(), FORGED.encode())
    assert forged != signed
    hook = stack.world.webhooks["shop"]
    head = stack.signed_by_shop(signed, "orders/updated")
    refused(httpx.post(hook["url"], content=forged, headers=head), 401, "x-shopify-hmac-sha256")
    refused(stack.from_crm(b"[]", x_hubspot_signature_v3="bm90aGluZw=="), 401)
    refused(stack.from_billing(b"{}", stripe_signature=f"t={int(time.time())},v1=00"), 401)


def test_a_body_without_a_signature_is_refused(stack: Stack) -> None:
    for hook in stack.world.webhooks.values():
        refused(httpx.post(hook["url"], json={"email": FORGED}), 401)


def test_a_replay_is_refused_as_stale_where_the_vendor_signs_the_time(stack: Stack) -> None:
    told = json.dumps([{"subscriptionType": "deal.creation", "portalId": 4242, "objectId": 1, "eventId": 1}]).encode()
    refused(stack.from_crm(told, at=time.time() - LONG_AGO), 401)
    event = json.dumps({"id": "evt_1", "type": "customer.updated", "data": {"object": {}}}).encode()
    refused(stack.from_billing(event, at=time.time() - LONG_AGO), 401)


def test_a_replay_of_the_shop_which_signs_no_time_changes_nothing(
    stack: Stack, known: Placed, eyes: Eyes, merchant: Merchant
) -> None:
    merchant.sets_quantities(known, {known.line(0): 1})
    agree(eyes, known.origin, known.amounts_of(1, 3))
    stack.drains(within=60)
    before = eyes.writes()
    first = stack.events(known.id)[0]
    assert stack.told({**first, "triggered_at": "2026-01-01T00:00:00Z"}) == 202
    stack.drains(within=60)
    assert eyes.writes() == before
    agree(eyes, known.origin, known.amounts_of(1, 3), within=5)


@pytest.mark.parametrize("topic", ["customers/redact", "customers/data_request", "products/update", "orders/delete"])
def test_a_signed_body_under_another_topic_does_no_harm(topic: str, stack: Stack, known: Placed, eyes: Eyes) -> None:
    stack.drains(within=60)
    before, held = eyes.writes(), eyes.in_erp(known.origin)
    assert stack.from_shop(body(stack, known), topic).status_code in (200, 202, 400)
    stack.drains(within=60)
    assert eyes.writes() == before
    assert eyes.in_erp(known.origin) == held


def test_json_that_ends_too_soon_is_refused_with_the_place_where_it_ends(stack: Stack, known: Placed) -> None:
    half = body(stack, known)[:100]
    refused(stack.from_shop(half), 400, "character")
    refused(stack.from_crm(b'[{"portalId": 42'), 400)
    refused(stack.from_billing(b'{"id": "evt_1"'), 400, "column")


def test_a_system_that_nobody_configured_is_not_found(stack: Stack) -> None:
    address = stack.world.webhooks["shop"]["url"].removesuffix("shop") + "another-shop"
    assert httpx.post(address, json={"email": FORGED}).status_code == 404


def test_more_than_four_megabytes_are_too_much(stack: Stack, known: Placed) -> None:
    padding = {"note": "x" * LIMIT}
    large: Mapping[str, Any] = {**stack.events(known.id)[0]["body"], **padding}
    refused(stack.from_shop(json.dumps(large).encode()), 413, str(LIMIT))


def test_a_body_that_is_no_text_is_refused_with_its_place_and_one_that_is_sent_as_binary_is_taken(
    stack: Stack, known: Placed
) -> None:
    binary = "application/octet-stream"  # API Gateway hands such a body over in base64
    refused(stack.from_shop(gzip.compress(b"{}", mtime=0), content_type=binary), 400, "UTF-8")
    assert stack.from_shop(body(stack, known), content_type=binary).status_code == 202


def test_no_log_and_no_queue_ever_holds_what_a_refused_webhook_said(stack: Stack) -> None:
    for line in (*(f"{group}: {text}" for group, text in stack.logs()), *stack.messages()):
        assert FORGED not in line
