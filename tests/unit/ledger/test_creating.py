"""A record is created once, whoever races for it."""

from collections.abc import Callable
from typing import Any

import pytest

from cashpath.ledger.answers import Changes, Claimed, LeaseLost, Linked, LinkedElsewhere, Taken
from cashpath.records.keys import RecordKey, SystemId

ORDER = RecordKey.parse("shop/order/1001")
ADA = RecordKey.parse("shop/customer/5")
ADA_AS_GUEST = RecordKey.parse("shop/customer/guest-1002")
CRM, ERP = SystemId("crm"), SystemId("erp")
EMAIL = ("email:ada@example.com",)
CLAIM = 75_000


def claimed(books: Any, held: Any, key: RecordKey = ADA, match: tuple[str, ...] = EMAIL) -> Any:
    return books.ledger.claim(held, key, CRM, until=books.clock.at + CLAIM, match=match)


def test_a_claimed_customer_is_not_a_link_yet_and_the_root_lists_the_claim(books: Any) -> None:
    held = books.begin(str(ORDER))
    assert claimed(books, held) == Claimed(until=books.clock.at + CLAIM)
    assert books.ledger.links([ADA], [CRM]) == {}
    (claim,) = books.ledger.peek(ORDER).claims
    assert (claim.key, claim.system, claim.until, claim.since) == (ADA, CRM, books.clock.at + CLAIM, books.clock.at)


def test_a_link_is_known_in_both_directions_and_ends_the_claim(books: Any) -> None:
    held = books.begin(str(ORDER))
    claimed(books, held)
    books.ledger.link(held, ADA, CRM, "77", match=EMAIL, root=ADA)
    assert books.ledger.links([ADA, ORDER], [CRM, ERP]) == {(ADA, CRM): "77"}
    assert books.ledger.origin(RecordKey(CRM, "customer", "77")) == ADA
    assert books.ledger.origins([RecordKey(CRM, "customer", "77"), ADA]) == {RecordKey(CRM, "customer", "77"): ADA}
    assert books.ledger.peek(ORDER).claims == ()


def test_a_record_is_linked_to_its_own_system_without_asking(
    books: Any, requests: Callable[[], dict[str, int]]
) -> None:
    assert books.ledger.links([ORDER], [SystemId("shop")]) == {(ORDER, "shop"): "1001"}
    assert requests() == {}


def test_links_of_a_large_order_are_asked_for_by_the_hundred(
    books: Any, requests: Callable[[], dict[str, int]]
) -> None:
    variants = [RecordKey.parse(f"shop/variant/{n}") for n in range(250)]
    assert books.ledger.links(variants, [ERP]) == {}
    assert requests() == {"batch_get_item": 3}


def test_two_orders_of_one_new_customer_at_the_same_moment_make_one_contact(books: Any) -> None:
    one, two = books.begin(str(ORDER)), books.begin("shop/order/1002", "second")
    assert isinstance(claimed(books, one), Claimed)
    assert claimed(books, two) == Taken(until=books.clock.at + CLAIM)
    books.ledger.link(one, ADA, CRM, "77", match=EMAIL, root=ADA)
    assert claimed(books, two) == Linked(id="77")


def test_two_keys_with_one_email_meet_and_make_one_contact(books: Any) -> None:
    one, two = books.begin(str(ORDER)), books.begin("shop/order/1002", "second")
    assert isinstance(claimed(books, one), Claimed)
    assert claimed(books, two, ADA_AS_GUEST) == Taken(until=books.clock.at + CLAIM)
    books.ledger.link(one, ADA, CRM, "77", match=EMAIL, root=ADA)
    assert claimed(books, two, ADA_AS_GUEST) == Linked(id="77")
    books.ledger.link(two, ADA_AS_GUEST, CRM, "77", match=EMAIL, root=ADA_AS_GUEST)
    assert books.ledger.links([ADA_AS_GUEST], [CRM]) == {(ADA_AS_GUEST, CRM): "77"}
    assert books.ledger.origin(RecordKey(CRM, "customer", "77")) == ADA


def test_a_refused_claim_leaves_nothing_behind(books: Any) -> None:
    one, two = books.begin(str(ORDER)), books.begin("shop/order/1002", "second")
    claimed(books, one)
    claimed(books, two, ADA_AS_GUEST, ("tax_id:DE1", *EMAIL))
    assert books.ledger.peek(two.root).claims == ()
    assert isinstance(claimed(books, one, RecordKey.parse("shop/company/1"), ("tax_id:DE1",)), Claimed)


def test_a_match_is_remembered_for_a_day_so_that_a_lagging_search_creates_nothing_twice(books: Any) -> None:
    one = books.begin(str(ORDER))
    claimed(books, one)
    books.ledger.link(one, ADA, CRM, "77", match=EMAIL, root=ADA)
    books.clock.pass_by(23 * 3_600_000)
    assert claimed(books, books.begin("shop/order/1002"), ADA_AS_GUEST) == Linked(id="77")
    books.clock.pass_by(2 * 3_600_000)
    assert isinstance(claimed(books, books.begin("shop/order/1003"), ADA_AS_GUEST), Claimed)


