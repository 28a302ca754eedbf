"""A product's passes over the real ledger: one root for all its variants, whoever brought them first."""

import pytest

from cashpath.ownership import Ownership, catalogue_of
from cashpath.records import Customer, Line, Money, Order, Product, RecordKey, Recurring, Variant
from cashpath.settings.slices import Rules
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.onestage import NOON, OneStage

SHOP = NAMES["storefront"]
MUG, MUG_S = RecordKey(SHOP, "product", "1"), RecordKey(SHOP, "variant", "11")
ADA = RecordKey(SHOP, "customer", "7")
TWELVE = Money(1200, "EUR")


@pytest.fixture
def stage() -> OneStage:
    """A shop that sells a mug, and a club by the month."""
    stage = OneStage()
    stage.has("storefront", Product(key=MUG, title="Mug"))
    stage.has("storefront", Variant(key=MUG_S, product=MUG, sku="MUG-S", title="Mug", price=TWELVE))
    monthly = Recurring(interval="month", biller="billing")
    club = RecordKey(SHOP, "variant", "12")
    stage.has("storefront", Variant(key=club, product=MUG, sku="CLUB", title="Club", price=TWELVE, recurring=monthly))
    return stage


def test_a_product_is_brought_over_and_what_was_told_again_writes_nothing(stage: OneStage) -> None:
    assert stage.tells("sync_catalog", MUG).word == "done"
    assert {variant.sku for variant in stage.held("erp")} == {"MUG-S", "CLUB"}
    before = stage.writes()
    stage.later(minutes=5)
    for told in (MUG, MUG_S, *(variant.key for role in ("crm", "billing", "erp") for variant in stage.held(role))):
        stage.tells("sync_catalog", told)
    assert stage.writes() == before
    assert not stage.given_up


def test_an_edit_by_hand_in_the_erp_is_put_right_by_its_own_notice(stage: OneStage) -> None:
    stage.tells("sync_catalog", MUG)
    stage.later(minutes=5)
    theirs = next(variant.key for variant in stage.held("erp") if variant.sku == "MUG-S")
    stage.books["erp"].change(theirs, title="Becher")
    stage.tells("sync_catalog", theirs, trigger="sweep")
    assert {variant.title for variant in stage.held("erp")} == {"Mug", "Club"}


def order_of_a_mug(stage: OneStage) -> None:
    """Ada buys a mug, and create_orders brings it to the ERP before any catalogue's flow does."""
    order = RecordKey(SHOP, "order", "1001")
    stage.has("storefront", Customer(key=ADA, email="ada@example.com", first_name="Ada"))
    line = Line(key="l1", title="Mug", sku="MUG-S", quantity=1, unit_price=TWELVE, variant=MUG_S)
    stage.has(
        "storefront",
        Order(
            key=order,
            number="#1001",
            ordered_at=NOON,
            currency="EUR",
            customer=ADA,
            lines=(line,),
            total=TWELVE,
            total_tax=Money.zero("EUR"),
        ),
    )
    stage.tells("create_orders", order)


def test_a_variant_that_an_order_brought_first_joins_the_root_of_its_product(stage: OneStage) -> None:
    order_of_a_mug(stage)
    [theirs] = stage.held("erp")
    stage.later(minutes=5)
    stage.books["erp"].change(theirs.key, title="Becher")
    assert stage.tells("sync_catalog", theirs.key).word == "done"
    seen = stage.ledger.peek(MUG_S)
    assert seen is not None
    assert seen.root == MUG
    trace = stage.ledger.trace(theirs.key)
    assert trace is not None
    assert (trace.origin, trace.seen.root) == (MUG_S, MUG)
    assert [variant.title for variant in stage.held("erp") if variant.sku == "MUG-S"] == ["Mug"]
    assert len(stage.held("erp")) == 2


def test_a_product_that_the_crm_made_by_hand_leads_to_the_owners(stage: OneStage) -> None:
    theirs = stage.has("crm", Variant(key=RecordKey(NAMES["crm"], "variant", "33"), sku="MUG-S", title="by hand"))
    assert stage.tells("sync_catalog", theirs).word == "handed"
    assert {variant.title for variant in stage.held("crm")} == {"Mug", "Club"}
    stage.later(minutes=5)
    stage.books["crm"].change(theirs, title="by hand again")
    stage.tells("sync_catalog", theirs)
    assert {variant.title for variant in stage.held("crm")} == {"Mug", "Club"}


