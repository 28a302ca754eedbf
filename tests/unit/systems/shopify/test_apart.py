"""What Shopify keeps apart from a variant: what a bundle contains, and what price lists say of buyers elsewhere."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashpath.faults import NeedsPerson
from cashpath.records import BadRecord, Money, RecordKey, SystemId, Variant
from cashpath.records.catalog import Part, Tier
from cashpath.systems.port import Reading
from cashpath.systems.shopify import documents, pricing
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.shopify.bench import connector
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.subject import MovableClock

ABROAD = {"USD": "US", "GBP": "GB"}
KONTOR = {"name": "Kontor", "locations": [{"id": 920001, "name": "Hamburg"}]}
TEA = RecordKey(SystemId("shop"), "variant", "71")


@pytest.fixture
def tea(shop: ShopifyStandin) -> str:
    """The shop sells a tea for 10.00 EUR, for 13.00 USD and, a tenth off, in pounds by the day's rate."""
    shop.put("companies", KONTOR)
    shop.store.price_lists.sell_abroad("GB", "GBP", rate="0.9")
    shop.store.price_lists.fix("US", "71", Money(1300, "USD"))
    return sold(shop, id=71, sku="TEA", price="10.00")


def sold(shop: ShopifyStandin, **variant: Any) -> str:
    """A product of one variant; the variant's id."""
    product = shop.put("products", {"title": "Tea", "variants": [variant]})
    shop.settle_search()
    body = shop.store.get("products", product)
    assert body is not None
    return str(body["variants"][0]["id"])


def read(storefront: Connector, id: str) -> Variant:
    """The variant, by whichever way it is read."""
    reading = storefront.read("variant", id)
    assert reading is not None
    assert isinstance(reading.record, Variant)
    ways: list[Reading] = [storefront.read_many("variant", [id])[id]]
    ways += storefront.candidates("variant", f"sku:{reading.record.sku}")
    assert ways == [reading, reading]
    return reading.record


def asked(shop: ShopifyStandin) -> int:
    """How many requests there were since it was last asked."""
    count = len(shop.log)
    shop.log.clear()
    return count


def test_a_bundle_tells_what_it_contains(shop: ShopifyStandin, storefront: Connector, tea: str) -> None:
    mug = sold(shop, sku="MUG", price="12.00")
    inside = [{"variant_id": int(tea), "quantity": 3}, {"variant_id": int(mug), "quantity": 1}]
    bundle = read(storefront, sold(shop, sku="SET", price="35.00", requires_components=True, components=inside))
    shop_ = SystemId("shop")
    assert bundle.parts == (
        Part(variant=RecordKey(shop_, "variant", tea), quantity=3),
        Part(variant=RecordKey(shop_, "variant", mug), quantity=1),
    )
    assert bundle.nature == "bundle"
    assert {part.variant for part in bundle.parts} <= set(bundle.references())


def test_a_bundle_of_the_most_that_shopify_takes_is_read_in_full(shop: ShopifyStandin, storefront: Connector) -> None:
    inside = [{"variant_id": 100 + n, "quantity": n + 1} for n in range(documents.CONTENTS)]
    bundle = read(storefront, sold(shop, sku="SET", price="99.00", requires_components=True, components=inside))
    assert [part.quantity for part in bundle.parts] == list(range(1, documents.CONTENTS + 1))


def test_more_than_a_bundle_can_contain_is_never_told_in_part(shop: ShopifyStandin, storefront: Connector) -> None:
    inside = [{"variant_id": 100 + n, "quantity": 1} for n in range(documents.CONTENTS + 1)]
    id = sold(shop, sku="SET", price="99.00", requires_components=True, components=inside)
    with pytest.raises(BadRecord, match=f"bundle {id} contains more than 30 variants"):
        storefront.read("variant", id)


def test_many_bundles_are_asked_for_their_contents_some_at_a_time(shop: ShopifyStandin, storefront: Connector) -> None:
    inside = [{"variant_id": 71, "quantity": 2}]
    each = {"price": "9.00", "requires_components": True, "components": inside}
    sets = [{"title": f"No. {n}", "sku": f"SET{n}", **each} for n in range(25)]
    product = shop.put("products", {"title": "Sets", "variants": sets})
    ids = [str(variant["id"]) for variant in (shop.store.get("products", product) or {})["variants"]]
    asked(shop)
    found = storefront.read_many("variant", ids)
    assert [found[id].record.value("parts") for id in ids] == [(Part(variant=TEA, quantity=2),)] * 25
    assert asked(shop) == 2 + 3  # twenty variants at a time, ten bundles


def test_without_options_nothing_more_is_asked_for_and_nothing_told_of_other_prices(
    shop: ShopifyStandin, storefront: Connector, tea: str
) -> None:
    asked(shop)
    reading = storefront.read("variant", tea)
    assert reading is not None
    assert (reading.record.value("prices"), reading.record.value("tiers")) == ((), ())
    assert asked(shop) == 1
    assert not storefront.facts.kinds["variant"].tells & {"prices", "tiers"}
    assert not storefront.facts.unmarked


def test_a_shop_tells_what_buyers_pay_in_other_currencies(shop: ShopifyStandin, clock: MovableClock, tea: str) -> None:
    storefront = connector(shop, clock, price_countries=ABROAD)
    variant = read(storefront, tea)
    assert (variant.price, variant.prices) == (Money(1000, "EUR"), (Money(1300, "USD"), Money(900, "GBP")))
    assert "prices" in storefront.facts.kinds["variant"].tells
    assert "tiers" not in storefront.facts.kinds["variant"].tells
    assert storefront.facts.unmarked == {"product"}


