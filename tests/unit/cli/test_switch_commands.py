"""Stopping a flow at 3 a.m. is one command, and starting it again loses nothing."""

from datetime import UTC, datetime
from typing import Any

NIGHT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def test_a_paused_flow_is_fed_neither_live_notices_nor_a_backlog(operator: Any) -> None:
    assert "create_orders is paused" in operator.says("pause", "create_orders")
    assert operator.machine.enabled == {"map-1": False, "map-2": False}
    assert "Disabled (paused 2026-11-24 03:00:00Z, 0s ago)" in operator.says("status")


def test_resuming_has_notices_sent_for_all_that_changed_since_the_pause(operator: Any) -> None:
    operator.says("pause", "create_orders")
    operator.says("resume", "create_orders")
    assert operator.machine.enabled == {"map-1": True, "map-2": True}
    assert operator.machine.swept == [{"flow": "create_orders", "since": NIGHT.isoformat()}]
    assert operator.stage.ledger.controls(0).paused == {}


def test_resuming_a_flow_that_was_not_paused_sweeps_nothing(operator: Any) -> None:
    operator.says("resume", "create_orders")
    assert operator.machine.swept == []


def test_a_flow_switched_off_for_a_brand_is_off_in_the_ledger(operator: Any) -> None:
    assert operator.says("mode", "create_orders", "eu", "off") == "create_orders is off for eu\n"
    assert operator.stage.ledger.controls(0).modes == {("create_orders", "eu"): "off"}
    assert operator.machine.swept == []


def test_going_live_for_the_first_time_sweeps_from_the_cutover_date(operator: Any) -> None:
    operator.says("mode", "create_orders", "eu", "live")
    assert operator.machine.swept == [{"flow": "create_orders", "brand": "eu", "cutover": True}]


def test_going_live_again_sweeps_from_when_it_was_last_live_once_functions_have_seen_it(operator: Any) -> None:
    operator.says("mode", "create_orders", "eu", "live")
    operator.says("mode", "create_orders", "eu", "shadow")
    operator.says("mode", "create_orders", "eu", "live")
    assert operator.machine.swept[1:] == [{"flow": "create_orders", "brand": "eu", "since": NIGHT.isoformat()}]
    assert operator.slept == [5.0, 5.0]


def test_a_flow_that_the_stage_does_not_have_is_named_with_those_it_has(operator: Any) -> None:
    for command in (("pause", "create_ordrs"), ("mode", "create_ordrs", "eu", "off")):
        result = operator.run(*command)
        assert result.exit_code == 1
        assert str(result.exception) == "this stage has no flow 'create_ordrs'; it has create_orders"
    assert operator.stage.ledger.controls(0).modes == {}


def test_a_mode_that_there_is_not_is_refused(operator: Any) -> None:
    assert operator.run("mode", "create_orders", "eu", "on").exit_code == 2
