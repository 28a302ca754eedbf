"""Customers, companies, products and variants as a shop keeps them, found and listed."""

from datetime import timedelta

import pytest

from cashpath.faults import Unsupported
from cashpath.records import (
    Address,
    BadRecord,
    BrandId,
    Company,
    Customer,
    Money,
    Product,
    RecordKey,
    Recurring,
    SystemId,
    Variant,
)
from cashpath.records.customer import Location
from cashpath.records.keys import Kind
from cashpath.systems.port import Wanted
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.shopify import orders
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.subject import MovableClock

SHOP = SystemId("shop")
ADA = {
    "email": "Ada.Brandt@example.com",
    "first_name": "Ada",
    "last_name": "Brandt",
    "phone": "+4940123456",
    "locale": "de-DE",
    "tax_exempt": True,
    "default_address": {
        "first_name": "Ada",
        "last_name": "Brandt",
        "address1": "Teestraße 7",
        "address2": "Hinterhaus",
        "zip": "20095",
        "city": "Hamburg",
        "province_code": "HH",
        "country_code": "DE",
    },
}
BILLED = [
    {"namespace": "cashpath", "key": "biller", "value": "billing"},
    {"namespace": "cashpath", "key": "interval", "value": "week"},
    {"namespace": "cashpath", "key": "interval_count", "value": "2"},
]
BOX = {
    "title": "Tea of the month",
    "variants": [
        {"title": "Default Title", "sku": "BOX", "price": "24.00"},
        {"title": "Large", "sku": "BOX L", "price": "39.00"},
    ],
    "metafields": BILLED,
}


def test_a_customer_is_read_in_full(shop: ShopifyStandin, storefront: Connector) -> None:
    id = shop.put("customers", ADA)
    reading = storefront.read("customer", id)
    assert reading is not None
    assert reading.record == Customer(
        key=RecordKey(SHOP, "customer", id),
        email="Ada.Brandt@example.com",
        first_name="Ada",
        last_name="Brandt",
        phone="+4940123456",
        locale="de-DE",
        tax_exempt=True,
        address=Address(
            name="Ada Brandt",
            street="Teestraße 7",
            street2="Hinterhaus",
            postcode="20095",
            city="Hamburg",
            region="HH",
            country="DE",
        ),
    )
    assert reading.version == 1795521600000


def test_a_customer_without_email_name_or_address_is_still_a_customer(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    id = shop.put("customers", {"email": None, "first_name": None})
    reading = storefront.read("customer", id)
    assert reading is not None
    assert reading.record == Customer(key=RecordKey(SHOP, "customer", id), locale="en")


def test_a_customer_who_buys_for_a_company_names_it(shop: ShopifyStandin, storefront: Connector) -> None:
    order = orders.made("b2b").body
    shop.place_order(order)
    reading = storefront.read("customer", str(order["customer"]["id"]))
    assert reading is not None
    assert reading.record.references() == (RecordKey(SHOP, "company", "910001"),)


HAMBURG = Address(
    name="Jan Peters",
    company="Kontor Nord GmbH",
    street="Teestraße 7",
    postcode="20095",
    city="Hamburg",
    country="DE",
)


def test_a_company_is_read_with_its_tax_id_and_address(shop: ShopifyStandin, storefront: Connector) -> None:
    shop.place_order(orders.made("b2b").body)
    reading = storefront.read("company", "910001")
    assert reading is not None
    assert reading.record == Company(
        key=RecordKey(SHOP, "company", "910001"),
        name="Kontor Nord GmbH",
        tax_id="DE811569869",
        domain="kontor-nord.example",
        address=HAMBURG,
        locations=(Location(key="920001", name="Kontor Nord GmbH", address=HAMBURG, tax_id="DE811569869"),),
    )


def test_a_variant_is_read_with_what_its_product_says(shop: ShopifyStandin, storefront: Connector) -> None:
    product = shop.put("products", BOX)
    shop.settle_search()
    (large,) = storefront.candidates("variant", "sku:BOX L")
    assert large.record == Variant(
        key=large.at,
        product=RecordKey(SHOP, "product", product),
        sku="BOX L",
        title="Tea of the month - Large",
        price=Money(3900, "EUR"),
        recurring=Recurring(interval="week", count=2, biller="billing"),
    )


def test_a_product_is_read_with_all_its_variants(shop: ShopifyStandin, storefront: Connector) -> None:
    many = [{"title": f"No. {i}", "sku": f"T{i}", "price": "5.00"} for i in range(70)]
    id = shop.put("products", {"title": "Teas", "variants": many, "status": "archived"})
    reading = storefront.read("product", id)
    assert reading is not None
    assert isinstance(reading.record, Product)
    assert [variant.sku for variant in reading.record.variants] == [f"T{i}" for i in range(70)]
    assert reading.record.archived


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [("biller", "stripe", "biller"), ("interval", "fortnight", "interval"), ("interval_count", "0", "interval_count")],
)
def test_a_metafield_that_says_no_such_thing_is_told_to_a_person(
    key: str, value: str, says: str, shop: ShopifyStandin, storefront: Connector
) -> None:
    fields = [{**field, "value": value} if field["key"] == key else field for field in BILLED]
    id = shop.put("products", {**BOX, "metafields": fields})
    with pytest.raises(BadRecord, match=says):
        storefront.read("product", id)


