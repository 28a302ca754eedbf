"""Bundles: what a shop sells as a set is Tryton's kit, with the products that it contains."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from cashpath.faults import NeedsPerson, NotYet
from cashpath.records import BadRecord, Line, Money, RecordKey, SystemId, Variant
from cashpath.records.catalog import Part
from cashpath_sandbox.tryton.samples import added_up, order_of
from cashpath_sandbox.tryton.server import Tryton
from cashpath_sandbox.tryton.settled import settle

SHOP, ERP = SystemId("shop"), SystemId("erp")
NOWHERE = RecordKey(SHOP, "variant", "nowhere")
_numbers = count(1)


def bundle(*parts: tuple[RecordKey, int]) -> Variant:
    """A bundle of the shop that nobody knows yet."""
    n = next(_numbers)
    inside = tuple(Part(variant=key, quantity=quantity) for key, quantity in parts)
    key = RecordKey(SHOP, "variant", f"kit-{n}")
    return Variant(key=key, sku=f"KIT-{n}", title="Set", price=Money(2990, "EUR"), nature="bundle", parts=inside)


def template(erp: Any, id: str) -> int:
    """The template of a product."""
    (row,) = erp.person.search("product.product", [("id", "=", int(id))], ("template",))
    return int(row["template"])


def write(erp: Any, id: str, **values: Any) -> None:
    """Somebody edits the template of a product at Tryton's client."""
    arguments = [template(erp, id)], values
    erp.person.writes("model.product.template.write", *arguments, company=erp.person.company("acme"))


def components(erp: Any, id: str) -> list[tuple[int, float]]:
    """What somebody at Tryton's client sees in the kit, by product."""
    domain = [("parent_template", "=", template(erp, id))]
    rows = erp.person.search("product.component", domain, ("product", "quantity"))
    return sorted((row["product"], row["quantity"]) for row in rows)


def component(erp: Any, product: str, quantity: float, **values: Any) -> dict[str, Any]:
    """A component as a person enters it."""
    (unit,) = erp.person.search("product.uom", [("symbol", "=", "u")], ("symbol",))
    return {"product": int(product), "quantity": quantity, "unit": unit["id"], **values}


def entered(erp: Any, *inside: dict[str, Any], **values: Any) -> tuple[str, list[str]]:
    """A kit that somebody enters in Tryton, in two sizes; its id and its variants'."""
    n, company = next(_numbers), erp.person.company("acme")
    (unit,) = erp.person.search("product.uom", [("symbol", "=", "u")], ("symbol",))
    sizes = [["create", [{"suffix_code": f"OWN-{n}-{size}"} for size in ("S", "L")]]]
    kit = {"name": "Hamper", "type": "kit", "default_uom": unit["id"], "list_price": Decimal(9), "products": sizes}
    kit |= {"components": [["create", list(inside)]], **values}
    (id,) = erp.person.writes("model.product.template.create", [kit], company=company)
    rows = erp.person.search("product.product", [("template", "=", id)], ("code",))
    return str(id), [str(row["id"]) for row in rows]


def agrees(erp: Any, record: Variant, id: str) -> bool:
    wanted = erp.wanted(record, id)
    return bool(erp.connector.held("variant", id, wanted) == erp.connector.normalised(wanted))


def test_a_bundle_becomes_a_kit_in_the_one_call_that_makes_it(erp: Any) -> None:
    mug, saucer = erp.mug(), erp.mug()
    made = bundle((mug.key, 2), (saucer.key, 1))
    calls = erp.calls(lambda: erp.put(made))
    assert calls == [
        "model.product.product.search_read",
        "model.product.template.create",
        "model.product.identifier.search_read",
    ]
    id = erp.refs[made.key]
    assert components(erp, id) == [(int(erp.refs[mug.key]), 2), (int(erp.refs[saucer.key]), 1)]
    told = erp.read("variant", id).record
    assert {(part.variant.id, part.quantity) for part in told.parts} == {
        (erp.refs[mug.key], 2),
        (erp.refs[saucer.key], 1),
    }
    assert (told.nature, told.shippable, told.sku) == ("bundle", True, made.sku)
    assert agrees(erp, made, id)


def test_what_a_bundle_contains_follows_the_shop_by_difference(erp: Any) -> None:
    mug, saucer, spoon = erp.mug(), erp.mug(), erp.mug()
    made = bundle((mug.key, 2), (saucer.key, 1))
    id = erp.put(made)
    before = {c["product"]: c["id"] for c in rows(erp, id)}
    changed = replace(made, parts=(made.parts[1], Part(variant=spoon.key, quantity=6)))
    erp.put(changed, id)
    after = {c["product"]: c["id"] for c in rows(erp, id)}
    assert after.keys() == {int(erp.refs[saucer.key]), int(erp.refs[spoon.key])}
    assert after[int(erp.refs[saucer.key])] == before[int(erp.refs[saucer.key])]
    assert agrees(erp, changed, id)


