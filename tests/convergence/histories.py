"""Random histories, each by its seed: the outside world of protocol.py, with every fault it knows, on real code.

A history places two orders of one buyer, edits, cancels and reopens them, edits targets by hand, drops, doubles and
reorders notices, kills workers, loses requests and answers. Then all faults stop.
"""

from functools import partial
from random import Random
from typing import Any

from cashpath.ledger.seen import SKEW
from cashpath.records import RecordKey, SystemId

from .checks import divergences
from .ended import Ended
from .fates import Chance
from .shop import ORDERS, SHOP
from .world import TARGETS, WATCHED, Setting, World

FAULTS_LAST = 400_000  # ms
REDRIVEN = 0.25  # how many orders an operator redrives once
WRONG = 0.15  # how many edits make an order that does not add up
LEFT_WRONG = 0.15  # how many orders do not add up in the end


class History:
    """One history; `parts` are parts of its world. In half of them (odd seeds) webhooks are lost, and one reconcile
    pass makes up for it."""

    def __init__(self, seed: int, *, tag: str = "", **parts: Any) -> None:
        self.seed = seed
        self.rng = rng = Random(seed)
        self.lossy = bool(seed % 2)
        setting = Setting(
            tag=tag,
            buyers=rng.choice(("one account", "one account", "two accounts", "guests")),
            recurring=rng.random() < 0.3,
            shop_lag=rng.choice((0, 0, 20_000)),
            crm_lag=rng.choice((0, 0, 10_000)),
            resolution=rng.choice((1, 1_000, 60_000)),
            echoes=rng.choice((0.0, 0.0, 0.5)),
        )
        self.chance = Chance(rng)
        self.world = World(
            self.chance,
            rng,
            setting,
            poll=lambda: rng.randrange(1_500) if self.chance.faults else 0,
            twice=lambda: self.chance.faults and rng.random() < 0.04,
            lag=lambda most: rng.randrange(most) if most and self.chance.faults else 0,
            skew=lambda: rng.randrange(-SKEW // 2, SKEW // 2),
            **parts,
        )
        self.by_hand = False
        self.world.books[SHOP].changed = self._told
        for target in TARGETS:
            self.world.books[target].changed = self._told

    def run(self) -> Ended:
        """Live through it, and say what is wrong in the end."""
        world, clock = self.world, self.world.clock
        self._schedule()
        wrong = [] if clock.run(until=clock.ms + FAULTS_LAST) else ["time does not pass"]
        self.chance.faults = False
        if not world.drain():
            wrong.append("never drains")
        if self.lossy:
            world.reconcile()
            if not world.drain():
                wrong.append("never drains after the reconcile pass")
        wrong += divergences(world)
        if not wrong:
            writes = world.redeliver()
            wrong += [f"all notices delivered again cause {writes} writes"] if writes else []
            wrong += divergences(world)
        return Ended.of(self.seed, world, wrong)

    def _schedule(self) -> None:
        clock, rng = self.world.clock, self.rng
        for name in ORDERS:
            clock.after(rng.choice((0, 50, rng.randrange(20_000))), partial(self.world.edit, name))
            for _ in range(rng.randrange(1, 7)):
                at, wrong = 20_001 + rng.randrange(FAULTS_LAST - 30_000), rng.random() < WRONG
                clock.after(at, partial(self.world.edit, name, wrong=wrong))
            if rng.random() < REDRIVEN:
                clock.after(rng.randrange(60_000, FAULTS_LAST), partial(self.world.redrive, name))
            last = (
                partial(self.world.edit, name, wrong=True)
                if rng.random() < LEFT_WRONG
                else partial(self._correct, name)
            )
            clock.after(FAULTS_LAST - 5_000, last)
        for _ in range(rng.randrange(4)):
            clock.after(rng.randrange(30_000, FAULTS_LAST), self._edit_by_hand)

    def _correct(self, name: str) -> None:
        """Whoever entered what does not add up puts it right, in time."""
        if name in self.world.shop.wrong:
            self.world.edit(name)

    def _edit_by_hand(self) -> None:
        target = self.rng.choice(sorted(WATCHED))
        self.by_hand = True
        edited = self.world.targets[target].edit_by_hand(WATCHED[target], self.rng)
        self.by_hand = False
        if edited is not None:  # a target that tells nobody itself
            self.by_hand = True
            self._told(edited, self.world.clock.ms)
            self.by_hand = False

    def _told(self, key: RecordKey, version: int) -> None:
        """The vendor's webhook of a change; of what we wrote ourselves too, where it echoes."""
        rng, target = self.rng, key.system in WATCHED
        if WATCHED.get(SystemId(key.system), "order") != key.kind:
            return
        if target and not self.by_hand and rng.random() >= self.world.setting.echoes:
            return
        if self.chance.faults and self.lossy and rng.random() < 0.1:
            return
        told = None if rng.random() < 0.3 else version
        received = rng.randrange(-SKEW // 2, SKEW // 2)
        for _ in range(2 if self.chance.faults and rng.random() < 0.2 else 1):
            self.world.notify(key, told, after=rng.randrange(18_000), received=received)
