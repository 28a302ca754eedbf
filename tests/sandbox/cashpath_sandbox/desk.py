"""A brand's desk over in-memory vendors, for tests of what a flow reads and plans.

`carry_out` makes a plan true in the simplest way, so that a test can let things change and plan again. It knows nothing
of leases, claims or fingerprints: those are the runner's, and tested there.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from cashpath.faults import SystemDown
from cashpath.plan import Absorb, Erase, Join, Merge, Move, Plan, Put
from cashpath.records import ROLES, BrandId, Record, RecordKey, Role, SystemId
from cashpath.settings.slices import Rules
from cashpath.systems.desk import Links
from cashpath.systems.port import Wanted
from cashpath_sandbox.memory import Books, MemorySystem, facts

T = TypeVar("T")
NAMES: Mapping[Role, SystemId] = {
    "storefront": SystemId("shop"),
    "crm": SystemId("crm"),
    "billing": SystemId("bill"),
    "erp": SystemId("books"),
}
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class MemoryDesk:
    """One brand with a system for each role. `asked` lists every request, `down` are the systems that do not answer,
    `left_alone` the roles that are braked."""

    def __init__(self) -> None:
        self.brand = BrandId("acme")
        self.asked: list[str] = []
        self.down: set[Role] = set()
        self.left_alone: set[Role] = set()
        self.waiting: list[RecordKey] = []
        self.moved: list[str] = []
        self.milestones: set[str] = set()
        self.systems: Mapping[Role, SystemId] = NAMES
        self.rules = Rules(cutover="2026-01-01T00:00:00+00:00")
        self.books = {role: Books(id=NAMES[role], now=lambda: NOON) for role in ROLES}
        self._systems = {r: MemorySystem(self.books[r], facts(r), wire=_Tap(self, r)) for r in ROLES}
        self._links: dict[tuple[RecordKey, Role], str] = {}
        self._origins: dict[RecordKey, RecordKey] = {}
        self.roots: set[RecordKey] = set()
        self.forgotten: set[RecordKey] = set()

    def role(self, role: Role) -> MemorySystem:
        return self._systems[role]

    def at(self, system: SystemId) -> MemorySystem:
        return next(s for s in self._systems.values() if s.id == system)

    def canonical(self, keys: Iterable[RecordKey]) -> Mapping[RecordKey, RecordKey]:
        return {key: self._origins[key] for key in keys if key in self._origins}

    def erased(self, keys: Iterable[RecordKey]) -> frozenset[RecordKey]:
        return frozenset(keys) & self.forgotten

    def root_of(self, at: RecordKey) -> RecordKey | None:
        root = self._origins.get(at, at)
        return root if root in self.roots else None

    def links(self, keys: Iterable[RecordKey]) -> Links:
        asked = set(keys)
        real = [key for key in asked if not key.is_described]
        own = {(key, role): key.id for key in real for role, system in NAMES.items() if key.system == system}
        return own | {(key, role): id for (key, role), id in self._links.items() if key in asked}

    def has(self, role: Role, record: Record) -> RecordKey:
        """Let a system hold `record` under its own id, known to nobody yet."""
        return self.books[role].add(record, id=record.key.id)

    def link(self, key: RecordKey, role: Role, id: str) -> None:
        """What the ledger does with a link."""
        self._links[key, role] = id
        self._origins.setdefault(RecordKey(NAMES[role], key.kind, id), key)

    def carry_out(self, plan: Plan) -> None:
        """Make the plan true. What goes to a role that is left alone, or names what is not there yet, is `waiting`."""
        self.waiting = []
        for write in plan.writes:
            match write:
                case Join():
                    self.link(write.key, write.role, write.id)
                    self.milestones.update(write.milestones)
                case Merge():
                    self._systems[write.role].merge(write.key.kind, write.loser, write.id)
                case Absorb():
                    self.absorb(write.other, write.key)
                case Erase():
                    self._systems[write.role].erase(write.key.kind, write.id)
                case Move():
                    self.moved.append(write.id)
                case Put():
                    self._put(write)

    def absorb(self, other: RecordKey, root: RecordKey) -> None:
        """What the ledger does with a root that turned out to be another one."""
        self.roots.discard(other)
        self._origins = {at: root if key == other else key for at, key in self._origins.items()} | {other: root}

    def _put(self, put: Put) -> None:
        system, key = self._systems[put.role], put.record.key
        needs = system.facts.kinds[key.kind].references
        named = [k for k in put.record.references() if k.kind in needs]
        id = self.links([key]).get((key, put.role))
        made = id or put.made or None
        if (id is None and put.when == "update") or (id is not None and put.when == "ensure"):
            return
        known = self.links(named)
        if put.role in self.left_alone | self.down or any((k, put.role) not in known for k in named):
            self.waiting.append(key)
            return
        refs = {k: known[k, put.role] for k in named}
        fields = put.fields | put.seeds if id is None else put.fields
        written = system.write(Wanted(record=put.record, fields=fields, id=made, brand=self.brand, refs=refs))
        self.link(key, put.role, written.id)
        if put.milestone:
            self.milestones.add(put.milestone)


class _Tap:
    """The wire to one vendor: notes what is asked, and is dead while the vendor is down."""

    def __init__(self, desk: MemoryDesk, role: Role) -> None:
        self._desk = desk
        self._role = role

    def __call__(self, request: str, do: Callable[[], T], *, writes: bool) -> T:
        if self._role in self._desk.left_alone:
            raise SystemDown(f"{self._role} is left alone", system=NAMES[self._role])
        self._desk.asked.append(f"{self._role}: {request}")
        if self._role in self._desk.down:
            raise SystemDown(f"{self._role} is down", system=NAMES[self._role])
        return do()
