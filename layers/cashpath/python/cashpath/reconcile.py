"""reconcile: asks each system what changed since it last asked, and sends notices for it.

A notice that nobody sent, no more: the flows find out whether anything is to be done. It serves systems without
webhooks each minute and makes up for lost webhooks of all others each hour, targets included, so that an edit by hand
is noticed. It also turns overdue claims into notices.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Self

from cashpath.brakes import Connect, millis
from cashpath.faults import Fault
from cashpath.flows.manifest import FLOWS
from cashpath.ledger.ledger import Ledger
from cashpath.notice import Notice
from cashpath.noticed import notice_of
from cashpath.records.keys import BrandId, Kind, RecordKey, Role, SystemId
from cashpath.runner import Queues
from cashpath.settings.slices import FlowSlice
from cashpath.systems.port import Changed

OVERLAP = timedelta(minutes=2)  # a search index lags by seconds, clocks differ by less; asking twice does no harm
PAGE = 100
# ms: a mark this old when it was told stands for all that had changed within its second, clocks' differences included.
SETTLED = 5_000
REMEMBERED = 900_000  # ms for which a warm function remembers what it told


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one sweep is to do. A schedule names `systems`; who resumes a flow or takes it live names the `flow`, the
    `brand`, and `since` when it missed changes. Nothing named: all."""

    systems: Sequence[str] = ()
    flow: str = ""
    brand: str = ""
    since: datetime | None = None

    @classmethod
    def of(cls, event: Mapping[str, Any], settings: FlowSlice) -> Self:
        """Read from the event of the function. `cutover` asks for all since the brand's cutover date."""
        since, brand = event.get("since"), str(event.get("brand", ""))
        systems = tuple(event.get("systems") or settings.systems)
        if brand:
            owner = settings.brands[BrandId(brand)]
            systems = tuple(owner.systems.values())
            since = owner.rules.cutover if event.get("cutover") else since
        moment = datetime.fromisoformat(since) if since else None
        return cls(systems=systems, flow=str(event.get("flow", "")), brand=brand, since=moment)


class Reconcile:
    """One sweep."""

    def __init__(
        self, settings: FlowSlice, *, ledger: Ledger, queues: Queues, connect: Connect, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._queues = queues
        self._connect = connect
        self._now = now
        self._told: dict[tuple[RecordKey, int], int] = {}

    def sweep(self, asked: Asked) -> Mapping[str, int]:
        """Send notices for what changed since the last sweep, or since `asked.since`; how many for each.

        One system that fails does not keep the others from being asked; the first failure is raised at the end.
        """
        sent: dict[str, int] = {}
        failures: list[Fault] = []
        for name in asked.systems:
            system = self._settings.systems[SystemId(name)]
            for kind in sorted(self._kinds(system.role, asked.flow)):
                try:
                    sent[f"{name}/{kind}"] = self._one(system.id, kind, asked)
                except Fault as fault:
                    failures.append(fault)
        sent["overdue claims"] = self._overdue()
        if failures:
            raise failures[0]
        return sent

    def _kinds(self, role: Role, flow: str) -> set[Kind]:
        return {kind for name, facts in FLOWS.items() if flow in ("", name) for kind in facts.wants.get(role, ())}

    def _one(self, system: SystemId, kind: Kind, asked: Asked) -> int:
        """Only a sweep for all flows moves the cursor: one for a single flow has told the others nothing."""
        cursor = "" if asked.flow else f"{system}/{kind}"
        began, sent = self._now(), 0
        for page in _pages(self._connect(system).changed_since(kind, asked.since or self._last(f"{system}/{kind}"))):
            flows = [asked.flow] if asked.flow else self._flows(system, kind)
            untold = page if asked.flow or asked.since else self._untold(page)
            self._send([self._notice(flow, changed) for changed in untold for flow in flows])
            self._remember(page)
            sent += len(untold)
            if cursor and page[-1].version is not None:
                self._ledger.set_cursor(cursor, page[-1].version)
        if cursor:
            self._ledger.set_cursor(cursor, millis(began))
        return sent

    def _untold(self, page: Sequence[Changed]) -> list[Changed]:
        """Those of a page that this warm function has not told of before: what overlaps with the last sweep is told
        once. A record without a mark, or whose mark was too fresh then, may have changed again within it."""
        return [c for c in page if c.version is None or self._told.get((c.key, c.version), 0) < c.version + SETTLED]

    def _remember(self, page: Sequence[Changed]) -> None:
        now = millis(self._now())
        self._told = {told: at for told, at in self._told.items() if at > now - REMEMBERED}
        self._told |= {(c.key, c.version): now for c in page if c.version is not None}

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
        at = millis(self._now())
        return notice_of(flow, changed.key, received=at, version=changed.version, trigger="sweep")

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
