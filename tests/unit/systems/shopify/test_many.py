"""What a shop tells of its goods and companies besides the usual, and how few requests many of them take."""

import pytest

from cashpath.records import BadRecord, Company, Order, Product, RecordKey, SystemId, Variant
from cashpath.systems.mapping import FieldMap, Mapped
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.shopify import orders
from cashpath_sandbox.shopify.bench import connector
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.subject import MovableClock

MUG = {"title": "Mug", "variants": [{"sku": "MUG", "price": "12.00"}]}
MAPPED = FieldMap(
    {
        "company": (Mapped(name="segment", field="sales.segment"),),
        "product": (Mapped(name="season", field="range.season"),),
        "variant": (Mapped(name="tariff", field="customs.tariff"),),
    }
)


def metafield(namespace: str, key: str, value: str) -> list[dict[str, str]]:
    return [{"namespace": namespace, "key": key, "value": value}]


def variant(storefront: Connector, product: str) -> Variant:
    """The only variant of a product."""
    reading = storefront.read("product", product)
    assert reading is not None
    assert isinstance(reading.record, Product)
    [only] = reading.record.variants
    return only


@pytest.mark.parametrize(
    ("told", "nature"),
    [
        ({}, "good"),
        ({"product_type": "Course"}, "course"),
        ({"product_type": "Tableware"}, "good"),
        ({"gift_card": True}, "gift_card"),
        ({"metafields": metafield("cashpath", "nature", "donation"), "product_type": "Course"}, "donation"),
        ({"variants": [{"sku": "SET", "price": "20.00", "requires_components": True}]}, "bundle"),
    ],
)
def test_what_a_thing_is_to_the_merchant_is_read(
    told: dict[str, object], nature: str, shop: ShopifyStandin, storefront: Connector
) -> None:
    assert variant(storefront, shop.put("products", {**MUG, **told})).nature == nature


def test_a_nature_that_is_none_is_told_to_a_person(shop: ShopifyStandin, storefront: Connector) -> None:
    id = shop.put("products", {**MUG, "metafields": metafield("cashpath", "nature", "toy")})
    with pytest.raises(BadRecord, match=r"cashpath\.nature says 'toy'"):
        storefront.read("product", id)


