"""Products: what a shop sells as Tryton keeps it, and what began in Tryton as a catalogue's owner tells it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cashpath.faults import NeedsPerson
from cashpath.records import Money, Product, RecordKey, SystemId, Variant
from cashpath.systems.mapping import FieldMap, Mapped
from cashpath_sandbox.tryton.samples import order_of

SHOP, ERP = SystemId("shop"), SystemId("erp")


def in_tryton(erp: Any, sku: str, **values: Any) -> tuple[str, list[str]]:
    """A product that somebody enters in Tryton, in two sizes; its id and its variants'."""
    (unit,) = erp.person.search("product.uom", [("symbol", "=", "u")], ("symbol",))
    sizes = [{"suffix_code": f"{sku}-{size}"} for size in ("S", "L")]
    template = {"name": "Cup", "default_uom": unit["id"], "list_price": Decimal("9.90"), **values}
    template["products"] = [["create", sizes]]
    company = erp.person.company("acme")
    (id,) = erp.person.writes("model.product.template.create", [template], company=company)
    rows = erp.person.search("product.product", [("template", "=", id)], ("code",))
    return str(id), [str(row["id"]) for row in rows]


def test_a_sku_that_two_products_would_share_is_for_a_person(erp: Any) -> None:
    mug = erp.mug()
    with pytest.raises(NeedsPerson, match="Tryton says"):
        erp.put(replace(mug, key=RecordKey(SHOP, "variant", "same-sku")))


def test_the_list_price_begins_as_the_shops_where_the_currency_is_that_of_the_books(strict: Any) -> None:
    mug = Variant(key=RecordKey(SHOP, "variant", "euros"), sku="EUR-1", title="Mug", price=Money(1250, "EUR"))
    id = strict.put(mug)
    strict.put(replace(mug, price=Money(1500, "EUR")), id)
    assert strict.read("variant", id).record.price == Money(1250, "EUR")
    assert "price" not in strict.connector.facts.kinds["variant"].tells
    dollars = replace(mug, key=RecordKey(SHOP, "variant", "dollars"), sku="USD-1", price=Money(1250, "USD"))
    assert strict.read("variant", strict.put(dollars)).record.price == Money(0, "EUR")


def test_the_list_price_follows_the_shop_where_the_settings_say_so(erp: Any) -> None:
    mug = erp.mug()
    erp.put(replace(mug, price=Money(1533, "EUR")), erp.refs[mug.key])
    assert erp.read("variant", erp.refs[mug.key]).record.price == Money(1533, "EUR")
    erp.put(replace(mug, price=Money(99, "USD")), erp.refs[mug.key])
    assert erp.read("variant", erp.refs[mug.key]).record.price == Money(1533, "EUR")


def test_what_is_taxed_otherwise_has_a_category_of_its_own(erp: Any) -> None:
    mug = erp.mug()
    id = erp.refs[mug.key]
    for changed in (
        replace(mug, tax_category="book", taxable=True),
        replace(mug, tax_category="", taxable=False),
        replace(mug, tax_category="", taxable=True, gift_card=True),
        replace(mug, tax_category="", taxable=True),
    ):
        erp.put(changed, id)
        told = erp.read("variant", id).record
        assert (told.tax_category, told.taxable, told.gift_card) == (
            changed.tax_category,
            changed.taxable,
            changed.gift_card,
        )


def test_a_category_that_tryton_does_not_have_is_for_a_person(open_erp: Any) -> None:
    erp = open_erp(tax_categories={"food": "Nowhere"})
    key = RecordKey(SHOP, "variant", "food")
    with pytest.raises(NeedsPerson, match="no accounting category 'Nowhere'"):
        erp.put(Variant(key=key, sku="FOOD", title="Bread", tax_category="food"))
    assert erp.connector.find("variant", key, since=None) is None


def test_a_product_that_began_in_tryton_is_read_with_its_variants(erp: Any) -> None:
    id, variants = in_tryton(erp, "CUP-1", type="service")
    reading = erp.read("product", id)
    record = reading.record
    assert isinstance(record, Product)
    assert (record.title, record.archived, reading.origin) == ("Cup", False, None)
    assert [(v.key.id, v.sku, v.price, v.nature) for v in record.variants] == [
        (variants[0], "CUP-1-S", Money(990, "EUR"), "service"),
        (variants[1], "CUP-1-L", Money(990, "EUR"), "service"),
    ]
    assert erp.read("variant", variants[0]).parent == RecordKey(ERP, "product", id)
    assert erp.read("variant", erp.refs[erp.mug().key]).parent is None


def test_a_change_of_a_variant_or_its_product_is_told_as_a_change_of_the_product(erp: Any) -> None:
    id, variants = in_tryton(erp, "CUP-2")
    company = erp.person.company("acme")
    for model, changed, values in (
        ("product.template", id, {"name": "Cup, blue"}),
        ("product.product", variants[0], {"suffix_code": "CUP-2-XS"}),
    ):
        before = erp.read("product", id).version
        erp.person.writes(f"model.{model}.write", [int(changed)], values, company=company)
        changes = {c.key.id: c.version for c in erp.connector.changed_since("product", datetime.now(UTC) - HOUR)}
        assert changes[id] == erp.read("product", id).version > before


HOUR = timedelta(hours=1)


def test_an_adopted_product_is_found_by_the_shops_key(erp: Any) -> None:
    _, (small, _) = in_tryton(erp, "CUP-3")
    key = RecordKey(SHOP, "variant", "cup-3")
    erp.put(Variant(key=key, sku="CUP-3-S", title="Cup"), small)
    assert erp.connector.find("variant", key, since=None) == small
    assert erp.read("variant", small).parent is None


def test_what_was_sold_since_is_counted_from_sales_that_stand(erp: Any) -> None:
    mug, customer = erp.mug(), erp.customer()
    id = erp.refs[mug.key]
    order = replace(order_of(1, "EUR", mug.key, prices_include_tax=False), customer=customer.key)
    first, second, old = (erp.order(order) for _ in range(3))
    erp.put(first)
    erp.put(replace(old, ordered_at=datetime(2020, 1, 1, tzinfo=UTC)))
    cancelled = erp.put(second)
    since = datetime.combine(date(2026, 1, 1), datetime.min.time(), UTC)
    assert erp.connector.sold_since([id, "999999"], since) == {id: 6, "999999": 0}
    erp.put(replace(second, state="cancelled"), cancelled)
    assert erp.connector.sold_since([id], since) == {id: 3}


def test_a_mapped_field_of_a_product_is_written_read_and_compared(open_erp: Any) -> None:
    erp = open_erp(FieldMap({"variant": (Mapped(name="consumable", field="consumable", type="boolean"),)}))
    mug = Variant(key=RecordKey(SHOP, "variant", "mapped"), sku="MAPPED", title="Mug", custom={"consumable": True})
    id = erp.put(mug)
    assert erp.read("variant", id).record.custom == {"consumable": True}
    changed = replace(mug, custom={"consumable": False})
    erp.put(changed, id)
    wanted = erp.wanted(changed, id)
    assert erp.connector.held("variant", id, wanted) == erp.connector.normalised(wanted)