def test_a_claim_that_ran_out_is_not_taken_over_before_somebody_looked_it_up(books: Any) -> None:
    one, two = books.begin(str(ORDER)), books.begin("shop/order/1002", "second")
    until = books.clock.at + CLAIM
    claimed(books, one)
    books.clock.pass_by(CLAIM + 1)
    assert claimed(books, two) == Taken(until=until)
    (looked_up,) = books.ledger.peek(ORDER).claims
    assert books.ledger.claim(two, ADA, CRM, until=books.clock.at + CLAIM, match=EMAIL, expired=looked_up) == Claimed(
        until=books.clock.at + CLAIM
    )


def test_of_two_that_looked_up_one_claim_only_one_takes_it_over(books: Any) -> None:
    first = books.begin("shop/order/1002", "second")
    claimed(books, first)
    books.clock.pass_by(CLAIM + 1)
    (looked_up,) = books.ledger.peek(first.root).claims
    rivals = [books.begin(f"shop/order/{n}", f"rival {n}") for n in (1003, 1004)]
    answers = [
        books.ledger.claim(rival, ADA, CRM, until=books.clock.at + CLAIM, match=EMAIL, expired=looked_up)
        for rival in rivals
    ]
    assert answers == [Claimed(until=books.clock.at + CLAIM), Taken(until=books.clock.at + CLAIM)]


def test_who_looked_up_one_claim_takes_over_no_other_of_the_same_moment(books: Any) -> None:
    one, two = books.begin(str(ORDER)), books.begin("shop/order/1002", "second")
    claimed(books, one)
    claimed(books, two, ADA_AS_GUEST, ("email:guest@example.com",))
    (looked_up,) = books.ledger.peek(ORDER).claims
    books.clock.pass_by(CLAIM + 1)
    third, until = books.begin("shop/order/1003", "third"), books.clock.at + CLAIM
    answer = books.ledger.claim(third, ADA_AS_GUEST, CRM, until=until, match=EMAIL, expired=looked_up)
    assert isinstance(answer, Taken)
    assert answer.by is not None
    assert answer.by.key == ADA_AS_GUEST


def test_a_claim_that_created_nothing_is_dropped_and_the_next_may_create(books: Any) -> None:
    held = books.begin("shop/order/1002", "second")
    claimed(books, held)
    (claim,) = books.ledger.peek(held.root).claims
    books.ledger.drop_claim(held, claim)
    assert books.ledger.peek(held.root).claims == ()
    assert isinstance(claimed(books, held, ADA_AS_GUEST), Claimed)


def test_dropping_a_claim_that_was_linked_meanwhile_keeps_the_link(books: Any) -> None:
    held = books.begin(str(ORDER))
    claimed(books, held)
    (claim,) = books.ledger.peek(ORDER).claims
    books.ledger.link(held, ADA, CRM, "77", match=EMAIL, root=ADA)
    books.ledger.drop_claim(held, claim)
    assert books.ledger.links([ADA], [CRM]) == {(ADA, CRM): "77"}
    assert claimed(books, books.begin("shop/order/1002", "second"), ADA_AS_GUEST) == Linked(id="77")


def test_dropping_a_claim_that_another_pass_took_over_leaves_that_ones_claim(books: Any) -> None:
    one, two = books.begin(str(ORDER)), books.begin("shop/order/1002", "second")
    claimed(books, one)
    (old,) = books.ledger.peek(ORDER).claims
    books.clock.pass_by(CLAIM + 1)
    books.ledger.claim(two, ADA, CRM, until=books.clock.at + CLAIM, match=EMAIL, expired=old)
    books.ledger.drop_claim(one, old)
    assert books.ledger.peek(ORDER).claims == ()
    assert len(books.ledger.peek(two.root).claims) == 1
    assert isinstance(claimed(books, books.begin("shop/order/1003", "third"), ADA_AS_GUEST), Taken)


def test_a_claim_found_in_its_system_is_linked_with_the_matches_that_the_root_remembers(books: Any) -> None:
    held = books.begin(str(ORDER))
    claimed(books, held)
    (claim,) = books.ledger.peek(ORDER).claims
    books.ledger.link(held, claim.key, claim.system, "77", match=claim.match, root=ADA)
    assert claimed(books, books.begin("shop/order/1002", "second"), ADA_AS_GUEST) == Linked(id="77")


def test_a_create_that_was_refused_lets_its_claim_run_out_at_once(books: Any) -> None:
    held = books.begin(str(ORDER))
    claimed(books, held)
    books.clock.pass_by(2_000)
    books.ledger.expire_claim(held, ADA, CRM)
    (claim,) = books.ledger.peek(ORDER).claims
    assert claim.until == books.clock.at


