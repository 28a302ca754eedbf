"""The walks of the nightly comparison: which there are, whose turn it is, and how far each has come.

Each night one through what changed since the last, each week one through all. The ledger keeps where they are, so that
a walk which was broken off goes on. Used by comparison.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, Self

from cashpath.brakes import millis
from cashpath.ledger.ledger import Ledger
from cashpath.records.keys import Kind, SystemId
from cashpath.systems.port import Changed

HOUR = 3_600_000  # ms
NIGHT = 20 * HOUR  # a walk begins no sooner than this after the last one: once a night, at whatever time of it
# Once a week: a change that no webhook told of and that no list shows is rare, and who reads all of a large shop
# needs more than one night.
WEEK = 6 * 24 * HOUR + NIGHT
OVERLAP = HOUR  # what a search lists late: it lags by seconds, on a bad day by minutes; asking twice does no harm
EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A way through the records of a kind in a system, for one flow, each time that `every` (ms) has passed: through
    `all` that changed since `since`, or through what `changed` since the last one began. Of what changed before the
    earliest `cutover` of the brands concerned, only what the ledger knows is told of."""

    through: Literal["all", "changed"]
    flow: str
    system: SystemId
    kind: Kind
    every: int
    cutover: datetime
    since: datetime

    @property
    def name(self) -> str:
        """Under which name the ledger keeps how far it has come."""
        return f"{self.through}/{self.flow}/{self.system}/{self.kind}"


def walks(flow: str, system: SystemId, kind: Kind, *, cutover: datetime, unmarked: bool) -> Sequence[Walk]:
    """The walks through a kind. Where a change may leave no mark, only who reads all finds it: each night."""
    if unmarked:
        return [Walk(through="all", flow=flow, system=system, kind=kind, every=NIGHT, cutover=cutover, since=EVER)]
    weekly = Walk(through="all", flow=flow, system=system, kind=kind, every=WEEK, cutover=cutover, since=cutover)
    return [weekly, replace(weekly, through="changed", every=NIGHT)]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a walk is that has `begun`: it has told of what its system lists before `at` (all epoch ms) and, of the
    list from there on, of so many that are `gone` through."""

    begun: int
    at: int
    gone: int = 0

    def past(self, page: Sequence[Changed]) -> Self:
        """Where it is once it has told of these too."""
        version = page[-1].version
        return replace(self, gone=self.gone + len(page)) if version is None else replace(self, at=version, gone=0)


class Walks:
    """Where each walk is, in the ledger: when it had its last `turn`, when it has `begun` and `ended`, `at` and
    `gone`."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._now = now

    def turns(self, walks: Iterable[Walk]) -> Sequence[Walk]:
        """Those that are not finished or due; first the one whose last turn was longest ago, so that each comes to its
        end however many nights they need together."""
        return sorted(filter(self._is_to_be_made, walks), key=lambda walk: self._kept(walk, "turn") or 0)

    def place(self, walk: Walk) -> Place:
        """Where it goes on, or begins. This is its turn."""
        now, begun = millis(self._now()), self._kept(walk, "begun")
        self._keep(walk, "turn", now)
        if begun is not None and self._is_under_way(walk, begun):
            at = self._kept(walk, "at") or millis(walk.since)
            return Place(begun=begun, at=at, gone=self._kept(walk, "gone") or 0)
        since = millis(walk.since) if walk.through == "all" or begun is None else begun - OVERLAP
        place = Place(begun=now, at=since)
        self.came_to(walk, place)
        self._keep(walk, "begun", now)  # last: who dies before it has begun nothing
        return place

    def came_to(self, walk: Walk, place: Place) -> None:
        """It has come so far."""
        self._keep(walk, "gone", place.gone)  # first: who dies in between has a page told twice, and skips nobody
        self._keep(walk, "at", place.at)

    def ended(self, walk: Walk, place: Place) -> None:
        """It is finished."""
        now = millis(self._now())
        if walk.through == "all":
            self._count_as_changed(replace(walk, through="changed"), place.begun, now)
        self._keep(walk, "ended", now)

    def _count_as_changed(self, walk: Walk, begun: int, ended: int) -> None:
        """Who has gone through all has gone through what changed before."""
        if begun > (self._kept(walk, "begun") or 0):
            self._keep(walk, "ended", ended)
            self._keep(walk, "begun", begun)

    def _is_to_be_made(self, walk: Walk) -> bool:
        begun = self._kept(walk, "begun")
        if begun is None:
            return walk.through == "all"  # what changed is asked for from the first walk through all on
        return begun + walk.every <= millis(self._now()) or self._is_under_way(walk, begun)

    def _is_under_way(self, walk: Walk, begun: int) -> bool:
        ended = self._kept(walk, "ended")
        return ended is None or ended < begun

    def _kept(self, walk: Walk, part: str) -> int | None:
        return self._ledger.cursor(f"{walk.name}/{part}")

    def _keep(self, walk: Walk, part: str, value: int) -> None:
        self._ledger.set_cursor(f"{walk.name}/{part}", value)
