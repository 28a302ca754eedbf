"""Every request that one order causes, to AWS and to vendors, in the order in which they were sent.

The real runner, connectors and ledger; Shopify and HubSpot as stand-ins in process, localstripe, a real Tryton.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx
from tests.bench.echoing import SECRET, address, received

from cashpath.notice import Notice
from cashpath.records import RecordKey, Role
from cashpath.settings.slices import SystemSlice
from cashpath_sandbox.shopify.basket import Basket, Item, Person
from cashpath_sandbox.shopify.placed import order
from cashpath_sandbox.together import FLOW, SYSTEMS, VENDORS, Together
from cashpath_sandbox.tryton import server
from cashpath_sandbox.tryton.server import Tryton

MANY = 4  # items of one request that are told one by one
EMAIL = "ada@example.com"
BILLED = [
    {"namespace": "cashpath", "key": name, "value": value}
    for name, value in (("biller", "billing"), ("interval", "month"), ("interval_count", "1"))
]
BASKET = Basket(
    items=[
        Item(title="Mug", sku="MUG", price=1490, quantity=2),
        Item(title="Care", sku="CARE", price=1900, shipped=False, metafields=BILLED),
    ],
    buyer=Person(first="Ada", last="Byron", email=EMAIL),
)


@dataclass(frozen=True)
class Step:
    """What happened, how its passes ended, and the requests they sent: place and what was asked of it."""

    name: str
    ended: tuple[str, ...]
    requests: tuple[tuple[str, str], ...]

    def count(self, *, aws: bool) -> int:
        """How many requests went to AWS, or to vendors."""
        return sum(1 for place, _ in self.requests if (place == "aws") == aws)

    def runs(self) -> list[tuple[tuple[str, str], int]]:
        """The requests in their order, those that several passes repeat told once, with how often."""
        if len(self.ended) > 1:
            return list(Counter(self.requests).items())
        return [(request, len(list(same))) for request, same in groupby(self.requests)]


@dataclass
class Watched:
    """A client of AWS whose requests are noted; all else is its own."""

    client: Any
    note: Callable[[str, str], None]

    def __getattr__(self, name: str) -> Any:
        do = getattr(self.client, name)
        if not name.startswith(("get_", "batch_", "put_item", "update_", "delete_", "transact_", "query", "send_")):
            return do

        def request(**asked: Any) -> Any:
            self.note("aws", _aws(name, asked))
            return do(**asked)

        return request


@dataclass
class WatchedTransport(httpx.BaseTransport):
    """A vendor's transport whose requests are noted."""

    inner: httpx.BaseTransport
    place: str
    note: Callable[[str, str], None]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.note(self.place, _vendor(request))
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()


@dataclass
class Shop:
    """A world with one order in it, watched."""

    world: Together
    log: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        world: Any = self.world

        def note(place: str, asked: str) -> None:
            self.log.append((place, asked))

        world.tables, world.queue = Watched(world.tables, note), Watched(world.queue, note)
        for id, transport in self.world.transports.items():
            role = next(role for role, system in SYSTEMS.items() if system == id)
            transport.inner = WatchedTransport(transport.inner, VENDORS[role], note)
        self.world.billing.checked_out(EMAIL, "Ada")
        self.order = self.world.shop.place_order(order(BASKET, 1, self.world.clock()).body)
        self.world.clock.move(timedelta(seconds=5))

    def step(self, name: str, *notices: Notice) -> Step:
        """Hand these to the function, each once. Those that it sends itself to wait are left out."""
        held: Any = self.world
        for notice in notices:
            held.queue.client.put(notice)
        self.log.clear()
        self.world.outcomes.clear()
        for _ in notices:
            held.queue.client.next(self.world.run)
        held.queue.client.messages.clear()
        failures = [repr(failure) for failure in held.queue.client.failures]
        ended = tuple(f"{o.word} {o.why}".strip() for o in self.world.outcomes) + tuple(failures)
        return Step(name, ended, tuple(self.log))

    def notice(self, role: Role = "storefront", id: str = "", kind: str = "order", **values: Any) -> Notice:
        """A notice received now."""
        at = int(self.world.clock().timestamp() * 1000)
        return Notice(flow=FLOW, system=SYSTEMS[role], kind=kind, id=id or self.order, received=at, **values)

    def later(self, seconds: int) -> None:
        """Let time pass while the process stays warm."""
        self.world.clock.move(timedelta(seconds=seconds))

    def echoes(self, role: Role, deliveries: Iterable[tuple[bytes, Mapping[str, str]]]) -> list[Notice]:
        """What a receiver makes of these deliveries."""
        options = {"portal": self.world.portal.portal, "live": False}
        id = SYSTEMS[role]
        system = SystemSlice(id=id, vendor=VENDORS[role], role=role, secret=f"{id}/webhook", options=options)
        return [notice for notice in received(system, deliveries, self.world.clock) if notice.flow == FLOW]


