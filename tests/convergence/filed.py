"""The dead letters of the flow, and record_exceptions, which files them in the real table of exceptions."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

from cashpath.ledger.exceptions import Cause, Exceptions
from cashpath.ledger.ledger import Ledger
from cashpath.notice import Notice
from cashpath.record_exceptions import DeadLetter, Recorder

from .clockwork import Clock


@dataclass
class Office:
    """Where what a flow gave up is filed, `delay` ms after it landed; `twice` says whether it is delivered again."""

    clock: Clock
    exceptions: Exceptions
    ledger: Ledger
    delay: Callable[[], int] = int
    twice: Callable[[], bool] = bool

    def __post_init__(self) -> None:
        self._recorder = Recorder(self.exceptions, self.ledger)
        self._ids = count(1)

    def give_up(self, notice: Notice, cause: Mapping[str, str]) -> None:
        """A dead letter, as `cashpath.aws.queues` writes it."""
        body = json.dumps({"notice": json.loads(notice.to_json()), "cause": dict(cause)})
        letter = DeadLetter(id=f"message-{next(self._ids)}", flow=notice.flow, body=body)
        for _ in range(2 if self.twice() else 1):
            self.clock.after(self.delay(), lambda: self._recorder.record(letter))

    def open(self) -> Mapping[str, Cause]:
        """What is stuck now, by the record that it is about."""
        return {f"{filed.about.system}/{filed.about.record}": filed.cause for filed in self.exceptions.open()}
