"""Each night all is compared: page by page, going on where a run was broken off, behind live notices and brakes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from cashpath.brakes import millis
from cashpath.comparison import SHORT, Comparison, Walked
from cashpath.faults import NeedsPerson, RateLimited
from cashpath.ledger.answers import Changes, Held
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.seen import drift_name
from cashpath.ledger.tables import LEDGER
from cashpath.notice import Notice
from cashpath.records import BrandId, Customer, Kind, RecordKey, Role, SystemId
from cashpath.settings.slices import BrandSlice, FlowSlice, Mode, Rules, SystemSlice
from cashpath.systems.port import Changed
from cashpath_sandbox.memory import Books, MemorySystem, facts
from cashpath_sandbox.memory_dynamo import Tables

START = datetime(2026, 5, 1, 1, tzinfo=UTC)
CUTOVER = "2026-04-01T00:00:00+00:00"
SHOP, CRM = SystemId("shop"), SystemId("crm")
ROLES: dict[SystemId, Role] = {SHOP: "storefront", CRM: "crm"}
MUGS = BrandId("mugs")


class Killed(BaseException):
    """The process ends here."""


class Vendor(MemorySystem):
    """A vendor that can fail after so many records of a list, and that need not have modification marks."""

    dies: Exception | Killed | None = None
    after = 0
    marks = True

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        for told, changed in enumerate(super().changed_since(kind, since)):
            if self.dies and told >= self.after:
                raise self.dies
            yield changed if self.marks else replace(changed, version=None)


@dataclass
class Night:
    """A shop and a CRM with customers, the bulk queue, and a clock."""

    moment: datetime = START
    mode: Mode = "live"
    sent: list[Notice] = field(default_factory=list)
    waiting: int = 0
    slept: float = 0.0

    def __post_init__(self) -> None:
        self.books = {id: Books(id, self.now) for id in ROLES}
        self.vendors = {id: Vendor(self.books[id], facts(role)) for id, role in ROLES.items()}
        self.ledger = Ledger("ledger", now=self.now, client=Tables({"ledger": LEDGER}), match_key=lambda: b"key")

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        """While it sleeps, the flow works off a message."""
        self.slept += seconds
        self.moment += timedelta(seconds=seconds)
        self.waiting -= 1

    def send(self, notices: Sequence[Notice], *, delay: int = 0) -> Sequence[Notice]:
        assert len(notices) <= 100
        self.sent.extend(notices)
        return []

    def backlog(self, flow: str) -> int:
        assert flow == "sync_customers"
        return self.waiting

    def people(self, count: int, system: SystemId = SHOP, first: int = 0) -> list[str]:
        """So many customers, each changed a second after the other; their ids."""
        ids = [str(first + n) for n in range(count)]
        for id in ids:
            self.books[system].add(Customer(key=RecordKey(system, "customer", id), email=f"{id}@example.com"), id=id)
            self.moment += timedelta(seconds=1)
        return ids

    def run(self, seconds: int = 300) -> Walked:
        """One run that may take so long; what it did."""
        self.sent.clear()
        systems = {id: SystemSlice(id=id, vendor="memory", role=role, secret="s") for id, role in ROLES.items()}
        brand = BrandSlice(
            id=MUGS,
            systems={"storefront": SHOP, "crm": CRM},
            modes={"sync_customers": self.mode, "create_orders": "live"},
            rules=Rules(cutover=CUTOVER),
        )
        return Comparison(
            FlowSlice(stage="test", flow="reconcile", systems=systems, brands={MUGS: brand}),
            ledger=self.ledger,
            queues=self,
            connect=self.vendors.__getitem__,
            now=self.now,
            sleep=self.sleep,
            rng=Random(7),
        ).run(self.moment + timedelta(seconds=seconds))

    def told(self, system: SystemId = SHOP) -> list[str]:
        return [notice.id for notice in self.sent if notice.system == system]


@pytest.fixture
def night() -> Night:
    return Night()


def test_everybody_is_compared_behind_live_notices_and_by_the_sync_flows_alone(night: Night) -> None:
    ids = night.people(150)
    night.people(2, CRM)
    night.run()
    assert night.told() == ids
    assert night.told(CRM) == ["0", "1"]
    assert {(notice.flow, notice.trigger) for notice in night.sent} == {("sync_customers", "backfill")}


def test_a_run_that_is_killed_is_continued_by_the_next_one_with_one_page_twice_at_most(night: Night) -> None:
    ids = night.people(350)
    night.vendors[SHOP].dies, night.vendors[SHOP].after = Killed(), 250
    with pytest.raises(Killed):
        night.run()
    before = night.told()
    night.vendors[SHOP].dies = None
    night.run()
    assert set(before) | set(night.told()) == set(ids)
    assert len(night.told()) <= len(ids) - len(before) + 100


def test_a_system_without_modification_marks_is_continued_where_it_was_as_well(night: Night) -> None:
    ids = night.people(350)
    shop = night.vendors[SHOP]
    shop.marks = False
    shop.dies, shop.after = Killed(), 250
    with pytest.raises(Killed):
        night.run()
    before = night.told()
    shop.dies = None
    night.run()
    assert set(before) | set(night.told()) == set(ids)
    assert len(night.told()) <= len(ids) - len(before) + 100


def test_a_walk_that_came_to_its_end_begins_anew_the_next_night_and_not_before(night: Night) -> None:
    ids = night.people(3)
    night.run()
    night.moment += timedelta(minutes=10)
    assert night.run().sent == {"all/drifting/mugs": 0}
    night.moment += timedelta(days=1)
    night.run()
    assert night.told() == ids


def test_a_run_waits_until_the_flow_has_worked_off_what_it_has(night: Night) -> None:
    ids = night.people(150)
    night.waiting = SHORT + 3
    night.run()
    assert night.told() == ids
    assert night.slept > 0


def test_a_run_ends_before_its_function_does_and_says_what_is_left(night: Night) -> None:
    ids = night.people(150)
    night.waiting = 1000
    walked = night.run(seconds=60)
    assert night.told() == []
    assert "all/sync_customers/shop/customer" in walked.left
    night.waiting = 0
    night.moment += timedelta(minutes=10)
    night.run()
    assert night.told() == ids


def test_a_system_that_asks_for_fewer_requests_is_left_alone_by_everybody_until_then(night: Night) -> None:
    night.people(150)
    night.people(1, CRM)
    shop = night.vendors[SHOP]
    shop.dies, shop.after = RateLimited("too many", system=SHOP, retry_after=timedelta(minutes=2)), 120
    walked = night.run()
    assert night.told(CRM) == ["0"]
    assert "all/sync_customers/shop/customer" in walked.left
    assert night.ledger.controls(max_age=0).brakes[SHOP].until == millis(night.moment + timedelta(minutes=2))
    shop.dies = None
    assert "left alone" in night.run().left["all/sync_customers/shop/customer"]
    night.moment += timedelta(minutes=10)
    assert night.run().left == {}
    assert len(night.told()) >= 50


def test_what_no_waiting_helps_is_raised_once_all_others_were_asked(night: Night) -> None:
    night.people(1)
    night.people(1, CRM)
    night.vendors[SHOP].dies = NeedsPerson("10,000 in one moment", remedy="redrive them")
    with pytest.raises(NeedsPerson):
        night.run()
    assert night.told(CRM) == ["0"]


def test_what_changed_after_the_walk_began_is_left_to_its_own_notice(night: Night) -> None:
    ids = night.people(2)
    night.waiting = 1000
    night.run(seconds=60)
    night.waiting = 0
    night.people(1, first=2)
    night.run()
    assert night.told() == ids


def test_what_may_change_without_a_mark_is_compared_from_before_the_cutover_on_where_it_was_brought_over(
    night: Night,
) -> None:
    night.moment = datetime(2026, 3, 1, tzinfo=UTC)
    night.people(150)
    night.moment = START
    ids = night.people(2, first=150)
    for id in ("7", "149"):
        root = RecordKey(SHOP, "customer", id)
        assert isinstance(night.ledger.begin_root(root, owner="a", until=millis(START), brand="mugs"), Held)
    night.run()
    assert night.told() == ids
    night.moment += timedelta(days=1)
    night.vendors[SHOP].facts = replace(facts("storefront"), unmarked=frozenset({"customer"}))
    walked = night.run()
    assert night.told() == ["7", "149", *ids]
    assert walked.sent["all/sync_customers/shop/customer"] == 4


def test_a_flow_that_is_off_is_told_of_nobody(night: Night) -> None:
    night.people(2)
    night.mode = "off"
    night.run()
    assert night.sent == []


def test_what_is_known_to_drift_is_looked_at_anew_even_where_its_record_is_gone(night: Night) -> None:
    root, now = RecordKey(SHOP, "customer", "7"), millis(night.moment)
    held = night.ledger.begin_root(root, owner="a", until=now + 1000, brand="mugs")
    assert isinstance(held, Held)
    drift = {drift_name("sync_customers", "crm", root, "phone"): now}
    night.ledger.release(held, Changes(drift=drift, brand="mugs"))
    assert night.run().sent["all/drifting/mugs"] == 1
    assert night.told() == ["7"]
