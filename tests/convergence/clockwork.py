"""Many workers on one virtual clock, one running at a time: who goes on, and when, is decided by events alone.

Lowest layer of the convergence test. A worker is a greenlet; `pause` gives way until the clock has come so far. Nothing
here is random, so a history repeats exactly.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from greenlet import getcurrent, greenlet

from cashpath_sandbox.killable import Killed

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Worker:
    """One function invocation. It lives at most until `deadline` (ms of the clock), as a Lambda does; `ended` is called
    with it when it is over, `dead` where it was killed."""

    def __init__(
        self, clock: "Clock", run: Callable[[], object], deadline: int, ended: Callable[["Worker"], None]
    ) -> None:
        self.deadline = deadline
        self.dead = False
        self.failure: Exception | None = None
        self._clock = clock
        self._run = run
        self._ended = ended
        self._fiber = greenlet(self._live)

    def resume(self) -> None:
        """Let it run until its next pause, or to its end."""
        assert self._clock.current is None, "one worker runs at a time"
        self._clock.current = self
        self._fiber.parent = getcurrent()
        self._fiber.switch()
        self._clock.current = None

    def _live(self) -> None:
        try:
            self._run()
        except Killed:
            self.dead = True
        except Exception as error:  # kept, and told by the history as a failure of its own
            self.failure = error
        self._ended(self)

    def pause(self, ms: int) -> None:
        """Let `ms` pass. Raises Killed where the worker's time is over by then."""
        wake = self._clock.ms + ms
        self._clock.at(min(wake, self.deadline), self.resume)
        assert self._fiber.parent is not None
        self._fiber.parent.switch()
        if self._clock.ms >= self.deadline:
            raise Killed("the function's time is over")


@dataclass
class Clock:
    """Virtual time and what is to happen in it."""

    ms: int = int(START.timestamp() * 1000)
    current: Worker | None = None
    _events: list[tuple[int, int, Callable[[], object]]] = field(default_factory=list)
    _count: int = 0

    def now(self) -> datetime:
        """The time, as code under test asks for it."""
        return datetime.fromtimestamp(self.ms // 1000, UTC) + timedelta(milliseconds=self.ms % 1000)

    def at(self, ms: int, do: Callable[[], object]) -> None:
        """Have something happen at a moment; at the same moment, in the order in which it was asked for."""
        self._count += 1
        heapq.heappush(self._events, (max(ms, self.ms), self._count, do))

    def after(self, ms: int, do: Callable[[], object]) -> None:
        """Have something happen `ms` from now."""
        self.at(self.ms + ms, do)

    def run(self, *, until: int | None = None, events: int = 100_000) -> bool:
        """Let time pass until a moment, or until nothing is left to happen. Whether it came so far in so many
        `events`."""
        for _ in range(events):
            if not self._events or (until is not None and self._events[0][0] > until):
                self.ms = max(self.ms, until or 0)
                return True
            self.ms, _, do = heapq.heappop(self._events)
            do()
        return False
