"""The stand-in portal: it signs what it tells, echoes our own writes, retries, and lets people work in it."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from cashpath.systems.hubspot import webhooks
from cashpath.systems.hubspot.objects import CONTACTS, DEALS
from cashpath.systems.hubspot.properties import PROPERTIES
from cashpath.systems.inbound import BadSignature, Inbound
from cashpath_sandbox.hubspot.hooks import Delivery
from cashpath_sandbox.hubspot.people import PERSON
from cashpath_sandbox.hubspot.samples import customers, orders
from cashpath_sandbox.standin import Standin, answer_json, serve

DEAL = {
    "name": "Acme: tea for the office",
    "currency": "EUR",
    "contact": {"email": "boss@acme.example", "firstname": "Boss"},
    "company": {"name": "Acme", "domain": "acme.example"},
    "lines": [
        {"name": "Tea box", "price": "49.00", "quantity": "2", "discount": "4.00", "hs_sku": "BOX"},
        {"name": "Tea club", "price": "10.00", "quantity": "3", "recurringbillingfrequency": "monthly"},
    ],
}


def inbound(delivery: Delivery) -> Inbound:
    """A delivery as a receiver sees it."""
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    return Inbound(method="POST", uri=delivery.url, headers=headers, body=delivery.body)


@pytest.fixture
def subscribed(desk: Any) -> Any:
    desk.portal.hooks.url, desk.portal.hooks.secret = "https://hooks.example.com/webhooks/crm", "s3cret"
    return desk


def test_what_a_person_does_is_told_signed_in_one_batch(subscribed: Any) -> None:
    made = subscribed.ask("POST", "/_sandbox/deals", json=DEAL)
    [delivery] = subscribed.portal.hooks.taken()
    request = inbound(delivery)
    webhooks.verify(request, ["s3cret"], {}, subscribed.clock())
    events = webhooks.events(request, {"portal": 4242})
    assert f"deals:{made['deal']}" in {event.id for event in events}
    assert {"deal.creation", "deal.propertyChange", "contact.creation"} <= {event.topic for event in events}
    assert len({event.event for event in events}) < len(events)  # ids are not unique


def test_a_deal_won_by_a_person_reads_as_an_order_that_adds_up(subscribed: Any) -> None:
    made = subscribed.ask("POST", "/_sandbox/deals", json=DEAL)
    read = subscribed.connector.read("order", f"deals:{made['deal']}")
    order = read.record.checked()
    assert (read.origin, order.state, str(order.total)) == (None, "won", "120.00 EUR")
    assert [line.recurring is not None for line in order.lines] == [False, True]
    assert subscribed.connector.read("customer", order.customer.id).record.company == order.company


def test_a_contact_put_on_a_won_deal_afterwards_is_told_as_a_change_of_the_deal(subscribed: Any) -> None:
    made = subscribed.ask("POST", "/_sandbox/deals", json={k: v for k, v in DEAL.items() if k != "contact"})
    subscribed.portal.hooks.taken()
    store = subscribed.portal.store
    store.associate(store.get(DEALS, made["deal"]), store.create(CONTACTS, {"email": "b@acme.example"}, PERSON), PERSON)
    told = [event for d in subscribed.portal.hooks.taken() for event in json.loads(d.body)]
    assert ("deal.propertyChange", int(made["deal"])) in {(e["subscriptionType"], e.get("objectId")) for e in told}


def test_our_own_writes_are_echoed(subscribed: Any) -> None:
    subscribed.write(*orders(1))
    [delivery] = subscribed.portal.hooks.taken()
    told = json.loads(delivery.body)
    assert {event["changeSource"] for event in told} == {"INTEGRATION"}
    assert any(event["subscriptionType"] == "deal.creation" for event in told)


def test_an_order_object_is_told_by_the_generic_subscription(subscribed: Any) -> None:
    id = subscribed.write(*orders(2)).id
    events = webhooks.events(inbound(subscribed.portal.hooks.taken()[0]), {"portal": 4242})
    assert ("object.creation", "order", id) in {(e.topic, e.kind, e.id) for e in events}


def test_a_delivery_tried_again_is_signed_at_its_own_time(subscribed: Any) -> None:
    subscribed.write(*customers(1))
    [first] = subscribed.portal.hooks.taken()
    subscribed.clock.move(timedelta(hours=1))
    with pytest.raises(BadSignature, match="five minutes"):
        webhooks.verify(inbound(first), ["s3cret"], {}, subscribed.clock())
    [again] = subscribed.portal.hooks.deliveries(subscribed.portal.emitted)
    webhooks.verify(inbound(again), ["s3cret"], {}, subscribed.clock())
    assert again.body == first.body


def test_250_events_travel_in_batches_of_100(subscribed: Any) -> None:
    for n in range(50):
        subscribed.ask("POST", "/_sandbox/objects/companies", json={"properties": {"name": f"Company {n}"}})
    assert [len(json.loads(d.body)) for d in subscribed.portal.hooks.taken()] == [100]
    for n in range(125):
        subscribed.ask("POST", "/_sandbox/objects/companies", json={"properties": {"name": f"Company {n}"}})
    assert [len(json.loads(d.body)) for d in subscribed.portal.hooks.taken()] == [100, 100, 50]


class Receiver(Standin):
    """Refuses the first delivery and accepts the next ones."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.seen: list[tuple[bytes, Any]] = []
        self.accepted = threading.Event()

    def answer(self, request: Request) -> Response:
        self.seen.append((request.get_data(), request.headers["X-HubSpot-Signature-v3"]))
        if len(self.seen) == 1:
            return answer_json({}, 503)
        self.accepted.set()
        return answer_json({}, 202)