def rows(erp: Any, id: str) -> Any:
    return erp.person.search("product.component", [("parent_template", "=", template(erp, id))], ("product",))


def test_an_unchanged_bundle_is_asked_for_once_and_not_written(erp: Any) -> None:
    made = bundle((erp.mug().key, 2))
    id = erp.put(made)
    assert erp.calls(lambda: erp.put(made, id)) == ["model.product.product.search_read"]


def test_a_part_that_the_shop_lists_twice_is_one_component(erp: Any) -> None:
    mug = erp.mug()
    made = bundle((mug.key, 2), (mug.key, 1))
    id = erp.put(made)
    assert components(erp, id) == [(int(erp.refs[mug.key]), 3)]
    assert agrees(erp, made, id)


By = Callable[[Any, str, str], list[list[Any]]]
BY_HAND: dict[str, By] = {
    "another quantity": lambda erp, kit, other: [["write", [rows(erp, kit)[0]["id"]], {"quantity": 5}]],
    "none of it": lambda erp, kit, other: [["write", [rows(erp, kit)[0]["id"]], {"quantity": 0}]],
    "fixed": lambda erp, kit, other: [["write", [rows(erp, kit)[0]["id"]], {"fixed": True}]],
    "taken out": lambda erp, kit, other: [["delete", [rows(erp, kit)[0]["id"]]]],
    "emptied": lambda erp, kit, other: [["delete", [row["id"] for row in rows(erp, kit)]]],
    "added": lambda erp, kit, other: [["create", [component(erp, other, 1)]]],
    "doubled": lambda erp, kit, other: [["create", [component(erp, str(rows(erp, kit)[0]["product"]), 1)]]],
}


@pytest.mark.parametrize("by", BY_HAND.values(), ids=BY_HAND)
def test_a_component_changed_by_hand_is_told_otherwise_and_put_right(erp: Any, by: By) -> None:
    made = bundle((erp.mug().key, 2), (erp.mug().key, 1))
    id = erp.put(made)
    before, since = components(erp, id), datetime.now(UTC) - timedelta(hours=1)
    told = erp.read("variant", id)
    write(erp, id, components=by(erp, id, erp.refs[erp.mug().key]))
    now = erp.read("variant", id)
    assert now.record.parts != told.record.parts
    assert now.version > told.version
    assert template(erp, id) in {int(changed.key.id) for changed in erp.connector.changed_since("product", since)}
    assert not agrees(erp, made, id)
    erp.put(made, id)
    assert sorted(components(erp, id)) == sorted(before)
    assert agrees(erp, made, id)


def test_a_product_becomes_a_bundle_and_is_one_no_more(erp: Any) -> None:
    mug, saucer = erp.mug(), erp.mug()
    set_of = replace(mug, parts=(Part(variant=saucer.key, quantity=2),))
    erp.put(set_of, erp.refs[mug.key])
    assert erp.read("variant", erp.refs[mug.key]).record.nature == "bundle"
    for shippable in (True, False):
        plain = replace(mug, shippable=shippable)
        erp.put(plain, erp.refs[mug.key])
        assert components(erp, erp.refs[mug.key]) == []
        assert agrees(erp, plain, erp.refs[mug.key])
        erp.put(set_of, erp.refs[mug.key])
        assert agrees(erp, set_of, erp.refs[mug.key])


def test_a_bundle_that_the_shop_does_not_ship_is_shipped_all_the_same(erp: Any) -> None:
    made = replace(bundle((erp.mug().key, 1)), shippable=False)
    id = erp.put(made)
    assert erp.read("variant", id).record.shippable
    assert agrees(erp, made, id)


def test_a_bundle_waits_for_its_parts(erp: Any) -> None:
    made = bundle((erp.mug().key, 1), (NOWHERE, 1))
    with pytest.raises(NotYet, match="shop/variant/nowhere not in Tryton yet"):
        erp.put(made)
    assert erp.connector.find("variant", made.key, since=None) is None
    assert "variant" in erp.connector.facts.kinds["variant"].references


def test_what_tryton_lets_into_no_kit_is_told_in_plain_words_and_leaves_nothing(erp: Any) -> None:
    mug = erp.mug()
    inner = bundle((mug.key, 1))
    course = replace(bundle(), nature="course", shippable=False)
    gone = replace(bundle(), title="Gone")
    for part in (inner, course, gone):
        erp.put(part)
    erp.person.writes("model.product.product.delete", [int(erp.refs[gone.key])])
    for part, cause in ((inner, "components itself"), (course, "no goods"), (gone, "which is gone")):
        made = bundle((mug.key, 1), (part.key, 1))
        with pytest.raises(NeedsPerson, match=cause) as told:
            erp.put(made)
        assert told.value.code == "no_kit_part"
        assert erp.connector.find("variant", made.key, since=None) is None


