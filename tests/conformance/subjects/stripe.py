"""Stripe for the conformance suite: the connector, the stand-in in process, and behind it a real localstripe.

A checkout is taken to have saved a card of each customer, since no subscription is made without one.
"""

from dataclasses import replace
from datetime import UTC, datetime

import httpx

from cashpath.records import (
    Address,
    BrandId,
    Customer,
    Kind,
    Money,
    Record,
    RecordKey,
    Recurring,
    Subscription,
    SubscriptionItem,
    SystemId,
    Variant,
)
from cashpath.records.catalog import Tier
from cashpath.systems.connection import Connection, Secret
from cashpath.systems.mapping import FieldMap, Mapped
from cashpath.systems.stripe.client import Connector
from cashpath_sandbox.killable import Answer, KillableTransport
from cashpath_sandbox.stripe.kept import API_KEY
from cashpath_sandbox.stripe.proxy import StripeStandin
from cashpath_sandbox.stripe.running import in_process
from cashpath_sandbox.subject import MovableClock, Subject

SHOP = SystemId("shop")
MONTHLY = Recurring(interval="month", biller="billing")
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MAPPING = FieldMap(
    {
        "customer": (Mapped(name="loyalty", field="loyalty_level"),),
        "variant": (Mapped(name="roast", field="Roast"),),
    }
)
CHARGED_UNTIL = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)


def subject() -> Subject:
    """A connector over an empty account."""
    clock = MovableClock(START)
    standin = in_process(clock)
    standin.saves_cards = True
    transport = KillableTransport(httpx.WSGITransport(app=standin))
    secrets_read: list[bool] = []

    def secret(*, fresh: bool = False) -> Secret:
        secrets_read.append(fresh)
        return {"api_key": API_KEY}

    connection = Connection(
        id=SystemId("stripe"),
        options={"url": "http://stripe.test", "live": False},
        secret=secret,
        now=clock,
        sleep=clock.sleep,
        transport=transport,
        mapping=MAPPING,
    )
    return Subject(
        system=Connector(connection),
        brand=BrandId("acme"),
        samples={"customer": customers, "variant": variants, "subscription": subscriptions},
        edited={"customer": edited, "variant": edited, "subscription": edited},
        transport=transport,
        now=clock,
        edit_by_hand=lambda kind, id: edit_by_hand(standin, kind, id),
        make_by_hand=lambda kind, n: make_by_hand(standin, kind, n),
        settle_search=standin.settle_search,
        stock=standin.stock,
        secrets_read=secrets_read,
        refusal=Answer(401, {}, b'{"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}'),
        throttled=Answer(429, {"Retry-After": "30"}, b'{"error": {"code": "rate_limit"}}'),
    )


def customers(n: int) -> tuple[Record, ...]:
    """The n-th customer."""
    address = Address(street=f"Straße {n}", city="Köln", postcode="50667", region="NW", country="DE")
    key = RecordKey(SHOP, "customer", f"{n}")
    email = f"Zoë.{n}@Example.com"
    customer = Customer(
        key=key,
        email=email,
        first_name="Zoë",
        last_name="de la Ōno",
        phone="+4922112345",
        locale="de",
        address=address,
        tax_id=f"DE{n:09}",
        tax_exempt=n % 2 == 0,
        custom={"loyalty": f"gold {n}"},
    )
    return (customer,)


def variants(n: int) -> tuple[Record, ...]:
    """The n-th variant: recurring, or sold once where n is odd."""
    recurring = None if n % 2 else MONTHLY
    key = RecordKey(SHOP, "variant", f"{n}")
    variant = Variant(
        key=key,
        sku=f"COFFEE-{n}",
        title="Coffee ☕",
        price=Money(1250, "EUR"),
        prices=(Money(1390, "USD"), Money(0, "JPY")),
        recurring=recurring,
        nature="membership" if recurring else "course",
        tax_category="txcd_40060003",
        shippable=False,
        custom={"roast": f"dark {n}"},
    )
    return (variant,)


