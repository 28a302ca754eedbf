"""An account of the stand-in, the real connector talking to it in process, and records to try them with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from cashpath.records import (
    BrandId,
    Customer,
    Money,
    Record,
    RecordKey,
    Recurring,
    Subscription,
    SubscriptionItem,
    SystemId,
    Variant,
)
from cashpath.systems.connection import Connection
from cashpath.systems.mapping import NOTHING_MAPPED, FieldMap
from cashpath.systems.port import Wanted
from cashpath.systems.stripe.client import Connector
from cashpath_sandbox.killable import KillableTransport
from cashpath_sandbox.stripe.kept import API_KEY
from cashpath_sandbox.stripe.proxy import StripeStandin
from cashpath_sandbox.stripe.running import in_process
from cashpath_sandbox.subject import MovableClock

SHOP = SystemId("shop")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NEXT_MONTH = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
MONTHLY = Recurring(interval="month", biller="billing")

ADA = Customer(key=RecordKey(SHOP, "customer", "1"), email="ada@example.com", first_name="Ada", last_name="Lovelace")
COFFEE = Variant(
    key=RecordKey(SHOP, "variant", "1"), sku="COFFEE", title="Coffee", price=Money(1250, "EUR"), recurring=MONTHLY
)
TEA = Variant(key=RecordKey(SHOP, "variant", "2"), sku="TEA", title="Tea", price=Money(900, "EUR"), recurring=MONTHLY)


def line(key: str, variant: Variant, quantity: int = 1, price: int | None = None) -> SubscriptionItem:
    """A recurring line of an order, in euro cents."""
    assert variant.price is not None
    amount = Money(price, "EUR") if price is not None else variant.price
    return SubscriptionItem(line=key, variant=variant.key, quantity=quantity, price=amount, recurring=MONTHLY)


BOX = Subscription(
    key=RecordKey(SHOP, "subscription", "1001-month1"),
    customer=ADA.key,
    items=(line("l1", COFFEE, 2), line("l2", TEA)),
    currency="EUR",
    charged_until=NEXT_MONTH,
    order=RecordKey(SHOP, "order", "1001"),
)


@dataclass
class Account:
    """A Stripe account with a connector. `ids` are the links that the ledger would know."""

    standin: StripeStandin
    clock: MovableClock
    transport: KillableTransport
    options: Mapping[str, Any] = field(default_factory=dict)
    key: str = API_KEY
    mapping: FieldMap = NOTHING_MAPPED
    ids: dict[RecordKey, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connector = Connector(
            Connection(
                id=SystemId("stripe"),
                options={"url": "http://stripe.test", **self.options},
                secret=lambda *, fresh=False: {"api_key": self.key},
                now=self.clock,
                sleep=self.clock.sleep,
                transport=self.transport,
                mapping=self.mapping,
            )
        )

    def wanted(self, record: Record) -> Wanted:
        """The record as `apply` would hand it over."""
        fields = self.connector.facts.kinds[record.key.kind].fields
        return Wanted(
            record=record, fields=fields, id=self.ids.get(record.key), brand=BrandId("acme"), refs=dict(self.ids)
        )

    def write(self, *records: Record) -> str:
        """Bring records over, one after the other; the id of the last."""
        for record in records:
            self.ids[record.key] = self.connector.write(self.wanted(record)).id
        return self.ids[records[-1].key]

    def agrees(self, record: Record) -> bool:
        """Whether Stripe holds what the connector said it would."""
        wanted = self.wanted(record)
        held = self.connector.held(record.key.kind, self.ids[record.key], wanted)
        return held == self.connector.normalised(wanted)

    def api(self, method: str, path: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Plain HTTP, as somebody with the account's key would use it."""
        with httpx.Client(transport=httpx.WSGITransport(app=self.standin), base_url="http://stripe.test") as person:
            asked = {"data": form} if method == "POST" else {"params": form}
            answer = person.request(method, path, headers={"Authorization": f"Bearer {API_KEY}"}, **asked)  # type: ignore[arg-type]
        body: dict[str, Any] = answer.json()
        assert answer.is_success, body
        return body

    def writes(self) -> int:
        """How many requests changed anything so far."""
        return len(self.standin.writes())


def account(
    clock: MovableClock | None = None, key: str = API_KEY, mapping: FieldMap = NOTHING_MAPPED, **options: object
) -> Account:
    """An empty account whose customers all have a card saved by checkout; `options` are the system's, `key` ours."""
    time = clock or MovableClock(NOW)
    standin = in_process(time)
    standin.saves_cards = True
    return Account(standin, time, KillableTransport(httpx.WSGITransport(app=standin)), options, key, mapping)
