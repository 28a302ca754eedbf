"""A price in Stripe never changes: other amounts, currencies or tiers are another price."""

from dataclasses import replace

import pytest

from cashpath.records import BadRecord, Money, Recurring, Variant
from cashpath.records.catalog import Nature, Tier
from cashpath.systems.mapping import FieldMap, Mapped
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.stripe.bench import COFFEE, Account, account

DOLLARS, YEN = Money(1390, "USD"), Money(2000, "JPY")
VOLUME = (Tier(up_to=10, price=Money(1250, "EUR")), Tier(up_to=None, price=Money(1100, "EUR")))
EVERYTHING = replace(
    COFFEE, prices=(DOLLARS, YEN), nature="membership", tax_category="txcd_40060003", shippable=False, archived=True
)


def default(stripe: Account) -> dict[str, object]:
    """The price that Coffee is sold at."""
    asked = {f"expand[{i}]": f"default_price.{name}" for i, name in enumerate(("currency_options", "tiers"))}
    price: dict[str, object] = stripe.api("GET", f"/v1/products/{stripe.ids[COFFEE.key]}", asked)["default_price"]
    return price


def read(stripe: Account, id: str = "") -> Variant:
    reading = stripe.connector.read("variant", id or stripe.ids[COFFEE.key])
    assert reading is not None
    assert isinstance(reading.record, Variant)
    return reading.record


def in_use(stripe: Account) -> dict[str, bool]:
    """Amount of each price, and whether it may be bought at."""
    found = stripe.api("GET", "/v1/prices", {"limit": "100"})["data"]
    return {f"{price['unit_amount']} {price['currency']}": price["active"] for price in found}


@pytest.mark.parametrize(
    "variant",
    [
        COFFEE,
        EVERYTHING,
        replace(COFFEE, tiers=VOLUME),
        replace(COFFEE, tiers=VOLUME, prices=(DOLLARS,), price=Money(9900, "EUR")),
        replace(COFFEE, tiers=VOLUME, price=Money(1300, "EUR"), prices=(DOLLARS,), recurring=None),
        replace(COFFEE, tiers=VOLUME, price=None, recurring=None),
        replace(COFFEE, price=Money(0, "EUR"), prices=(Money(0, "USD"),)),
        replace(COFFEE, price=YEN, recurring=None),
        replace(COFFEE, price=Money(1230, "KWD"), prices=(Money(50000, "ISK"),)),
        replace(COFFEE, recurring=Recurring(interval="week", count=6, biller="storefront")),
        replace(COFFEE, price=None, prices=(DOLLARS,), nature="donation"),
        replace(COFFEE, title="", sku="", tax_category="P0000000"),
        replace(COFFEE, prices=(Money(1, "EUR"), DOLLARS)),
    ],
)
def test_each_field_of_a_variant_comes_back_as_it_was_announced(stripe: Account, variant: Variant) -> None:
    stripe.write(variant)
    whole, back = stripe.wanted(variant), read(stripe)
    assert stripe.agrees(variant)
    for name in whole.fields:
        one = replace(whole, fields=frozenset({name}))
        again = stripe.connector.normalised(replace(one, record=back))
        assert again == stripe.connector.normalised(one), name


def test_a_variant_is_read_with_all_that_it_was_given(stripe: Account) -> None:
    stripe.write(EVERYTHING)
    back = read(stripe)
    assert back.price == COFFEE.price
    assert set(back.prices) == {DOLLARS, YEN}
    assert (back.nature, back.tax_category, back.shippable) == ("membership", "txcd_40060003", False)
    assert back.archived is True
    assert back.recurring == COFFEE.recurring


def test_a_product_and_its_price_take_three_requests(stripe: Account) -> None:
    stripe.write(replace(COFFEE, prices=(DOLLARS,), tax_category="txcd_40060003"))
    assert len(stripe.transport.sent) == 3


def test_amounts_in_other_currencies_stand_on_the_same_price(stripe: Account) -> None:
    stripe.write(replace(COFFEE, prices=(DOLLARS, YEN)))
    options = default(stripe)["currency_options"]
    assert isinstance(options, dict)
    assert {currency: one["unit_amount"] for currency, one in options.items()} == {
        "eur": 1250,
        "usd": 1390,
        "jpy": 2000,
    }
    assert len(in_use(stripe)) == 1


def test_another_amount_in_another_currency_is_another_price(stripe: Account) -> None:
    first = replace(COFFEE, prices=(DOLLARS,))
    stripe.write(first)
    before = default(stripe)["id"]
    stripe.write(replace(COFFEE, prices=(Money(1490, "USD"),)))
    assert default(stripe)["id"] != before
    assert stripe.api("GET", f"/v1/prices/{before}")["active"] is False
    stripe.write(first)
    assert default(stripe)["id"] == before


def test_tiers_are_charged_by_volume_and_replace_the_unit_price(stripe: Account) -> None:
    stripe.write(replace(COFFEE, tiers=VOLUME))
    price = default(stripe)
    assert (price["billing_scheme"], price["tiers_mode"], price["unit_amount"]) == ("tiered", "volume", None)
    assert read(stripe).tiers == VOLUME
    assert read(stripe).price == Money(1250, "EUR")
    stripe.write(COFFEE)
    assert read(stripe).tiers == ()


def test_what_is_sold_once_has_one_price_whatever_the_quantity(stripe: Account) -> None:
    stripe.write(replace(COFFEE, tiers=VOLUME, recurring=None))
    assert (read(stripe).price, read(stripe).tiers) == (COFFEE.price, ())


