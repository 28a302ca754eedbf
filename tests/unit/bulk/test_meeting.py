"""Passes of one message that ask the same system at the same step ask it together, and never wait for each other in
vain."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from cashpath.bulk.meeting import Call, Meeting, Method
from cashpath.records import Kind, SystemId
from cashpath_sandbox.backlog import CRM, SHOP, SYSTEMS
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.memory import Books, MemorySystem, facts
from cashpath_sandbox.subject import MovableClock

STUCK = 20.0  # seconds after which a pass counts as waiting for ever
ROLES = {system: role for role, system in SYSTEMS.items()}
Pass = Callable[[Meeting], object]


def call(asked: str, method: Method = "read", system: SystemId = SHOP, kind: Kind = "customer") -> Call:
    made = MemorySystem(Books(system, MovableClock()), facts(ROLES[system]))
    return Call(system=made, method=method, kind=kind, asked=[asked])


class Vendor:
    """Answers with what it was asked, and remembers how."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Method, Kind, int]] = []

    def perform(self, calls: Sequence[Call]) -> None:
        first = calls[0]
        self.asked.append((first.system.id, first.method, first.kind, len(calls)))
        for each in calls:
            each.answers = [f"{asked}!" for asked in each.asked]


def held(passes: Sequence[Pass], perform: Callable[[Sequence[Call]], None]) -> list[Future[Any]]:
    """Each pass in a thread of its own, in one meeting; all have ended, or the test fails."""
    meeting = Meeting(len(passes), perform)

    def one(work: Pass) -> object:
        try:
            return work(meeting)
        except BaseException as end:
            meeting.break_off(end)
            raise
        finally:
            meeting.leave()

    with ThreadPoolExecutor(len(passes)) as threads:
        futures = [threads.submit(one, work) for work in passes]
        for future in futures:
            future.exception(timeout=STUCK)
    return futures


def test_a_hundred_passes_that_ask_the_same_ask_once_and_each_hears_its_own() -> None:
    vendor = Vendor()
    passes = [lambda meeting, n=n: meeting.ask(call(f"c{n}")) for n in range(100)]
    answers = [future.result() for future in held(passes, vendor.perform)]
    assert answers == [[f"c{n}!"] for n in range(100)]
    assert vendor.asked == [(SHOP, "read", "customer", 100)]


def test_whoever_has_one_company_more_to_read_is_waited_for_so_that_all_write_together() -> None:
    vendor = Vendor()

    def consumer(meeting: Meeting) -> None:
        meeting.ask(call("c"))
        meeting.ask(call("c", "write", CRM))

    def buyer(meeting: Meeting) -> None:
        meeting.ask(call("b"))
        meeting.ask(call("b", "read", SHOP, "company"))
        meeting.ask(call("b", "candidates", CRM, "company"))
        meeting.ask(call("b", "write", CRM))

    held([consumer] * 5 + [buyer] * 3, vendor.perform)
    assert vendor.asked == [
        (SHOP, "read", "customer", 8),
        (SHOP, "read", "company", 3),
        (CRM, "candidates", "company", 3),
        (CRM, "write", "customer", 8),
    ]


def test_nobody_waits_for_a_pass_that_has_ended() -> None:
    vendor = Vendor()
    passes = [lambda meeting: meeting.ask(call("c")), lambda meeting: None, lambda meeting: None]
    assert held(passes, vendor.perform)[0].result() == ["c!"]


def test_a_pass_that_waits_for_the_ledger_is_waited_for() -> None:
    vendor, ledger = Vendor(), threading.Event()

    def slow(meeting: Meeting) -> None:
        assert ledger.wait(STUCK)
        meeting.ask(call("slow"))

    def quick(meeting: Meeting) -> None:
        ledger.set()
        meeting.ask(call("quick"))

    held([slow, quick], vendor.perform)
    assert vendor.asked == [(SHOP, "read", "customer", 2)]


def test_a_process_that_ends_takes_all_its_passes_along() -> None:
    def dies(calls: Sequence[Call]) -> None:
        raise Killed("the function's time is over")

    passes = [lambda meeting: meeting.ask(call("c"))] * 9
    futures = held(passes, dies)
    for future in futures:
        with pytest.raises(Killed):
            future.result()


def test_who_asks_once_the_process_is_ending_ends_too() -> None:
    ending = threading.Event()

    def dies(meeting: Meeting) -> None:
        meeting.break_off(Killed("elsewhere"))
        ending.set()
        raise Killed("here")

    def asks(meeting: Meeting) -> None:
        assert ending.wait(STUCK)
        meeting.ask(call("c"))

    _, asked = held([dies, asks], Vendor().perform)
    assert str(asked.exception()) == "elsewhere"
