"""Performs what the passes of a bulk message ask for, through the systems' batch methods: a hundred at a time.

What fails because of the system (a rate limit, a write without an answer) fails everybody who asked. What fails
because of one record fails that one: its batch is then read one by one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from cashpath.brakes import millis
from cashpath.bulk.meeting import Call, Method
from cashpath.bulk.message import MOST
from cashpath.faults import CredentialsRefused, NotYet, RateLimited, SystemDown, Unanswered
from cashpath.records.keys import Kind, RecordKey, SystemId
from cashpath.systems.port import Finds, System, Wanted

OF_THE_SYSTEM = (RateLimited, SystemDown, CredentialsRefused, Unanswered)
FIRST_GUESS = 0.2  # seconds for one record, until a system has been seen at work
ENOUGH = 10  # records from which a time says something of what a hundred would take

What = tuple[SystemId, Method, Kind]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Lost:
    """A create whose outcome nobody knows, as `System.find` is asked for it."""

    origin: RecordKey
    since: datetime
    hints: Wanted | None


@dataclass
class Pace:
    """How long (seconds) a system takes for one record, by what is asked. Kept for the life of the warm function: a
    vendor without a batch endpoint is then never begun with more than fits into the time that is left."""

    seconds: dict[What, float] = field(default_factory=dict)

    def fits(self, what: What, left: float) -> int:
        """How many records may be begun with `left` seconds to go."""
        if left <= 0:
            return 0
        return min(MOST, int(left / max(self.seconds.get(what, FIRST_GUESS), 0.001)))

    def took(self, what: What, many: int, seconds: float) -> None:
        """Remember how long so many took."""
        if many >= ENOUGH:
            self.seconds[what] = seconds / many


@dataclass(frozen=True, kw_only=True)
class Together:
    """Performs calls until `until` (epoch ms); what is asked later waits for the next pass. `warn` is told of each
    batch that failed and is read one by one: its cause may be in no single record, and be told by nobody else."""

    now: Callable[[], datetime]
    until: int
    pace: Pace
    warn: Callable[[str], object]

    def perform(self, calls: Sequence[Call]) -> None:
        """Answer calls of one turn: of one system, method and kind."""
        system, method, kind = calls[0].system, calls[0].method, calls[0].kind
        if method in ("find", "write"):
            asked = [one for call in calls for one in call.asked]
            results = iter(self._all(system, method, kind, asked))
            for call in calls:
                call.answers = [next(results) for _ in call.asked]
            return
        keys = list(dict.fromkeys(key for call in calls for key in call.asked))
        known = dict(zip(keys, self._all(system, method, kind, keys), strict=True))
        for call in calls:
            call.answers = [known[key] for key in call.asked]

    def _all(self, system: System, method: Method, kind: Kind, asked: Sequence[Any]) -> Iterator[Any]:
        """An answer for each, in as few requests as the vendor and the time allow."""
        what, rest = (system.id, method, kind), list(asked)
        while rest:
            began = millis(self.now())
            many = self.pace.fits(what, (self.until - began) / 1000)
            some, rest = rest[:many], rest[many:]
            if not some:
                yield from (NotYet("the message ran out of time; the rest is for the next one") for _ in rest)
                return
            answers = self._asked(system, method, kind, some)
            self.pace.took(what, len(some), (millis(self.now()) - began) / 1000)
            yield from answers
            if (last := answers[-1]) and isinstance(last, OF_THE_SYSTEM):
                yield from (last for _ in rest)
                return

    def _asked(self, system: System, method: Method, kind: Kind, some: Sequence[Any]) -> Sequence[Any]:
        match method:
            case "read":
                return self._each(
                    system, some, lambda ids: system.read_many(kind, ids), lambda id: system.read(kind, id)
                )
            case "candidates":
                return self._each(
                    system,
                    some,
                    lambda criteria: system.candidates_many(kind, criteria),
                    lambda criterion: system.candidates(kind, criterion),
                )
            case "find":
                return self._found(system, kind, some)
        return _written(system, some)

    def _found(self, system: System, kind: Kind, some: Sequence[Lost]) -> Sequence[Any]:
        told = {lost.origin: lost for lost in some}
        origins = [lost.origin for lost in some]

        def one(origin: RecordKey) -> str | None:
            return system.find(kind, origin, since=told[origin].since, hints=told[origin].hints)

        if not isinstance(system, Finds):
            return _one_by_one(origins, one)
        return self._each(system, origins, lambda asked: system.find_many(kind, asked), one)

    def _each(
        self,
        system: System,
        keys: Sequence[T],
        many: Callable[[Sequence[T]], Mapping[T, Any]],
        one: Callable[[T], Any],
    ) -> Sequence[Any]:
        try:
            found = many(keys)
        except OF_THE_SYSTEM as fault:
            return [fault for _ in keys]
        except Exception as failure:  # about one of them: read by itself, it tells its own pass
            self.warn(
                f"a batch of {len(keys)} in {system.id} failed ({type(failure).__name__}); each is read by itself"
            )
            return _one_by_one(keys, one)
        return [found.get(key) for key in keys]


def _one_by_one(keys: Sequence[T], one: Callable[[T], Any]) -> Sequence[Any]:
    answers: list[Any] = []
    for key in keys:
        if answers and isinstance(answers[-1], OF_THE_SYSTEM):
            answers.append(answers[-1])
            continue
        try:
            answers.append(one(key))
        except Exception as failure:  # raised in the pass that asked
            answers.append(failure)
    return answers


def _written(system: System, some: Sequence[Any]) -> Sequence[Any]:
    """What a failure of the whole batch has left behind is unknown, so nothing is written a second time here."""
    try:
        return list(system.write_many(some))
    except Exception as failure:  # raised in each pass that asked
        return [failure for _ in some]
