"""The list of exceptions shows what is stuck now."""

from dataclasses import replace
from typing import Any

import pytest

from cashpath.ledger.exceptions import Cause, Exceptions, Filed, Subject
from cashpath.ledger.seen import ReadMark
from cashpath.notice import Notice, Waited, Wish
from cashpath.records.keys import RecordKey, SystemId

ORDER = RecordKey.parse("shop/order/1001")
STUCK = Subject(flow="create_orders", system="shop", record="order/1001")
TOTALS_OFF = Cause(code="bad_record", cause="its lines do not add up", remedy="map the fee", owner="storefront")
AMBIGUOUS = Cause(code="ambiguous", cause="two parties match", remedy="merge them", owner="erp")


def closes(exceptions: Exceptions, began: int, *wishes: Wish, flow: str = "create_orders", version: int = 0) -> bool:
    """Whether a finished pass that began to read the order then, and saw that version of it, closes anything."""
    mark = ReadMark(began=began, version=version or None)
    return bool(exceptions.close_ended(flow, {ORDER: mark}, wishes or ("agree",)))


@pytest.fixture
def notice(clock: Any) -> Notice:
    return Notice(flow="create_orders", system="shop", kind="order", id="1001", received=clock.at)


def test_an_order_that_failed_ten_times_is_one_exception(exceptions: Exceptions, clock: Any, notice: Notice) -> None:
    began = clock.at
    opened = []
    for n in range(10):
        opened.append(
            exceptions.file(STUCK, TOTALS_OFF, replace(notice, received=clock.at), since=clock.at, message=f"m{n}")
        )
        clock.pass_by(1_000)
    (filed,) = exceptions.open()
    assert opened == [True] + [False] * 9
    assert (filed.id, filed.count, filed.first_seen, filed.last_seen) == (
        "create_orders:shop/order/1001",
        10,
        began,
        began + 9_000,
    )
    assert filed.cause == TOTALS_OFF
    assert exceptions.totals() == {("create_orders", "bad_record"): 1}


def test_a_message_that_comes_twice_counts_once(exceptions: Exceptions, clock: Any, notice: Notice) -> None:
    exceptions.file(STUCK, TOTALS_OFF, notice, since=clock.at, message="m1")
    exceptions.file(STUCK, TOTALS_OFF, notice, since=clock.at, message="m1")
    assert [filed.count for filed in exceptions.open()] == [1]


def test_an_exception_whose_cause_changes_is_counted_under_the_new_one(
    exceptions: Exceptions, clock: Any, notice: Notice
) -> None:
    exceptions.file(STUCK, TOTALS_OFF, notice, since=clock.at)
    exceptions.file(STUCK, AMBIGUOUS, notice, since=clock.at)
    assert exceptions.totals() == {("create_orders", "ambiguous"): 1}
    assert [filed.cause for filed in exceptions.open(code="ambiguous")] == [AMBIGUOUS]
    assert list(exceptions.open(code="bad_record")) == []


def test_a_finished_pass_that_read_the_order_later_closes_its_exception(
    exceptions: Exceptions, clock: Any, notice: Notice
) -> None:
    exceptions.file(STUCK, TOTALS_OFF, notice, since=clock.at)
    assert closes(exceptions, clock.at + 1)
    assert list(exceptions.open()) == []
    assert exceptions.totals() == {}
    filed = exceptions.get(STUCK.id)
    assert filed is not None
    assert filed.closed == clock.at


def test_a_pass_that_began_before_the_one_that_failed_closes_nothing(
    exceptions: Exceptions, clock: Any, notice: Notice
) -> None:
    exceptions.file(STUCK, TOTALS_OFF, notice, since=clock.at)
    assert not closes(exceptions, clock.at)
    assert not closes(exceptions, clock.at + 1, flow="sync_customers")
    assert len(list(exceptions.open())) == 1


def test_a_pass_that_saw_the_order_as_it_was_before_closes_nothing(
    exceptions: Exceptions, clock: Any, notice: Notice
) -> None:
    exceptions.file(STUCK, TOTALS_OFF, replace(notice, version=7), since=clock.at)
    exceptions.file(STUCK, TOTALS_OFF, replace(notice, version=6), since=clock.at)
    assert not closes(exceptions, clock.at + 1, version=6)
    assert closes(exceptions, clock.at + 1, version=7)


def test_a_pass_that_found_the_order_gone_ends_what_was_wrong_with_any_version_of_it(
    exceptions: Exceptions, clock: Any, notice: Notice
) -> None:
    exceptions.file(STUCK, TOTALS_OFF, replace(notice, version=7), since=clock.at)
    mark = ReadMark(began=clock.at + 1, version=6, unread=True)
    assert exceptions.close_ended("create_orders", {ORDER: mark})