def subscriptions(n: int) -> tuple[Record, ...]:
    """The n-th customer's subscription to two things, one of them sold on two lines."""
    one, two = variants(2 * n)[-1].key, variants(2 * n + 1)[-1].key
    items = (
        SubscriptionItem(line="l1", variant=one, quantity=2, price=Money(1250, "EUR"), recurring=MONTHLY),
        SubscriptionItem(line="l2", variant=two, quantity=1, price=Money(990, "EUR"), recurring=MONTHLY),
        SubscriptionItem(line="l3", variant=one, quantity=1, price=Money(1250, "EUR"), recurring=MONTHLY),
    )
    subscription = Subscription(
        key=RecordKey(SHOP, "subscription", f"{n}-month1"),
        customer=customers(n)[-1].key,
        items=items,
        currency="EUR",
        charged_until=CHARGED_UNTIL,
        order=RecordKey(SHOP, "order", f"{n}"),
    )
    return (*customers(n), *variants(2 * n), *variants(2 * n + 1), subscription)


def edited(record: Record) -> Record:
    """The record as its owner changed it."""
    match record:
        case Customer():
            return replace(
                record,
                last_name="Ōno-Smith",
                phone="",
                locale="",
                address=None,
                tax_exempt=not record.tax_exempt,
                tax_id="ATU12345678",
                archived=True,
                custom={"loyalty": ""},
            )
        case Variant():
            return replace(
                record,
                title="Coffee, ground",
                price=Money(1390, "EUR"),
                prices=(),
                tiers=(Tier(up_to=10, price=Money(1390, "EUR")), Tier(up_to=None, price=Money(1290, "EUR"))),
                sku="",
                nature="good",
                tax_category="COFFEE",
                shippable=True,
                archived=True,
                custom={"roast": "light"},
            )
        case Subscription():
            first, second, _ = record.items
            third = SubscriptionItem(
                line="l4", variant=first.variant, quantity=1, price=Money(800, "EUR"), recurring=MONTHLY
            )
            return replace(record, items=(first, replace(second, quantity=4, price=Money(900, "EUR")), third))
    raise LookupError(record.key.kind)


def edit_by_hand(standin: StripeStandin, kind: Kind, id: str) -> None:
    """Somebody edits the record in Stripe's dashboard."""
    match kind:
        case "customer":
            _post(standin, f"/v1/customers/{id}", {"name": "Somebody Else"})
        case "variant":
            _post(standin, f"/v1/products/{id}", {"name": "Tea"})
        case "subscription":
            item = standin.subscriptions.items[id][0]["id"]
            _post(standin, f"/v1/subscriptions/{id}", {"items[0][id]": item, "items[0][quantity]": "9"})


def make_by_hand(standin: StripeStandin, kind: Kind, n: int) -> str:
    """Somebody creates the n-th customer or variant in Stripe's dashboard."""
    match kind:
        case "customer":
            customer = customers(n)[-1]
            assert isinstance(customer, Customer)
            return _post(standin, "/v1/customers", {"email": customer.email, "name": customer.name})
        case "variant":
            return _post(standin, "/v1/products", {"name": "Coffee ☕"})
    owner = make_by_hand(standin, "customer", n)
    product = make_by_hand(standin, "variant", n)
    price = {"product": product, "currency": "eur", "unit_amount": "1250", "recurring[interval]": "month"}
    items = {"customer": owner, "items[0][price]": _post(standin, "/v1/prices", price)}
    return _post(standin, "/v1/subscriptions", items)


def _post(standin: StripeStandin, path: str, form: dict[str, str]) -> str:
    with httpx.Client(transport=httpx.WSGITransport(app=standin), base_url="http://stripe.test") as person:
        answer = person.post(path, data=form, headers={"Authorization": f"Bearer {API_KEY}"})
    answer.raise_for_status()
    return str(answer.json()["id"])
