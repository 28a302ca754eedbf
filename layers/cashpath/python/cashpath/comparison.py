"""The nightly comparison: sends a notice for every record that the sync flows look after, so that each is compared.

Sweeps tell of what changed; this tells of all that changed since the brand's cutover, for what slipped past them: the
passes put right what they may, and note the rest as drift. Of a kind whose changes may leave no mark it tells of what
changed before as well, where some pass has brought it over. Its notices travel on the bulk queues, behind which live
ones never wait. How far it came is kept in the ledger after each page, so that a run which is killed, runs out of time
or meets a brake is continued by the next one. Called by reconcile's function.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Protocol

from cashpath.brakes import Brakes, Connect, millis
from cashpath.bulk.message import MOST
from cashpath.faults import Fault, Waits
from cashpath.flows.manifest import FLOWS
from cashpath.ledger.ledger import Ledger
from cashpath.notice import Notice
from cashpath.noticed import notice_of
from cashpath.records.keys import Kind, RecordKey, SystemId
from cashpath.settings.slices import BrandSlice, FlowSlice
from cashpath.systems.port import Changed

NIGHT = 20 * 3_600_000  # ms: a walk begins no sooner than this after the last one: once a night
SHORT = 10  # bulk messages: while a flow has more of them before it, none is added
EVER = datetime(1970, 1, 1, tzinfo=UTC)
REST = 5.0  # seconds between two looks at a queue that is not short


class Queues(Protocol):
    """Where notices go, and how many bulk messages a flow has still before it."""

    def send(self, notices: Sequence[Notice], *, delay: int = 0) -> Sequence[Notice]: ...
    def backlog(self, flow: str) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Walked:
    """What one run did: how many notices it `sent`, by walk, and which walks are to be continued, and why."""

    sent: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Walk:
    """All records of a kind in a system, for one flow: those changed `since`, and of those changed before the earliest
    `cutover` of the brands concerned only what the ledger knows."""

    flow: str
    system: SystemId
    kind: Kind
    cutover: datetime
    since: datetime

    @property
    def name(self) -> str:
        """Under which name the ledger keeps how far it has come."""
        return f"all/{self.flow}/{self.system}/{self.kind}"


class Comparison:
    """One run. `sleep` waits some seconds."""

    def __init__(
        self,
        settings: FlowSlice,
        *,
        ledger: Ledger,
        queues: Queues,
        connect: Connect,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        rng: Random,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._queues = queues
        self._connect = connect
        self._now = now
        self._sleep = sleep
        self._rng = rng

    def run(self, until: datetime) -> Walked:
        """Go on with every walk that is not finished, and begin those that are due; end before `until`.

        A system that does not answer keeps no other from being walked. Raises at the end what no waiting will help.
        """
        sent: dict[str, int] = {}
        left: dict[str, str] = {}
        failures: list[Fault] = []
        for brand in self._settings.brands.values():
            sent[f"all/drifting/{brand.id}"] = self._drifting(brand)
        for walk in self._walks():
            try:
                for count in self._pages(walk, until):
                    sent[walk.name] = sent.get(walk.name, 0) + count
            except Waits as fault:
                left[walk.name] = str(fault)
            except Fault as fault:
                failures.append(fault)
        if failures:
            raise failures[0]
        return Walked(sent=sent, left=left)

    def _walks(self) -> Iterator[Walk]:
        for flow, facts in FLOWS.items():
            for system in self._settings.systems.values():
                brands = [b for b in self._brands(flow) if system.id in b.systems.values()]
                for kind in sorted(facts.wants.get(system.role, ())) if brands and facts.reads_all else ():
                    cutover = min(datetime.fromisoformat(brand.rules.cutover) for brand in brands)
                    since = EVER if kind in self._connect(system.id).facts.unmarked else cutover
                    yield Walk(flow=flow, system=system.id, kind=kind, cutover=cutover, since=since)

    def _brands(self, flow: str) -> list[BrandSlice]:
        """Those for which the flow is on."""
        modes = self._ledger.controls().modes
        return [b for b in self._settings.brands.values() if modes.get((flow, b.id), b.modes.get(flow, "off")) != "off"]

    def _pages(self, walk: Walk, until: datetime) -> Iterator[int]:
        """Send page after page; how many are in each. Raises Waits where the walk is to be continued later."""
        begun = self._begun(walk)
        if begun is None:
            return
        self._check_time(until)
        at, gone = self._cursor(walk, "at") or millis(walk.since), self._cursor(walk, "gone") or 0
        changes = self._changes(walk, datetime.fromtimestamp(at / 1000, UTC), begun)
        for _ in islice(changes, max(0, gone - MOST)):  # one page is sent twice: deletions may have moved the rest up
            pass
        while page := list(islice(changes, MOST)):
            self._once_short(walk.flow, until)
            concerned = self._concerned(walk, page)
            self._send([self._notice(walk.flow, changed) for changed in concerned])
            gone += len(page)
            version = page[-1].version
            self._note(walk, *(("at", version) if version is not None else ("gone", gone)))
            yield len(concerned)
        self._note(walk, "ended", millis(self._now()))

    def _concerned(self, walk: Walk, page: Sequence[Changed]) -> Sequence[Changed]:
        """Those of a page that are not older than the cutover, or that some pass has looked at before."""
        cutover = millis(walk.cutover)
        older = [changed.key for changed in page if changed.version is not None and changed.version < cutover]
        known = self._ledger.knows(older)
        return [changed for changed in page if changed.key not in older or changed.key in known]

    def _begun(self, walk: Walk) -> int | None:
        """When the walk began (epoch ms) that is not finished; a new one begins once it is due. None: nothing to do."""
        begun, ended, now = self._cursor(walk, "begun"), self._cursor(walk, "ended"), millis(self._now())
        if begun is not None and (ended is None or ended < begun):
            return begun
        if begun is not None and begun > now - NIGHT:
            return None
        self._note(walk, "at", millis(walk.since))
        self._note(walk, "gone", 0)
        self._note(walk, "begun", now)  # last: who dies before it has begun nothing
        return now

    def _cursor(self, walk: Walk, part: str) -> int | None:
        """How far a walk has come: `at` (epoch ms) where records have modification marks, else how many are `gone`
        through; and when it has `begun` and `ended`."""
        return self._ledger.cursor(f"{walk.name}/{part}")

    def _note(self, walk: Walk, part: str, value: int) -> None:
        self._ledger.set_cursor(f"{walk.name}/{part}", value)

    def _changes(self, walk: Walk, since: datetime, begun: int) -> Iterator[Changed]:
        """What the system lists, up to when the walk began: what changed later is told by its own notice. Each request
        heeds the system's brake, and sets it where it fails."""
        changes: Iterator[Changed] | None = None
        while True:
            brakes = Brakes(self._ledger, self._now, self._rng)
            if brakes.until(walk.system) is not None:
                raise Waits(f"{walk.system} is left alone", system=walk.system)
            try:
                changes = changes or self._connect(walk.system).changed_since(walk.kind, since)
                page = list(islice(changes, MOST))
            except Fault as fault:
                brakes.failed(walk.system, fault)
                raise
            brakes.answered(walk.system)
            yield from (changed for changed in page if (changed.version or 0) <= begun)
            if not page or (page[-1].version or 0) > begun:
                return

    def _once_short(self, flow: str, until: datetime) -> None:
        """Wait until the flow has worked off most of what it has before it."""
        self._check_time(until)
        while self._queues.backlog(flow) >= SHORT:
            self._sleep(REST)
            self._check_time(until)

    def _check_time(self, until: datetime) -> None:
        if self._now() >= until:
            raise Waits("its time is up")

    def _drifting(self, brand: BrandSlice) -> int:
        """What is known to drift is looked at anew, so that nothing is listed for long that has ceased to be."""
        name, now = f"all/drifting/{brand.id}/begun", millis(self._now())
        if (self._ledger.cursor(name) or 0) > now - NIGHT:
            return 0
        flows = {flow for flow, facts in FLOWS.items() if facts.reads_all and brand in self._brands(flow)}
        sent, roots = 0, self._ledger.drifting(brand.id)
        while page := list(islice(roots, MOST)):
            notices = [self._notice(flow, Changed(key=root)) for root in page for flow in self._of(root, flows)]
            self._send(notices)
            sent += len(notices)
        self._ledger.set_cursor(name, now)
        return sent

    def _of(self, root: RecordKey, flows: set[str]) -> list[str]:
        system = self._settings.systems.get(root.system)
        return [flow for flow in sorted(flows) if system and root.kind in FLOWS[flow].wants.get(system.role, ())]

    def _notice(self, flow: str, changed: Changed) -> Notice:
        at = millis(self._now())
        return notice_of(flow, changed.key, received=at, version=changed.version, trigger="backfill")

    def _send(self, notices: list[Notice]) -> None:
        if left := self._queues.send(notices):
            raise RuntimeError(f"{len(left)} notices were not taken by their queue; the next run sends them again")
