"""Runs the flow for every notice of a bulk message, each as if it had come alone, in a thread of its own.

So leases, claims and brakes are those of single notices, and a pass that dies leaves what any pass leaves. What the
passes ask of systems they ask together (`meeting`); what they send again or give up goes out when all have ended: a
process that dies before has its message shown again.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from cashpath.brakes import Connect, millis
from cashpath.bulk.gathering import Gathered
from cashpath.bulk.meeting import Meeting
from cashpath.bulk.together import Pace, Together
from cashpath.notice import Notice
from cashpath.runner import LANDING, SLOWEST, Outcome, Queues, Runner

STEPS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900)  # seconds of delay that notices share


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How one notice of a message ended: an outcome, or what nobody foresaw."""

    notice: Notice
    outcome: Outcome | None = None
    failure: Exception | None = None


class Bulk:
    """The bulk side of one flow's function. `runner` makes a runner with these systems and queues; `timeout` is the
    flow's, in seconds; `warn` logs a line. `enter` is called first in every thread."""

    def __init__(
        self,
        runner: Callable[[Connect, Queues], Runner],
        *,
        connect: Connect,
        queues: Queues,
        now: Callable[[], datetime],
        timeout: int,
        warn: Callable[[str], object],
    ) -> None:
        self._runner = runner
        self._connect = connect
        self._queues = queues
        self._now = now
        self._timeout = timeout
        self._warn = warn
        self._pace = Pace()

    def handle(self, notices: Sequence[Notice], enter: Callable[[], object] = lambda: None) -> Sequence[Ended]:
        """Finish each notice, send it again or give it to a person. One that fails in a way that nobody foresaw is sent
        again as a message of its own; where it is alone, its failure is raised, so that SQS tries it again, as it does
        any notice, and lets it go to the dead letters in the end.

        Raises RuntimeError where the queue did not take what is to be sent again: the whole message then comes back.
        """
        until = millis(self._now()) + (self._timeout - LANDING) * 1000
        together = Together(now=self._now, until=until, pace=self._pace, warn=self._warn)
        meeting, later = Meeting(len(notices), together.perform), Later()
        runner = self._runner(Gathered(self._connect, meeting).connect, later)

        def one(notice: Notice) -> Ended:
            enter()
            try:
                ended = Ended(notice=notice, outcome=runner.handle(notice))
            except Exception as failure:  # told, and sent again, once all have ended
                ended = Ended(notice=notice, failure=failure)
            except BaseException as end:
                meeting.break_off(end)
                raise
            meeting.leave()
            return ended

        with ThreadPoolExecutor(len(notices), thread_name_prefix="pass") as threads:
            running = [threads.submit(one, notice) for notice in notices]
        ended = [each.result() for each in running]
        later.go(self._queues)
        self._again([each for each in ended if each.failure is not None], alone=len(notices) == 1)
        return ended

    def _again(self, failed: Sequence[Ended], *, alone: bool) -> None:
        """Once their leases have run out, which a pass that failed has not given back."""
        for each in failed:
            if alone:
                assert each.failure is not None
                raise each.failure
            if self._queues.send([each.notice], delay=self._timeout + 2 * SLOWEST):
                raise RuntimeError(f"the queue of {each.notice.flow} did not take a notice that failed")


class Later:
    """The queues of a message's passes: keeps what is to be sent until all have ended."""

    def __init__(self) -> None:
        self._sent: list[tuple[int, Notice]] = []
        self._given_up: list[tuple[Notice, Mapping[str, str], int]] = []

    def send(self, notices: Sequence[Notice], *, delay: int = 0) -> Sequence[Notice]:
        self._sent.extend((delay, notice) for notice in notices)
        return ()

    def give_up(self, notice: Notice, cause: Mapping[str, str], since: int) -> None:
        self._given_up.append((notice, cause, since))

    def go(self, queues: Queues) -> None:
        """Send everything, with delays rounded up so that many notices share a message. What is one exception for a
        system is told once."""
        told: set[str] = set()
        for notice, cause, since in self._given_up:
            if cause["code"] != "credentials_refused" or cause["about"] not in told:
                queues.give_up(notice, cause, since)
            if cause["code"] == "credentials_refused":
                told.add(cause["about"])
        waits: dict[int, list[Notice]] = {}
        for delay, notice in self._sent:
            waits.setdefault(next((step for step in STEPS if step >= delay), delay), []).append(notice)
        for delay, notices in sorted(waits.items()):
            if left := queues.send(notices, delay=delay):
                raise RuntimeError(f"the queue of {left[0].flow} did not take {len(left)} waiting notices")
