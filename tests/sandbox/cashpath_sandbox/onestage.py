"""One brand, live, with four vendors in memory: the real runner over the real ledger, one notice after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from random import Random
from typing import Any

from cashpath.faults import SystemDown
from cashpath.ledger.exceptions import Exceptions
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.tables import EXCEPTIONS, LEDGER
from cashpath.notice import Notice
from cashpath.records import ROLES, BrandId, Record, RecordKey, Role, SystemId
from cashpath.runner import Outcome, Runner
from cashpath.settings.slices import BrandSlice, FlowSlice, Mode, Rules, SystemSlice
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.memory import Books, MemorySystem, facts
from cashpath_sandbox.memory_dynamo import Tables
from cashpath_sandbox.subject import MovableClock

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ACME = BrandId("acme")


class Vendor(MemorySystem):
    """A vendor that knows what was `sold`, unless it does not count, and moves subscribers. Where it `dies`, the
    process ends before any is moved."""

    sold: Mapping[str, int] = {}
    counts = True
    moved: Sequence[str] = ()
    dies = False

    def sold_since(self, variants: Sequence[str], since: datetime) -> Mapping[str, int]:
        """See `Sells`."""
        if not self.counts:
            raise SystemDown(f"{self.id} does not count now")
        return {id: self.sold[id] for id in variants if id in self.sold}

    def move_subscribers(self, variant_id: str) -> int:
        """See `Moves`."""
        if self.dies:
            raise KeyboardInterrupt
        self.moved = (*self.moved, variant_id)
        return 1


@dataclass
class OneStage:
    """`sent` are the notices that a pass sent again, `given_up` those that are for a person."""

    rules: Rules = field(default_factory=lambda: Rules(cutover="2026-01-01T00:00:00+00:00"))
    mode: Mode = "live"
    moment: datetime = NOON
    sent: list[Notice] = field(default_factory=list)
    given_up: list[tuple[Notice, Mapping[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tables = Tables({"ledger": LEDGER, "exceptions": EXCEPTIONS})
        self.ledger = Ledger("ledger", now=self.now, client=self.tables, match_key=lambda: b"key")
        self.exceptions = Exceptions("exceptions", now=self.now, client=self.tables)
        self.books = {role: Books(NAMES[role], self.now) for role in ROLES}
        self.vendors: dict[SystemId, Vendor] = {NAMES[role]: Vendor(self.books[role], facts(role)) for role in ROLES}

    def now(self) -> datetime:
        return self.moment

    def later(self, **time: float) -> None:
        self.moment += timedelta(**time)

    def send(self, notices: Sequence[Notice], *, delay: int = 0) -> Sequence[Notice]:
        self.sent.extend(notices)
        return []

    def give_up(self, notice: Notice, cause: Mapping[str, str], since: int) -> None:
        self.given_up.append((notice, cause))

    def runner(self, flow: str) -> Runner:
        brand = BrandSlice(id=ACME, systems=NAMES, modes={flow: self.mode}, rules=self.rules)
        systems = {id: SystemSlice(id=id, vendor="memory", role=role, secret="s") for role, id in NAMES.items()}
        return Runner(
            FlowSlice(stage="test", flow=flow, systems=systems, brands={ACME: brand}),
            import_module(f"cashpath.flows.{flow}"),
            ledger=self.ledger,
            exceptions=self.exceptions,
            queues=self,
            connect=self.vendors.__getitem__,
            now=self.now,
            rng=Random(7),
        )

    def has(self, role: Role, record: Record) -> RecordKey:
        """A system holds a record under its own id."""
        return self.books[role].add(record, id=record.key.id)

    def notice(self, flow: str, of: RecordKey, **notice: Any) -> Notice:
        """A notice of a record, received now."""
        received = int(self.moment.timestamp() * 1000)
        return Notice(flow=flow, system=of.system, kind=of.kind, id=of.id, received=received, **notice)

    def tells(self, flow: str, of: RecordKey, **notice: Any) -> Outcome:
        """A notice of a record, and what is sent again on its account, until nothing is; how the first one ended."""
        told = self.notice(flow, of, **notice)
        self.later(seconds=5)
        outcome = self.runner(flow).handle(told)
        for _ in range(20):
            if not self.sent:
                break
            waiting, self.sent = self.sent, []
            self.later(seconds=30)
            for each in waiting:
                self.runner(flow).handle(replace(each, received=told.received))
        return outcome

    def writes(self) -> dict[Role, int]:
        """How many requests changed anything in each system."""
        return {role: books.writes for role, books in self.books.items()}

    def held(self, role: Role, kind: str = "variant") -> list[Any]:
        return [row.record for row in self.books[role].of(kind)]  # type: ignore[arg-type]


class StageClock(MovableClock):
    """The stage's own time, for a stand-in that plays one of its vendors."""

    def __init__(self, stage: OneStage) -> None:
        super().__init__()
        self._stage = stage

    def __call__(self) -> datetime:
        return self._stage.now()
