"""Modes and brakes: switched by a person or a failure, seen by every function within seconds."""

from collections.abc import Callable
from typing import Any

from cashpath.ledger.controls import Brake
from cashpath.records.keys import SystemId

CRM = SystemId("crm")


def test_a_warm_function_reads_the_controls_once_in_five_seconds(
    books: Any, requests: Callable[[], dict[str, int]]
) -> None:
    for _ in range(5):
        books.ledger.controls()
        books.clock.pass_by(900)
    assert requests() == {"get_item": 1}
    books.clock.pass_by(600)
    books.ledger.controls()
    assert requests() == {"get_item": 1}


def test_a_flow_switched_off_is_off_in_every_function_five_seconds_later(books: Any) -> None:
    elsewhere = books.another_function()
    assert elsewhere.controls().modes == {}
    books.ledger.set_mode("create_orders", "eu", "off")
    assert books.ledger.controls().modes == {("create_orders", "eu"): "off"}
    books.clock.pass_by(5_000)
    assert elsewhere.controls().modes == {("create_orders", "eu"): "off"}


def test_going_live_again_tells_when_the_flow_was_last_live(books: Any) -> None:
    assert books.ledger.set_mode("create_orders", "eu", "live") is None
    books.clock.pass_by(1_000)
    left = books.clock.at
    assert books.ledger.set_mode("create_orders", "eu", "off") == left
    books.clock.pass_by(1_000)
    assert books.ledger.set_mode("create_orders", "eu", "shadow") == left
    assert books.ledger.set_mode("create_orders", "eu", "live") == left


def test_a_flow_that_was_never_live_has_no_such_moment(books: Any) -> None:
    books.ledger.set_mode("create_orders", "eu", "shadow")
    assert books.ledger.set_mode("create_orders", "eu", "live") is None


def test_a_paused_flow_remembers_since_when(books: Any) -> None:
    began = books.clock.at
    books.ledger.set_paused("create_orders", began)
    books.ledger.set_paused("create_orders", began + 5)
    assert books.ledger.controls().paused == {"create_orders": began}
    assert books.ledger.set_paused("create_orders", None) == began
    assert books.ledger.controls().paused == {}


def test_a_braked_system_is_seen_with_the_reason(books: Any) -> None:
    until = books.clock.at + 5_000
    books.ledger.set_brake(CRM, until, "too many requests")
    assert books.ledger.controls().brakes == {CRM: Brake(until=until, why="too many requests", hops=1)}


def test_ten_passes_that_fail_at_once_count_one_hop_and_the_longest_rest(books: Any) -> None:
    for n in range(10):
        books.ledger.set_brake(CRM, books.clock.at + 5_000 - 100 * n, "down")
    books.ledger.set_brake(CRM, books.clock.at + 9_000, "still down")
    assert books.ledger.controls().brakes[CRM] == Brake(until=books.clock.at + 9_000, why="still down", hops=1)


def test_when_a_brake_runs_out_one_pass_alone_probes(books: Any) -> None:
    books.ledger.set_brake(CRM, books.clock.at + 5_000, "down")
    functions = [books.another_function() for _ in range(8)]
    books.clock.pass_by(5_000)
    brakes = [each.controls().brakes[CRM] for each in functions]
    until = books.clock.at + 60_000
    chosen = [each.may_probe(CRM, brake, until) for each, brake in zip(functions, brakes, strict=True)]
    assert chosen.count(True) == 1
    assert books.ledger.controls().brakes[CRM].until == until


def test_nobody_probes_a_system_while_its_brake_is_in_force(books: Any) -> None:
    books.ledger.set_brake(CRM, books.clock.at + 5_000, "down")
    assert not books.ledger.may_probe(CRM, books.ledger.controls().brakes[CRM], books.clock.at + 60_000)


def test_a_probe_that_fails_counts_one_hop_more(books: Any) -> None:
    books.ledger.set_brake(CRM, books.clock.at + 5_000, "down")
    books.clock.pass_by(5_000)
    assert books.ledger.may_probe(CRM, books.ledger.controls().brakes[CRM], books.clock.at + 60_000)
    books.ledger.set_brake(CRM, books.clock.at + 30_000, "still down")
    assert books.ledger.controls().brakes[CRM] == Brake(until=books.clock.at + 30_000, why="still down", hops=2)


def test_a_system_that_answered_its_probe_is_called_again_by_everybody(books: Any) -> None:
    books.ledger.set_brake(CRM, books.clock.at + 5_000, "down")
    books.clock.pass_by(5_000)
    elsewhere = books.another_function()
    stale = elsewhere.controls().brakes[CRM]
    assert books.ledger.may_probe(CRM, books.ledger.controls().brakes[CRM], books.clock.at + 60_000)
    books.ledger.clear_brake(CRM)
    assert books.ledger.controls().brakes == {}
    assert elsewhere.may_probe(CRM, stale, books.clock.at + 60_000)


def test_a_sweep_remembers_how_far_it_came(books: Any) -> None:
    assert books.ledger.cursor("erp/order") is None
    books.ledger.set_cursor("erp/order", 5)
    books.ledger.set_cursor("erp/order", 9)
    assert books.ledger.cursor("erp/order") == 9
