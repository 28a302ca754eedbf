"""The stand-in shop: it answers as Shopify's schema says, takes whatever order a merchant has, and tells of changes."""

import copy
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.serving import BaseWSGIServer
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from cashpath.records import BadRecord, Money, Order
from cashpath.records.catalog import Tier
from cashpath.systems.inbound import Inbound
from cashpath.systems.shopify import webhooks
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.shopify import intake, orders
from cashpath_sandbox.shopify.bench import connector
from cashpath_sandbox.shopify.deliveries import Target
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.standin import Standin, answer_json, serve
from cashpath_sandbox.subject import MovableClock

SECRET = "hush"


class Receiver(Standin):
    """Keeps what it is sent, and answers once it may."""

    status = 202

    def __post_init__(self) -> None:
        super().__post_init__()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def answer(self, request: Request) -> Response:
        assert self.may_answer.wait(20)
        self.got = [*getattr(self, "got", []), (dict(request.headers), request.get_data())]
        return answer_json({}, self.status)


@pytest.fixture
def receiver(shop: ShopifyStandin) -> Iterator[Receiver]:
    receiver = Receiver()
    server: BaseWSGIServer = serve(receiver)
    shop.deliveries.target = Target(f"http://127.0.0.1:{server.port}/webhooks/shop", SECRET)
    yield receiver
    server.shutdown()
    server.server_close()


def events(receiver: Receiver, shop: ShopifyStandin) -> list[tuple[str, str, str]]:
    """Topic, kind and id of each delivery, as the connector's own receiver understands it."""
    found = []
    for headers, body in receiver.got:
        named = {name.lower(): value for name, value in headers.items()}
        request = Inbound(method="POST", uri="", headers=named, body=body)
        webhooks.verify(request, [SECRET], {"shop": shop.shop}, shop.now())
        found += [(e.topic, e.kind, e.id) for e in webhooks.events(request, {"shop": shop.shop})]
    return sorted(found)


def test_the_shop_tells_of_each_change_by_a_signed_webhook(shop: ShopifyStandin, receiver: Receiver) -> None:
    id = shop.place_order(orders.made("plain").body)
    shop.edit_order(id, {"note": "hurry"})
    shop.cancel_order(id)
    shop.deliveries.settle()
    told = [(topic, kind) for topic, kind, of in events(receiver, shop) if of == id]
    assert told == [
        ("orders/cancelled", "order"),
        ("orders/create", "order"),
        ("orders/edited", "order"),
        ("orders/updated", "order"),
        ("orders/updated", "order"),
    ]


def test_the_shop_tells_of_what_an_order_brings_along_once_and_before_the_order(
    shop: ShopifyStandin, receiver: Receiver
) -> None:
    first, second = orders.made("b2b").body, orders.made("b2b", 2).body
    shop.place_order(first)
    shop.place_order(second)
    assert [event.topic for event in shop.emitted] == [
        "customers/create",
        "companies/create",
        "products/create",
        "orders/create",
        "orders/create",
    ]
    shop.deliveries.settle()
    (line,) = first["line_items"]
    assert ("products/create", "product", str(line["product_id"])) in events(receiver, shop)


def test_all_that_was_ever_told_can_be_told_again(shop: ShopifyStandin, receiver: Receiver) -> None:
    shop.place_order(orders.made("plain").body)
    shop.deliveries.settle()
    first = events(receiver, shop)
    assert shop.redeliver() == len(first)
    shop.deliveries.settle()
    assert events(receiver, shop) == sorted([*first, *first])


def test_a_delivery_that_failed_is_kept_with_its_status(shop: ShopifyStandin, receiver: Receiver) -> None:
    receiver.status = 503
    shop.put("customers", {"email": "x@example.com"})
    shop.deliveries.settle()
    assert [event.statuses for event in shop.emitted] == [[503]]


def test_an_event_is_due_until_its_delivery_is_answered(shop: ShopifyStandin, receiver: Receiver) -> None:
    http = Client(shop)
    assert http.get("/_sandbox/webhook").get_json() == {"due": 0}
    receiver.may_answer.clear()
    http.post("/_sandbox/customers", json={"email": "x@example.com"})
    assert http.get("/_sandbox/webhook").get_json() == {"due": 1}
    receiver.may_answer.set()
    shop.deliveries.settle()
    assert http.get("/_sandbox/webhook").get_json() == {"due": 0}