def test_goods_that_were_moved_become_no_kit(erp: Any) -> None:
    mug, saucer, customer = erp.mug(), erp.mug(), erp.customer()
    order = replace(order_of(1, "EUR", mug.key, prices_include_tax=False), customer=customer.key)
    erp.press("process", erp.put(erp.order(order)))
    with pytest.raises(NeedsPerson, match="stock moves"):
        erp.put(replace(mug, parts=(Part(variant=saucer.key, quantity=2),)), erp.refs[mug.key])
    assert components(erp, erp.refs[mug.key]) == []


def test_fifty_bundles_are_made_in_one_call(erp: Any) -> None:
    mug, saucer = erp.mug(), erp.mug()
    wanted = [erp.wanted(bundle((mug.key, 2), (saucer.key, 1))) for _ in range(50)]
    results: list[Any] = []
    calls = erp.calls(lambda: results.extend(erp.connector.write_many(wanted)))
    assert calls.count("model.product.template.create") == 1
    assert len(calls) == 3
    assert all(result.created for result in results)


def test_a_kit_that_began_in_tryton_is_told_with_its_parts(erp: Any) -> None:
    mug, saucer = erp.refs[erp.mug().key], erp.refs[erp.mug().key]
    id, (small, large) = entered(erp, component(erp, mug, 2))
    company = erp.person.company("acme")
    own = [{**component(erp, saucer, 4), "parent_template": int(id), "parent_product": int(large)}]
    erp.person.writes("model.product.component.create", own, company=company)
    variants = {variant.key.id: variant for variant in erp.read("product", id).record.variants}
    assert variants[small].parts == (Part(variant=RecordKey(ERP, "variant", mug), quantity=2),)
    assert variants[large].parts == (Part(variant=RecordKey(ERP, "variant", saucer), quantity=4),)
    assert {variant.nature for variant in variants.values()} == {"bundle"}


def test_one_size_of_a_kit_is_changed_without_the_other(erp: Any) -> None:
    mug, saucer = erp.mug(), erp.mug()
    _, (small, large) = entered(erp, component(erp, erp.refs[mug.key], 2))
    record = replace(bundle((saucer.key, 3)), sku=erp.read("variant", small).record.sku, title="Hamper")
    erp.put(record, small)
    assert agrees(erp, record, small)
    assert [part.variant.id for part in erp.read("variant", large).record.parts] == [erp.refs[mug.key]]


@pytest.mark.parametrize("odd", [{"quantity": 0.5}, {"fixed": True}])
def test_a_kit_whose_contents_no_shop_can_say_is_for_a_person_and_still_matches(erp: Any, odd: dict[str, Any]) -> None:
    ribbon = by_the_metre(erp)
    id, (small, _) = entered(erp, {**ribbon, **odd})
    for kind, of in (("product", id), ("variant", small)):
        with pytest.raises(BadRecord, match=r"of RIBBON-\d+, which is no number of pieces"):
            erp.read(kind, of)
    (row,) = erp.person.search("product.product", [("id", "=", int(small))], ("code",))
    assert [found.at.id for found in erp.connector.candidates("variant", f"sku:{row['code']}")] == [small]


def by_the_metre(erp: Any) -> dict[str, Any]:
    """Two metres of a ribbon that somebody sells by the metre, as a component."""
    (metre,) = erp.person.search("product.uom", [("symbol", "=", "m")], ("symbol",))
    products = [["create", [{"suffix_code": f"RIBBON-{next(_numbers)}"}]]]
    values = {"name": "Ribbon", "default_uom": metre["id"], "list_price": Decimal(1), "products": products}
    (id,) = erp.person.writes("model.product.template.create", [values], company=erp.person.company("acme"))
    (row,) = erp.person.search("product.product", [("template", "=", id)], ("code",))
    return {"product": row["id"], "quantity": 2, "unit": metre["id"]}


def test_two_metres_of_a_ribbon_are_two_of_it(erp: Any) -> None:
    ribbon = by_the_metre(erp)
    _, (small, _) = entered(erp, ribbon)
    key = RecordKey(ERP, "variant", str(ribbon["product"]))
    assert erp.read("variant", small).record.parts == (Part(variant=key, quantity=2),)


def test_without_the_option_a_bundle_is_a_product_like_any_other(strict: Any) -> None:
    facts = strict.connector.facts.kinds["variant"]
    assert "parts" not in facts.tells | facts.fields
    assert not facts.references
    strict.mug()
    made = bundle((NOWHERE, 2))
    made_by = strict.calls(lambda: strict.put(made))
    assert made_by == ["model.product.template.create", "model.product.identifier.search_read"]
    read_by = strict.calls(lambda: strict.read("variant", strict.refs[made.key]))
    assert read_by == ["model.product.product.search_read"]
    told = strict.read("variant", strict.refs[made.key]).record
    assert (told.parts, told.nature, told.shippable) == ((), "good", True)


