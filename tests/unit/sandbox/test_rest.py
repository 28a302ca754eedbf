"""When the demo may compare: nothing on its way, and one sweep through that began after that. The clock is a number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cashpath_sandbox.demo.rest import CALM, DRAINING, POLL, SWEEPING, Rest

SWEEP = 60.0  # seconds between two sweeps
SOME = {"sync_catalog delayed": 2}
NOTHING: Mapping[str, int] = {}


@dataclass
class Sandbox:
    """`busy` says what is on its way at a moment (seconds); a sweep asks for both kinds each minute, if it `sweeps`."""

    busy: Callable[[float], Mapping[str, int]] = lambda at: NOTHING
    sweeps: bool = True
    at: float = 1000.0

    @property
    def rest(self) -> Rest:
        return Rest(counts=self._counts, asked=self._asked, now=lambda: self.at, pause=self._pause)

    def _pause(self, seconds: float) -> None:
        self.at += seconds

    def _counts(self) -> Mapping[str, int]:
        return self.busy(self.at)

    def _asked(self) -> Mapping[str, int]:
        last = self.at // SWEEP * SWEEP if self.sweeps else 0
        return {"tryton/order": round(last * 1000), "tryton/product": round(last * 1000)}


def test_what_is_delayed_is_waited_for() -> None:
    sandbox = Sandbox(busy=lambda at: SOME if at < 1020 else NOTHING)
    assert sandbox.rest.drained() == ""
    assert 1020 <= sandbox.at < 1020 + (CALM + 1) * POLL


def test_a_notice_that_is_sent_anew_between_two_looks_is_not_overlooked() -> None:
    sandbox = Sandbox(busy=lambda at: SOME if at < 1010 and round(at / POLL) % 2 else NOTHING)
    assert sandbox.rest.drained() == ""
    assert sandbox.at > 1010


def test_rest_is_reached_once_a_sweep_that_began_afterwards_is_through() -> None:
    sandbox = Sandbox()
    assert sandbox.rest.reached() == ""
    assert sandbox.at >= 1020


def test_what_the_sweep_found_is_waited_for_too() -> None:
    sandbox = Sandbox(busy=lambda at: SOME if 1020 <= at < 1030 else NOTHING)
    assert sandbox.rest.reached() == ""
    assert sandbox.at >= 1030


def test_a_sweep_that_is_under_way_before_all_is_worked_off_does_not_count() -> None:
    sandbox = Sandbox(busy=lambda at: SOME if at < 1025 else NOTHING)
    assert sandbox.rest.reached() == ""
    assert sandbox.at >= 1080


def test_what_never_ends_is_said_once_patience_runs_out() -> None:
    sandbox = Sandbox(busy=lambda at: SOME)
    said = sandbox.rest.reached()
    assert "2 sync_catalog delayed" in said
    assert f"{DRAINING:.0f} s" in said
    assert sandbox.at <= 1000 + DRAINING + 2 * POLL


def test_a_sweep_that_never_comes_is_said_once_patience_runs_out() -> None:
    sandbox = Sandbox(sweeps=False)
    said = sandbox.rest.reached()
    assert "tryton/order, tryton/product" in said
    assert f"{SWEEPING:.0f} s" in said
