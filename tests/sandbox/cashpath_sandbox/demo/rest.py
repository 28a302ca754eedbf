"""When a sandbox is at rest: nothing is on its way, and the sweep that runs each minute has been through once more.

Systems without webhooks are only asked each minute. Whoever compares what was with what is waits for that sweep, or it
comes in between and brings over what nobody had reported yet.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from cashpath.flows.manifest import FLOWS
from cashpath.ledger.ledger import Ledger
from cashpath.settings.compiled import polled
from cashpath.settings.load import load
from cashpath_sandbox.under_way import UnderWay
from cashpath_sandbox.world import STAGE, World

POLL = 0.2  # seconds between two looks
CALM = 3  # looks in a row: a notice that waits is sent anew before the old one goes, never after
DRAINING = 300.0  # seconds that all which is on its way may take
SWEEPING = 240.0  # seconds until a sweep has been through; it begins each minute


@dataclass(frozen=True, kw_only=True)
class Rest:
    """Waits. `counts`: what is on its way, by name. `asked`: when (epoch ms) each kind of record that only sweeps find
    was last asked for, by name. `now` (epoch seconds) and `pause` (seconds) are the clock."""

    counts: Callable[[], Mapping[str, int]]
    asked: Callable[[], Mapping[str, int]]
    now: Callable[[], float] = time.time
    pause: Callable[[float], object] = threading.Event().wait

    @classmethod
    def of(cls, world: World) -> Self:
        """The same of a running sandbox, by its queues, its stand-ins and its ledger."""
        traffic, ledger = UnderWay(world), _ledger(world)
        cursors = _cursors()

        def counts() -> Mapping[str, int]:
            overdue = sum(1 for _ in ledger.due_claims(round(time.time() * 1000)))  # the next sweep sends their notices
            return {**traffic.counts(), **({"overdue claims": overdue} if overdue else {})}

        return cls(counts=counts, asked=lambda: {name: ledger.cursor(name) or 0 for name in cursors})

    def drained(self) -> str:
        """Wait until nothing is on its way. Returns what still is where that takes too long, else ''."""
        end, calm, found = self.now() + DRAINING, 0, self.counts()
        while calm < CALM:
            if self.now() > end:
                told = ", ".join(f"{count} {name}" for name, count in found.items()) or "something now and then"
                return f"not at rest within {DRAINING:.0f} s, still under way: {told}; see `cashpath status`"
            self.pause(POLL)
            found = self.counts()
            calm = 0 if found else calm + 1
        return ""

    def reached(self) -> str:
        """Wait until nothing is on its way, a sweep that began after that is through, and its notices are.

        Returns what is missing where that takes too long, else ''.
        """
        return self.drained() or self._swept() or self.drained()

    def _swept(self) -> str:
        """Wait until every kind was asked for by a sweep that came to it after this moment."""
        began, end = round(self.now() * 1000), self.now() + SWEEPING
        while late := [name for name, at in self.asked().items() if at < began]:
            if self.now() > end:
                return (
                    f"no sweep asked for {', '.join(late)} within {SWEEPING:.0f} s, though one begins each minute; "
                    "see the log of the function reconcile"
                )
            self.pause(POLL)
        return ""


def _ledger(world: World) -> Ledger:
    def no_key() -> bytes:
        raise LookupError("the demo matches nobody")

    client = world.aws.client("dynamodb")
    return Ledger(world.deployed.ledger, now=lambda: datetime.now(UTC), match_key=no_key, client=client)


def _cursors() -> list[str]:
    """The names under which the ledger keeps when each kind was last asked for, in systems that send no webhooks."""
    stage = load(STAGE)
    kinds = {
        (system, kind)
        for system in polled(stage)
        for facts in FLOWS.values()
        for kind in facts.wants.get(stage.systems[system].role, ())
    }
    return sorted(f"{system}/{kind}" for system, kind in kinds)