def test_a_thing_is_taxed_by_its_category_or_by_what_the_merchant_says(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    category = {"admin_graphql_api_id": "gid://shopify/TaxonomyCategory/hg-11-10-6"}
    by_category = shop.put("products", {**MUG, "category": category})
    said = metafield("cashpath", "tax_category", "txcd_99999999")
    by_word = shop.put("products", {**MUG, "category": category, "metafields": said})
    assert variant(storefront, by_category).tax_category == "hg-11-10-6"
    assert variant(storefront, by_word).tax_category == "txcd_99999999"


def test_a_brands_own_fields_of_goods_and_companies_are_read(shop: ShopifyStandin, clock: MovableClock) -> None:
    storefront = connector(shop, clock, mapping=MAPPED)
    sold = [{"sku": "MUG", "price": "12.00", "metafields": metafield("customs", "tariff", "6912")}]
    product = shop.put("products", {"title": "Mug", "variants": sold, "metafields": metafield("range", "season", "S")})
    company = shop.put("companies", {"name": "Kontor", "metafields": metafield("sales", "segment", "hotels")})
    shop.settle_search()
    [found] = storefront.candidates("variant", "sku:MUG")
    for reading, custom in (
        (storefront.read("product", product), {"season": "S"}),
        (storefront.read("variant", found.at.id), {"tariff": "6912"}),
        (storefront.read_many("variant", [found.at.id])[found.at.id], {"tariff": "6912"}),
        (found, {"tariff": "6912"}),
        (storefront.read("company", company), {"segment": "hotels"}),
        (storefront.read_many("company", [company])[company], {"segment": "hotels"}),
    ):
        assert reading is not None
        assert reading.record.custom == custom
    assert variant(storefront, product).custom == {"tariff": "6912"}


def test_a_field_of_any_kind_that_the_shop_does_not_know_is_told(shop: ShopifyStandin, clock: MovableClock) -> None:
    shop.definitions += [
        {"__typename": "MetafieldDefinition", "ownerType": "PRODUCT", "namespace": "range", "key": "season"}
    ]
    told = connector(shop, clock, mapping=MAPPED).check()
    assert [said.partition("; define")[0] for said in told] == [
        "shop: companies have no metafield 'sales.segment', which a field of yours is mapped to",
        "shop: variants have no metafield 'customs.tariff', which a field of yours is mapped to",
    ]


def test_more_fields_of_a_brands_own_than_are_read_are_told(shop: ShopifyStandin, clock: MovableClock) -> None:
    many = FieldMap({"variant": tuple(Mapped(name=f"f{n}", field=f"x.f{n}") for n in range(11))})
    assert "11 fields of variants are mapped, and 10 are read" in connector(shop, clock, mapping=many).check()[-1]


def test_many_variants_are_read_and_looked_up_some_at_a_time(shop: ShopifyStandin, storefront: Connector) -> None:
    sold = [{"title": f"No. {n}", "sku": f"TEA {n}", "price": "5.00"} for n in range(60)]
    product = shop.put("products", {"title": "Teas", "variants": sold})
    shop.settle_search()
    one_by_one = storefront.read("product", product)
    assert one_by_one is not None
    assert isinstance(one_by_one.record, Product)
    ids = [variant.key.id for variant in one_by_one.record.variants]
    shop.log.clear()
    readings = storefront.read_many("variant", [*ids, "404"])
    assert [readings[id].record for id in ids] == list(one_by_one.record.variants)
    assert len(shop.log) == 4
    assert storefront.read_many("variant", ids)[ids[0]] == storefront.read("variant", ids[0])
    shop.log.clear()
    found = storefront.candidates_many("variant", [f"sku:TEA {n}" for n in range(60)])
    assert [[reading.at.id for reading in readings] for readings in found.values()] == [[id] for id in ids]
    assert len(shop.log) == 12


def test_a_sku_that_shares_its_words_with_many_is_found_among_all_of_them(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    sold = [{"title": f"No. {n}", "sku": f"{n} TEA", "price": "5.00"} for n in range(45)]
    shop.put("products", {"title": "Teas", "variants": [*sold, {"title": "All", "sku": "TEA", "price": "9.00"}]})
    shop.settle_search()
    [found] = storefront.candidates("variant", "sku:TEA")
    assert found.record.value("title") == "Teas - All"


def test_a_company_tells_all_its_locations_however_many(shop: ShopifyStandin, storefront: Connector) -> None:
    places = [{"id": 7000 + n, "name": f"House {n}", "tax_registration_id": f"DE{n}"} for n in range(23)]
    id = shop.put("companies", {"name": "Hotels", "locations": [places[0] | {"tax_exempt": True}, *places[1:]]})
    other = shop.put("companies", {"name": "Alone"})
    shop.log.clear()
    readings = storefront.read_many("company", [id, other])
    assert len(shop.log) == 1 + 2
    company = readings[id].record
    assert isinstance(company, Company)
    assert [place.name for place in company.locations] == [place["name"] for place in places]
    assert (company.tax_id, company.tax_exempt) == ("DE0", True)
    assert readings[other] == storefront.read("company", other)
    assert readings[other].at == RecordKey(SystemId("shop"), "company", other)


def test_orders_of_any_kind_read_together_are_what_each_is_alone(shop: ShopifyStandin, storefront: Connector) -> None:
    ids = [shop.place_order(orders.made(case, n).body) for n, case in enumerate(orders.CASES, 1)]
    together = storefront.read_many("order", [*ids, "404", "no number"])
    assert together == {id: storefront.read("order", id) for id in ids}


def test_a_hundred_orders_take_a_request_for_each_four(shop: ShopifyStandin, storefront: Connector) -> None:
    ids = [shop.place_order(orders.made("plain", n).body) for n in range(1, 101)]
    shop.log.clear()
    assert list(storefront.read_many("order", ids)) == ids
    assert len(shop.log) == 25


def test_an_order_that_ships_in_several_ways_is_read_whole_among_others(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    plain, several = orders.made("plain", 1).body, orders.made("plain", 2).body
    [line] = plain["shipping_lines"]
    free = {**line, "id": 88, "title": "Pick-up", "price": "0.00", "discounted_price": "0.00", "tax_lines": []}
    free |= {name: {"shop_money": {"amount": "0.00", "currency_code": "EUR"}} for name in line if name.endswith("_set")}
    ids = [shop.place_order(body) for body in (plain, {**several, "shipping_lines": [line, free]})]
    together = storefront.read_many("order", ids)
    assert together == {id: storefront.read("order", id) for id in ids}
    order = together[ids[1]].record
    assert isinstance(order, Order)
    assert [way.title for way in order.shipping] == [line["title"], "Pick-up"]


def test_products_of_few_and_many_variants_read_together_are_what_each_is_alone(
    shop: ShopifyStandin, clock: MovableClock
) -> None:
    storefront = connector(shop, clock, mapping=MAPPED)
    ids = []
    for many in (0, 1, 5, 6, 25, 26, 31, 60, 1, 2):
        sold = [{"title": f"No. {n}", "sku": f"TEA {many} {n}", "price": "5.00"} for n in range(many)]
        body = {"title": f"{many} teas", "variants": sold, "metafields": metafield("range", "season", "S")}
        ids.append(shop.put("products", body))
    together = storefront.read_many("product", [*ids, "404"])
    assert together == {id: storefront.read("product", id) for id in ids}


def test_a_hundred_products_take_a_request_for_each_eight(shop: ShopifyStandin, storefront: Connector) -> None:
    ids = [shop.put("products", MUG) for _ in range(100)]
    shop.log.clear()
    assert list(storefront.read_many("product", ids)) == ids
    assert len(shop.log) == 13
