"""The systems of one brand behind their brakes: who is left alone, who may probe, and who is heard again.

The runner hands a `BrandDesk` to the flow and to `apply`. Every request goes through a `Braked` system, so one place
sees each failure and each answer. When a brake runs out, one conditional update in the ledger chooses the pass that
probes; the others go on leaving the system alone.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from cashpath.faults import CredentialsRefused, Fault, RateLimited, SystemDown, Unanswered, Unsupported
from cashpath.ledger.ledger import Ledger
from cashpath.masking import masked
from cashpath.records.keys import BrandId, Kind, RecordKey, Role, SystemId
from cashpath.settings.slices import BrandSlice
from cashpath.systems.desk import Links
from cashpath.systems.port import Changed, Moves, Reading, Sells, System, Wanted, Written
from cashpath.waiting import LONGEST_HOP, backoff

Connect = Callable[[SystemId], System]
T = TypeVar("T")

PROBE = 60_000  # ms for which one pass alone may try a system whose brake ran out: a function's timeout
FIRST_BRAKE = 15.0  # seconds of the first brake of a system that does not answer; it doubles from there
FIRST_LIMIT = 5.0  # the same for a system that asks for fewer requests and does not say for how long


def millis(moment: datetime) -> int:
    """Epoch milliseconds, as the ledger and notices count."""
    return int(moment.timestamp() * 1000)


class LeftAlone(SystemDown):
    """The system is braked: no request was sent."""


class Brakes:
    """The brakes of all systems, as one pass sees them: a system is asked about once, so a pass sees no change.

    `heard` is told when a system that was braked answers its probe."""

    def __init__(
        self,
        ledger: Ledger,
        now: Callable[[], datetime],
        rng: Random,
        heard: Callable[[SystemId], object] = lambda _: None,
    ) -> None:
        self._ledger = ledger
        self._heard = heard
        self._now = now
        self._rng = rng
        self._closed: dict[SystemId, int] = {}
        self._probing: set[SystemId] = set()
        self._asked: set[SystemId] = set()
        self.spoke: set[SystemId] = set()  # the systems that have answered this pass

    def until(self, system: SystemId) -> int | None:
        """Until when (epoch ms) this pass leaves the system alone; None where it may be called."""
        if system not in self._asked:
            self._asked.add(system)
            self._ask(system)
        return self._closed.get(system)

    def _ask(self, system: SystemId) -> None:
        brake = self._ledger.controls().brakes.get(system)
        if brake is None:
            return
        now = millis(self._now())
        if brake.until > now:
            self._closed[system] = brake.until
        elif self._ledger.may_probe(system, brake, now + PROBE):
            self._probing.add(system)
        else:
            self._closed[system] = now + PROBE

    def failed(self, system: SystemId, fault: Fault) -> None:
        """Brake a system after a failure. Does nothing for failures that are not the system's."""
        brake = self._ledger.controls().brakes.get(system)
        hops = brake.hops if brake else 0
        match fault:
            case LeftAlone():
                return
            case RateLimited():
                rest = (
                    fault.retry_after.total_seconds()
                    if fault.retry_after
                    else backoff(hops, self._rng, first=FIRST_LIMIT)
                )
            case SystemDown() if fault.retry_after:
                rest = fault.retry_after.total_seconds()
            case SystemDown() | Unanswered():
                rest = backoff(hops, self._rng, first=FIRST_BRAKE)
            case CredentialsRefused():
                rest = LONGEST_HOP
            case _:
                return
        until = millis(self._now() + timedelta(seconds=rest))
        self._ledger.set_brake(system, until, masked(str(fault)))
        self._closed[system] = until
        self._probing.discard(system)

    def answered(self, system: SystemId) -> None:
        """The system answered: where this pass was its probe, everybody may call it again."""
        self.spoke.add(system)
        if system in self._probing:
            self._probing.discard(system)
            self._ledger.clear_brake(system)
            self._heard(system)

    def rest(self, until: int) -> timedelta:
        """How long it is until then (epoch ms)."""
        return timedelta(milliseconds=max(0, until - millis(self._now())))


