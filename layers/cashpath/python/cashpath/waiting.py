"""How long a notice waits before it is sent again, and when waiting has gone on for too long. Pure but for the jitter.

Waiting spends no retry budget: the runner sends the notice again with a delay and lets the old message go.
"""

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Literal

from cashpath.faults import CredentialsRefused, Fault, Missing, NotYet, RateLimited
from cashpath.notice import Notice

WaitKind = Literal["leased", "claimed", "not_yet", "missing", "rate_limited", "system_down"]

LONGEST_HOP = 900  # seconds; SQS, "Amazon SQS message quotas": a message is delayed by at most 15 minutes
CEILINGS = {"not_yet": timedelta(days=1), "missing": timedelta(days=1)}
CEILING = timedelta(days=4)  # for all other kinds


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Why a pass could not finish, and for how long (seconds) the notice should rest where that is known."""

    kind: WaitKind
    why: str
    seconds: float | None = None


def wait_for(fault: Fault) -> Wait:
    """The wait that a failure calls for."""
    seconds = getattr(fault, "retry_after", None)
    rest = seconds.total_seconds() if seconds is not None else None
    match fault:
        case RateLimited():
            return Wait(kind="rate_limited", why=str(fault), seconds=rest)
        case Missing():
            return Wait(kind="missing", why=str(fault), seconds=rest)
        case NotYet():
            return Wait(kind="not_yet", why=str(fault), seconds=rest)
        case CredentialsRefused():
            return Wait(kind="system_down", why=str(fault), seconds=LONGEST_HOP)
        case _:
            return Wait(kind="system_down", why=str(fault), seconds=rest)


def backoff(times: int, rng: Random, *, first: float = 4.0) -> float:
    """Seconds to rest after `times` rests before: doubling, with full jitter above half, at most one hop."""
    longest = min(LONGEST_HOP, first * 2 ** min(times, 10))
    return rng.uniform(longest / 2, longest)


def delay(wait: Wait, notice: Notice, rng: Random) -> int:
    """Whole seconds of delay for this hop."""
    times = notice.waited.times if notice.waited and notice.waited.kind == wait.kind else 0
    if wait.kind == "leased":
        rest = rng.uniform(1.5, 3.0) + min(times, 10)
    elif wait.seconds is None:
        rest = backoff(times, rng)
    else:
        rest = wait.seconds + rng.uniform(0.5, 1.5 + wait.seconds / 10)
    return max(1, min(LONGEST_HOP, round(rest)))


def too_long(wait: Wait, notice: Notice, now: int) -> bool:
    """Whether the notice has waited for this kind of thing past its ceiling. `now` in epoch ms."""
    if notice.waited is None or notice.waited.kind != wait.kind:
        return False
    return timedelta(milliseconds=now - notice.waited.since) > CEILINGS.get(wait.kind, CEILING)


def soonest(waits: list[Wait]) -> Wait:
    """The wait that governs when several things are awaited: the soonest to be over, so that healthy work goes on."""
    return min(waits, key=lambda w: w.seconds if w.seconds is not None else 5.0)