def test_a_claim_that_is_linked_already_does_not_run_out(books: Any) -> None:
    held = books.begin(str(ORDER))
    claimed(books, held)
    books.ledger.link(held, ADA, CRM, "77", match=EMAIL, root=ADA)
    books.ledger.expire_claim(held, ADA, CRM)
    assert books.ledger.links([ADA], [CRM]) == {(ADA, CRM): "77"}
    assert books.ledger.peek(ORDER).claims == ()


def test_who_lost_the_lease_claims_nothing(books: Any) -> None:
    late = books.begin(str(ORDER), "late")
    books.clock.pass_by(CLAIM)
    second = books.take(str(ORDER), "second")
    with pytest.raises(LeaseLost):
        claimed(books, late)
    assert isinstance(claimed(books, second), Claimed)


def test_one_sale_never_belongs_to_two_orders(books: Any) -> None:
    one, two = books.begin(str(ORDER)), books.begin("shop/order/1002", "second")
    books.ledger.link(one, ORDER, ERP, "9", match=(), root=ORDER)
    with pytest.raises(LinkedElsewhere) as raised:
        books.ledger.link(two, two.root, ERP, "9", match=(), root=two.root)
    assert raised.value.other == ORDER
    assert books.ledger.links([two.root], [ERP]) == {}


def test_one_order_never_has_two_sales(books: Any) -> None:
    held = books.begin(str(ORDER))
    books.ledger.link(held, ORDER, ERP, "9", match=(), root=ORDER)
    books.ledger.link(held, ORDER, ERP, "9", match=(), root=ORDER)
    with pytest.raises(LinkedElsewhere):
        books.ledger.link(held, ORDER, ERP, "10", match=(), root=ORDER)
    assert books.ledger.links([ORDER], [ERP]) == {(ORDER, ERP): "9"}


def test_a_deal_that_is_a_root_of_its_own_is_not_swallowed_by_an_order(books: Any) -> None:
    order, deal = books.begin(str(ORDER)), books.begin("crm/order/31", "second")
    with pytest.raises(LinkedElsewhere) as raised:
        books.ledger.link(order, ORDER, CRM, "31", match=(), root=ORDER)
    assert raised.value.other == deal.root


def test_an_order_that_took_the_root_of_its_deal_is_linked_to_that_deal(books: Any) -> None:
    deal = books.begin("crm/order/31")
    books.ledger.point(ORDER, deal.root, ORDER)
    books.ledger.link(deal, ORDER, CRM, "31", match=(), root=deal.root)
    assert books.ledger.links([ORDER], [CRM]) == {(ORDER, CRM): "31"}
    assert books.ledger.origin(deal.root) == deal.root


def test_a_new_order_costs_a_claim_and_a_link_for_each_record_created(
    books: Any, requests: Callable[[], dict[str, int]]
) -> None:
    held = books.begin(str(ORDER))
    claimed(books, held)  # the first of a brand's day is noted once for each warm function
    requests()
    books.ledger.claim(held, ORDER, ERP, until=books.clock.at + CLAIM, match=())
    books.ledger.link(held, ORDER, ERP, "9", match=(), root=ORDER)
    assert requests() == {"transact_write_items": 2}


def test_an_overdue_claim_is_due_work_of_its_root_until_it_is_settled(books: Any) -> None:
    held, other = books.begin(str(ORDER)), books.begin("shop/order/1002", "second")
    claimed(books, held)
    books.ledger.claim(held, ORDER, ERP, until=books.clock.at + CLAIM, match=())
    books.ledger.claim(other, other.root, ERP, until=books.clock.at + CLAIM, match=())
    assert list(books.ledger.due_claims(books.clock.at)) == []
    books.clock.pass_by(CLAIM)
    assert sorted(books.ledger.due_claims(books.clock.at)) == [ORDER, other.root]
    books.ledger.link(other, other.root, ERP, "9", match=(), root=other.root)
    assert list(books.ledger.due_claims(books.clock.at)) == [ORDER]


def test_what_has_been_due_for_weeks_is_still_found(books: Any) -> None:
    claimed(books, books.begin(str(ORDER)))
    books.clock.pass_by(40 * 86_400_000)
    assert list(books.ledger.due_claims(books.clock.at)) == [ORDER]


def test_days_on_which_nothing_is_due_any_more_are_not_asked_for_again(
    books: Any, requests: Callable[[], dict[str, int]]
) -> None:
    held = books.begin(str(ORDER))
    claimed(books, held)
    (claim,) = books.ledger.peek(ORDER).claims
    books.ledger.drop_claim(held, claim)
    books.clock.pass_by(4 * 86_400_000)
    assert list(books.ledger.due_claims(books.clock.at)) == []
    requests()
    assert list(books.ledger.due_claims(books.clock.at)) == []
    assert requests() == {"get_item": 1}


def test_the_ledger_holds_no_email(books: Any) -> None:
    held = books.begin(str(ORDER))
    claimed(books, held)
    assert "ada" not in str(books.items())
    books.ledger.link(held, ADA, CRM, "77", match=EMAIL, root=ADA)
    books.ledger.release(held, Changes())
    assert "ada" not in str(books.items())