def steps(tryton: Tryton | None) -> Iterator[Step]:
    """One order, and all that comes after it."""
    shop = Shop(Together(tryton=tryton))
    world = shop.world
    first, twin = shop.notice(), shop.notice(event="the same, sent again")
    shop.later(10)
    yield shop.step("the order, first pass: a new customer, a one-off and a recurring line", first)
    yield shop.step("the same webhook once more, sent before that pass began", twin)
    shop.later(60)
    yield shop.step("the same webhook sent again a minute later: nothing changed", shop.notice())
    hooks, outbox = world.portal.hooks, world.billing.outbox
    hooks.url, hooks.secret, outbox.secrets = address(SYSTEMS["crm"]), SECRET, (SECRET,)
    told = [(delivery.body, delivery.headers) for delivery in hooks.deliveries(hooks.emitted)]
    crm = shop.echoes("crm", told)
    yield shop.step(f"HubSpot's echoes: {len(hooks.emitted)} events, one delivery, {len(crm)} notice(s)", *crm)
    billing = shop.echoes("billing", [outbox.signed(event) for event in outbox.emitted])
    yield shop.step(f"Stripe's echoes: {len(outbox.emitted)} events, {len(billing)} notice(s)", *billing)
    yield shop.step("Tryton's echo, found by the minute's sweep", *_changed(shop))
    shop.later(60)
    world.shop.edit_order(shop.order, {"note": "ring twice"})
    shop.later(5)
    yield shop.step("an edit that is carried over: the note", shop.notice())


def _changed(shop: Shop) -> list[Notice]:
    """The ERP's own changes, by the links of the ledger."""
    key = RecordKey(SYSTEMS["storefront"], "order", shop.order)
    links = shop.world.ledger().links([key], [SYSTEMS["erp"]])
    return [shop.notice("erp", id) for (_, system), id in links.items() if system == SYSTEMS["erp"]]


@contextmanager
def real_tryton() -> Iterator[Tryton]:
    """A server over a fresh copy of the set-up database."""
    with TemporaryDirectory(prefix="cashpath-bench-tryton-") as folder:
        started = server.start(0, Path(folder))
        try:
            yield started
        finally:
            started.stop()


def _aws(operation: str, asked: Mapping[str, Any]) -> str:
    """`DynamoDB UpdateItem R#shop/order`, `SQS SendMessage`: operation and what sort of items it is about."""
    word = "".join(part.title() for part in operation.split("_"))
    if operation.startswith("send_"):
        return f"SQS {word}, seen after {asked.get('DelaySeconds', 0)} s"
    if "TransactItems" in asked:
        keys = [_pk(next(iter(each.values()))) for each in asked["TransactItems"]]
    elif "RequestItems" in asked:
        keys = [_pk({"Key": key}) for table in asked["RequestItems"].values() for key in table["Keys"]]
    else:
        keys = [_pk(asked)]
    if len(keys) > MANY:
        return f"DynamoDB {word} {len(keys)} items, {keys[0]} …"
    return f"DynamoDB {word} {' + '.join(keys)}"


def _pk(asked: Mapping[str, Any]) -> str:
    """An item's key without the record's id, or the hash that a record is matched by."""
    pk = str((asked.get("Key") or asked.get("Item") or {}).get("pk", {}).get("S", ""))
    return "M#…" if pk.startswith("M#") else re.sub(r"/[^/]+$", "", pk)


def _vendor(request: httpx.Request) -> str:
    """Method and path; of GraphQL the query's name, of JSON-RPC the method."""
    path, body = urlsplit(request.url.raw_path.decode()).path, request.read()
    if path.endswith("graphql.json"):
        asked = json.loads(body)["query"]
        named = re.search(r"(query|mutation)\s+(\w+)", asked)
        return f"POST {path} {named[2] if named else asked[:40]}"
    if request.headers.get("content-type", "").startswith("application/json") and b'"method"' in body:
        return f"POST {path} {json.loads(body).get('method')}"
    return f"{request.method} {path}"
