"""A system as the passes of a bulk message see it: reads, matches, lookups and writes are asked for together, the
rest singly.

Connectors are not made for several threads: what is asked singly is asked one after the other.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from cashpath.brakes import Connect
from cashpath.bulk.meeting import Call, Meeting
from cashpath.bulk.together import Lost
from cashpath.faults import Unsupported
from cashpath.records.keys import Kind, RecordKey, SystemId
from cashpath.systems.port import Changed, Moves, Reading, System, Wanted, Written


class Gathering:
    """A system between the passes and its connector. Raises what the connector raises."""

    def __init__(self, system: System, meeting: Meeting) -> None:
        self.id = system.id
        self.facts = system.facts
        self._system = system
        self._meeting = meeting
        self._one_at_a_time = threading.Lock()

    def read(self, kind: Kind, id: str) -> Reading | None:
        return self.read_many(kind, [id]).get(id)

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        if not ids:
            return {}
        answers = _good(self._meeting.ask(Call(system=self._system, method="read", kind=kind, asked=ids)))
        return {id: reading for id, reading in zip(ids, answers, strict=True) if reading is not None}

    def candidates(self, kind: Kind, criterion: str) -> Sequence[Reading]:
        return self.candidates_many(kind, [criterion])[criterion]

    def candidates_many(self, kind: Kind, criteria: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        if not criteria:
            return {}
        answers = _good(self._meeting.ask(Call(system=self._system, method="candidates", kind=kind, asked=criteria)))
        return {criterion: readings or () for criterion, readings in zip(criteria, answers, strict=True)}

    def write(self, wanted: Wanted) -> Written:
        (written,) = _good(self.write_many([wanted]))
        assert isinstance(written, Written)
        return written

    def write_many(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        kinds = dict.fromkeys(each.record.key.kind for each in wanted)
        results: dict[int, Written | Exception] = {}
        for kind in kinds:
            places = [i for i, each in enumerate(wanted) if each.record.key.kind == kind]
            asked = [wanted[i] for i in places]
            answers = self._meeting.ask(Call(system=self._system, method="write", kind=kind, asked=asked))
            results |= dict(zip(places, answers, strict=True))
        return [results[i] for i in range(len(wanted))]

    def find(self, kind: Kind, origin: RecordKey, *, since: datetime, hints: Wanted | None = None) -> str | None:
        lost = Lost(origin=origin, since=since, hints=hints)
        (id,) = _good(self._meeting.ask(Call(system=self._system, method="find", kind=kind, asked=[lost])))
        return None if id is None else str(id)

    def normalised(self, wanted: Wanted) -> Mapping[str, object]:
        with self._one_at_a_time:
            return self._system.normalised(wanted)

    def held(self, kind: Kind, id: str, wanted: Wanted) -> Mapping[str, object] | None:
        with self._one_at_a_time:
            return self._system.held(kind, id, wanted)

    def merge(self, kind: Kind, loser: str, survivor: str) -> None:
        with self._one_at_a_time:
            self._system.merge(kind, loser, survivor)

    def erase(self, kind: Kind, id: str) -> None:
        with self._one_at_a_time:
            self._system.erase(kind, id)

    def move_subscribers(self, variant_id: str) -> int:
        if not isinstance(self._system, Moves):
            raise Unsupported(f"{self.id} moves no subscribers")
        with self._one_at_a_time:
            return self._system.move_subscribers(variant_id)

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        with self._one_at_a_time:
            yield from self._system.changed_since(kind, since)


def _good(answers: Sequence[Any]) -> Sequence[Any]:
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


class Gathered:
    """The systems of one message: one proxy for each, made on first use by whichever pass comes first."""

    def __init__(self, connect: Connect, meeting: Meeting) -> None:
        self._connect = connect
        self._meeting = meeting
        self._known: dict[SystemId, Gathering] = {}
        self._one_at_a_time = threading.Lock()

    def connect(self, system: SystemId) -> System:
        """The system, for any of the passes."""
        with self._one_at_a_time:
            if system not in self._known:
                self._known[system] = Gathering(self._connect(system), self._meeting)
            return self._known[system]