def test_an_exception_that_an_earlier_release_filed_counts_from_when_its_notice_was_received(
    exceptions: Exceptions, clock: Any, notice: Notice
) -> None:
    filed = Filed(about=STUCK, cause=TOTALS_OFF, notice=notice)
    item = {name: value for name, value in filed.item().items() if name not in ("since", "version")}
    read = Filed.of(item | {"received": clock.at})
    assert (read.since, read.version) == (clock.at, None)


@pytest.mark.parametrize("wish", ["erase", "access"])
def test_what_a_person_asked_for_stays_open_until_a_pass_has_done_just_that(
    exceptions: Exceptions, clock: Any, notice: Notice, wish: Wish
) -> None:
    exceptions.file(replace(STUCK, wish=wish), TOTALS_OFF, replace(notice, wish=wish), since=clock.at)
    assert not closes(exceptions, clock.at + 1)
    assert len(list(exceptions.open())) == 1
    assert closes(exceptions, clock.at + 1, wish)


def test_looking_for_something_to_close_costs_one_request(exceptions: Exceptions, requests: Any) -> None:
    assert not exceptions.close_ended(
        "create_orders", {replace(ORDER, id=str(n)): ReadMark(began=5) for n in range(99)}
    )
    assert requests() == {"batch_get_item": 1}


def test_an_order_that_fails_again_after_it_was_put_right_opens_anew(
    exceptions: Exceptions, clock: Any, notice: Notice
) -> None:
    exceptions.file(STUCK, TOTALS_OFF, notice, since=clock.at, message="m1")
    closes(exceptions, clock.at + 1)
    clock.pass_by(60_000)
    assert exceptions.file(STUCK, TOTALS_OFF, replace(notice, received=clock.at), since=clock.at, message="m2")
    (filed,) = exceptions.open()
    assert (filed.count, filed.first_seen, filed.closed) == (1, clock.at, None)


def test_the_newest_notice_is_the_one_to_replay(exceptions: Exceptions, clock: Any, notice: Notice) -> None:
    newer = replace(notice, received=clock.at + 5, version=9)
    exceptions.file(STUCK, TOTALS_OFF, newer, since=clock.at)
    exceptions.file(STUCK, TOTALS_OFF, notice, since=clock.at)
    filed = exceptions.get(STUCK.id)
    assert filed is not None
    assert (filed.notice, filed.version) == (newer, 9)


def test_a_replay_is_a_new_attempt_that_has_waited_for_nothing(
    exceptions: Exceptions, clock: Any, notice: Notice
) -> None:
    waited = replace(notice, attempt=1, waited=Waited(kind="not_yet", times=9, since=1), version=7)
    exceptions.file(STUCK, TOTALS_OFF, waited, since=clock.at)
    (filed,) = exceptions.open()
    assert filed.replay(clock.at + 9) == replace(
        waited, trigger="redrive", attempt=2, received=clock.at + 9, waited=None
    )


def test_refused_credentials_are_one_exception_of_their_system_until_it_answers(
    exceptions: Exceptions, clock: Any, notice: Notice
) -> None:
    about = Subject(flow="all", system="crm")
    refused = Cause(code="credentials_refused", cause="crm refused our token", remedy="renew it", owner="crm")
    exceptions.file(about, refused, notice, since=clock.at)
    exceptions.file(about, refused, replace(notice, id="1002"), since=clock.at)
    assert [(filed.id, filed.count) for filed in exceptions.open()] == [("all:crm", 2)]
    assert not exceptions.close_ended("create_orders", {}, (), {SystemId("crm"): clock.at})
    assert exceptions.close_ended("create_orders", {}, (), {SystemId("crm"): clock.at + 1})
    assert list(exceptions.open()) == []


def test_a_person_may_close_what_cannot_close_itself(exceptions: Exceptions, clock: Any, notice: Notice) -> None:
    exceptions.file(STUCK, TOTALS_OFF, notice, since=clock.at)
    assert exceptions.close(STUCK.id)
    assert not exceptions.close(STUCK.id)


def test_totals_add_up_over_many_exceptions(exceptions: Exceptions, clock: Any, notice: Notice) -> None:
    for n in range(30):
        about = replace(STUCK, record=f"order/{n}")
        exceptions.file(about, TOTALS_OFF if n % 3 else AMBIGUOUS, replace(notice, id=str(n)), since=clock.at)
    for n in range(5):
        exceptions.close_ended("create_orders", {RecordKey.parse(f"shop/order/{n}"): ReadMark(began=clock.at + 1)})
    assert exceptions.totals() == {("create_orders", "ambiguous"): 8, ("create_orders", "bad_record"): 17}
    assert len(list(exceptions.open(flow="create_orders"))) == 25
