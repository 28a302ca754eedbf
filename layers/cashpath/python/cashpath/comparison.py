"""The nightly comparison: sends a notice for each record that the sync flows look after and that changed since the last
one, and once a week for every one, so that each is compared.

Sweeps tell of what changed; this tells of what slipped past them: the passes put right what they may, and note the rest
as drift. In the week's walk that is all that changed since the brand's cutover. Of a kind whose changes may leave no
mark it is all, each night; of what changed before the cutover, where some pass has brought it over. Its notices travel
on the bulk queues, behind which live ones never wait. A run that is killed, runs out of time or meets a brake is
continued by the next one. Called by reconcile's function; which walks there are, and where each is, see walks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from cashpath.records.keys import RecordKey
from cashpath.settings.slices import BrandSlice, FlowSlice
from cashpath.systems.port import Changed
from cashpath.walks import NIGHT, Walk, Walks, walks

SHORT = 10  # bulk messages: while a flow has more of them before it, none is added
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
        self._walks = Walks(ledger, now)
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
        for walk in self._walks.turns(self._all()):
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

    def _all(self) -> Iterator[Walk]:
        """The walks of all flows that are at work: one that is paused is told of nobody until it resumes."""
        paused = self._ledger.controls().paused
        for flow, facts in FLOWS.items():
            for system in self._settings.systems.values():
                brands = [b for b in self._brands(flow) if system.id in b.systems.values()]
                if not brands or not facts.reads_all or flow in paused:
                    continue
                cutover = min(datetime.fromisoformat(brand.rules.cutover) for brand in brands)
                for kind in sorted(facts.wants.get(system.role, ())):
                    unmarked = kind in self._connect(system.id).facts.unmarked
                    yield from walks(flow, system.id, kind, cutover=cutover, unmarked=unmarked)

    def _brands(self, flow: str) -> list[BrandSlice]:
        """Those for which the flow is on."""
        modes = self._ledger.controls().modes
        return [b for b in self._settings.brands.values() if modes.get((flow, b.id), b.modes.get(flow, "off")) != "off"]

    def _pages(self, walk: Walk, until: datetime) -> Iterator[int]:
        """Send page after page; how many are in each. Raises Waits where the walk is to be continued later."""
        self._check_time(until)
        place = self._walks.place(walk)
        changes = self._changes(walk, datetime.fromtimestamp(place.at / 1000, UTC), place.begun)
        place = replace(place, gone=max(0, place.gone - MOST))  # a page is told twice: deletions may have moved it up
        for _ in islice(changes, place.gone):
            pass
        while page := list(islice(changes, MOST)):
            self._once_short(walk.flow, until)
            concerned = self._concerned(walk, page)
            self._send([self._notice(walk.flow, changed) for changed in concerned])
            place = place.past(page)
            self._walks.came_to(walk, place)
            yield len(concerned)
        self._walks.ended(walk, place)

    def _concerned(self, walk: Walk, page: Sequence[Changed]) -> Sequence[Changed]:
        """Those of a page that are not older than the cutover, or that some pass has looked at before."""
        cutover = millis(walk.cutover)
        older = [changed.key for changed in page if changed.version is not None and changed.version < cutover]
        known = self._ledger.knows(older)
        return [changed for changed in page if changed.key not in older or changed.key in known]

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
