"""Where the passes of one bulk message meet: what many threads ask one by one is asked of the vendor together.

A pass that calls a system blocks here. Once every pass of the message is blocked or has ended, the calls that come
first are performed as one, each pass gets its own answer, and those go on. A pass that waits for the ledger counts as
working, so whoever is slow is waited for, and nobody waits for one that has ended.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cashpath.records.keys import KINDS, ROLES, Kind
from cashpath.systems.port import System

Method = Literal["read", "candidates", "find", "write"]
METHODS: Sequence[Method] = ("read", "candidates", "find", "write")


@dataclass(kw_only=True, eq=False)
class Call:
    """What one pass asks of a system, of one kind: ids to read, criteria to match by, lost creates to find, records to
    write.

    `answers` has one for each that was asked, in that order; an answer that is an exception is that one's failure.
    """

    system: System
    method: Method
    kind: Kind
    asked: Sequence[Any]
    answers: Sequence[Any] | None = None

    @property
    def turn(self) -> tuple[int, int, str, int]:
        """Which calls are performed first: those that other passes, one step behind, will want to join last.

        A pass reads, looks for matches and writes, in this order; whoever has one company more to read is waited for,
        so that all write together.
        """
        role = ROLES.index(self.system.facts.role)
        return METHODS.index(self.method), role, self.system.id, KINDS.index(self.kind)


class Meeting:
    """Of `parties` threads. `perform` answers calls of one turn, each with as many answers as it asked for."""

    def __init__(self, parties: int, perform: Callable[[Sequence[Call]], None]) -> None:
        self._perform = perform
        self._working = parties
        self._waiting: list[Call] = []
        self._broken: BaseException | None = None
        self._changed = threading.Condition()

    def ask(self, call: Call) -> Sequence[Any]:
        """The answers to a call, once it was performed. Raises what broke the meeting off."""
        with self._changed:
            self._waiting.append(call)
            self._working -= 1
            self._meet()
            self._changed.wait_for(lambda: call.answers is not None or self._broken is not None)
            if call.answers is None:
                assert self._broken is not None
                raise self._broken
            return call.answers

    def leave(self) -> None:
        """One party has ended, however: nobody waits for it any more."""
        with self._changed:
            self._working -= 1
            self._meet()

    def break_off(self, why: BaseException) -> None:
        """The process is ending: whoever waits, or asks from now on, ends with `why`."""
        with self._changed:
            self._broken = self._broken or why
            self._changed.notify_all()

    def _meet(self) -> None:
        """Perform the calls whose turn it is, where nobody is at work any more."""
        if self._working or not self._waiting or self._broken is not None:
            return
        turn = min(call.turn for call in self._waiting)
        now = [call for call in self._waiting if call.turn == turn]
        self._waiting = [call for call in self._waiting if call.turn != turn]
        try:
            self._perform(now)
        except BaseException as end:
            self.break_off(end)
            raise
        self._working += len(now)
        self._changed.notify_all()
