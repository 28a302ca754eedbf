"""What recurs is one product in Stripe, whatever its price was and is."""

from dataclasses import replace

import pytest

from cashpath.faults import NeedsPerson
from cashpath.records import Money
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.stripe.bench import COFFEE, Account, account


def prices(stripe: Account) -> dict[str, bool]:
    """Lookup keys without the product, and whether they are in use."""
    found = stripe.api("GET", "/v1/prices", {"limit": "100"})["data"]
    return {price["lookup_key"].partition(":")[2]: price["active"] for price in found}


def test_a_product_carries_its_origin_its_sku_and_its_price(stripe: Account) -> None:
    theirs = stripe.api("GET", f"/v1/products/{stripe.write(COFFEE)}", {"expand[]": "default_price"})
    assert theirs["name"] == "Coffee"
    assert theirs["metadata"] == {"cashpath_origin": "shop/variant/1", "sku": "COFFEE"}
    price = theirs["default_price"]
    assert (price["unit_amount"], price["currency"], price["recurring"]["interval"]) == (1250, "eur", "month")
    assert price["metadata"] == {"cashpath_origin": "shop/variant/1"}
    assert stripe.agrees(COFFEE)


def test_a_product_whose_price_was_still_to_come_is_made_anew_and_completed(stripe: Account) -> None:
    began = stripe.clock()
    stripe.transport.misbehave(1, "kill_before")  # it was made; its price comes next
    with pytest.raises(Killed):
        stripe.write(COFFEE)
    stripe.transport.reset()
    assert stripe.connector.find("variant", COFFEE.key, since=began) is None
    made = stripe.write(COFFEE)
    assert stripe.agrees(COFFEE)
    assert stripe.connector.find("variant", COFFEE.key, since=began) == made


def test_a_new_price_replaces_the_old_one_which_is_archived(stripe: Account) -> None:
    dearer = replace(COFFEE, price=Money(1390, "EUR"))
    stripe.write(COFFEE, dearer)
    assert prices(stripe) == {"1250eur:1month": False, "1390eur:1month": True}
    assert stripe.agrees(dearer)


def test_a_price_that_comes_back_is_used_again(stripe: Account) -> None:
    stripe.write(COFFEE, replace(COFFEE, price=Money(1390, "EUR")), COFFEE)
    assert prices(stripe) == {"1250eur:1month": True, "1390eur:1month": False}
    assert stripe.agrees(COFFEE)


def test_a_thing_sold_once_has_a_price_that_does_not_recur(stripe: Account) -> None:
    mug = replace(COFFEE, recurring=None, price=Money(1000, "JPY"))
    stripe.write(mug)
    assert prices(stripe) == {"1000jpy:once": True}
    assert stripe.agrees(mug)


def test_a_variant_without_a_price_is_a_product_without_one(stripe: Account) -> None:
    bare = replace(COFFEE, price=None)
    stripe.write(bare)
    assert prices(stripe) == {}
    assert stripe.agrees(bare)


def test_prices_say_whether_tax_is_inside_where_the_account_says_so() -> None:
    stripe = account(tax_behavior="inclusive")
    stripe.write(COFFEE)
    (price,) = stripe.api("GET", "/v1/prices")["data"]
    assert price["tax_behavior"] == "inclusive"
    assert stripe.agrees(COFFEE)


def test_an_archived_variant_is_archived_in_stripe_and_back(stripe: Account) -> None:
    stripe.write(COFFEE, replace(COFFEE, archived=True))
    assert stripe.api("GET", f"/v1/products/{stripe.ids[COFFEE.key]}")["active"] is False
    stripe.write(COFFEE)
    assert stripe.agrees(COFFEE)


def test_a_linked_product_that_was_deleted_is_not_created_anew(stripe: Account) -> None:
    bare = replace(COFFEE, price=None)
    stripe.api("DELETE", f"/v1/products/{stripe.write(bare)}")
    with pytest.raises(NeedsPerson, match="gone"):
        stripe.write(bare)


def test_a_product_whose_id_the_merchant_chose_is_written_to_and_no_other(stripe: Account) -> None:
    theirs = stripe.api("POST", "/v1/products", {"id": "coffee beans #1?", "name": "Coffee"})["id"]
    stripe.ids[COFFEE.key] = theirs
    assert stripe.write(COFFEE) == theirs
    assert stripe.agrees(COFFEE)


def test_two_passes_that_create_one_product_at_once_make_one(stripe: Account) -> None:
    ours = stripe.wanted(COFFEE)
    first = stripe.connector.write(ours)
    second = stripe.connector.write(ours)
    assert first.id == second.id
    assert stripe.standin.stock()["products"] == 1
    assert stripe.standin.stock()["prices"] == 1