@pytest.fixture
def receiver() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver()
    server = serve(receiver)
    yield receiver, f"http://127.0.0.1:{server.port}/webhooks/crm"
    server.shutdown()


def test_a_portal_delivers_by_itself_and_tries_again_what_was_refused(
    desk: Any, receiver: tuple[Receiver, str]
) -> None:
    target, url = receiver
    desk.ask("POST", "/_sandbox/webhooks", json={"url": url, "secret": "s3cret"})
    desk.ask("POST", "/_sandbox/objects/contacts", json={"properties": {"email": "a@example.com"}})
    assert target.accepted.wait(20)
    told = [json.loads(body) for body, _ in target.seen]
    assert {event["attemptNumber"] for event in told[0]} == {0}
    assert any(event["attemptNumber"] == 1 for events in told[1:] for event in events)
    before, emitted = len(target.seen), len(desk.portal.emitted)
    target.accepted.clear()
    assert desk.ask("POST", "/_sandbox/redeliver") == {"events": emitted}
    assert target.accepted.wait(20)
    assert sum(len(json.loads(body)) for body, _ in target.seen[before:]) == emitted


class Slow(Standin):
    """Answers no delivery until it may."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.reached, self.may_answer = threading.Event(), threading.Event()

    def answer(self, request: Request) -> Response:
        self.reached.set()
        assert self.may_answer.wait(20)
        return answer_json({}, 202)


def test_an_event_is_due_until_its_delivery_is_answered(desk: Any) -> None:
    slow = Slow()
    server = serve(slow)
    hooks = desk.portal.hooks
    assert desk.ask("GET", "/_sandbox/webhooks") == {"due": 0}
    desk.ask("POST", "/_sandbox/objects/contacts", json={"properties": {"email": "a@example.com"}})
    assert desk.ask("GET", "/_sandbox/webhooks") == {"due": 0}, "nobody is subscribed"
    desk.ask("POST", "/_sandbox/webhooks", json={"url": f"http://127.0.0.1:{server.port}/crm", "secret": "s3cret"})
    assert slow.reached.wait(20)
    assert hooks.due() == len(hooks.emitted) > 0
    slow.may_answer.set()
    hooks.settle()
    assert desk.ask("GET", "/_sandbox/webhooks") == {"due": 0}
    server.shutdown()


def test_what_happened_while_nobody_was_subscribed_is_delivered_to_whoever_subscribes_again(
    desk: Any, receiver: tuple[Receiver, str]
) -> None:
    target, url = receiver
    desk.ask("POST", "/_sandbox/webhooks", json={"url": url, "secret": "s3cret"})
    desk.ask("POST", "/_sandbox/objects/contacts", json={"properties": {"email": "a@example.com"}})
    assert target.accepted.wait(20)
    desk.portal.hooks.settle()
    desk.ask("POST", "/_sandbox/webhooks", json={"url": "", "secret": ""})
    target.accepted.clear()
    desk.ask("POST", "/_sandbox/objects/contacts", json={"properties": {"email": "b@example.com"}})
    assert desk.portal.hooks.due() == 0
    desk.ask("POST", "/_sandbox/webhooks", json={"url": url, "secret": "s3cret"})
    assert target.accepted.wait(20)


def test_people_create_edit_merge_and_delete_by_hand(desk: Any) -> None:
    made = [
        desk.ask("POST", "/_sandbox/objects/contacts", json={"properties": {"email": f"{n}@example.com"}})["id"]
        for n in "ab"
    ]
    desk.ask("PATCH", f"/_sandbox/objects/contacts/{made[0]}", json={"properties": {"firstname": "Ada"}})
    assert desk.connector.read("customer", made[0]).record.first_name == "Ada"
    desk.ask("POST", "/_sandbox/merge", json={"type": "contacts", "primary": made[0], "merged": made[1]})
    assert desk.connector.read("customer", made[1]).merged_into.id == made[0]
    desk.ask("DELETE", f"/_sandbox/objects/contacts/{made[0]}")
    assert desk.connector.read("customer", made[0]) is None
    assert desk.ask("GET", "/_sandbox/stock")["contacts"] == 0


def test_setting_a_portal_up_adds_what_it_lacks_and_may_be_repeated(make_desk: Any) -> None:
    desk = make_desk(bare=True)
    assert set(desk.connector.prepare()) == {f"{p.on.name}.{p.name}" for p in PROPERTIES}
    assert desk.connector.prepare() == []
    assert desk.write(*orders(1)).created


def test_the_list_of_a_type_pages(desk: Any) -> None:
    for n in range(5):
        desk.ask("POST", "/_sandbox/objects/contacts", json={"properties": {"email": f"{n}@example.com"}})
    page = desk.ask("GET", "/crm/objects/2026-03/contacts?limit=3&properties=email")
    rest = desk.ask("GET", f"/crm/objects/2026-03/contacts?limit=3&after={page['paging']['next']['after']}")
    assert (len(page["results"]), len(rest["results"])) == (3, 2)
