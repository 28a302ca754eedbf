"""Orders from before the cutover: somebody else has entered them into CRM and ERP, or nobody has."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cashpath.faults import SystemDown
from cashpath.plan import Finding, Join, Milestone
from cashpath.records import Money, Order, Role
from cashpath_sandbox.oneshop import Shop

LAST_YEAR = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)


def entered(shop: Shop, role: Role, order: Order, **otherwise: object) -> str:
    """Somebody enters the order by hand, or an import did; the id that it has there."""
    return shop.desk.books[role].add(replace(order, customer=None, lines=(), **otherwise)).id  # type: ignore[arg-type]


def test_an_order_from_before_the_cutover_is_never_created(shop: Shop) -> None:
    shop.places(shop.line("MUG"), ordered_at=LAST_YEAR)
    assert shop.plan().writes == ()


def test_an_order_from_before_the_cutover_is_kept_up_where_cashpath_made_it(shop: Shop) -> None:
    old = shop.places(shop.line("MUG"), ordered_at=LAST_YEAR)
    shop.desk.link(old.key, "erp", shop.desk.books["erp"].add(old, old.key).id)
    shop.passes(2)
    shop.edits(old, shop.line("MUG", 5))
    shop.passes()
    assert shop.only("erp", "order").lines[0].quantity == 5
    assert shop.held("crm", "order") == []


def test_what_was_entered_by_hand_is_linked_by_its_number_and_total(shop: Shop) -> None:
    old = shop.places(shop.line("MUG"), ordered_at=LAST_YEAR)
    deal, sale = (entered(shop, role, old, sold_as="deal") for role in ("crm", "erp"))
    placed: dict[Milestone, int] = {"ordered": int(LAST_YEAR.timestamp() * 1000)}
    assert shop.plan().writes == (
        Join(key=old.key, role="crm", id=deal),
        Join(key=old.key, role="erp", id=sale, milestones=placed),
    )


def test_what_others_entered_is_linked_once_and_never_written_to(shop: Shop) -> None:
    old = shop.places(shop.line("MUG"), ordered_at=LAST_YEAR)
    entered(shop, "erp", old)
    shop.passes(2)
    shop.edits(old, shop.line("MUG", 5))
    assert shop.plan().writes == ()
    shop.edits(old, state="cancelled")
    assert shop.plan().writes == ()


@pytest.mark.parametrize(
    "otherwise",
    [
        pytest.param({"number": "1002"}, id="another number"),
        pytest.param({"total": Money.of("10.01", "EUR")}, id="another total"),
        pytest.param({"total": Money.of("10.00", "USD")}, id="another currency"),
    ],
)
def test_what_has_another_number_or_total_is_another_order(shop: Shop, otherwise: dict[str, object]) -> None:
    old = shop.places(shop.line("MUG"), ordered_at=LAST_YEAR)
    entered(shop, "erp", old, **otherwise)
    assert shop.plan().writes == ()


def test_an_order_entered_twice_is_for_a_person_who_is_told_both(shop: Shop) -> None:
    old = shop.places(shop.line("MUG"), ordered_at=LAST_YEAR)
    sales = [entered(shop, "erp", old) for _ in range(2)]
    [finding] = shop.plan().findings
    assert isinstance(finding, Finding)
    assert (finding.code, finding.owner) == ("ambiguous_match", "erp")
    assert all(sale in finding.cause for sale in sales)


def test_an_order_from_after_the_cutover_is_looked_for_by_nobody(shop: Shop) -> None:
    new = shop.places(shop.line("MUG"))
    entered(shop, "erp", new)
    shop.passes()
    assert len(shop.held("erp", "order")) == 2
    assert "erp: search order" not in shop.desk.asked


def test_an_old_order_waits_for_an_erp_that_does_not_answer(shop: Shop) -> None:
    old = shop.places(shop.line("MUG"), ordered_at=LAST_YEAR)
    entered(shop, "erp", old)
    shop.desk.down.add("erp")
    with pytest.raises(SystemDown):
        shop.plan()
    shop.desk.down.clear()
    assert [write.role for write in shop.plan().writes] == ["erp"]