@pytest.mark.parametrize(
    "tiers",
    [
        VOLUME[:1],
        (Tier(up_to=10, price=Money(1, "EUR")), Tier(up_to=5, price=Money(1, "EUR")), VOLUME[1]),
        (VOLUME[0], Tier(up_to=None, price=DOLLARS)),
        (VOLUME[1], VOLUME[1]),
    ],
)
def test_tiers_that_are_no_rising_steps_are_named(stripe: Account, tiers: tuple[Tier, ...]) -> None:
    with pytest.raises(BadRecord, match="tiers of shop/variant/1"):
        stripe.write(replace(COFFEE, tiers=tiers))


def test_a_tax_code_of_stripes_is_its_own_and_any_other_is_noted(stripe: Account) -> None:
    id = stripe.write(replace(COFFEE, tax_category="txcd_40060003"))
    assert stripe.api("GET", f"/v1/products/{id}")["tax_code"] == "txcd_40060003"
    stripe.write(replace(COFFEE, tax_category="reduced"))
    theirs = stripe.api("GET", f"/v1/products/{id}")
    assert (theirs["tax_code"], theirs["metadata"]["cashpath_tax_category"]) == (None, "reduced")
    stripe.write(COFFEE)
    assert "cashpath_tax_category" not in stripe.api("GET", f"/v1/products/{id}")["metadata"]


@pytest.mark.parametrize("nature", ["good", "service", "course", "membership", "donation", "gift_card"])
def test_what_a_thing_is_to_the_merchant_is_remembered(stripe: Account, nature: Nature) -> None:
    stripe.write(replace(COFFEE, nature=nature))
    assert read(stripe).nature == nature


def test_a_donation_whose_amount_the_giver_chooses_has_no_price(stripe: Account) -> None:
    id = stripe.api("POST", "/v1/products", {"name": "Donation"})["id"]
    form = {"product": id, "currency": "eur", "custom_unit_amount[enabled]": "true"}
    price = stripe.api("POST", "/v1/prices", form)["id"]
    stripe.api("POST", f"/v1/products/{id}", {"default_price": price})
    assert read(stripe, id).price is None


def test_the_old_price_is_archived_only_once_the_new_one_is_the_default(stripe: Account) -> None:
    stripe.write(COFFEE)
    stripe.transport.reset()
    stripe.write(replace(COFFEE, price=Money(1390, "EUR")))
    changes = [sent.path.split("/")[2] for sent in stripe.transport.sent if sent.method == "POST"]
    assert changes == ["prices", "products", "prices", "prices"]
    assert in_use(stripe) == {"1250 eur": False, "1390 eur": True}


@pytest.mark.parametrize("position", range(1, 6))
def test_a_change_of_price_that_was_killed_is_finished_with_the_old_price_archived(
    stripe: Account, position: int
) -> None:
    dearer = replace(COFFEE, price=Money(1390, "EUR"))
    killed_at(position, stripe, dearer)
    assert read(stripe).price == (COFFEE.price if position < 4 else None), "what is half done is not what is wanted"
    stripe.write(dearer)
    assert in_use(stripe) == {"1250 eur": False, "1390 eur": True}
    assert stripe.agrees(dearer)
    assert read(stripe).price == dearer.price


@pytest.mark.parametrize("position", [4, 5])
def test_a_change_of_price_that_was_killed_and_taken_back_ends_at_the_old_price(stripe: Account, position: int) -> None:
    killed_at(position, stripe, replace(COFFEE, price=Money(1390, "EUR")))
    stripe.write(COFFEE)
    assert in_use(stripe) == {"1250 eur": True, "1390 eur": False}
    assert read(stripe).price == COFFEE.price


def test_a_price_that_somebody_set_in_stripe_is_put_right(stripe: Account) -> None:
    id = stripe.write(COFFEE)
    stripe.standin.reprice(id, 100, interval="month")
    assert read(stripe).price == Money(100, "EUR")
    assert not stripe.agrees(COFFEE)
    stripe.write(COFFEE)
    assert in_use(stripe) == {"1250 eur": True, "100 eur": False}


def test_a_hundred_products_are_read_in_one_request(stripe: Account) -> None:
    variants = [replace(COFFEE, key=replace(COFFEE.key, id=str(n)), sku=f"C{n}") for n in range(100, 130)]
    ids = [stripe.write(variant) for variant in variants]
    stripe.transport.reset()
    found = stripe.connector.read_many("variant", [*ids, "prod_none"])
    assert list(found) == ids
    assert found[ids[0]].record.value("sku") == "C100"
    assert len(stripe.transport.sent) == 1


def test_a_field_of_the_brands_own_is_kept_in_the_products_metadata() -> None:
    stripe = account(mapping=FieldMap({"variant": (Mapped(name="roast", field="Roast"),)}))
    dark = replace(COFFEE, custom={"roast": "dark"})
    id = stripe.write(dark)
    assert stripe.api("GET", f"/v1/products/{id}")["metadata"]["Roast"] == "dark"
    assert read(stripe).custom == {"roast": "dark"}
    light = replace(COFFEE, custom={"roast": None})
    stripe.write(light)
    assert "Roast" not in stripe.api("GET", f"/v1/products/{id}")["metadata"]
    assert stripe.agrees(light)


def killed_at(position: int, stripe: Account, changed: Variant) -> None:
    """Coffee is sold, and the pass that was to change it died before that request."""
    stripe.write(COFFEE)
    stripe.transport.reset()
    stripe.transport.misbehave(position, "kill_before")
    with pytest.raises(Killed):
        stripe.write(changed)
    stripe.transport.reset()
