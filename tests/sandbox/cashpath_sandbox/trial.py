"""One connector and one kind on trial: makes sample records, writes them with their references, compares what is held.

The conformance suite's tests are sentences about a `Trial`; what a vendor needs to be tried is in its `Subject`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from cashpath.records import Kind, Record, RecordKey
from cashpath.systems.port import KindFacts, Reading, System, Wanted
from cashpath_sandbox.killable import KillableTransport
from cashpath_sandbox.subject import Subject

LEASE = timedelta(minutes=20)  # longer than any claim: when it has passed, a pass that was killed is taken over
_numbers = count(1)  # shared by all trials of a process: they may share a server


@dataclass
class Trial:
    """A connector and the kind of record that is tried. `refs` are the ids of the records written so far."""

    kind: Kind
    subject: Subject
    refs: dict[RecordKey, str] = field(default_factory=dict)

    @property
    def system(self) -> System:
        """The connector."""
        return self.subject.system

    @property
    def transport(self) -> KillableTransport:
        """What stands between the connector and its vendor."""
        return self.subject.transport

    @property
    def facts(self) -> KindFacts:
        """What the connector says it can do with this kind."""
        return self.system.facts.kinds[self.kind]

    def sample(self) -> Record:
        """A record that was never used before; what it references has been written."""
        *before, record = self.subject.samples[self.kind](next(_numbers))
        for reference in before:
            if reference.key not in self.refs:
                self.put(reference)
        return record

    def wanted(self, record: Record, id: str | None = None) -> Wanted:
        """What `apply` would hand to the connector."""
        fields = self.system.facts.kinds[record.key.kind].fields
        return Wanted(record=record, fields=fields, id=id, brand=self.subject.brand, refs=dict(self.refs))

    def put(self, record: Record, id: str | None = None) -> str:
        """Write the record; the id it has."""
        written = self.system.write(self.wanted(record, id))
        self.refs[record.key] = written.id
        return written.id

    def edited(self, record: Record) -> Record:
        """The record as its owner changed it."""
        return self.subject.edited[self.kind](record)

    def agrees(self, record: Record, id: str) -> bool:
        """Whether the vendor holds exactly what the connector said it would hold. Shows both where it does not."""
        wanted = self.wanted(record, id)
        held, normalised = self.system.held(self.kind, id, wanted), self.system.normalised(wanted)
        assert held == normalised, f"{self.kind} {id} is not as the connector said it would be"
        return True

    def find(self, record: Record, since: datetime) -> str | None:
        """What the pass that takes over an expired claim would find."""
        return self.system.find(self.kind, record.key, since=since)

    def reading(self, id: str) -> Reading:
        """What the vendor says of a record that is there."""
        reading = self.system.read(self.kind, id)
        assert reading is not None, f"{self.kind} {id} is there and cannot be read"
        return reading

    def there(self) -> tuple[Record, str]:
        """A record that is in the vendor, and its id: written by us, or made by hand where we only read."""
        if self.facts.fields:
            record = self.sample()
            return record, self.put(record)
        assert self.subject.make_by_hand is not None, f"nobody makes a {self.kind}: the subject lacks make_by_hand"
        n = next(_numbers)
        return self.subject.samples[self.kind](n)[-1], self.subject.make_by_hand(self.kind, n)

    def added(self, act: Callable[[], object]) -> Mapping[str, int]:
        """How many objects of each of its own types the vendor holds more (or fewer) once `act` is done."""
        before = dict(self.subject.stock())
        act()
        after = dict(self.subject.stock())
        changes = {name: after.get(name, 0) - before.get(name, 0) for name in {*before, *after}}
        return {name: change for name, change in changes.items() if change}

    def requests(self, act: Callable[[], object]) -> int:
        """How many requests `act` makes when nothing goes wrong."""
        self.transport.reset()
        act()
        return len(self.transport.sent)


@dataclass(frozen=True)
class Trials:
    """All trials of one rule for one vendor: a fresh subject for each kind that is not exempt from it."""

    vendor: str
    make: Callable[[], Subject]
    exempt: frozenset[str] = frozenset()

    def written(self) -> Iterator[Trial]:
        """One for each kind that the connector writes."""
        return (trial for trial in self._all() if trial.facts.fields)

    def read(self) -> Iterator[Trial]:
        """One for each kind that the connector reads."""
        return (trial for trial in self._all() if trial.facts.reads)

    def matched(self) -> Iterator[Trial]:
        """One for each kind that can be looked for."""
        return (trial for trial in self._all() if trial.facts.matches)

    def any(self) -> Trial:
        """One, of whichever kind the connector reads first."""
        return next(iter(self.read()))

    def _all(self) -> Iterator[Trial]:
        for kind in sorted(self.make().system.facts.kinds):
            if kind not in self.exempt:
                yield Trial(kind, self.make())
