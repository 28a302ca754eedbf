"""Drift is listed for as long as it lasts, with the moment it was found at, and not a pass longer."""

from collections.abc import Mapping, Sequence

import pytest

from cashpath.brakes import millis
from cashpath.faults import SystemDown
from cashpath.flows.parts.copies import Copies, Copy, puts
from cashpath.ownership import Ownership
from cashpath.records import Customer, Kind, Money, Product, RecordKey, Role, Variant
from cashpath.settings.slices import Rules
from cashpath.systems.port import Reading
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.memory import facts
from cashpath_sandbox.onestage import ACME, OneStage, Vendor

SHOP = NAMES["storefront"]
MUG, MUG_S = RecordKey(SHOP, "product", "1"), RecordKey(SHOP, "variant", "11")
ADA = RecordKey(SHOP, "customer", "7")
WATCHED = Ownership(raised=frozenset({"variant.price", "customer.phone"}))
TWELVE, NINE, EIGHT = (Money(cents, "EUR") for cents in (1200, 900, 800))


class Silent(Vendor):
    """A vendor that answers no question about what it holds."""

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        raise SystemDown(f"{self.id} does not answer", system=self.id)


@pytest.fixture
def stage() -> OneStage:
    """A mug and a customer, the same everywhere; changes of prices and phone numbers by others are left to a person."""
    stage = OneStage(rules=Rules(cutover="2026-01-01T00:00:00+00:00", ownership=WATCHED))
    stage.has("storefront", Product(key=MUG, title="Mug"))
    stage.has("storefront", Variant(key=MUG_S, product=MUG, sku="MUG-S", title="Mug", price=TWELVE))
    stage.has("storefront", Customer(key=ADA, email="ada@example.com", first_name="Ada", phone="+441632960001"))
    stage.tells("sync_catalog", MUG)
    stage.tells("sync_customers", ADA)
    stage.later(hours=1)
    return stage


def priced(stage: OneStage, role: Role, price: Money) -> None:
    """Somebody changes the mug's price in a system."""
    [variant] = stage.held(role)
    stage.books[role].change(variant.key, price=price)
    stage.tells("sync_catalog", variant.key)
    stage.later(hours=1)


def drifting(stage: OneStage) -> list[RecordKey]:
    return list(stage.ledger.drifting("acme"))


def since(stage: OneStage, root: RecordKey) -> list[int]:
    seen = stage.ledger.peek(root)
    assert seen is not None
    return list(seen.drift.values())


def test_a_live_flow_lists_only_what_others_changed_and_puts_all_else_right(stage: OneStage) -> None:
    [theirs] = stage.held("erp")
    stage.books["erp"].change(theirs.key, price=NINE, title="Becher")
    stage.tells("sync_catalog", theirs.key)
    assert drifting(stage) == [MUG]
    assert [(v.price, v.title) for v in stage.held("erp")] == [(NINE, "Mug")]


def test_the_owners_own_later_change_travels_and_ends_the_drift(stage: OneStage) -> None:
    priced(stage, "erp", NINE)
    assert drifting(stage) == [MUG]
    priced(stage, "storefront", EIGHT)
    assert [v.price for v in stage.held("erp")] == [EIGHT]
    assert drifting(stage) == []


def test_a_change_that_is_taken_back_is_drift_no_more(stage: OneStage) -> None:
    priced(stage, "erp", NINE)
    priced(stage, "erp", TWELVE)
    assert drifting(stage) == []


def test_its_age_is_counted_from_the_first_pass_that_found_it(stage: OneStage) -> None:
    found = millis(stage.moment)
    priced(stage, "erp", NINE)
    [first] = since(stage, MUG)
    assert first >= found
    stage.later(days=2)
    stage.tells("sync_catalog", MUG, trigger="backfill")
    assert since(stage, MUG) == [first]


def test_a_system_that_cannot_be_asked_now_has_not_come_to_agree(stage: OneStage) -> None:
    priced(stage, "crm", NINE)
    [first] = since(stage, MUG)
    asked = stage.vendors[NAMES["crm"]]
    stage.vendors[NAMES["crm"]] = Silent(stage.books["crm"], facts("crm"))
    stage.runner("sync_catalog").handle(stage.notice("sync_catalog", MUG))
    stage.sent.clear()
    assert since(stage, MUG) == [first]
    stage.vendors[NAMES["crm"]] = asked
    stage.later(minutes=10)
    stage.tells("sync_catalog", MUG)
    assert since(stage, MUG) == [first]


def test_what_is_watched_is_not_overwritten_where_it_cannot_be_read(stage: OneStage) -> None:
    shop = stage.vendors[SHOP]
    reading = shop.read("variant", MUG_S.id)
    assert reading is not None
    kind = shop.facts.kinds["variant"]
    own = Copy(system=shop.id, id=MUG_S.id, facts=kind, spell=shop.normalised, reading=reading, record=reading.record)
    unread = Copies(key=MUG_S, brand=ACME, began_in="storefront", of={"storefront": own}, silent=frozenset({"crm"}))
    [put] = puts(unread, "crm", reading.record, stage.rules)
    assert "title" in put.fields
    assert "price" not in put.fields
    assert "price" in put.seeds


def test_a_product_that_is_deleted_is_listed_no_more(stage: OneStage) -> None:
    priced(stage, "erp", NINE)
    for key in (MUG, MUG_S):
        stage.books["storefront"].remove(key)
    stage.tells("sync_catalog", MUG, trigger="backfill")
    assert drifting(stage) == []


def test_a_customer_who_is_deleted_or_erased_is_listed_no_more(stage: OneStage) -> None:
    [theirs] = stage.held("crm", "customer")
    stage.books["crm"].change(theirs.key, phone="+441632960099")
    stage.tells("sync_customers", theirs.key)
    assert drifting(stage) == [ADA]
    stage.later(minutes=5)
    stage.tells("sync_customers", ADA, wish="erase")
    assert drifting(stage) == []


def test_a_price_that_is_put_right_by_policy_is_simply_put_right(stage: OneStage) -> None:
    stage.rules = Rules(cutover=stage.rules.cutover)
    priced(stage, "erp", NINE)
    assert [v.price for v in stage.held("erp")] == [TWELVE]
    assert drifting(stage) == []


def test_a_flow_that_goes_from_shadow_to_live_lists_what_is_left_and_no_more(stage: OneStage) -> None:
    stage.mode = "shadow"
    [theirs] = stage.held("crm")
    stage.books["crm"].change(theirs.key, title="Becher", price=NINE)
    stage.tells("sync_catalog", MUG)
    assert len(since(stage, MUG)) == 2
    stage.mode = "live"
    stage.later(minutes=5)
    stage.tells("sync_catalog", MUG)
    assert [v.title for v in stage.held("crm")] == ["Mug"]
    assert len(since(stage, MUG)) == 1
