"""In-memory vendors for the conformance suite: each request over the real HTTP client, so that it can be killed or cut.

They are in no registry, so `tests/convergence/test_memory_vendors.py` puts them on trial.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx

from cashpath.records import (
    BrandId,
    Company,
    Customer,
    Kind,
    Line,
    Money,
    Order,
    Product,
    Record,
    RecordKey,
    Recurring,
    Role,
    Subscription,
    SubscriptionItem,
    SystemId,
    Variant,
)
from cashpath.systems.connection import Connection, Secret
from cashpath.systems.http import Api
from cashpath_sandbox.killable import KillableTransport
from cashpath_sandbox.memory import WRITES, Books, MemorySystem, facts
from cashpath_sandbox.subject import MovableClock, Subject

T = TypeVar("T")
ELSEWHERE = SystemId("elsewhere")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MONTHLY = Recurring(interval="month", biller="billing")
BY_HAND: Mapping[Kind, Mapping[str, object]] = {
    "customer": {"phone": "+4930123456"},
    "company": {"name": "Renamed by hand"},
    "product": {"title": "Renamed by hand"},
    "variant": {"title": "Renamed by hand"},
    "order": {"lines": ()},
    "subscription": {"items": ()},
}


class _Http:
    """A wire over HTTP: the client sends a request, and the vendor behind the transport does what it stands for."""

    def __init__(self, system: SystemId, clock: MovableClock, secret: Callable[..., Secret]) -> None:
        self.transport = KillableTransport(httpx.MockTransport(self._vendor))
        self._do: Callable[[], Any] = int
        self._answer: Any = None
        connection = Connection(
            id=system, options={}, secret=secret, now=clock, sleep=clock.sleep, transport=self.transport
        )
        self._api = Api(connection, "http://memory", role="crm", authorise=lambda secret: {"X-Key": secret["key"]})

    def __call__(self, request: str, do: Callable[[], T], *, writes: bool) -> T:
        self._do = do
        path = f"/{request.replace(' ', '/')}"
        if writes:
            self._api.write("POST", path)
        else:
            self._api.read("GET", path)
        answer: T = self._answer
        return answer

    def _vendor(self, request: httpx.Request) -> httpx.Response:
        self._answer = self._do()
        return httpx.Response(200, request=request)


def subject(role: Role) -> Subject:
    """A connector over empty books, as the vendor that plays `role`."""
    clock, secrets_read = MovableClock(START), list[bool]()

    def secret(*, fresh: bool = False) -> Secret:
        secrets_read.append(fresh)
        return {"key": "of the sandbox"}

    books = Books(SystemId(f"memory-{role}"), clock)
    wire = _Http(books.id, clock, secret)
    behind = [int(timedelta(seconds=15) / timedelta(milliseconds=1))]
    kinds = facts(role).kinds
    return Subject(
        system=MemorySystem(books, facts(role), wire=wire, search_lag=lambda: behind[0]),
        brand=BrandId("mugs"),
        samples={kind: lambda n, kind=kind: samples(role, kind, n) for kind in kinds},  # type: ignore[misc]
        edited=dict.fromkeys(kinds, edited),
        transport=wire.transport,
        now=clock,
        edit_by_hand=lambda kind, id: _edit_by_hand(books, kind, id),
        settle_search=lambda: behind.__setitem__(0, 0),
        stock=lambda: _stock(books),
        make_by_hand=lambda kind, n: books.add(samples(role, kind, n)[-1]).id,
        secrets_read=secrets_read,
    )


def samples(role: Role, kind: Kind, n: int) -> tuple[Record, ...]:
    """The n-th record of a kind, after those of its references that the role takes."""
    record = _sample(kind, n)
    takes = WRITES[role]
    if isinstance(record, Variant) and "product" in takes["variant"]:
        record = replace(record, product=RecordKey(ELSEWHERE, "product", f"p{n}"))
    named = [_sample(key.kind, n) for key in record.references() if key.kind in takes and kind != "customer"]
    return (*named, record)


def _sample(kind: Kind, n: int) -> Record:
    key = RecordKey(ELSEWHERE, kind, f"{kind[0]}{n}")
    customer, variant = (RecordKey(ELSEWHERE, of, f"{of[0]}{n}") for of in ("customer", "variant"))
    price = Money(1200, "EUR")
    match kind:
        case "customer":
            return Customer(key=key, email=f"ada{n}@example.com", first_name=f"Ada{n}", last_name="Byron")
        case "company":
            return Company(key=key, name=f"Analytical {n}", tax_id=f"DE{n:09d}")
        case "product":
            return Product(key=key, title="Mug")
        case "variant":
            return Variant(key=key, sku=f"MUG-{n}", title="Mug", price=price)
        case "subscription":
            item = SubscriptionItem(line="l1", variant=variant, quantity=1, price=price, recurring=MONTHLY)
            return Subscription(key=key, customer=customer, items=(item,), currency="EUR", charged_until=START)
    line = Line(key="l1", title="Mug", quantity=1, unit_price=price, variant=variant, sku=f"MUG-{n}")
    return Order(
        key=key,
        number=f"#{n}",
        ordered_at=START,
        currency="EUR",
        total=price,
        total_tax=Money.zero("EUR"),
        customer=customer,
        lines=(line,),
    )


def edited(record: Record) -> Record:
    """The record as its owner changed it."""
    match record:
        case Customer():
            return replace(record, first_name="Augusta")
        case Company():
            return replace(record, name=f"{record.name} & Sons")
        case Product() | Variant():
            return replace(record, title="Big mug")
        case Subscription(items=(item,)):
            return replace(record, items=(replace(item, quantity=2),))
        case Order(lines=(line,)):
            return replace(record, lines=(replace(line, quantity=2),), total=line.unit_price * 2, state="cancelled")
    raise TypeError(f"no edit of a {type(record).__name__}")


def _edit_by_hand(books: Books, kind: Kind, id: str) -> None:
    books.change(RecordKey(books.id, kind, id), **BY_HAND[kind])


def _stock(books: Books) -> Mapping[str, int]:
    """Records by kind, and their lines."""
    held: dict[str, int] = {kind: len(books.of(kind)) for kind in BY_HAND}
    held["lines"] = sum(len(getattr(row.record, "lines", ())) for row in books.of("order"))
    return held