def test_only_topics_that_are_subscribed_to_are_delivered(shop: ShopifyStandin, receiver: Receiver) -> None:
    assert shop.deliveries.target is not None
    shop.deliveries.target.topics = ("orders/create",)
    shop.place_order(orders.made("plain").body)
    shop.deliveries.settle()
    assert [topic for topic, _, _ in events(receiver, shop)] == ["orders/create"]


def test_people_set_prices_of_other_buyers_by_a_sandbox_route(shop: ShopifyStandin, clock: MovableClock) -> None:
    http = Client(shop)
    http.post("/_sandbox/companies", json={"name": "Kontor", "locations": [{"id": 920001}]})
    http.post("/_sandbox/products", json={"title": "Tea", "variants": [{"id": 71, "sku": "TEA", "price": "10.00"}]})
    http.post("/_sandbox/prices", json={"variant": 71, "country": "US", "amount": "13.00", "currency": "USD"})
    http.post("/_sandbox/prices", json={"variant": 71, "location": 920001, "amount": "9.50", "breaks": {"10": "9.00"}})
    reading = connector(shop, clock, price_countries={"USD": "US"}, tier_location=920001).read("variant", "71")
    assert reading is not None
    assert reading.record.value("prices") == (Money(1300, "USD"),)
    assert reading.record.value("tiers") == (
        Tier(up_to=9, price=Money(950, "EUR")),
        Tier(up_to=None, price=Money(900, "EUR")),
    )


def test_people_poke_the_shop_by_its_sandbox_routes(shop: ShopifyStandin, storefront: Connector) -> None:
    http = Client(shop)
    made = orders.made("plain")
    id = http.post("/_sandbox/orders", json=made.body).get_json()["id"]
    line = made.body["line_items"][0]["id"]
    edited = http.post(f"/_sandbox/orders/{id}/quantities", json={str(line): 1}).get_json()
    assert edited["line_items"][0]["current_quantity"] == 1
    assert http.patch(f"/_sandbox/orders/{id}", json={"note": "x"}).get_json()["note"] == "x"
    assert http.post(f"/_sandbox/orders/{id}/fulfil", json={}).get_json()["fulfillment_status"] == "fulfilled"
    assert http.post(f"/_sandbox/orders/{id}/cancel", json={}).get_json()["cancelled_at"]
    assert [order["id"] for order in http.get("/_sandbox/orders").get_json()] == [made.body["id"]]
    assert http.get(f"/_sandbox/orders/{id}").get_json()["name"] == "#1001"
    assert http.post("/_sandbox/customers", json={"email": "x@example.com"}).get_json()["id"]
    assert http.get("/_sandbox/emitted").get_json()[0]["topic"] == "customers/create"
    assert http.post("/_sandbox/redeliver", json={"topics": ["orders/create"]}).get_json() == {"sent": 1}
    assert http.post("/_sandbox/orders/9/cancel", json={}).status_code == 422
    assert http.post("/_sandbox/clock", json={"seconds": 60}).status_code == 200
    assert http.get("/_sandbox/nothing").status_code == 404


TINY = {"currency": "EUR", "total_price": "10.00", "line_items": [{"price": "10.00", "quantity": 1, "title": "Cup"}]}
WHOLE = orders.made("both discounts").body


def without(body: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in fields}


@pytest.mark.parametrize(
    ("given", "total"),
    [
        (TINY, "10.00 EUR"),
        ({"order": TINY}, "10.00 EUR"),
        ({**TINY, "total_price": 10, "line_items": [{"price": 10, "quantity": "1", "name": "Cup"}]}, "10.00 EUR"),
        ({**TINY, "customer": {"id": 5, "email": None}, "email": None}, "10.00 EUR"),
        ({**TINY, "customer": {"email": "x@example.com"}}, "10.00 EUR"),
        ({**TINY, "shipping_lines": None, "tax_lines": None, "refunds": None, "note_attributes": None}, "10.00 EUR"),
        ({**TINY, "billing_address": {"name": None, "country_code": None}}, "10.00 EUR"),
        ({**TINY, "line_items": [{"price": "10.00", "quantity": 1, "product_id": None, "variant_id": 7}]}, "10.00 EUR"),
        ({"currency": "EUR", "total_price": "0.00", "line_items": None}, "0.00 EUR"),
        (without(WHOLE, "name", "order_number", "transactions", "risk", "processed_at", "updated_at"), "45.55 EUR"),
        (without(WHOLE, *[f for f in WHOLE if f.startswith("current_")]), "45.55 EUR"),
        (without(WHOLE, *[f for f in WHOLE if f.endswith("_set")]), "45.55 EUR"),
    ],
)
def test_a_merchants_own_order_is_taken_with_whatever_it_leaves_out(
    given: dict[str, Any], total: str, shop: ShopifyStandin, storefront: Connector
) -> None:
    reading = storefront.read("order", shop.place_order(given))
    assert reading is not None
    assert isinstance(reading.record, Order)
    assert str(reading.record.checked().total) == total


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({**TINY, "currency": None}, "currency"),
        ({**TINY, "currency": "BTC"}, "BTC"),
        ({**TINY, "total_price": None}, "total_price"),
        ({**TINY, "total_price": "ten"}, "ten"),
        ({**TINY, "fulfillments": [{"id": "9" * 5000}]}, r"^fulfillments\[0\].id is no id of a record$"),
        ({**TINY, "fulfillments": [{"id": "٣"}]}, r"^fulfillments\[0\].id is no id of a record$"),
    ],
)
def test_what_no_shop_could_hold_is_refused_with_the_reason(
    given: dict[str, Any], says: str, shop: ShopifyStandin
) -> None:
    with pytest.raises(intake.Unusable, match=says):
        shop.place_order(given)