def test_a_deleted_product_is_archived_once_it_is_surely_gone(stage: OneStage) -> None:
    stage.tells("sync_catalog", MUG)
    stage.later(minutes=5)
    for key in (MUG, *(variant.key for variant in stage.held("storefront"))):
        stage.books["storefront"].remove(key)
    stage.tells("sync_catalog", MUG)
    assert all(variant.archived for role in ("crm", "billing", "erp") for variant in stage.held(role))
    assert not stage.given_up


def test_a_copy_of_a_deleted_variant_still_leads_to_its_product(stage: OneStage) -> None:
    stage.tells("sync_catalog", MUG)
    stage.later(minutes=5)
    stage.books["storefront"].remove(MUG_S)
    theirs = next(variant.key for variant in stage.held("crm") if variant.sku == "MUG-S")
    assert stage.tells("sync_catalog", theirs).word == "done"
    assert {v.archived for role in ("crm", "erp") for v in stage.held(role) if v.sku == "MUG-S"} == {True}
    assert not stage.given_up


def test_subscribers_are_moved_once_even_where_a_pass_died_before_it_could(stage: OneStage) -> None:
    stage.rules = Rules(cutover=stage.rules.cutover, move_subscribers=True)
    stage.tells("sync_catalog", MUG)
    billing = stage.vendors[NAMES["billing"]]
    before = len(billing.moved)
    stage.later(minutes=5)
    club = RecordKey(SHOP, "variant", "12")
    stage.books["storefront"].change(club, price=Money(1500, "EUR"))
    billing.dies = True
    with pytest.raises(KeyboardInterrupt):
        stage.tells("sync_catalog", club)
    billing.dies = False
    stage.later(minutes=5)
    stage.tells("sync_catalog", club, trigger="sweep")
    assert stage.held("billing")[0].price == Money(1500, "EUR")
    assert len(billing.moved) == before + 1
    stage.later(minutes=5)
    stage.tells("sync_catalog", MUG, trigger="sweep")
    assert len(billing.moved) == before + 1


def test_who_subscribed_at_a_price_set_by_hand_is_moved_back_with_it(stage: OneStage) -> None:
    stage.rules = Rules(cutover=stage.rules.cutover, move_subscribers=True)
    stage.tells("sync_catalog", MUG)
    stage.later(minutes=5)
    stage.tells("sync_catalog", MUG, trigger="sweep")
    billing = stage.vendors[NAMES["billing"]]
    before = len(billing.moved)
    stage.later(minutes=5)
    [theirs] = stage.held("billing")
    stage.books["billing"].change(theirs.key, price=Money(1, "EUR"))
    stage.tells("sync_catalog", theirs.key)
    assert stage.held("billing")[0].price == TWELVE
    assert len(billing.moved) == before + 1


def test_a_watched_price_is_left_and_remembered_since_it_differed(stage: OneStage) -> None:
    stage.rules = Rules(cutover=stage.rules.cutover, ownership=Ownership(raised=frozenset({"variant.price"})))
    stage.tells("sync_catalog", MUG)
    stage.later(minutes=5)
    theirs = next(variant.key for variant in stage.held("erp") if variant.sku == "MUG-S")
    stage.books["erp"].change(theirs, price=Money(900, "EUR"))
    stage.tells("sync_catalog", theirs)
    assert list(stage.ledger.drifting("acme")) == [MUG]
    assert next(variant.price for variant in stage.held("erp") if variant.sku == "MUG-S") == Money(900, "EUR")


def test_what_an_order_brought_to_the_owner_of_the_catalogue_is_not_handed_back_and_forth(stage: OneStage) -> None:
    stage.rules = Rules(cutover=stage.rules.cutover, ownership=Ownership(owners=catalogue_of("erp")))
    order_of_a_mug(stage)
    [theirs] = stage.held("erp")
    stage.later(minutes=5)
    for told in (MUG_S, MUG, theirs.key):
        assert stage.tells("sync_catalog", told).word == "skipped"
    assert not stage.sent
