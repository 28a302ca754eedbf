"""Each night what changed is compared, each week all: it goes on where it broke off, behind live notices and brakes."""

from collections import Counter
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
    unmarked_first = 0  # so many of all that it holds, the oldest, are listed without a mark

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        unmarked = [row.record.key for row in self.books.of(kind)][: self.unmarked_first]
        for told, changed in enumerate(super().changed_since(kind, since)):
            if self.dies and told >= self.after:
                raise self.dies
            yield changed if self.marks and changed.key not in unmarked else replace(changed, version=None)


@dataclass
class Night:
    """A shop and a CRM with customers, the bulk queue, and a clock."""

    moment: datetime = START
    mode: Mode = "live"
    sent: list[Notice] = field(default_factory=list)
    waiting: int = 0
    slept: float = 0.0
    page_takes: timedelta = timedelta(0)

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
        self.moment += self.page_takes if notices else timedelta(0)
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

    def later(self, **time: float) -> Walked:
        """One run so much later; what it did."""
        self.moment += timedelta(**time)
        return self.run()

    def nights(self, many: int) -> list[dict[SystemId, list[str]]]:
        """So many nights, a run in each; of whom each night told."""
        told = []
        for _ in range(many):
            began = self.moment
            self.run()
            told.append({id: self.told(id) for id in ROLES})
            self.moment = began + timedelta(days=1)
        return told

    def edit(self, id: str, system: SystemId = SHOP) -> None:
        """Somebody changes a customer, a second from now."""
        self.moment += timedelta(seconds=1)
        self.books[system].change(RecordKey(system, "customer", id), last_name="Edited")
        self.moment += timedelta(seconds=1)

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


def _killed_and_continued(night: Night) -> list[str]:
    """A run that dies, and the next one, which goes on; whom the first one told of."""
    with pytest.raises(Killed):
        night.run()
    before = night.told()
    night.vendors[SHOP].dies = None
    night.run()
    return before


def test_a_system_without_modification_marks_is_continued_where_it_was_as_well(night: Night) -> None:
    ids = night.people(350)
    shop = night.vendors[SHOP]
    shop.marks = False
    shop.dies, shop.after = Killed(), 250
    before = _killed_and_continued(night)
    assert set(before) | set(night.told()) == set(ids)
    assert len(night.told()) <= len(ids) - len(before) + 100


def test_nobody_is_skipped_where_a_list_has_records_without_marks_before_the_others(night: Night) -> None:
    ids = night.people(1000)
    shop = night.vendors[SHOP]
    shop.unmarked_first = 300
    shop.dies, shop.after = Killed(), 500
    before = _killed_and_continued(night)
    assert set(before) | set(night.told()) == set(ids)


def test_a_walk_that_is_killed_twice_among_records_without_marks_tells_a_page_twice_each_time(night: Night) -> None:
    ids = night.people(700)
    shop = night.vendors[SHOP]
    shop.marks = False
    told: list[str] = []
    for after in (250, 450):
        shop.dies, shop.after = Killed(), after
        with pytest.raises(Killed):
            night.run()
        told += night.told()
    shop.dies = None
    night.run()
    assert night.told() == ids[300:]
    assert set(told) | set(night.told()) == set(ids)


def test_a_night_that_came_to_its_end_is_not_begun_again(night: Night) -> None:
    night.people(3)
    night.run()
    assert night.later(minutes=10).sent == {"all/drifting/mugs": 0}


def test_a_night_compares_what_changed_since_the_last_one_began(night: Night) -> None:
    ids = night.people(3)
    night.moment += timedelta(hours=6)
    night.run()
    night.edit(ids[1])
    assert night.later(days=1).sent["changed/sync_customers/shop/customer"] == 1
    assert night.told() == [ids[1]]
    night.edit(ids[2])
    night.later(days=1)
    assert night.told() == [ids[2]]


def test_what_the_systems_search_did_not_list_in_time_is_compared_the_next_night(night: Night) -> None:
    night.people(1)
    night.moment += timedelta(hours=6)
    night.run()
    night.moment -= timedelta(minutes=50)
    late = night.people(1, first=1)
    night.later(days=1)
    assert night.told() == late


def test_what_slipped_past_without_a_mark_is_found_within_a_week(night: Night) -> None:
    ids = night.people(3)
    night.moment += timedelta(hours=6)
    nights = night.nights(9)
    assert [each[SHOP] for each in nights] == [ids, *([[]] * 6), ids, []]


def test_what_may_change_without_a_mark_is_compared_wholly_each_night(night: Night) -> None:
    ids = night.people(3)
    night.vendors[SHOP].facts = replace(facts("storefront"), unmarked=frozenset({"customer"}))
    assert [each[SHOP] for each in night.nights(3)] == [ids] * 3


def test_a_system_that_needs_many_nights_keeps_no_other_from_its_turn(night: Night) -> None:
    shop, crm = night.people(2900), night.people(300, CRM)
    night.page_takes = timedelta(minutes=1)  # five pages a night: the shop needs six, and is due again by then
    nights = night.nights(8)
    assert {id for each in nights for id in each[SHOP]} == set(shop)
    assert {id for each in nights for id in each[CRM]} == set(crm)


def test_what_changes_in_one_system_is_compared_while_another_needs_many_nights(night: Night) -> None:
    night.people(3000)
    people = night.people(3, CRM)
    night.page_takes = timedelta(minutes=1)
    night.nights(2)
    night.edit(people[0], CRM)
    (first,) = night.nights(1)
    assert people[0] in first[CRM]


def test_every_walk_comes_to_its_end_again_and_again_however_many_nights_they_need_together(night: Night) -> None:
    shop, crm = night.people(1500), night.people(1200, CRM)
    for id in ROLES:
        night.vendors[id].facts = replace(night.vendors[id].facts, unmarked=frozenset({"customer"}))
    night.page_takes = timedelta(minutes=1)  # 27 pages at five a night: each may be due again before all are done
    nights = night.nights(20)
    for system, ids in ((SHOP, shop), (CRM, crm)):
        told = Counter(id for each in nights for id in each[system])
        assert min(told[id] for id in ids) >= 2


def test_a_flow_that_is_paused_keeps_no_walk_of_another_waiting_and_is_told_once_it_resumes(night: Night) -> None:
    ids = night.people(3)
    night.ledger.set_paused("sync_customers", millis(night.moment))
    night.waiting = 1000
    assert night.run().left == {}
    assert night.slept == 0
    night.ledger.set_paused("sync_customers", None)
    night.waiting = 0
    night.later(minutes=10)
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
