"""An order of a bundle: the ERP gets what it contains, then the bundle, then the sale."""

from datetime import UTC, datetime

import pytest

from cashpath.records import Address, Line, Money, Order, Product, RecordKey, Variant
from cashpath.records.catalog import Part
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.onestage import OneStage


def key(kind: str, id: str) -> RecordKey:
    return RecordKey.parse(f"{NAMES['storefront']}/{kind}/{id}")


@pytest.fixture
def stage() -> OneStage:
    """A shop that sells mugs, and a set of two; somebody has bought a set."""
    stage = OneStage()
    mug, inside = key("variant", "mug"), (Part(variant=key("variant", "mug"), quantity=2),)
    for id in ("mug", "set"):
        stage.has("storefront", Product(key=key("product", id), title=id.title()))
    stage.has("storefront", Variant(key=mug, product=key("product", "mug"), sku="MUG", title="Mug"))
    bundle = Variant(key=key("variant", "set"), product=key("product", "set"), sku="SET", title="Set", parts=inside)
    stage.has("storefront", bundle)
    price = Money(2990, "EUR")
    line = Line(key="1", title="Set", sku="SET", quantity=1, unit_price=price, variant=key("variant", "set"))
    order = Order(
        key=key("order", "1"),
        number="#1",
        ordered_at=datetime(2026, 5, 31, tzinfo=UTC),
        currency="EUR",
        total=price,
        total_tax=Money.zero("EUR"),
        billing_address=Address(name="Ada", street="Ring 1", city="Wien", country="AT"),
        lines=(line,),
    )
    stage.has("storefront", order)
    return stage


def test_an_order_brings_a_bundle_whose_parts_the_erp_has(stage: OneStage) -> None:
    stage.tells("sync_catalog", key("product", "mug"))
    stage.later(minutes=5)
    assert stage.tells("create_orders", key("order", "1")).word == "done"
    sold = {variant.sku: variant for variant in stage.held("erp")}
    assert sold["SET"].parts == (Part(variant=sold["MUG"].key, quantity=2),)
    [sale] = stage.held("erp", "order")
    assert sale.lines[0].variant == sold["SET"].key


def test_an_order_brings_a_bundle_with_what_it_contains(stage: OneStage) -> None:
    assert stage.tells("create_orders", key("order", "1")).word == "done"
    sold = {variant.sku: variant for variant in stage.held("erp")}
    assert sold["SET"].parts == (Part(variant=sold["MUG"].key, quantity=2),)
    assert not stage.held("billing")
    stage.later(minutes=5)
    stage.tells("sync_catalog", key("product", "mug"))
    assert sorted(variant.sku for variant in stage.held("erp")) == ["MUG", "SET"]
    assert not stage.given_up


def test_a_bundle_waits_for_a_part_that_its_own_shop_does_not_have_yet(stage: OneStage) -> None:
    stage.books["storefront"].remove(key("variant", "mug"))
    assert stage.runner("create_orders").handle(stage.notice("create_orders", key("order", "1"))).word == "waits"
    assert not stage.held("erp")
