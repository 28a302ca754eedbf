"""An order or article that matches several records: a person says which one it is."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cashpath.records import Order, RecordKey, Variant
from cashpath_sandbox.onepersons_world import START, SYSTEMS

from .test_people_commands import Desk, desk

__all__ = ["desk"]
ORDER = RecordKey(SYSTEMS["storefront"], "order", "1001")
MUG, CUP = (RecordKey(SYSTEMS["erp"], "variant", id) for id in ("mug-1", "mug-2"))


def entered_twice(desk: Desk) -> list[str]:
    """An order from before the cutover, which two people entered into the ERP."""
    world = desk.world
    world.rules = replace(world.rules, cutover=(START + timedelta(days=1)).isoformat())
    world.buys()
    old = world.books["storefront"].current("order", ORDER.id)
    assert old is not None
    assert isinstance(old.record, Order)
    sales = [world.books["erp"].add(replace(old.record, customer=None, lines=())).id for _ in range(2)]
    world.clock.move(timedelta(minutes=1))
    world.tell("order", ORDER.id, flow="create_orders")
    world.drains()
    return sales


def test_an_old_order_that_was_entered_twice_is_settled_by_saying_which_sale_counts(desk: Desk) -> None:
    first, second = entered_twice(desk)
    [filed] = desk.world.exceptions.open(code="ambiguous_match", flow="create_orders")
    assert f"`cashpath link {ORDER} erp o2` says that it is o2" in filed.cause.remedy
    desk.says("link", str(ORDER), "erp", second, "--settings", "any.toml")
    desk.world.clock.move(timedelta(minutes=1))
    desk.world.drains()
    assert list(desk.world.exceptions.open(code="ambiguous_match", flow="create_orders")) == []
    assert desk.world.ledger.links([ORDER], [SYSTEMS["erp"]]) == {(ORDER, SYSTEMS["erp"]): second}
    assert [row.record.value("lines") for row in desk.world.books["erp"].of("order")] == [(), ()], first


def test_an_old_order_that_was_entered_once_is_known_to_have_been_ordered_when_it_was(desk: Desk) -> None:
    world = desk.world
    entered_twice(desk)
    [first, second] = [row.record.key for row in world.books["erp"].of("order")]
    world.books["erp"].remove(second)
    world.clock.move(timedelta(minutes=1))
    world.tell("order", ORDER.id, flow="create_orders")
    world.drains()
    seen = world.ledger.peek(ORDER)
    assert seen is not None
    assert seen.milestones["ordered"] == int(START.timestamp() * 1000), first


def test_an_article_that_matches_several_is_linked_to_the_one_that_is_named(desk: Desk) -> None:
    shop, erp = desk.world.books["storefront"], desk.world.books["erp"]
    mug = shop.add(Variant(key=MUG, sku="MUG", title="Mug"), id="mug")
    for key in (MUG, CUP):
        erp.add(Variant(key=key, sku="MUG", title="Mug"), id=key.id)
    queues = json.dumps({**desk.world.urls, "sync_catalog": "sync_catalog"})
    desk.stage.outputs = {**desk.stage.outputs, "Queues": queues}
    desk.says("link", str(mug), "erp", CUP.id, "--settings", "any.toml")
    [told] = desk.world.sqs.bodies["sync_catalog"]
    assert json.loads(told)["id"] == "mug"
    assert desk.world.ledger.links([mug], [SYSTEMS["erp"]]) == {(mug, SYSTEMS["erp"]): CUP.id}


def test_what_the_system_does_not_have_is_not_linked_and_nor_is_a_person(desk: Desk) -> None:
    entered_twice(desk)

    def refused(*words: str) -> Any:
        result = desk.run("link", *words, "--settings", "any.toml")
        assert result.exit_code == 2
        return " ".join(result.output.replace("│", " ").split())

    assert "erp has no order nowhere" in refused(str(ORDER), "erp", "nowhere")
    assert "customers link storefront/customer/7 erp 1" in refused("storefront/customer/7", "erp", "1")