def test_a_search_by_words_finds_more_people_than_it_should_and_only_the_right_one_counts(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    wrong = shop.put("customers", {"email": "example.com@ada.brandt.example"})
    shop.put("customers", {"email": "brandt.ada@example.com"})
    right = shop.put("customers", ADA)
    shop.settle_search()
    found = storefront.candidates("customer", "email:ada.brandt@example.com ")
    assert [reading.at.id for reading in found] == [right] != [wrong]


def test_a_person_whose_address_shares_its_words_with_many_is_found_among_all_of_them(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    for n in range(30):
        shop.put("customers", {"email": f"ada.brandt@mail{n}.example.com"})
        shop.put("customers", {"email": f"example.com@ada.brandt.no{n}.example"})
    right = shop.put("customers", ADA)
    other = shop.put("customers", {"email": "bo@example.com"})
    shop.settle_search()
    [found] = storefront.candidates("customer", "email:ada.brandt@example.com")
    assert found.at.id == right
    both = storefront.candidates_many("customer", ["email:ada.brandt@example.com", "email:bo@example.com"])
    assert [[reading.at.id for reading in readings] for readings in both.values()] == [[right], [other]]


def test_a_search_sees_a_new_customer_only_after_a_while(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    id = shop.put("customers", ADA)
    assert storefront.read("customer", id) is not None
    assert not storefront.candidates("customer", "email:ada.brandt@example.com")
    clock.move(shop.search_lag)
    assert storefront.candidates("customer", "email:ada.brandt@example.com")


def test_quotes_in_what_is_sought_do_not_change_the_search(shop: ShopifyStandin, storefront: Connector) -> None:
    id = shop.put("products", {"title": "X", "variants": [{"sku": 'A"B\\ OR sku:*', "price": "1.00"}]})
    shop.settle_search()
    assert [r.record.product for r in storefront.candidates("variant", 'sku:A"B\\ OR sku:*')] == [  # type: ignore[attr-defined]
        RecordKey(SHOP, "product", id)
    ]


@pytest.mark.parametrize("kind", ["order", "customer", "company", "product"])
def test_what_changed_is_listed_from_a_moment_on_oldest_first(
    kind: Kind, shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    shop.place_order(orders.made("b2b", 1).body)
    since, made = clock.at, []
    plural = {"order": "orders", "customer": "customers", "company": "companies", "product": "products"}[kind]
    for n in range(2, 125):
        clock.move(timedelta(seconds=1))
        if kind == "order":
            made.append(shop.place_order(orders.made("plain", n, clock.at).body))
        else:
            made.append(shop.put(plural, {"name": f"N{n}", "title": f"T{n}"}))
    shop.settle_search()
    listed = list(storefront.changed_since(kind, since + timedelta(seconds=1)))
    assert [changed.key.id for changed in listed if changed.key.id in made] == made
    versions = [changed.version or 0 for changed in listed]
    assert versions == sorted(versions)


def test_of_all_kinds_only_customers_are_written(shop: ShopifyStandin, storefront: Connector) -> None:
    record = Company(key=RecordKey(SystemId("crm"), "company", "1"), name="Kontor")
    wanted = Wanted(record=record, fields=frozenset({"name"}), id=None, brand=BrandId("tea"))
    for refused in (
        lambda: storefront.write(wanted),
        lambda: storefront.normalised(wanted),
        lambda: storefront.held("company", "1", wanted),
        lambda: storefront.erase("company", "1"),
        lambda: storefront.merge("company", "1", "2"),
        lambda: storefront.read("subscription", "1"),
        lambda: storefront.candidates("customer", "phone:1"),
        lambda: storefront.changed_since("subscription", shop.now()),
    ):
        with pytest.raises(Unsupported):
            refused()
    assert not shop.writes()
