"""Patience ends by the clock: what a look costs is part of it."""

from dataclasses import dataclass

from cashpath_sandbox.patience import until


@dataclass
class Clock:
    """A clock that only looks and pauses move."""

    at: float = 1000.0

    def now(self) -> float:
        return self.at

    def passes(self, seconds: float) -> None:
        self.at += seconds


def test_what_each_look_costs_counts_as_waiting() -> None:
    clock, looks = Clock(), 0

    def look() -> str:
        nonlocal looks
        looks += 1
        clock.passes(4)
        return ""

    assert until(look, 180, clock=clock.now, pause=clock.passes) == ""
    assert 180 <= clock.at - 1000 <= 184
    assert looks < 50


def test_what_is_found_ends_the_wait_at_once() -> None:
    clock = Clock()
    found = iter(["", "", "there"])
    assert until(lambda: next(found), 180, clock=clock.now, pause=clock.passes) == "there"
    assert clock.at - 1000 < 1


def test_who_has_no_patience_looks_once() -> None:
    clock, looks = Clock(), []
    assert until(lambda: looks.append(1), 0, clock=clock.now, pause=clock.passes) is None
    assert len(looks) == 1


def test_the_last_pause_is_no_longer_than_what_is_left() -> None:
    clock = Clock()
    until(lambda: False, 0.25, clock=clock.now, pause=clock.passes)
    assert clock.at == 1000.25
