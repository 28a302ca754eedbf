"""Products and variants written to a shop whose catalogue the ERP owns: created once, changed where they differ."""

from dataclasses import replace
from typing import Any

import pytest

from cashpath.faults import NeedsPerson, NotYet
from cashpath.records import BrandId, Money, Product, Record, RecordKey, SystemId, Variant
from cashpath.systems.port import Wanted
from cashpath.systems.shopify import goods
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.shopify.standin import ShopifyStandin

ERP = SystemId("erp")
TEA = Product(key=RecordKey(ERP, "product", "7"), title="Sencha")
SMALL = Variant(
    key=RecordKey(ERP, "variant", "71"),
    product=TEA.key,
    sku="SEN-50",
    title="Sencha - 50 g",
    price=Money(895, "EUR"),
    taxable=False,
    shippable=False,
)
LARGE = replace(SMALL, key=RecordKey(ERP, "variant", "72"), sku="SEN-250", title="Sencha - 250 g")


def wanted(record: Record, id: str | None = None, product: str = "", **values: Any) -> Wanted:
    fields = type(record).field_names()
    refs = {TEA.key: product} if product else {}
    return Wanted(**{"record": record, "fields": fields, "id": id, "brand": BrandId("tea"), "refs": refs, **values})


def variants(shop: ShopifyStandin, product: str) -> list[dict[str, Any]]:
    body = shop.store.get("products", product)
    assert body is not None
    return list(body["variants"])


def changes(shop: ShopifyStandin) -> int:
    return sum(entry.writes for entry in shop.log)


def test_goods_of_the_erp_are_created_with_their_origin_and_found_by_it(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    product = storefront.write(wanted(TEA)).id
    for variant in (SMALL, LARGE):
        id = storefront.write(wanted(variant, product=product)).id
        reading = storefront.read("variant", id)
        assert reading is not None
        assert (reading.origin, reading.parent) == (variant.key, RecordKey(SystemId("shop"), "product", product))
        assert storefront.find("variant", variant.key, since=shop.now()) == id
    assert storefront.find("product", TEA.key, since=shop.now()) == product
    assert [(v["title"], v["sku"], v["price"]) for v in variants(shop, product)] == [
        ("50 g", "SEN-50", "8.95"),
        ("250 g", "SEN-250", "8.95"),
    ]


def test_each_field_of_goods_compares_equal_once_it_was_written(storefront: Connector) -> None:
    product = storefront.write(wanted(TEA)).id
    for record, id in ((TEA, product), (SMALL, storefront.write(wanted(SMALL, product=product)).id)):
        reading = storefront.read(record.key.kind, id)
        assert reading is not None
        for name in storefront.facts.kinds[record.key.kind].fields:
            one = frozenset({name})
            assert storefront.normalised(wanted(reading.record, fields=one)) == storefront.normalised(
                wanted(record, fields=one)
            )


@pytest.mark.parametrize("change", [{"price": Money(1050, "EUR")}, {"sku": "SEN-51"}, {"taxable": True}])
def test_a_change_in_the_erp_is_sent_once(shop: ShopifyStandin, storefront: Connector, change: dict[str, Any]) -> None:
    product = storefront.write(wanted(TEA)).id
    id = storefront.write(wanted(SMALL, product=product)).id
    before = changes(shop)
    for _ in range(2):
        storefront.write(wanted(replace(SMALL, **change), id, product))
    reading = storefront.read("variant", id)
    assert reading is not None
    assert {name: reading.record.value(name) for name in change} == change
    assert changes(shop) == before + 1


def test_a_product_that_the_erp_archives_goes_off_sale_and_comes_back(storefront: Connector) -> None:
    id = storefront.write(wanted(TEA)).id
    for archived in (True, False):
        storefront.write(wanted(replace(TEA, archived=archived), id))
        reading = storefront.read("product", id)
        assert reading is not None
        assert reading.record.value("archived") is archived


def test_one_variant_that_the_erp_archives_takes_no_other_off_sale(shop: ShopifyStandin, storefront: Connector) -> None:
    product = storefront.write(wanted(TEA)).id
    id = storefront.write(wanted(SMALL, product=product)).id
    before = changes(shop)
    storefront.write(wanted(replace(SMALL, archived=True), id, product))
    assert changes(shop) == before
    assert "archived" not in goods.VARIANT_FIELDS


def test_a_variant_waits_for_its_product(shop: ShopifyStandin, storefront: Connector) -> None:
    with pytest.raises(NotYet, match="waits for its product erp/product/7"):
        storefront.write(wanted(SMALL))
    assert changes(shop) == 0


def test_the_only_variant_that_the_shop_sells_already_stays_beside_a_new_one(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    product = shop.put("products", {"title": "Sencha", "variants": [{"sku": "SEN-50", "price": "8.95"}]})
    storefront.write(wanted(LARGE, product=product))
    assert [v["sku"] for v in variants(shop, product)] == ["SEN-50", "SEN-250"]


def test_variants_of_one_title_are_told_apart_by_their_sku(shop: ShopifyStandin, storefront: Connector) -> None:
    product = storefront.write(wanted(TEA)).id
    for variant in (SMALL, LARGE):
        storefront.write(wanted(replace(variant, title="Sencha"), product=product))
    assert [v["title"] for v in variants(shop, product)] == ["SEN-50", "SEN-250"]


@pytest.mark.parametrize(("price", "said"), [(None, "it has no price"), (Money(895, "USD"), "its price is in USD")])
def test_nothing_is_sold_for_nothing_or_in_another_currency(
    storefront: Connector, price: Money | None, said: str
) -> None:
    product = storefront.write(wanted(TEA)).id
    with pytest.raises(NeedsPerson, match=said):
        storefront.write(wanted(replace(SMALL, price=price), product=product))
    id = storefront.write(wanted(SMALL, product=product)).id
    with pytest.raises(NeedsPerson, match=said):
        storefront.write(wanted(replace(SMALL, price=price), id, product))


def test_a_variant_of_a_product_with_several_options_is_for_a_person(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    options = [{"name": "Size"}, {"name": "Colour"}]
    product = shop.put("products", {"title": "Mug", "options": options, "variants": [{"sku": "M", "price": "1.00"}]})
    with pytest.raises(NeedsPerson, match="several options"):
        storefront.write(wanted(SMALL, product=product))


def test_goods_that_are_gone_from_the_shop_are_for_a_person(storefront: Connector) -> None:
    for record in (TEA, SMALL):
        with pytest.raises(NeedsPerson, match="is gone from Shopify"):
            storefront.write(wanted(record, "999"))
