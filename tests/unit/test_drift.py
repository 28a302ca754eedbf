"""What disagrees is told with both values, since when, and the money at stake; nothing of it is kept."""

import pytest

from cashpath import drift
from cashpath.drift import Disagreement
from cashpath.ownership import Ownership
from cashpath.records import Address, Customer, Money, Product, RecordKey, Variant
from cashpath.settings.slices import Rules
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.finance import Silent
from cashpath_sandbox.memory import facts
from cashpath_sandbox.onestage import NOON, OneStage

SHOP = NAMES["storefront"]
MUG, MUG_S = RecordKey(SHOP, "product", "1"), RecordKey(SHOP, "variant", "11")
ADA = RecordKey(SHOP, "customer", "7")
WATCHED = Ownership(raised=frozenset({"variant.price", "customer.phone"}))


@pytest.fixture
def stage() -> OneStage:
    """A brand that leaves changes of prices and phone numbers by others to a person."""
    stage = OneStage(rules=Rules(cutover="2026-01-01T00:00:00+00:00", ownership=WATCHED))
    stage.has("storefront", Product(key=MUG, title="Mug"))
    stage.has("storefront", Variant(key=MUG_S, product=MUG, sku="MUG-S", title="Mug", price=Money(1200, "EUR")))
    stage.has("storefront", Customer(key=ADA, email="ada@example.com", first_name="Ada", phone="+441632960001"))
    return stage


def cheaper_in_the_erp(stage: OneStage) -> RecordKey:
    """The mug is brought over, and somebody makes it cheaper in the ERP."""
    stage.tells("sync_catalog", MUG)
    stage.later(hours=1)
    [theirs] = stage.held("erp")
    stage.books["erp"].change(theirs.key, price=Money(950, "EUR"))
    stage.tells("sync_catalog", theirs.key, trigger="sweep")
    key: RecordKey = theirs.key
    return key


def only(stage: OneStage, flow: str, root: RecordKey) -> Disagreement:
    [found] = drift.compared(stage.runner(flow), root).found
    return found


def test_a_wrong_price_is_told_with_what_it_costs_at_recent_volume(stage: OneStage) -> None:
    theirs = cheaper_in_the_erp(stage)
    stage.vendors[NAMES["erp"]].sold = {theirs.id: 40}
    since = int(stage.moment.timestamp() * 1000)
    stage.later(days=2)
    found = only(stage, "sync_catalog", MUG)
    assert (found.record, found.field, found.role, found.owner) == (str(MUG_S), "price", "erp", "storefront")
    assert (found.value, found.other) == ("12.00 EUR", "9.50 EUR")
    assert (found.units, found.at_stake) == (40, Money(10000, "EUR"))
    assert found.since == since


def test_a_product_that_is_gone_where_it_began_is_told_as_what_is_yet_to_be_archived(stage: OneStage) -> None:
    other = RecordKey(SHOP, "variant", "12")
    stage.has("storefront", Variant(key=other, product=MUG, sku="MUG-L", title="Mug L", price=Money(1500, "EUR")))
    stage.tells("sync_catalog", MUG)
    stage.later(hours=1)
    stage.books["storefront"].remove(other)
    found = drift.compared(stage.runner("sync_catalog"), MUG).found
    assert {(each.record, each.field, each.value, each.other) for each in found} == {
        (str(other), "archived", True, False)
    }


def test_where_the_erp_cannot_say_what_was_sold_the_price_is_told_without_money(stage: OneStage) -> None:
    cheaper_in_the_erp(stage)
    stage.vendors[NAMES["erp"]].counts = False
    found = only(stage, "sync_catalog", MUG)
    assert (found.units, found.at_stake) == (None, None)
    assert found.plain()["at_stake"] is None


def test_a_persons_values_are_told_and_never_kept(stage: OneStage) -> None:
    stage.tells("sync_customers", ADA)
    stage.later(hours=1)
    [theirs] = stage.held("crm", "customer")
    stage.books["crm"].change(theirs.key, phone="+441632960099")
    stage.tells("sync_customers", theirs.key)
    found = only(stage, "sync_customers", ADA)
    assert (found.field, found.value, found.other) == ("phone", "+441632960001", "+441632960099")
    kept = str(stage.tables.items)
    assert str(ADA) in kept
    assert "960099" not in kept
    assert "960001" not in kept


