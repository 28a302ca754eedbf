"""What Stripe tells us is believed only when it is signed, and names the record that changed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cashpath.systems.inbound import BadSignature, Event, Inbound, Malformed
from cashpath.systems.stripe import webhooks
from cashpath_sandbox.stripe.hooks import signature

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "whsec_current"


def delivery(body: bytes, *keys: str, at: datetime = NOW) -> Inbound:
    header = signature(body, int(at.timestamp()), *(keys or (SECRET,)))
    return Inbound(method="POST", uri="https://x/webhooks/stripe", headers={"stripe-signature": header}, body=body)


def event(topic: str, about: dict[str, Any], *, livemode: bool = False) -> bytes:
    body = {"id": "evt_1", "object": "event", "type": topic, "livemode": livemode, "data": {"object": about}}
    return json.dumps(body).encode()


BODY = event("customer.updated", {"id": "cus_1", "object": "customer"})


def test_a_delivery_signed_with_our_secret_is_believed() -> None:
    webhooks.verify(delivery(BODY), [SECRET], {}, NOW)


def test_while_stripe_rolls_the_secret_one_fitting_signature_of_several_is_enough() -> None:
    webhooks.verify(delivery(BODY, "whsec_next", SECRET), [SECRET], {}, NOW)


def test_while_we_roll_the_secret_either_of_ours_is_enough() -> None:
    webhooks.verify(delivery(BODY), ["whsec_previous", SECRET], {}, NOW)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1772366400",
        "v1=00",
        "t=yesterday,v1=00",
        "t=²,v1=00",
        "t=1,t=2,v1=00",
        signature(BODY, int(NOW.timestamp()), "whsec_other"),
        signature(BODY, int(NOW.timestamp()), SECRET).replace("v1=", "v0="),
        signature(BODY + b" ", int(NOW.timestamp()), SECRET),
        "v1=ü," + signature(BODY, int(NOW.timestamp()), "whsec_other"),
    ],
)
def test_a_delivery_without_a_fitting_signature_is_refused(header: str) -> None:
    request = Inbound(method="POST", uri="https://x", headers={"stripe-signature": header}, body=BODY)
    with pytest.raises(BadSignature):
        webhooks.verify(request, [SECRET], {}, NOW)


@pytest.mark.parametrize("away", [timedelta(minutes=5, seconds=1), timedelta(minutes=-5, seconds=-1)])
def test_a_delivery_signed_more_than_five_minutes_away_is_refused(away: timedelta) -> None:
    with pytest.raises(BadSignature, match="five minutes"):
        webhooks.verify(delivery(BODY, at=NOW - away), [SECRET], {}, NOW)


def test_a_delivery_signed_five_minutes_ago_is_still_believed() -> None:
    webhooks.verify(delivery(BODY, at=NOW - timedelta(minutes=5)), [SECRET], {}, NOW)


@pytest.mark.parametrize(
    ("topic", "about", "kind", "id"),
    [
        ("customer.created", {"object": "customer", "id": "cus_1"}, "customer", "cus_1"),
        ("customer.deleted", {"object": "customer", "id": "cus_1"}, "customer", "cus_1"),
        ("customer.source.created", {"object": "card", "id": "card_1", "customer": "cus_1"}, "customer", "cus_1"),
        (
            "payment_method.attached",
            {"object": "payment_method", "id": "pm_1", "customer": "cus_1"},
            "customer",
            "cus_1",
        ),
        ("customer.tax_id.updated", {"object": "tax_id", "id": "txi_1", "customer": "cus_1"}, "customer", "cus_1"),
        ("customer.tax_id.deleted", {"object": "tax_id", "id": "txi_1", "customer": "cus_1"}, "customer", "cus_1"),
        ("product.deleted", {"object": "product", "id": "prod_1"}, "variant", "prod_1"),
        ("price.deleted", {"object": "price", "id": "price_1", "product": "prod_1"}, "variant", "prod_1"),
        ("product.updated", {"object": "product", "id": "prod_1"}, "variant", "prod_1"),
        ("price.created", {"object": "price", "id": "price_1", "product": "prod_1"}, "variant", "prod_1"),
        ("price.updated", {"object": "price", "id": "price_1", "product": {"id": "prod_1"}}, "variant", "prod_1"),
        (
            "customer.subscription.updated",
            {"object": "subscription", "id": "sub_1", "customer": "cus_1"},
            "subscription",
            "sub_1",
        ),
    ],
)
def test_an_event_names_the_record_of_ours_that_changed(topic: str, about: dict[str, Any], kind: str, id: str) -> None:
    assert webhooks.events(delivery(event(topic, about)), {}) == (Event(topic=topic, kind=kind, id=id, event="evt_1"),)


def test_a_card_that_was_taken_away_is_a_change_of_who_had_it() -> None:
    method = {"object": "payment_method", "id": "pm_1", "customer": None}
    data = {"object": method, "previous_attributes": {"customer": "cus_1"}}
    body = {"id": "evt_1", "type": "payment_method.detached", "livemode": False, "data": data}
    (told,) = webhooks.events(delivery(json.dumps(body).encode()), {})
    assert (told.kind, told.id) == ("customer", "cus_1")


def test_an_event_of_no_kind_of_ours_is_unwanted_and_not_malformed() -> None:
    (told,) = webhooks.events(delivery(event("balance.available", {"object": "balance"})), {})
    assert (told.kind, told.event) == ("", "evt_1")


@pytest.mark.parametrize(
    ("live", "livemode", "kind"), [(True, False, ""), (True, True, "customer"), (False, False, "customer")]
)
def test_test_events_name_no_record_where_the_account_is_live(live: bool, livemode: bool, kind: str) -> None:
    body = event("customer.updated", {"id": "cus_1", "object": "customer"}, livemode=livemode)
    (told,) = webhooks.events(delivery(body), {"live": live})
    assert told.kind == kind


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"id": "evt_1", "type": ', "line 1 column 25"),
        (b'{"id": "\xff"}', "byte 8"),
        (b"[]", "not a JSON object"),
        (b'{"id": "evt_1"}', "names no type"),
        (b'{"id": "evt_1", "type": "customer.updated"}', "data.object"),
        (event("price.updated", {"object": "price", "id": "price_1"}), "names no product"),
        (event("customer.updated", {"object": "customer"}), "names no customer"),
    ],
)
def test_a_signed_body_that_is_no_event_is_malformed_and_says_where(body: bytes, where: str) -> None:
    with pytest.raises(Malformed, match=where):
        webhooks.events(delivery(body), {})