def test_an_order_file_that_does_not_add_up_becomes_a_clear_exception(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    reading = storefront.read("order", shop.place_order({**TINY, "total_price": "12.00"}))
    assert reading is not None
    assert isinstance(reading.record, Order)
    with pytest.raises(BadRecord, match=r"lines 10\.00 EUR = 10\.00 EUR, its total says 12\.00 EUR"):
        reading.record.checked()


def test_units_that_a_refund_took_off_no_longer_stand_in_a_file_of_history(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    line = {"id": 1, "price": "10.00", "quantity": 3, "title": "Cup"}
    off = {"line_item_id": 1, "quantity": 2, "subtotal": "20.00", "total_tax": "0.00"}
    given = {
        "currency": "EUR",
        "total_price": "30.00",
        "current_total_price": "10.00",
        "line_items": [line],
        "refunds": [{"id": 2, "refund_line_items": [off]}],
    }
    reading = storefront.read("order", shop.place_order(given))
    assert reading is not None
    assert isinstance(reading.record, Order)
    assert [line.quantity for line in reading.record.checked().lines] == [1]


def _places(body: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body, as the keys that lead there."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


def _put(body: Any, place: tuple[Any, ...], value: Any) -> None:
    """Set one place; another change may have taken it away already."""
    key, *rest = place
    if not (isinstance(body, dict) or (isinstance(body, list) and key in range(len(body)))):
        return
    if not rest:
        body[key] = value
    elif isinstance(body, list) or key in body:
        _put(body[key], tuple(rest), value)


FULL = {**orders.made("mixed subscription").body, **{f: orders.made("b2b").body[f] for f in ("company", "customer")}}
PLACES = _places(FULL)[1:]


@settings(max_examples=400, deadline=None)
@given(
    places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=3),
    value=st.sampled_from([None, "", "x", 0, -1, 7, [], {}, True, "1e5", "12.345", "0.00", "2026-11-20", [None], [{}]]),
)
def test_whatever_a_file_holds_ends_as_an_order_or_a_clear_exception(places: list[tuple[Any, ...]], value: Any) -> None:
    clock = MovableClock()
    shop = ShopifyStandin(clock=clock)
    body = copy.deepcopy(FULL)
    for place in places:
        _put(body, place, copy.deepcopy(value))
    try:
        id = shop.place_order(body)
    except intake.Unusable:
        return
    storefront = connector(shop, clock)
    try:
        reading = storefront.read("order", id)
        assert reading is not None
        assert isinstance(reading.record, Order)
        for key in reading.record.checked().references():
            assert storefront.read(key.kind, key.id) is not None
    except BadRecord:
        return


def test_goods_of_an_order_in_another_currency_are_listed_at_a_price_that_the_shop_can_show(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    body = orders.made("kwd").body
    assert body["line_items"][0]["price"] == "4.750"
    shop.place_order(body)
    reading = storefront.read("variant", str(body["line_items"][0]["variant_id"]))
    assert reading is not None
    assert getattr(reading.record, "price", None) == Money.of("4.75", "EUR")
    second = storefront.read("variant", str(body["line_items"][1]["variant_id"]))
    assert second is not None
    assert getattr(second.record, "price", None) == Money.of("2.13", "EUR")


def test_history_can_be_tried_as_todays_business(shop: ShopifyStandin) -> None:
    body = intake.today({"order": {**TINY, "created_at": "2019-01-01T00:00:00Z"}}, shop.now())
    assert {body["created_at"], body["processed_at"], body["updated_at"]} == {"2026-11-24T12:00:00+00:00"}