class Braked:
    """A system whose failures set its brake."""

    def __init__(self, system: System, brakes: Brakes) -> None:
        self._system = system
        self._brakes = brakes
        self.id = system.id
        self.facts = system.facts

    def _ask(self, request: Callable[[], T]) -> T:
        if (until := self._brakes.until(self.id)) is not None:
            rest = self._brakes.rest(until)
            raise LeftAlone(f"{self.id} is left alone", system=self.id, retry_after=rest)
        try:
            answer = request()
        except Fault as fault:
            self._brakes.failed(self.id, fault)
            raise
        self._brakes.answered(self.id)
        return answer

    def read(self, kind: Kind, id: str) -> Reading | None:
        return self._ask(lambda: self._system.read(kind, id))

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        return self._ask(lambda: self._system.read_many(kind, ids))

    def candidates_many(self, kind: Kind, criteria: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        return self._ask(lambda: self._system.candidates_many(kind, criteria))

    def candidates(self, kind: Kind, criterion: str) -> Sequence[Reading]:
        return self._ask(lambda: self._system.candidates(kind, criterion))

    def find(self, kind: Kind, origin: RecordKey, *, since: datetime, hints: Wanted | None = None) -> str | None:
        return self._ask(lambda: self._system.find(kind, origin, since=since, hints=hints))

    def normalised(self, wanted: Wanted) -> Mapping[str, object]:
        return self._system.normalised(wanted)

    def held(self, kind: Kind, id: str, wanted: Wanted) -> Mapping[str, object] | None:
        return self._ask(lambda: self._system.held(kind, id, wanted))

    def write(self, wanted: Wanted) -> Written:
        return self._ask(lambda: self._system.write(wanted))

    def write_many(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        return self._ask(lambda: self._system.write_many(wanted))

    def merge(self, kind: Kind, loser: str, survivor: str) -> None:
        return self._ask(lambda: self._system.merge(kind, loser, survivor))

    def erase(self, kind: Kind, id: str) -> None:
        return self._ask(lambda: self._system.erase(kind, id))

    def move_subscribers(self, variant_id: str) -> int:
        """See `Moves`. Raises Unsupported where the system has no such thing."""
        system = self._system
        if not isinstance(system, Moves):
            raise Unsupported(f"{self.id} moves no subscribers")
        return self._ask(lambda: system.move_subscribers(variant_id))

    def sold_since(self, variants: Sequence[str], since: datetime) -> Mapping[str, int]:
        """See `Sells`. Raises Unsupported where the system has no such thing."""
        system = self._system
        if not isinstance(system, Sells):
            raise Unsupported(f"{self.id} does not say what was sold")
        return self._ask(lambda: system.sold_since(variants, since))

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        return self._ask(lambda: self._system.changed_since(kind, since))


class BrandDesk:
    """The systems of one brand, as a flow reads them and `apply` writes them."""

    def __init__(self, brand: BrandSlice, connect: Connect, ledger: Ledger, brakes: Brakes) -> None:
        self.brand: BrandId = brand.id
        self.systems = brand.systems
        self.rules = brand.rules
        self._connect = connect
        self._ledger = ledger
        self._brakes = brakes
        self._looked: set[RecordKey] = set()
        self._erased: set[RecordKey] = set()

    def role(self, role: Role) -> System:
        return self.at(self.systems[role])

    def at(self, system: SystemId) -> System:
        return Braked(self._connect(system), self._brakes)

    def canonical(self, keys: Iterable[RecordKey]) -> Mapping[RecordKey, RecordKey]:
        keys = tuple(keys)
        known = self._ledger.known(keys)
        self._looked.update(keys)
        self._erased |= known.erased
        return known.origins

    def erased(self, keys: Iterable[RecordKey]) -> frozenset[RecordKey]:
        asked = frozenset(key for key in keys if not key.is_described)
        if new := asked - self._looked:
            self.canonical(new)
        return asked & self._erased

    @property
    def spoke(self) -> Collection[SystemId]:
        """The systems that have answered this pass so far."""
        return self._brakes.spoke

    def root_of(self, at: RecordKey) -> RecordKey | None:
        seen = self._ledger.peek(at)
        return seen.root if seen else None

    def links(self, keys: Iterable[RecordKey]) -> Links:
        known = self._ledger.links(keys, self.systems.values())
        roles = {system: role for role, system in self.systems.items()}
        return {(key, roles[system]): id for (key, system), id in known.items()}
