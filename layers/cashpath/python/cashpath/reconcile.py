"""reconcile: asks each system what changed since it last asked, and sends notices for it.

A notice that nobody sent, no more: the flows find out whether anything is to be done. It serves systems without
webhooks each minute and makes up for lost webhooks of all others each hour, targets included, so that an edit by hand
is noticed. It also turns overdue claims into notices.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice

from cashpath.brakes import Connect, millis
from cashpath.faults import Fault
from cashpath.flows.manifest import FLOWS
from cashpath.ledger.ledger import Ledger
from cashpath.notice import Notice
from cashpath.records.keys import Kind, RecordKey, SystemId
from cashpath.runner import Queues
from cashpath.settings.slices import FlowSlice
from cashpath.systems.port import Changed

OVERLAP = timedelta(minutes=2)  # a search index lags by seconds, clocks differ by less; asking twice does no harm
PAGE = 100


class Reconcile:
    """One sweep. `systems` it asks are named by the schedule that starts it."""

    def __init__(
        self, settings: FlowSlice, *, ledger: Ledger, queues: Queues, connect: Connect, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._queues = queues
        self._connect = connect
        self._now = now

    def sweep(self, systems: Iterable[str], since: datetime | None = None) -> Mapping[str, int]:
        """Send notices for what changed in `systems`, since the last sweep or since `since`; how many for each.

        One system that fails does not keep the others from being asked; the first failure is raised at the end.
        """
        sent: dict[str, int] = {}
        failures: list[Fault] = []
        for name in systems:
            system = self._settings.systems[SystemId(name)]
            for kind in sorted(self._kinds(system.role)):
                try:
                    sent[f"{name}/{kind}"] = self._one(system.id, kind, since)
                except Fault as fault:
                    failures.append(fault)
        sent["overdue claims"] = self._overdue()
        if failures:
            raise failures[0]
        return sent

    def _kinds(self, role: str) -> set[Kind]:
        return {kind for facts in FLOWS.values() for of, kinds in facts.wants.items() if of == role for kind in kinds}

    def _one(self, system: SystemId, kind: Kind, since: datetime | None) -> int:
        cursor = f"{system}/{kind}"
        began = self._now()
        start = since or self._last(cursor)
        sent = 0
        for page in _pages(self._connect(system).changed_since(kind, start)):
            self._send([self._notice(flow, changed) for changed in page for flow in self._flows(system, kind)])
            sent += len(page)
            if page[-1].version is not None:
                self._ledger.set_cursor(cursor, page[-1].version)
        self._ledger.set_cursor(cursor, millis(began))
        return sent

    def _last(self, cursor: str) -> datetime:
        known = self._ledger.cursor(cursor)
        if known is None:
            first = min(brand.rules.cutover for brand in self._settings.brands.values())
            return max(datetime.fromisoformat(first), self._now() - timedelta(days=1))
        return datetime.fromtimestamp(known / 1000, UTC) - OVERLAP

    def _flows(self, system: SystemId, kind: Kind) -> list[str]:
        role = self._settings.systems[system].role
        return [flow for flow, facts in FLOWS.items() if kind in facts.wants.get(role, ())]

    def _notice(self, flow: str, changed: Changed) -> Notice:
        key = changed.key
        return Notice(
            flow=flow,
            system=key.system,
            kind=key.kind,
            id=key.id,
            received=millis(self._now()),
            version=changed.version,
            trigger="sweep",
        )

    def _overdue(self) -> int:
        """A claim that nobody settled is due work of its root."""
        roots: list[RecordKey] = list(self._ledger.due_claims(millis(self._now())))
        self._send(
            [self._notice(flow, Changed(key=root)) for root in roots for flow in self._flows(root.system, root.kind)]
        )
        return len(roots)

    def _send(self, notices: list[Notice]) -> None:
        if left := self._queues.send(notices):
            raise RuntimeError(f"{len(left)} notices were not taken by their queue; the next sweep sends them again")


def _pages(changes: Iterator[Changed]) -> Iterator[list[Changed]]:
    while page := list(islice(changes, PAGE)):
        yield page
