"""Customers written to a shop: created once, changed where they differ, merged, erased, in few requests."""

from dataclasses import replace
from typing import Any

import pytest

from cashpath.faults import NeedsPerson
from cashpath.records import Address, BrandId, Customer, RecordKey, SystemId
from cashpath.systems.inbound import Inbound
from cashpath.systems.mapping import FieldMap, Mapped
from cashpath.systems.port import Wanted
from cashpath.systems.shopify import webhooks
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.shopify.bench import connector
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.subject import MovableClock

ADA = Customer(
    key=RecordKey(SystemId("crm"), "customer", "51"),
    email="Ada@Example.com",
    first_name="Ada",
    last_name="King",
    phone="+441632960001",
    locale="en-GB",
    address=Address(name="Ada King", street="1 Mill Lane", city="London", postcode="N1", country="GB"),
)


def wanted(customer: Customer, id: str | None = None, **values: Any) -> Wanted:
    fields = Customer.field_names() | {"custom.loyalty"}
    return Wanted(**{"record": customer, "fields": fields, "id": id, "brand": BrandId("tea"), **values})


def changes(shop: ShopifyStandin) -> int:
    return sum(entry.writes for entry in shop.log)


def test_a_customer_of_the_crm_is_created_with_its_origin_and_found_by_it(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    id = storefront.write(wanted(ADA)).id
    reading = storefront.read("customer", id)
    assert reading is not None
    assert reading.origin == ADA.key
    assert storefront.find("customer", ADA.key, since=shop.now()) == id
    assert reading.record.value("email") == "ada@example.com"


def test_each_field_compares_equal_once_it_was_written(storefront: Connector) -> None:
    reading = storefront.read("customer", storefront.write(wanted(ADA)).id)
    assert reading is not None
    for name in storefront.facts.kinds["customer"].fields:
        one = frozenset({name})
        held, said = wanted(reading.record, fields=one), wanted(ADA, fields=one)  # type: ignore[arg-type]
        assert storefront.normalised(held) == storefront.normalised(said)


def test_what_does_not_differ_is_not_sent(shop: ShopifyStandin, storefront: Connector) -> None:
    id = storefront.write(wanted(ADA)).id
    before = changes(shop)
    storefront.write(wanted(ADA, id))
    assert changes(shop) == before
    storefront.write(wanted(replace(ADA, last_name="Lovelace"), id))
    assert changes(shop) == before + 1


def consent(shop: ShopifyStandin, id: str) -> str:
    return str((shop.store.get("customers", id) or {})["email_marketing_consent"]["state"])


def test_whoever_unsubscribed_in_the_shop_is_never_subscribed_again_by_us(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    agreed = replace(ADA, marketing="subscribed")
    id = storefront.write(wanted(agreed)).id
    shop.put("customers", {"id": int(id), "email_marketing_consent": {"state": "unsubscribed"}})
    for _ in range(2):
        with pytest.raises(NeedsPerson, match="unsubscribed from marketing email"):
            storefront.write(wanted(replace(agreed, last_name="Lovelace"), id))
    reading = storefront.read("customer", id)
    assert reading is not None
    assert (consent(shop, id), reading.record.value("last_name")) == ("unsubscribed", "Lovelace")


def test_the_shop_tells_of_somebody_who_unsubscribes(shop: ShopifyStandin, storefront: Connector) -> None:
    id = storefront.write(wanted(replace(ADA, marketing="subscribed"))).id
    shop.put("customers", {"id": int(id), "email_marketing_consent": {"state": "unsubscribed"}})
    told = shop.emitted[-1]
    request = Inbound(method="POST", uri="", headers={"x-shopify-topic": told.topic}, body=told.body)
    assert told.topic == "customers_email_marketing_consent/update"
    assert [(event.kind, event.id) for event in webhooks.events(request, {})] == [("customer", id)]


def test_whoever_unsubscribed_elsewhere_is_unsubscribed_in_the_shop(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    id = storefront.write(wanted(replace(ADA, marketing="subscribed"))).id
    storefront.write(wanted(replace(ADA, marketing="unsubscribed"), id))
    assert consent(shop, id) == "unsubscribed"


def test_an_email_that_is_anothers_is_refused_in_shopifys_words(storefront: Connector) -> None:
    storefront.write(wanted(ADA))
    with pytest.raises(NeedsPerson, match="Email has already been taken"):
        storefront.write(wanted(replace(ADA, key=RecordKey(SystemId("crm"), "customer", "52"), phone="")))


def test_a_merge_keeps_the_survivor_and_is_made_once(shop: ShopifyStandin, storefront: Connector) -> None:
    one = storefront.write(wanted(ADA)).id
    countess = replace(ADA, key=RecordKey(SystemId("crm"), "customer", "52"), email="c@example.com", phone="")
    other = storefront.write(wanted(countess)).id
    for _ in range(2):
        storefront.merge("customer", other, one)
    assert storefront.read("customer", other) is None
    assert [event.topic for event in shop.emitted].count("customers/merge") == 1


def test_a_merge_that_shopify_would_make_the_other_way_round_is_for_a_person(storefront: Connector) -> None:
    nameless = replace(ADA, key=RecordKey(SystemId("crm"), "customer", "52"), email="", phone="")
    one, other = storefront.write(wanted(nameless)).id, storefront.write(wanted(ADA)).id
    with pytest.raises(NeedsPerson, match="Shopify would keep"):
        storefront.merge("customer", other, one)


def test_a_person_who_is_erased_is_gone_from_their_orders_too(shop: ShopifyStandin, storefront: Connector) -> None:
    id = storefront.write(wanted(ADA)).id
    storefront.erase("customer", id)
    reading = storefront.read("customer", id)
    assert reading is not None
    assert (reading.record.value("email"), reading.record.value("address")) == ("", None)
    assert "customers/redact" in [event.topic for event in shop.emitted]


def test_a_backlog_of_customers_is_read_and_looked_up_some_at_a_time(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    people = [replace(ADA, email=f"a{n}@example.com", phone="", key=replace(ADA.key, id=str(n))) for n in range(60)]
    ids = [storefront.write(wanted(person)).id for person in people]
    shop.settle_search()
    shop.log.clear()
    assert len(storefront.read_many("customer", ids)) == 60
    found = storefront.candidates_many("customer", [f"email:{person.email}" for person in people])
    assert [readings[0].at.id for readings in found.values()] == ids
    assert len(shop.log) == 3 + 12


def test_a_field_of_the_brands_own_is_a_metafield(shop: ShopifyStandin, clock: MovableClock) -> None:
    fields = FieldMap({"customer": (Mapped(name="loyalty", field="loyalty.card", path="level"),)})
    storefront = connector(shop, clock, mapping=fields)
    id = storefront.write(wanted(replace(ADA, custom={"loyalty": "gold"}))).id
    storefront.write(wanted(replace(ADA, custom={"loyalty": "silver"}), id))
    reading = storefront.read("customer", id)
    assert reading is not None
    assert reading.record.custom == {"loyalty": "silver"}
    [told] = storefront.check()
    assert "'loyalty.card'" in told


def test_what_the_app_lacks_is_told_and_the_origin_is_defined_once(shop: ShopifyStandin, storefront: Connector) -> None:
    shop.scopes.remove("read_all_orders")
    [told] = storefront.check()
    assert "older than 60 days" in told
    assert storefront.prepare() == ("customer.origin", "product.origin", "productvariant.origin")
    assert storefront.prepare() == ()
