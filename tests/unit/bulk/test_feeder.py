"""The feeder tells a flow of everything that a system has, never far ahead of it, and goes on where it was killed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cashpath.aws.queues import Queues
from cashpath.bulk.feeder import SHORT, Backlog, Feeder
from cashpath.faults import RateLimited
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.tables import LEDGER
from cashpath.records import BrandId, Customer, Kind, RecordKey
from cashpath.systems.port import Changed
from cashpath_sandbox.backlog import BULK, SHOP, Queue
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.memory import Books, MemorySystem, facts
from cashpath_sandbox.memory_dynamo import Tables
from cashpath_sandbox.subject import MovableClock

FLOW = "sync_customers"
MUGS = BrandId("mugs")
EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Shop(MemorySystem):
    """A shop whose list of changes may break off at its so many-th record."""

    refuses_at: int | None = None

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        for n, changed in enumerate(super().changed_since(kind, since)):
            if n == self.refuses_at:
                self.refuses_at = None
                raise RateLimited("asks for fewer", system=self.id, retry_after=timedelta(seconds=40))
            yield changed


class Exporting(Shop):
    """A shop that lists all that it has by one export, and shows nothing page by page."""

    exports = 0

    def listed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        self.exports += 1
        yield from super().changed_since(kind, since)

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        raise AssertionError("a backfill asks for all at once")


@dataclass
class Operator:
    """Who runs the command: a shop, a queue from which the function takes messages while the feeder rests, a ledger."""

    clock: MovableClock = field(default_factory=lambda: MovableClock(datetime(2026, 11, 20, tzinfo=UTC)))
    taken_each_time: int = 100
    longest: int = 0
    brand: BrandId = MUGS
    told: list[tuple[int, str]] = field(default_factory=list)
    sends: int | None = None  # the feeder's process dies instead of sending this many messages

    def __post_init__(self) -> None:
        self.shop = Shop(Books(SHOP, self.clock), facts("storefront"))
        self.queue = Queue(self.clock)
        self.taken: list[str] = []
        self.ledger = Ledger("ledger", now=self.clock, client=Tables({"ledger": LEDGER}), match_key=lambda: b"key")

    def customers(self, many: int) -> list[str]:
        ids = [f"c{n}" for n in range(many)]
        for id in ids:
            self.clock.move(timedelta(milliseconds=1))
            self.shop.books.add(Customer(key=RecordKey(SHOP, "customer", id), email=f"{id}@example.com"), id=id)
        return ids

    def send_message(self, **asked: Any) -> dict[str, Any]:
        if self.sends is not None:
            self.sends -= 1
            if self.sends < 0:
                raise Killed("the operator's machine went to sleep")
        answer = self.queue.send_message(**asked)
        self.longest = max(self.longest, len(self.queue.messages[BULK]))
        return answer

    def rest(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        for _ in range(min(self.taken_each_time, len(self.queue.messages[BULK]))):
            self.taken.append(self.queue.messages[BULK].pop(0)[1])

    def feed(self, since: datetime = EVER, *, anew: bool = False) -> int:
        queues: Any = Queues({}, {}, self, bulk={FLOW: BULK})  # type: ignore[arg-type]
        feeder = Feeder(
            ledger=self.ledger,
            queues=queues,
            waiting=lambda: len(self.queue.messages[BULK]),
            now=self.clock,
            sleep=self.rest,
            told=lambda sent, why: self.told.append((sent, why)),
        )
        backlog = Backlog(flow=FLOW, brand=self.brand, system=self.shop, kind="customer", since=since)
        sent = feeder.feed(backlog, anew=anew)
        feeder.drained(sent)
        return sent

    def heard(self) -> Counter[str]:
        """Of whom the flow was told, and how often."""
        self.rest(0)
        copy = Queue(self.clock, {"all": [(self.clock(), body) for body in self.taken]})
        return Counter(notice.id for notice in copy.notices("all"))


@pytest.fixture
def operator() -> Operator:
    return Operator()


def test_every_record_is_told_of_once_in_messages_of_a_hundred(operator: Operator) -> None:
    ids = operator.customers(450)
    assert operator.feed() == 450
    assert operator.heard() == dict.fromkeys(ids, 1)
    assert len(operator.taken) == 5


def test_a_system_that_exports_is_asked_once_for_all_and_again_after_a_failure(operator: Operator) -> None:
    shop = operator.shop = Exporting(operator.shop.books, operator.shop.facts)
    ids = operator.customers(450)
    assert operator.feed() == 450
    assert (operator.heard(), shop.exports) == (dict.fromkeys(ids, 1), 1)
    shop.refuses_at = 230
    operator.feed(anew=True)
    assert shop.exports == 3


def test_the_queue_is_kept_short_however_slow_the_flow_is(operator: Operator) -> None:
    operator.taken_each_time = 1
    operator.customers(4000)
    operator.feed()
    assert operator.longest == SHORT + 1
    assert len(operator.taken) == 40
    assert any("the queue is full enough" in why for _, why in operator.told)


def test_only_what_changed_since_the_date_that_was_asked_for_is_told_of(operator: Operator) -> None:
    operator.customers(10)
    middle = operator.clock() - timedelta(milliseconds=4)
    operator.feed(middle)
    assert sorted(operator.heard()) == ["c5", "c6", "c7", "c8", "c9"]


@pytest.mark.parametrize("sends", range(6))
def test_a_feeder_that_is_killed_goes_on_where_it_was_and_sends_one_page_twice_at_most(
    operator: Operator, sends: int
) -> None:
    ids = operator.customers(450)
    operator.sends = sends
    if sends < 5:
        with pytest.raises(Killed):
            operator.feed()
    operator.sends = None
    operator.feed()
    heard = operator.heard()
    assert set(heard) == set(ids)
    assert sum(heard.values()) <= 450 + 100


def test_a_backlog_that_was_sent_to_its_end_is_sent_again_only_when_told_to(operator: Operator) -> None:
    operator.customers(250)
    assert operator.feed() == 250
    assert operator.feed() == 0
    assert operator.feed(anew=True) == 250
    assert operator.feed() == 0


def test_what_changed_before_the_date_of_a_backlog_that_is_done_is_sent_by_one_with_an_older_date(
    operator: Operator,
) -> None:
    ids = operator.customers(20)
    assert operator.feed(operator.clock() - timedelta(milliseconds=6)) == 7
    operator.taken.clear()
    assert operator.feed() == 20
    assert operator.heard() == dict.fromkeys(ids, 1)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_backlog_with_another_date_leaves_one_that_was_killed_where_it_was(operator: Operator, days: int) -> None:
    operator.clock.move(timedelta(days=10))
    since = operator.clock()
    operator.customers(450)
    operator.sends = 3
    with pytest.raises(Killed):
        operator.feed(since)
    operator.sends = None
    operator.feed(since + timedelta(days=days))
    assert operator.feed(since) == 450 - 299


def test_a_backlog_that_is_killed_when_begun_anew_goes_on_where_it_was_then(operator: Operator) -> None:
    ids = operator.customers(450)
    operator.feed()
    operator.taken.clear()
    operator.sends = 2
    with pytest.raises(Killed):
        operator.feed(anew=True)
    operator.sends = None
    operator.feed()
    assert set(operator.heard()) == set(ids)


def test_what_was_sent_for_one_brand_of_a_shared_system_is_sent_again_for_another(operator: Operator) -> None:
    operator.customers(3)
    operator.feed()
    operator.brand = BrandId("other")
    assert operator.feed() == 3


def test_a_system_that_asks_for_fewer_requests_is_left_alone_and_then_gone_on_with(operator: Operator) -> None:
    ids = operator.customers(450)
    operator.shop.refuses_at = 230
    began = operator.clock()
    operator.feed()
    assert operator.clock() - began >= timedelta(seconds=40)
    assert set(operator.heard()) == set(ids)
    assert sum(operator.heard().values()) <= 450 + 100
    assert (200, "asks for fewer") in operator.told