def test_the_shops_own_currency_is_its_price_and_no_further_one(
    shop: ShopifyStandin, clock: MovableClock, tea: str
) -> None:
    assert read(connector(shop, clock, price_countries={"EUR": "DE", "USD": "US"}), tea).prices == (Money(1300, "USD"),)


def test_each_currency_costs_one_request_for_a_hundred_variants(shop: ShopifyStandin, clock: MovableClock) -> None:
    for country, currency in (("US", "USD"), ("GB", "GBP")):
        shop.store.price_lists.sell_abroad(country, currency)
    many = documents.PRICED
    variants = [{"id": 100 + n, "title": f"No. {n}", "sku": f"T{n}", "price": "5.00"} for n in range(many)]
    shop.put("products", {"title": "Teas", "variants": variants})
    storefront = connector(shop, clock, price_countries=ABROAD)
    assert len(storefront.read_many("variant", [str(100 + n) for n in range(many)])) == many
    assert asked(shop) == many / documents.MANY + 2


def test_a_country_where_buyers_pay_in_another_currency_is_for_a_person(
    shop: ShopifyStandin, clock: MovableClock, tea: str
) -> None:
    storefront = connector(shop, clock, price_countries={"CHF": "CH"})
    with pytest.raises(BadRecord, match=r"shop/variant/71 costs 10\.00 EUR in CH, where its price in CHF"):
        storefront.read("variant", tea)
    assert storefront.check() == [
        "shop: variant 71 costs EUR in CH, which the option price_countries names for CHF; let buyers there pay in it, "
        "or name another country"
    ]


def test_the_quantity_breaks_of_a_company_location_are_the_tiers(
    shop: ShopifyStandin, clock: MovableClock, tea: str
) -> None:
    shop.store.price_lists.discount("920001", tea, Money(950, "EUR"), {10: Money(900, "EUR"), 50: Money(800, "EUR")})
    storefront = connector(shop, clock, tier_location=920001)
    variant = read(storefront, tea)
    assert variant.tiers == (
        Tier(up_to=9, price=Money(950, "EUR")),
        Tier(up_to=49, price=Money(900, "EUR")),
        Tier(up_to=None, price=Money(800, "EUR")),
    )
    assert (variant.price, variant.prices) == (Money(1000, "EUR"), ())
    assert storefront.facts.kinds["variant"].tells >= {"tiers"}
    assert storefront.check() == []


def test_what_has_no_quantity_breaks_has_no_tiers(shop: ShopifyStandin, clock: MovableClock, tea: str) -> None:
    shop.store.price_lists.discount("920001", tea, Money(950, "EUR"), {})
    assert read(connector(shop, clock, tier_location=920001), tea).tiers == ()


def test_breaks_in_another_currency_than_the_shops_are_for_a_person(
    shop: ShopifyStandin, clock: MovableClock, tea: str
) -> None:
    shop.store.price_lists.discount("920001", tea, Money(950, "USD"), {10: Money(900, "USD")})
    with pytest.raises(BadRecord, match=r"shop/variant/71 costs 9\.50 USD for company location 920001"):
        connector(shop, clock, tier_location=920001).read("variant", tea)


def test_more_breaks_than_are_read_are_never_told_in_part(shop: ShopifyStandin, clock: MovableClock, tea: str) -> None:
    many = {n + 2: Money(900 - n, "EUR") for n in range(documents.BREAKS + 1)}
    shop.store.price_lists.discount("920001", tea, Money(950, "EUR"), many)
    with pytest.raises(BadRecord, match="more than 20 quantity breaks"):
        connector(shop, clock, tier_location=920001).read("variant", tea)


def test_a_company_location_that_is_none_is_for_a_person(shop: ShopifyStandin, clock: MovableClock, tea: str) -> None:
    storefront = connector(shop, clock, tier_location=7)
    with pytest.raises(NeedsPerson, match="the shop has no company location 7"):
        storefront.read("variant", tea)
    assert [said.partition(";")[0] for said in storefront.check()] == [
        "shop: the shop has no company location 7, whose quantity breaks are to be read"
    ]


def test_a_price_list_that_changes_moves_no_mark_and_sends_no_webhook(
    shop: ShopifyStandin, clock: MovableClock, tea: str
) -> None:
    storefront = connector(shop, clock, price_countries=ABROAD)
    before, told = storefront.read("variant", tea), len(shop.emitted)
    clock.move(shop.search_lag)
    shop.store.price_lists.fix("US", tea, Money(1400, "USD"))
    after = storefront.read("variant", tea)
    assert before is not None
    assert after is not None
    assert (after.version, len(shop.emitted)) == (before.version, told)
    assert after.record != before.record


steps = st.dictionaries(st.integers(1, 10_000), st.integers(0, 100_000), min_size=1, max_size=documents.BREAKS)


@given(breaks=steps, one=st.integers(0, 100_000), quantity=st.integers(1, 20_000))
def test_each_quantity_costs_by_its_tier_what_shopify_charges_for_it(
    breaks: dict[int, int], one: int, quantity: int
) -> None:
    def euros(minor: int) -> dict[str, str]:
        return {"amount": str(Money(minor, "EUR").decimal), "currencyCode": "EUR"}

    nodes = [{"minimumQuantity": least, "price": euros(minor)} for least, minor in breaks.items()]
    told = {"price": euros(one), "quantityPriceBreaks": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}}
    tiers = pricing.tiers(told, TEA, "EUR", "1")
    reached = [least for least in breaks if least <= quantity]
    charged = breaks[max(reached)] if reached else one
    by_tier = next(tier.price for tier in tiers if tier.up_to is None or quantity <= tier.up_to)
    assert by_tier == Money(charged, "EUR")
    ends = [tier.up_to for tier in tiers]
    assert ends[-1] is None
    assert [*ends[:-1]] == sorted({end for end in ends if end})