def test_without_the_option_a_kit_stays_what_somebody_made_it(strict: Any) -> None:
    mug = strict.mug()
    _, (small, _) = entered(strict, component(strict, strict.refs[mug.key], 2))
    told = strict.read("variant", small).record
    assert (told.parts, told.nature, told.shippable) == ((), "good", True)
    record = replace(bundle(), sku=told.sku, title="Hamper")
    strict.put(record, small)
    assert components(strict, small) == [(int(strict.refs[mug.key]), 2)]


def test_a_sale_of_a_kit_is_exact_and_shipped_in_parts(erp: Any, strict: Any, tryton: Tryton) -> None:
    mug, saucer, customer = erp.mug(), erp.mug(), erp.customer()
    made = bundle((mug.key, 2), (saucer.key, 1))
    erp.put(made)
    line = Line(key="1", title="Set", quantity=3, unit_price=Money(2990, "EUR"), variant=made.key)
    one = order_of(1, "EUR", mug.key, prices_include_tax=True)
    order = erp.order(added_up(replace(one, customer=customer.key, lines=(line, *one.lines[1:]))))
    id = erp.put(order)
    wanted = erp.wanted(order, id)
    sale = erp.sale(id, "state", "total_amount", "tax_amount")
    assert (sale["state"], sale["total_amount"], sale["tax_amount"]) == (
        "confirmed",
        order.total.decimal,
        order.total_tax.decimal,
    )
    assert erp.connector.held("order", id, wanted) == erp.connector.normalised(wanted)
    fewer = added_up(replace(order, lines=(replace(line, quantity=2), *one.lines[1:])))
    erp.put(fewer, id)
    wanted = erp.wanted(fewer, id)
    assert erp.connector.held("order", id, wanted) == erp.connector.normalised(wanted)
    assert moved(erp, id) == []
    erp.press("process", id)
    assert moved(erp, id) == [(int(erp.refs[mug.key]), 4.0), (int(erp.refs[saucer.key]), 2.0)]
    ship_some(strict.person, id, int(erp.refs[mug.key]), 1)
    assert [(int(erp.refs[mug.key]), 1.0), (int(erp.refs[mug.key]), 3.0)] == sorted(moved(erp, id))[:2]
    told = erp.read("order", id).record.checked()
    assert (told.state, told.total, told.lines[0].quantity) == ("won", fewer.total, 2)
    assert erp.put(fewer, id) == id
    settle(tryton.directory, str(order.key))
    done = erp.read("order", id).record.checked()
    assert (done.state, done.total, done.total_tax) == ("fulfilled", fewer.total, fewer.total_tax)
    assert erp.connector.held("order", id, wanted) == erp.connector.normalised(wanted)


def test_goods_that_tryton_sells_together_with_their_components_are_for_a_person(erp: Any) -> None:
    mug, saucer, customer = erp.mug(), erp.mug(), erp.customer()
    write(erp, erp.refs[mug.key], components=[["create", [component(erp, erp.refs[saucer.key], 1)]]])
    order = erp.order(replace(order_of(1, "EUR", mug.key, prices_include_tax=False), customer=customer.key))
    with pytest.raises(NeedsPerson, match=f"sells {mug.sku}, which Tryton sells together with its components"):
        erp.put(order)
    assert erp.connector.find("order", order.key, since=None) is None


def moved(erp: Any, sale: str) -> list[tuple[int, float]]:
    """What is to leave the warehouse, or has left it, for a sale."""
    domain = [("sale", "=", int(sale)), ("to_location.type", "=", "customer")]
    return [
        (row["product"], row["quantity"]) for row in erp.person.search("stock.move", domain, ("product", "quantity"))
    ]


def ship_some(accountant: Any, sale: str, product: int, quantity: float) -> None:
    """Somebody ships a sale with less of one product; the rest waits for another shipment."""
    company = accountant.company("acme")
    (row,) = accountant.search("sale.sale", [("id", "=", int(sale))], ("shipments.inventory_moves",))
    (shipment,) = row["shipments."]
    domain = [("id", "in", shipment["inventory_moves"]), ("product", "=", product)]
    (move,) = accountant.search("stock.move", domain, ("quantity",))
    accountant.writes("model.stock.move.write", [move["id"]], {"quantity": quantity}, company=company)
    for step in ("assign_force", "pick", "pack", "do"):
        accountant.writes(f"model.stock.shipment.out.{step}", [shipment["id"]], company=company)
    accountant.writes("model.sale.sale.process", [int(sale)], company=company)
