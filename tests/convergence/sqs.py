"""A standard queue and its function, on the virtual clock: delays, reordering, doubles, redelivery after a crash.

A message that is received stays hidden for the visibility timeout, and shows again unless its worker ended well. One
that was received too often goes to the dead letters (AWS, "Using dead-letter queues in Amazon SQS", maxReceiveCount).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from cashpath.notice import Notice
from cashpath_sandbox.memory import Wire

from .clockwork import Clock, Worker

VISIBILITY = 360_000  # ms: six times the function's timeout
RECEIVES = 5  # how often a message is received before it is a dead letter


@dataclass
class Message:
    """One message. `body` is its JSON, so that a notice really travels."""

    body: str
    receives: int = 0
    gone: bool = False
    failures: list[Exception] = field(default_factory=list)


@dataclass
class Sqs:
    """The queue of one flow. `run` is what its function does with a notice; at most `at_once` run at the same time.

    `poll` says how long (ms) a visible message waits until it is received, `twice` whether it is delivered once more.
    """

    clock: Clock
    rng: Random
    run: Callable[[Notice], None]
    lifetime: int
    at_once: int = 4
    poll: Callable[[], int] = int
    twice: Callable[[], bool] = bool
    dead: list[Message] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    starts: int = 0
    _ready: list[Message] = field(default_factory=list)
    _working: dict[int, Message] = field(default_factory=dict)

    def put(self, notice: Notice, delay: int = 0) -> None:
        """A message, visible after `delay` ms."""
        self._shows(Message(notice.to_json()), delay)

    def _shows(self, message: Message, delay: int) -> None:
        self.clock.after(delay + self.poll(), lambda: self._visible(message))

    def _visible(self, message: Message) -> None:
        if not message.gone:
            self._ready.append(message)
            self._receive()

    def _receive(self) -> None:
        while self._ready and len(self._working) < self.at_once:
            message = self._ready.pop(self.rng.randrange(len(self._ready)))
            if not message.gone:
                self._start(message)

    def _start(self, message: Message) -> None:
        message.receives += 1
        if message.receives > RECEIVES:
            message.gone = True
            self.dead.append(message)
            return
        self.starts += 1
        self._shows(message, VISIBILITY)
        if self.twice():
            self._shows(message, self.rng.randrange(20_000))
        notice = Notice.from_json(message.body)
        worker = Worker(self.clock, lambda: self.run(notice), self.clock.ms + self.lifetime, self._ended)
        self._working[id(worker)] = message
        worker.resume()

    def _ended(self, worker: Worker) -> None:
        message = self._working.pop(id(worker))
        if worker.failure is not None:
            message.failures.append(worker.failure)
            self.failures.append(worker.failure)
        elif not worker.dead:
            message.gone = True
        self.clock.after(0, self._receive)


@dataclass
class Sender:
    """The runner's queues: each request to SQS goes over the wire. `dead_letter` takes what is given up."""

    sqs: Sqs
    wire: Wire
    dead_letter: Callable[[Notice, Mapping[str, str], int], None]

    def send(self, notices: Sequence[Notice], *, delay: int = 0) -> Sequence[Notice]:
        def put() -> None:
            for notice in notices:
                self.sqs.put(notice, delay * 1000)

        self.wire("send", put, writes=True)
        return ()

    def give_up(self, notice: Notice, cause: Mapping[str, str], since: int) -> None:
        self.wire("give up", lambda: self.dead_letter(notice, cause, since), writes=True)


@dataclass
class Swept:
    """The queues of a sweep that nothing disturbs: each notice is emitted as a webhook would be."""

    emit: Callable[[Notice], None]

    def send(self, notices: Sequence[Notice], *, delay: int = 0) -> Sequence[Notice]:
        for notice in notices:
            self.emit(notice)
        return ()

    def give_up(self, notice: Notice, cause: Mapping[str, str], since: int) -> None:
        raise AssertionError("a sweep gives nothing up")
