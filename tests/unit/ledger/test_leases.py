"""One pass at a time for each root, and what it leaves for the next."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cashpath.ledger.answers import Busy, Changes, Held, Pointer
from cashpath.ledger.seen import ReadMark
from cashpath.ledger.values import packed, unpacked
from cashpath.records.keys import RecordKey

ORDER = RecordKey.parse("shop/order/1001")
REFUND = RecordKey.parse("shop/order/refund-7")
LEASE = 75_000


def test_the_ledger_knows_nothing_of_an_order_that_no_pass_has_seen(books: Any) -> None:
    assert books.ledger.acquire(ORDER, owner="first", until=books.clock.at + LEASE) is None


def test_of_two_passes_for_one_order_the_second_is_told_until_when_to_wait(books: Any) -> None:
    held = books.begin(str(ORDER))
    assert books.ledger.acquire(ORDER, owner="second", until=books.clock.at + 2 * LEASE) == Busy(until=held.until)


def test_of_two_passes_that_make_one_new_order_a_root_only_one_does(books: Any) -> None:
    held = books.begin(str(ORDER))
    second = books.ledger.begin_root(ORDER, owner="second", until=books.clock.at + LEASE, brand="eu")
    assert second == Busy(until=held.until)


def test_who_begins_a_root_that_was_released_meanwhile_gets_it_as_it_is(books: Any) -> None:
    books.ledger.release(books.begin(str(ORDER)), Changes(milestones={"ordered": 5}))
    second = books.ledger.begin_root(ORDER, owner="second", until=books.clock.at + LEASE, brand="eu")
    assert isinstance(second, Held)
    assert second.seen.milestones == {"ordered": 5}


def test_a_released_root_tells_the_next_pass_what_the_last_one_learnt(books: Any) -> None:
    changes = Changes(
        fingerprints={"crm": "aa", "erp": "bb"},
        reads={"order": ReadMark(began=10, version=7), "refund": ReadMark(began=11)},
        milestones={"ordered": 12},
    )
    assert books.ledger.release(books.begin(str(ORDER)), changes)
    seen = books.take(str(ORDER), "second").seen
    assert (seen.fingerprints, seen.reads, seen.milestones) == (
        changes.fingerprints,
        changes.reads,
        changes.milestones,
    )
    assert (seen.trusted, seen.brand) == (True, "eu")


def test_a_forgotten_fingerprint_is_gone_and_the_others_stay(books: Any) -> None:
    books.ledger.release(books.begin(str(ORDER)), Changes(fingerprints={"crm": "aa", "erp": "bb"}))
    books.ledger.release(books.take(str(ORDER)), Changes(fingerprints={"crm": None}))
    assert books.take(str(ORDER)).seen.fingerprints == {"erp": "bb"}


def test_reads_never_go_back(books: Any) -> None:
    books.ledger.release(books.begin(str(ORDER)), Changes(reads={"order": ReadMark(began=50, version=9)}))
    books.ledger.release(books.take(str(ORDER)), Changes(reads={"order": ReadMark(began=40, version=3)}))
    books.ledger.release(books.take(str(ORDER)), Changes(reads={"order": ReadMark(began=60)}))
    assert books.take(str(ORDER)).seen.reads == {"order": ReadMark(began=60, version=9)}


def test_a_milestone_keeps_its_first_date(books: Any) -> None:
    books.ledger.release(books.begin(str(ORDER)), Changes(milestones={"ordered": 5}))
    books.ledger.release(books.take(str(ORDER)), Changes(milestones={"ordered": 9, "paid": 9}))
    assert books.take(str(ORDER)).seen.milestones == {"ordered": 5, "paid": 9}


def test_who_takes_over_from_a_pass_that_died_trusts_no_fingerprint(books: Any) -> None:
    books.ledger.release(books.begin(str(ORDER)), Changes(fingerprints={"crm": "aa"}, milestones={"ordered": 5}))
    books.take(str(ORDER), "dies")
    books.clock.pass_by(LEASE)
    seen = books.take(str(ORDER), "second").seen
    assert (seen.trusted, seen.fingerprints, seen.milestones) == (False, {}, {"ordered": 5})


def test_fingerprints_from_before_a_death_never_come_back(books: Any) -> None:
    books.ledger.release(books.begin(str(ORDER)), Changes(fingerprints={"crm": "aa", "erp": "bb"}))
    books.take(str(ORDER), "dies")
    books.clock.pass_by(LEASE)
    books.ledger.release(books.take(str(ORDER), "second"), Changes(fingerprints={"erp": "cc"}))
    seen = books.take(str(ORDER), "third").seen
    assert (seen.trusted, seen.fingerprints) == (True, {"erp": "cc"})


def test_a_pass_that_took_over_and_learnt_nothing_still_leaves_no_old_fingerprint(books: Any) -> None:
    books.ledger.release(books.begin(str(ORDER)), Changes(fingerprints={"crm": "aa"}))
    books.take(str(ORDER), "dies")
    books.clock.pass_by(LEASE)
    books.ledger.release(books.take(str(ORDER), "second"), Changes())
    assert books.take(str(ORDER), "third").seen.fingerprints == {}


def test_a_write_without_an_answer_keeps_the_root_leased_until_the_lease_runs_out(books: Any) -> None:
    held = books.begin(str(ORDER))
    assert books.ledger.release(held, Changes(milestones={"ordered": 5}, keep_lease=True))
    assert isinstance(books.ledger.acquire(ORDER, owner="second", until=books.clock.at + LEASE), Busy)
    books.clock.pass_by(LEASE)
    seen = books.take(str(ORDER), "second").seen
    assert (seen.trusted, seen.milestones) == (False, {"ordered": 5})


def test_a_pass_whose_lease_was_taken_over_saves_nothing(books: Any) -> None:
    late = books.begin(str(ORDER), "late")
    books.clock.pass_by(LEASE)
    books.take(str(ORDER), "second")
    assert not books.ledger.release(late, Changes(milestones={"ordered": 5}))
    assert books.ledger.peek(ORDER).milestones == {}


def test_a_release_whose_answer_was_lost_is_still_a_release(books: Any) -> None:
    held = books.begin(str(ORDER))
    assert books.ledger.release(held, Changes())
    assert books.ledger.release(held, Changes())


def test_a_lease_whose_answer_was_lost_is_ours_but_trusts_no_fingerprint(books: Any) -> None:
    books.ledger.release(books.begin(str(ORDER)), Changes(fingerprints={"crm": "aa"}))
    books.take(str(ORDER), "mine")
    again = books.take(str(ORDER), "mine")
    assert (again.seen.trusted, again.seen.fingerprints) == (False, {})


def test_a_refund_leads_to_its_order(books: Any) -> None:
    books.begin(str(ORDER))
    assert books.ledger.point(REFUND, ORDER, REFUND)
    answer = books.ledger.acquire(REFUND, owner="second", until=books.clock.at + LEASE)
    assert answer == Pointer(root=ORDER, origin=REFUND)
    assert books.ledger.begin_root(REFUND, owner="second", until=books.clock.at + LEASE, brand="eu") == answer


def test_a_record_keeps_the_root_it_was_pointed_at_first(books: Any) -> None:
    other = RecordKey.parse("shop/order/1002")
    assert books.ledger.point(REFUND, ORDER, REFUND)
    assert books.ledger.point(REFUND, ORDER, REFUND)
    assert not books.ledger.point(REFUND, other, REFUND)


def test_a_root_is_never_pointed_at_another_one(books: Any) -> None:
    books.begin(str(ORDER))
    assert not books.ledger.point(ORDER, REFUND, ORDER)


def test_a_notice_that_changes_nothing_costs_two_requests(books: Any, requests: Callable[[], dict[str, int]]) -> None:
    books.ledger.release(books.begin(str(ORDER)), Changes(fingerprints={"crm": "aa"}))
    requests()
    books.ledger.release(books.take(str(ORDER)), Changes())
    assert requests() == {"update_item": 2}


def test_one_more_where_the_record_is_not_itself_the_root(books: Any, requests: Callable[[], dict[str, int]]) -> None:
    books.ledger.release(books.begin(str(ORDER)), Changes())
    books.ledger.point(REFUND, ORDER, REFUND)
    requests()
    pointer = books.ledger.acquire(REFUND, owner="first", until=books.clock.at + LEASE)
    assert isinstance(pointer, Pointer)
    books.ledger.release(books.take(str(pointer.root)), Changes())
    assert requests() == {"update_item": 3}


def test_a_record_is_known_once_a_pass_has_looked_at_it(books: Any, requests: Callable[[], dict[str, int]]) -> None:
    books.begin(str(ORDER))
    books.ledger.point(REFUND, ORDER, REFUND)
    requests()
    assert books.ledger.knows([ORDER, REFUND, RecordKey.parse("shop/order/1002")]) == {ORDER, REFUND}
    assert books.ledger.knows([]) == frozenset()
    assert requests() == {"batch_get_item": 1}


def test_an_order_with_250_lines_keeps_all_its_fingerprints(books: Any) -> None:
    marks: dict[str, str | None] = {f"create_orders|erp|shop/variant/{n}": f"{n:032}" for n in range(500)}
    assert books.ledger.release(books.begin(str(ORDER)), Changes(fingerprints=marks))
    assert books.take(str(ORDER)).seen.fingerprints == marks


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(plain)
def test_what_the_ledger_keeps_comes_back_as_it_was(value: object) -> None:
    assert unpacked(packed(value)) == value
