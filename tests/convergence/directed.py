"""Histories by a written schedule: what happens when, request by request, where chance would take thousands of tries.

The words of a schedule: `place`, `edit`, `tell`, `later`, `ends`. Times are seconds of the virtual clock.
"""

from random import Random
from typing import Any

from cashpath.records import RecordKey, SystemId

from .checks import divergences
from .fates import Fate, Rule, Script, What
from .shop import ORDERS, SHOP
from .world import Setting, World

FIRST, SECOND = ORDERS


class Directed:
    """A world in which only what the schedule says goes wrong; `parts` are parts of it. Notices are received as they
    are told, at once."""

    def __init__(self, setting: Setting | None = None, **parts: Any) -> None:
        self.script = Script()
        self.lags = 0
        self.world = World(self.script, Random(0), setting or Setting(), lag=lambda most: min(most, self.lags), **parts)

    def happens(
        self,
        to: str,
        what: str,
        fate: What,
        *,
        nth: int = 1,
        takes: float = 0.02,
        late: float | None = None,
        told: float = 0,
    ) -> None:
        """What becomes of the nth request from now on to `to` that is named like `what` (fates.py)."""
        lands = None if late is None else int(late * 1000)
        made = Fate(what=fate, before=int(takes * 1000), late=lands, told=int(told * 1000))
        self.script.rules.append(Rule(to, what, made, nth))

    def edit(
        self, name: str = FIRST, *, tell: bool = True, versioned: bool = True, wrong: bool = False
    ) -> tuple[RecordKey, int]:
        """Place the order, or edit it once more, and send the webhook of it."""
        key, version = self.world.edit(name, wrong=wrong)
        if tell:
            self.world.notify(key, version if versioned else None)
        return key, version

    def order(self, name: str = FIRST) -> tuple[RecordKey, int]:
        """The key and the version of an order as it stands."""
        row = self.world.books[SHOP].current("order", self.world.shop.key(name).id)
        assert row is not None
        return row.record.key, row.version

    def tell(self, key: RecordKey, version: int | None = None) -> None:
        """A webhook, now."""
        self.world.notify(key, version)

    def by_hand(self, system: str, *, tell: bool = True, **values: Any) -> RecordKey:
        """Somebody edits the first order in a target, and its webhook tells of it."""
        books = self.world.books[SystemId(system)]
        key = books.of("order")[0].record.key
        books.change(key, **values)
        if tell:
            self.tell(key)
        return key

    def later(self, seconds: float) -> None:
        """Let time pass."""
        clock = self.world.clock
        assert clock.run(until=clock.ms + int(seconds * 1000))

    def ends(self) -> list[str]:
        """Let all come to its end; what has diverged then. Raises where the schedule does not fit the code."""
        assert self.world.drain(), "never drains"
        assert not self.script.rules, f"nothing met {self.script.rules}: the schedule no longer fits the code"
        return divergences(self.world)


__all__ = ["FIRST", "SECOND", "SHOP", "Directed", "Setting"]
