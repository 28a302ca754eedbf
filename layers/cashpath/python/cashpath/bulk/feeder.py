"""Feeds a flow's bulk queue with all records of a kind that a system has, oldest change first. The operator runs it.

How far it came is kept in the ledger after each message: a feeder that is killed goes on where it was, and sends one
page twice at most, which does no harm. It sends only while the queue is short, so that a backlog is never far ahead of
what the vendors bear.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Protocol

from cashpath.brakes import millis
from cashpath.bulk.message import MOST
from cashpath.bulk.progress import Progress
from cashpath.faults import Waits
from cashpath.ledger.ledger import Ledger
from cashpath.noticed import notice_of
from cashpath.records.keys import BrandId, Kind
from cashpath.runner import Queues
from cashpath.systems.port import Changed, Lists, System

SHORT = 10  # messages: while more are waiting, resting or at work, none is added
LONGEST_REST = 30.0  # seconds between two looks at the queue, or two tries of a system that does not answer
PATIENCE = 10  # tries in a row that a system may leave unanswered


class Told(Protocol):
    """Hears of what a feeder does: `sent` notices so far; `why` it rests, '' where it does not."""

    def __call__(self, sent: int, why: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """All records of `kind` that `system` has and that changed at or after `since`, for `flow`. Asked for by a
    `brand`: of a system that brands share all records are told of, but another brand's flow may have been off."""

    flow: str
    brand: BrandId
    system: System
    kind: Kind
    since: datetime

    @property
    def cursor(self) -> str:
        """Under which name the ledger keeps how far it was fed: with another `since` it is another backlog."""
        return f"backfill/{self.flow}/{self.brand}/{self.system.id}/{self.kind}/{millis(self.since)}"


class Feeder:
    """Sends backlogs. `waiting` says how many messages are in the bulk queue now."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        queues: Queues,
        waiting: Callable[[], int],
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        told: Told,
    ) -> None:
        self._ledger = ledger
        self._queues = queues
        self._waiting = waiting
        self._now = now
        self._sleep = sleep
        self._told = told

    def progress(self, backlog: Backlog) -> Progress:
        """How far the last feeder came."""
        return Progress(self._ledger, backlog.cursor, backlog.since)

    def feed(self, backlog: Backlog, *, anew: bool = False) -> int:
        """Send a notice for each record, in messages of a hundred; how many. None where all was sent before, unless
        it is to be sent `anew`.

        Raises the system's own failure once it has not answered for some minutes, RuntimeError where the queue does
        not take a message.
        """
        progress = self.progress(backlog)
        if anew:
            progress.begin_anew()
        elif progress.ended:
            return 0
        begin, sent, tries = progress.at, 0, 0
        while True:
            try:
                for page in self._pages(backlog, begin or backlog.since):
                    self._once_short(sent)
                    self._send(backlog, page)
                    sent, tries = sent + len(page), 0
                    if (version := page[-1].version) is not None:
                        begin = datetime.fromtimestamp(version / 1000, UTC)
                        progress.came_to(version)
                    self._told(sent, "")
                progress.end(self._now())
                return sent
            except Waits as fault:
                tries += 1
                if tries == PATIENCE:
                    raise
                asked = fault.retry_after.total_seconds() if fault.retry_after else 0.0
                self._told(sent, str(fault))
                self._sleep(max(asked, min(LONGEST_REST, 2.0**tries)))

    def drained(self, sent: int) -> None:
        """Wait until the queue is empty."""
        self._until(0, sent, "waiting for the flow to finish")

    def _pages(self, backlog: Backlog, begin: datetime) -> Iterator[list[Changed]]:
        system = backlog.system
        listed = system.listed_since if isinstance(system, Lists) else system.changed_since
        rest = listed(backlog.kind, begin)
        while page := list(islice(rest, MOST)):
            yield page

    def _once_short(self, sent: int) -> None:
        self._until(SHORT, sent, "the queue is full enough")

    def _until(self, most: int, sent: int, why: str) -> None:
        rest = 1.0
        while (left := self._waiting()) > most:
            self._told(sent, f"{why}: {left} messages")
            self._sleep(rest)
            rest = min(LONGEST_REST, rest * 2)

    def _send(self, backlog: Backlog, page: list[Changed]) -> None:
        now = millis(self._now())
        notices = [
            notice_of(backlog.flow, changed.key, received=now, version=changed.version, trigger="backfill")
            for changed in page
        ]
        if self._queues.send(notices):
            raise RuntimeError(f"the bulk queue of {backlog.flow} did not take a message; run the same command again")
