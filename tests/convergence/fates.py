"""What becomes of a request: it lands, is refused, lands late, loses its answer, or its sender is killed.

`Wires` puts a fate on each request of a worker, to vendors, ledger and queue alike. Which fate is asked of `Fates`:
`Chance` draws it by a seed, `Script` follows a written schedule.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Literal, Protocol, TypeVar

from cashpath.faults import CredentialsRefused, RateLimited, SystemDown, Unanswered
from cashpath.records import SystemId
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.memory import Wire

from .clockwork import Clock

T = TypeVar("T")
What = Literal["lands", "limited", "down", "refused", "unanswered", "killed", "repeated"]
LATEST = 14_900  # ms: a request lands at most this long after it was sent (runner.SLOWEST is 15 s)


@dataclass(frozen=True, kw_only=True)
class Fate:
    """`lands`: processed `before` ms after it was sent, answered `after` ms on. `limited`, `down`, `refused` (for its
    credentials): not processed. `unanswered`: its sender is told nothing, `told` ms on; it lands after `late` ms, or
    never (None). `killed`: its sender ends here; it lands after `late` ms, or never. `repeated`: its first answer is
    lost and the client sends it again (DynamoDB's clients do)."""

    what: What = "lands"
    before: int = 40
    after: int = 0
    late: int | None = None
    told: int = 0


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request: to which system (`ledger` and `queue` among them), what it asks, whether it changes anything."""

    to: str
    what: str
    writes: bool


class Fates(Protocol):
    """Who decides what becomes of a request."""

    def __call__(self, sent: Sent) -> Fate: ...


@dataclass
class Wires:
    """The wires of the world that `tag` names. `log` keeps what was sent and what became of it, to tell failures by."""

    clock: Clock
    fates: Fates
    tag: str = ""
    log: list[tuple[int, Sent, Fate]] = field(default_factory=list)

    def to(self, name: str) -> Wire:
        """The wire to a system."""

        def wire(request: str, do: Callable[[], T], *, writes: bool) -> T:
            worker = self.clock.current
            if worker is None:
                return do()
            sent = Sent(to=name, what=request, writes=writes)
            fate = self.fates(sent)
            self.log.append((self.clock.ms, sent, fate))
            return self._send(sent, fate, do)

        return wire

    def _send(self, sent: Sent, fate: Fate, do: Callable[[], T]) -> T:
        worker = self.clock.current
        assert worker is not None
        system = SystemId(sent.to)
        if fate.what in ("unanswered", "killed") and fate.late is not None:
            self._later(fate.late, do)
        match fate.what:
            case "killed":
                raise Killed(f"at {sent.what} of {sent.to}")
            case "unanswered":
                worker.pause(fate.told)
                if sent.writes:
                    raise Unanswered(f"{sent.what} of {sent.to} got no answer", system=system)
                raise SystemDown(f"{sent.to} does not answer", system=system)
            case "limited":
                worker.pause(fate.before)
                raise RateLimited(f"{sent.to} is busy", system=system, retry_after=timedelta(milliseconds=fate.told))
            case "down":
                worker.pause(fate.before)
                raise SystemDown(f"{sent.to} is down", system=system)
            case "refused":
                worker.pause(fate.before)
                raise CredentialsRefused(f"{sent.to} refuses our credentials", remedy="renew them", system=system)
        self._flight(fate.before, do)
        if fate.what == "repeated":
            _quietly(do)
            self._flight(fate.before, do)
        answer = do()
        if fate.after:
            worker.pause(fate.after)
        return answer

    def _flight(self, ms: int, do: Callable[[], object]) -> None:
        """The request is on its way. Its sender's end does not call it back."""
        worker = self.clock.current
        assert worker is not None
        try:
            worker.pause(ms)
        except Killed:
            self._later(min(LATEST, ms), do)
            raise

    def _later(self, ms: int, do: Callable[[], object]) -> None:
        self.clock.after(ms, lambda: _quietly(do))


def _quietly(do: Callable[[], object]) -> None:
    """What lands with nobody to hear the answer."""
    try:
        do()
    except Exception as refused:  # the answer, refusal or not, goes nowhere
        del refused


@dataclass
class Chance:
    """Fates by a seed. Calm once `faults` is off: everything lands, soon."""

    rng: Random
    killed: float = 0.006
    late: float = 0.02
    refused: float = 0.015
    repeated: float = 0.01
    faults: bool = True

    def __call__(self, sent: Sent) -> Fate:
        rng = self.rng
        if not self.faults:
            return Fate(before=20)
        roll = rng.random()
        if roll < self.killed:
            late = rng.choice((None, 0, 0, rng.randrange(LATEST)))
            return Fate(what="killed", late=late)
        ours = sent.to in ("ledger", "queue")
        if ours:
            return self._at_home(rng, roll - self.killed, sent)
        if (roll := roll - self.killed) < self.late:
            late = rng.choice((None, 0, rng.randrange(LATEST), rng.randrange(LATEST)))
            return Fate(what="unanswered", late=late, told=rng.choice((0, 10_000)))
        if (roll := roll - self.late) < self.refused:
            return Fate(what=rng.choice(("limited", "down")), told=rng.randrange(500, 20_000))
        return Fate(before=self._flight(), after=self._flight() if rng.random() < 0.2 else 0)

    def _at_home(self, rng: Random, roll: float, sent: Sent) -> Fate:
        if sent.writes and roll < self.repeated:
            return Fate(what="repeated", before=rng.randrange(5, 2_000))
        return Fate(before=self._flight() // 4, after=rng.randrange(5, 400) if rng.random() < 0.1 else 0)

    def _flight(self) -> int:
        """Most requests are quick, some take seconds."""
        rng = self.rng
        return rng.randrange(20, 600) if rng.random() < 0.85 else rng.randrange(600, 9_000)


@dataclass
class Rule:
    """In a script: what becomes of the `nth` request from now on (1 is the next) to `to` whose name contains `what`."""

    to: str
    what: str
    fate: Fate
    nth: int = 1


@dataclass
class Script:
    """Fates by a written schedule. What it does not name lands at once; each rule is for one request."""

    rules: list[Rule] = field(default_factory=list)
    calm: Fate = Fate(before=20)

    def __call__(self, sent: Sent) -> Fate:
        for rule in self.rules:
            if rule.to == sent.to and rule.what in sent.what:
                rule.nth -= 1
                if not rule.nth:
                    self.rules.remove(rule)
                    return rule.fate
        return self.calm
