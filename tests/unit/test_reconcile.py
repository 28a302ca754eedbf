"""reconcile tells of what changed, to whom it concerns, and forgets nothing when a system does not answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cashpath.faults import SystemDown
from cashpath.ledger.answers import Held
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.tables import LEDGER
from cashpath.notice import Notice
from cashpath.reconcile import Asked, Reconcile
from cashpath.records import BrandId, Money, Order, RecordKey, SystemId, Variant
from cashpath.settings.slices import BrandSlice, FlowSlice, Rules, SystemSlice
from cashpath_sandbox.memory import Books, MemorySystem, facts
from cashpath_sandbox.memory_dynamo import Tables

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
SHOP, CRM = SystemId("shop"), SystemId("crm")


@dataclass
class Stage:
    """Two systems, what the sweep sent, and a clock."""

    moment: datetime = START
    sent: list[Notice] = field(default_factory=list)
    down: set[SystemId] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.books = {id: Books(id, self.now) for id in (SHOP, CRM)}
        self.ledger = Ledger("ledger", now=self.now, client=Tables({"ledger": LEDGER}), match_key=lambda: b"key")
        self.warm = False

    def now(self) -> datetime:
        return self.moment

    def send(self, notices: Sequence[Notice], *, delay: int = 0) -> Sequence[Notice]:
        self.sent.extend(notices)
        return []

    def give_up(self, notice: Notice, cause: object, since: int) -> None:
        raise AssertionError("a sweep gives nothing up")

    def connect(self, system: SystemId) -> MemorySystem:
        if system in self.down:
            raise SystemDown(f"{system} does not answer", system=system)
        return MemorySystem(self.books[system], facts("storefront" if system == SHOP else "crm"))

    def order(self, id: str, system: SystemId = SHOP) -> None:
        key = RecordKey(system, "order", id)
        none = Money.zero("EUR")
        order = Order(key=key, number=id, ordered_at=self.moment, currency="EUR", total=none, total_tax=none)
        self.books[system].add(order, id=id)

    def settings(self) -> FlowSlice:
        brand = BrandSlice(
            id=BrandId("mugs"),
            systems={"storefront": SHOP, "crm": CRM},
            modes={"create_orders": "live"},
            rules=Rules(cutover="2026-04-01T00:00:00+00:00"),
        )
        system = SystemSlice(id=SHOP, vendor="memory", role="storefront", secret="s")
        systems = {SHOP: system, CRM: replace(system, id=CRM, role="crm")}
        return FlowSlice(stage="test", flow="reconcile", systems=systems, brands={brand.id: brand})

    def _cold(self) -> Reconcile:
        self.function = Reconcile(self.settings(), ledger=self.ledger, queues=self, connect=self.connect, now=self.now)
        return self.function

    def sweeps(self, **event: Any) -> list[str]:
        """Sweep; the records told of."""
        self.sent.clear()
        sweep = self.function if self.warm else self._cold()
        sweep.sweep(Asked.of(event, self.settings()))
        return [f"{n.system}/{n.kind}/{n.id}" for n in self.sent]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_what_changed_since_the_last_sweep_is_told_and_what_is_older_is_not(stage: Stage) -> None:
    stage.order("1")
    stage.moment += timedelta(hours=1)
    assert stage.sweeps(systems=["shop"]) == ["shop/order/1"]
    stage.moment += timedelta(hours=1)
    stage.order("2")
    assert stage.sweeps(systems=["shop"]) == ["shop/order/2"]


def test_a_change_of_the_last_two_minutes_is_told_again_since_indexes_lag(stage: Stage) -> None:
    stage.order("1")
    stage.sweeps(systems=["shop"])
    stage.moment += timedelta(minutes=1)
    assert stage.sweeps(systems=["shop"]) == ["shop/order/1"]


def test_a_system_that_is_down_keeps_no_other_from_being_asked_and_loses_nothing(stage: Stage) -> None:
    stage.order("1")
    stage.order("2", CRM)
    stage.down.add(SHOP)
    with pytest.raises(SystemDown):
        stage.sweeps()
    assert [n.id for n in stage.sent] == ["2"]
    stage.down.clear()
    stage.moment += timedelta(hours=3)
    assert "shop/order/1" in stage.sweeps()


def test_a_brand_that_goes_live_first_is_told_of_all_since_its_cutover_date(stage: Stage) -> None:
    stage.order("1")
    stage.moment += timedelta(days=20)
    stage.sweeps()
    assert stage.sweeps(flow="create_orders", brand="mugs", cutover=True) == ["shop/order/1"]


def test_a_flow_that_resumes_is_told_of_what_it_missed_and_moves_no_cursor(stage: Stage) -> None:
    stage.sweeps()
    stage.moment += timedelta(hours=1)
    stage.order("1")
    since = (stage.moment - timedelta(minutes=30)).isoformat()
    stage.moment += timedelta(hours=1)
    assert stage.sweeps(flow="create_orders", since=since) == ["shop/order/1"]
    assert {n.flow for n in stage.sent} == {"create_orders"}
    assert stage.sweeps() == ["shop/order/1"]


def test_a_claim_that_nobody_settled_is_due_work_of_its_root(stage: Stage) -> None:
    root = RecordKey(SHOP, "order", "1")
    now = int(stage.moment.timestamp() * 1000)
    held = stage.ledger.begin_root(root, owner="a", until=now + 1000, brand="mugs")
    assert isinstance(held, Held)
    stage.ledger.claim(held, root, CRM, until=now + 75_000, match=())
    assert stage.sweeps() == []
    stage.moment += timedelta(minutes=2)
    assert stage.sweeps() == ["shop/order/1"]


def test_a_product_that_changed_in_the_crm_is_told_to_the_flow_that_compares_it(stage: Stage) -> None:
    key = RecordKey(CRM, "variant", "33")
    stage.books[CRM].add(Variant(key=key, sku="MUG"), id=key.id)
    assert stage.sweeps(systems=["crm"]) == ["crm/variant/33"]
    assert {(notice.flow, notice.trigger) for notice in stage.sent} == {("sync_catalog", "sweep")}


def test_a_warm_function_tells_once_of_what_two_sweeps_overlap_in(stage: Stage) -> None:
    stage.order("1")
    stage.moment += timedelta(seconds=30)
    assert stage.sweeps() == ["shop/order/1"]
    stage.warm = True
    stage.moment += timedelta(minutes=1)
    assert stage.sweeps() == []
    stage.books[SHOP].change(RecordKey(SHOP, "order", "1"), note="changed")
    assert stage.sweeps() == ["shop/order/1"]


def test_what_changed_a_moment_ago_is_told_again_since_it_may_have_changed_within_its_second(stage: Stage) -> None:
    stage.order("1")
    assert stage.sweeps() == ["shop/order/1"]
    stage.warm = True
    stage.moment += timedelta(minutes=1)
    assert stage.sweeps() == ["shop/order/1"]
    stage.moment += timedelta(minutes=1)
    assert stage.sweeps() == []
