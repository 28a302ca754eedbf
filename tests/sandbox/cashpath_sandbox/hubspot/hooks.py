"""The stand-in's webhooks: what a portal tells an app that subscribed, signed as version 3 asks, in batches.

HubSpot tells of the API's own changes too, so whoever writes gets an echo. Ids of events are not unique, and here all
events of one change share one. A delivery that is refused is tried again, signed anew at its own time.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from cashpath.systems.hubspot import spelling, webhooks
from cashpath.systems.hubspot.objects import (
    BY_NUMBER,
    COMPANIES,
    CONTACTS,
    DEALS,
    LINE_ITEMS,
    ORDERS,
    PRODUCTS,
    ObjectType,
)
from cashpath.systems.hubspot.people import OWNER, STATUS
from cashpath.systems.hubspot.translation import ADDRESS
from cashpath.systems.inbound import Inbound
from cashpath_sandbox.hubspot.store import Item

BATCH = 100  # "Webhooks API": up to 100 events in one request
PAUSE = 0.5  # seconds before a refused delivery is tried again: HubSpot waits minutes
ATTEMPTS = 10  # "Webhooks API": up to 10 more attempts

# What the app is subscribed to: creation, deletion, restoring and merge of each, changes of these properties, and a
# contact's associations, of which HubSpot tells with all of it ("Webhooks API", contact.associationChange: with deals
# too). Not a deal's, which would tell of each of its line items: its amount and the count of its contacts do.
SUBSCRIBED: dict[ObjectType, frozenset[str]] = {
    CONTACTS: frozenset({*spelling.names(spelling.CONTACT), *ADDRESS, "cashpath_tax_id", OWNER, STATUS}),
    COMPANIES: frozenset({*spelling.names(spelling.COMPANY), *ADDRESS, "domain", "cashpath_tax_id", OWNER, STATUS}),
    DEALS: frozenset({"dealstage", "amount", "deal_currency_code", "num_associated_contacts"}),
    ORDERS: frozenset({"hs_pipeline_stage", "hs_total_price"}),
    PRODUCTS: frozenset({*spelling.names(spelling.PRODUCT), "price", "recurringbillingfrequency"}),
    LINE_ITEMS: frozenset({"quantity", "price"}),
}
ASSOCIATED: dict[ObjectType, frozenset[str]] = {
    CONTACTS: frozenset(type.number for type in (COMPANIES, DEALS)),
}
SINGULAR = {CONTACTS: "contact", COMPANIES: "company", DEALS: "deal", PRODUCTS: "product", LINE_ITEMS: "line_item"}


@dataclass(frozen=True)
class Delivery:
    """One signed request, ready to be sent."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Hooks:
    """The app's subscription. `emitted` keeps every event there ever was, `pending` those not delivered yet."""

    portal: int
    now: Callable[[], datetime]
    url: str = ""
    secret: str = ""
    emitted: list[dict[str, Any]] = field(default_factory=list)
    pending: deque[dict[str, Any]] = field(default_factory=deque)
    event_id: int = 100

    def __post_init__(self) -> None:
        self._wake = threading.Condition()
        self._worker: threading.Thread | None = None
        self._sending = 0

    def changed(self, item: Item, topic: str, name: str, value: str, who: str, *, removed: bool = False) -> None:
        """A record changed: an event, where the app is subscribed to it. `removed`: an association ended."""
        known = {"propertyChange": SUBSCRIBED, "associationChange": ASSOCIATED}.get(topic)
        if not topic or (known is not None and name not in known.get(item.type, ())):
            return
        event: dict[str, Any] = {
            "eventId": self.event_id,
            "subscriptionId": 1000 + len(topic),
            "portalId": self.portal,
            "appId": 7,
            "occurredAt": round(self.now().timestamp() * 1000),
            "attemptNumber": 0,
            "changeSource": who,
        }
        event |= _about(item, topic, name, value) | ({"associationRemoved": True} if removed else {})
        with self._wake:
            self.emitted.append(event)
            self.pending.append(event)
            self._wake.notify_all()

    def next_change(self) -> None:
        """What is told from here on belongs to another change."""
        self.event_id += 1

    def deliveries(self, events: Iterable[dict[str, Any]]) -> list[Delivery]:
        """Signed requests that carry these events, each signed now."""
        told = list(events)
        return [self._signed(told[i : i + BATCH]) for i in range(0, len(told), BATCH)]

    def taken(self) -> list[Delivery]:
        """The requests that carry what is pending, which is pending no more. For tests that deliver themselves."""
        with self._wake:
            events = list(self.pending)
            self.pending.clear()
        return self.deliveries(events)

    def redeliver(self) -> int:
        """All that was ever told is pending once more; answers how many events."""
        with self._wake:
            self.pending.extend(self.emitted)
            self._wake.notify_all()
        return len(self.emitted)

    def due(self) -> int:
        """How many events are to be delivered and are not yet; none while there is no target."""
        with self._wake:
            return (len(self.pending) if self.url else 0) + self._sending

    def settle(self, timeout: float = 60.0) -> None:
        """Wait (seconds) until nothing is due."""
        with self._wake:
            self._wake.wait_for(lambda: not self.due(), timeout)

    def subscribe(self, url: str, secret: str) -> None:
        """Deliver to this address in the background from now on, what is pending first; to nobody where it is ''."""
        with self._wake:
            self.url, self.secret = url, secret
            self._wake.notify_all()
        if self._worker is None:
            self._worker = threading.Thread(target=self._run, daemon=True)
            self._worker.start()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: bool(self.pending and self.url))
                events = [self.pending.popleft() for _ in range(min(BATCH, len(self.pending)))]
                self._sending = len(events)
            again = []
            if not 200 <= _sent(self._signed(events)) < 300:
                threading.Event().wait(PAUSE)
                again = [
                    {**e, "attemptNumber": e["attemptNumber"] + 1} for e in events if e["attemptNumber"] < ATTEMPTS
                ]
            with self._wake:
                self.pending.extend(again)
                self._sending = 0
                self._wake.notify_all()

    def _signed(self, events: list[dict[str, Any]]) -> Delivery:
        body = json.dumps(events).encode()
        stamp = str(round(self.now().timestamp() * 1000))
        request = Inbound(method="POST", uri=self.url, headers={}, body=body)
        headers = {
            "Content-Type": "application/json",
            "X-HubSpot-Request-Timestamp": stamp,
            "X-HubSpot-Signature-v3": webhooks.sign(request, self.secret, stamp).decode(),
        }
        return Delivery(self.url, headers, body)


def _about(item: Item, topic: str, name: str, value: str) -> dict[str, Any]:
    subject = SINGULAR.get(item.type, "object")
    about: dict[str, Any] = {"subscriptionType": f"{subject}.{topic}"}
    if subject == "object":
        about["objectTypeId"] = item.type.number
    match topic:
        case "propertyChange":
            return {**about, "objectId": int(item.id), "propertyName": name, "propertyValue": value}
        case "merge":
            merged = {"primaryObjectId": int(item.id), "mergedObjectIds": [int(value)], "newObjectId": int(item.id)}
            return {**about, "objectId": int(item.id), "numberOfPropertiesMoved": 0, **merged}
        case "associationChange":
            other = SINGULAR[BY_NUMBER[name]].upper()
            sides = {"fromObjectId": int(item.id), "toObjectId": int(value), "associationRemoved": False}
            return {**about, **sides, "associationType": f"{subject.upper()}_TO_{other}", "isPrimaryAssociation": False}
    return {**about, "objectId": int(item.id), "changeFlag": topic.upper()}


def _sent(delivery: Delivery) -> int:
    try:
        return httpx.post(delivery.url, content=delivery.body, headers=delivery.headers, timeout=10).status_code
    except httpx.TransportError:
        return 0
