"""The dead letters of the flow, and record_exceptions, which files them in the real table of exceptions."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from cashpath.ledger.exceptions import Cause, Exceptions
from cashpath.ledger.ledger import Ledger
from cashpath.notice import Notice
from cashpath.record_exceptions import DeadLetter, Recorder

from .clockwork import Clock, Worker

LIFETIME = 60_000  # ms that a recorder lives
VISIBILITY = 360_000  # ms until a letter whose recorder died shows again


@dataclass
class Office:
    """Where what a flow gave up is filed, `delay` ms after it landed; `twice` says whether it is delivered again. Its
    recorders are workers, which may be killed; their letter then comes again."""

    clock: Clock
    exceptions: Exceptions
    ledger: Ledger
    delay: Callable[[], int] = int
    twice: Callable[[], bool] = bool
    failures: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._recorder = Recorder(self.exceptions, self.ledger)
        self._ids = count(1)

    def give_up(self, notice: Notice, cause: Mapping[str, str], since: int) -> None:
        """A dead letter, as `cashpath.aws.queues` writes it."""
        body = json.dumps({"notice": json.loads(notice.to_json()), "cause": dict(cause), "since": since})
        letter = DeadLetter(id=f"message-{next(self._ids)}", flow=notice.flow, body=body)
        for _ in range(2 if self.twice() else 1):
            self._shows(letter, self.delay())

    def _shows(self, letter: DeadLetter, delay: int) -> None:
        self.clock.after(delay, lambda: self._start(letter))

    def _start(self, letter: DeadLetter) -> None:
        record = partial(self._recorder.record, letter)
        Worker(self.clock, record, self.clock.ms + LIFETIME, partial(self._ended, letter)).resume()

    def _ended(self, letter: DeadLetter, worker: Worker) -> None:
        if worker.failure is not None:
            self.failures.append(worker.failure)
        if worker.dead or worker.failure is not None:
            self._shows(letter, VISIBILITY)

    def open(self) -> Mapping[str, Cause]:
        """What is stuck now, by the record that it is about."""
        return {f"{filed.about.system}/{filed.about.record}": filed.cause for filed in self.exceptions.open()}