def test_in_shadow_every_difference_is_told(stage: OneStage) -> None:
    stage.mode = "shadow"
    stage.has("crm", Variant(key=RecordKey(NAMES["crm"], "variant", "33"), sku="MUG-S", title="Becher"))
    stage.tells("sync_catalog", MUG)
    found = drift.compared(stage.runner("sync_catalog"), MUG).found
    assert {(each.role, each.field, each.mode) for each in found} >= {("crm", "title", "shadow")}
    assert list(stage.ledger.drifting("acme")) == [MUG]


def test_in_shadow_a_record_that_a_system_lacks_is_told_and_noted_once(stage: OneStage) -> None:
    stage.mode = "shadow"
    stage.tells("sync_customers", ADA)
    since = int(stage.moment.timestamp() * 1000)
    stage.later(days=2)
    stage.tells("sync_customers", ADA, trigger="backfill")
    found = drift.compared(stage.runner("sync_customers"), ADA).found
    assert {(each.role, each.field, each.value, each.other) for each in found} == {
        (role, "(missing)", "there", "-") for role in ("crm", "billing", "erp")
    }
    assert {each.since for each in found} == {since}
    assert list(stage.ledger.lacking("acme")) == [ADA]
    assert list(stage.ledger.drifting("acme")) == []


def test_what_is_missing_is_listed_no_more_once_it_is_created_or_archived(stage: OneStage) -> None:
    stage.mode = "shadow"
    stage.tells("sync_customers", ADA)
    stage.tells("sync_catalog", MUG)
    assert set(stage.ledger.lacking("acme")) == {ADA, MUG}
    for key in (MUG, MUG_S):
        stage.books["storefront"].change(key, archived=True)
    stage.later(hours=1)
    stage.tells("sync_catalog", MUG)
    assert list(stage.ledger.lacking("acme")) == [ADA]
    stage.mode = "live"
    stage.later(hours=1)
    stage.tells("sync_customers", ADA)
    assert list(stage.ledger.lacking("acme")) == []


def test_a_missing_record_stays_listed_while_its_system_cannot_be_asked(stage: OneStage) -> None:
    stage.mode = "shadow"
    stage.tells("sync_catalog", MUG)
    stage.vendors[NAMES["crm"]] = Silent(stage.books["crm"], facts("crm"))
    stage.later(hours=1)
    stage.tells("sync_catalog", MUG)
    told = drift.compared(stage.runner("sync_catalog"), MUG)
    assert "erp" in {each.role for each in told.found}
    assert told.silent == ("crm",)
    seen = stage.ledger.peek(MUG)
    assert seen is not None
    assert f"sync_catalog|crm|{MUG_S}|(missing)" in seen.drift


def test_a_customer_who_is_gone_where_they_began_keeps_no_other_from_being_told(stage: OneStage) -> None:
    cheaper_in_the_erp(stage)
    stage.tells("sync_customers", ADA)
    stage.books["storefront"].remove(ADA)
    answer = drift.answer(stage.runner("sync_customers"), [str(ADA)])
    assert answer["drift"] == []


def test_a_redrive_puts_right_what_was_left_and_ends_the_drift(stage: OneStage) -> None:
    cheaper_in_the_erp(stage)
    stage.tells("sync_catalog", MUG, trigger="redrive", attempt=1)
    assert stage.held("erp")[0].price == Money(1200, "EUR")
    assert list(stage.ledger.drifting("acme")) == []
    assert drift.compared(stage.runner("sync_catalog"), MUG).found == ()


def test_one_root_that_cannot_be_compared_keeps_no_other_from_being_told(stage: OneStage) -> None:
    cheaper_in_the_erp(stage)
    answer = drift.answer(stage.runner("sync_catalog"), ["shop/product/404", str(MUG)])
    assert [each["field"] for each in answer["drift"]] == ["price"]
    assert "cannot be found" in answer["failures"]["shop/product/404"]
    assert answer["brands"] == ["acme"]


def test_values_are_told_as_a_person_reads_them() -> None:
    assert drift.plain(Address(street="1 High St", city="Leeds", country="GB")) == (
        "street 1 High St, city Leeds, country GB"
    )
    assert drift.plain((Money(100, "JPY"), NOON)) == ["100 JPY", NOON.isoformat()]
