"""A customer is charged once for what recurs, never before the period that checkout charged has run out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cashpath.faults import NeedsPerson, NotYet
from cashpath.records import BadRecord, Money, RecordKey, Recurring, Subscription, Variant
from cashpath_sandbox.stripe.bench import ADA, BOX, COFFEE, NEXT_MONTH, NOW, SHOP, TEA, Account, line


def next_invoice(stripe: Account, id: str) -> dict[str, Any]:
    return stripe.api("POST", "/v1/invoices/create_preview", {"subscription": id})


def started(stripe: Account, subscription: Subscription = BOX) -> dict[str, Any]:
    return stripe.api("GET", f"/v1/subscriptions/{stripe.write(ADA, COFFEE, TEA, subscription)}")


def test_the_next_invoice_is_the_recurring_lines_at_the_end_of_what_checkout_charged(stripe: Account) -> None:
    theirs = started(stripe)
    invoice = next_invoice(stripe, theirs["id"])
    assert (invoice["total"], invoice["currency"]) == (2 * 1250 + 900, "eur")
    assert invoice["next_payment_attempt"] == int(NEXT_MONTH.timestamp())
    assert stripe.agrees(BOX)


def test_within_a_period_the_cycle_starts_without_a_trial_and_without_proration(stripe: Account) -> None:
    theirs = started(stripe)
    assert (theirs["status"], theirs["trial_end"]) == ("active", None)
    assert theirs["billing_cycle_anchor"] == int(NEXT_MONTH.timestamp())


def test_what_checkout_charged_for_a_year_is_free_in_stripe_until_then(stripe: Account) -> None:
    prepaid = replace(BOX, charged_until=NOW + timedelta(days=365))
    theirs = started(stripe, prepaid)
    assert theirs["trial_end"] == theirs["billing_cycle_anchor"] == int(prepaid.charged_until.timestamp())
    assert next_invoice(stripe, theirs["id"])["next_payment_attempt"] == theirs["trial_end"]
    assert stripe.agrees(prepaid)


def test_a_month_that_starts_on_its_last_day_is_no_longer_than_stripes(stripe: Account) -> None:
    stripe.clock.at = datetime(2027, 1, 31, 12, tzinfo=UTC)
    theirs = started(stripe, replace(BOX, charged_until=datetime(2027, 2, 28, 12, tzinfo=UTC)))
    assert theirs["trial_end"] is None


def test_a_deal_that_nobody_charged_yet_is_charged_at_once(stripe: Account) -> None:
    won = replace(BOX, charged_until=NOW - timedelta(days=3))
    theirs = started(stripe, won)
    assert theirs["billing_cycle_anchor"] == int(NOW.timestamp())
    assert stripe.agrees(won)


def test_what_starts_within_two_minutes_waits_for_them_instead_of_charging_early(stripe: Account) -> None:
    stripe.write(ADA, COFFEE, TEA)
    soon = replace(BOX, charged_until=NOW + timedelta(minutes=1))
    with pytest.raises(NotYet):
        stripe.write(soon)
    stripe.clock.sleep(61)
    stripe.write(soon)
    assert stripe.agrees(soon)


def test_without_a_payment_method_nothing_is_created_and_a_person_is_asked(stripe: Account) -> None:
    stripe.standin.saves_cards = False
    with pytest.raises(NeedsPerson) as asked:
        started(stripe)
    assert asked.value.code == "no_payment_method"
    assert stripe.standin.stock()["subscriptions"] == 0


def test_a_saved_card_that_is_nobodys_default_is_named_by_the_subscription(stripe: Account) -> None:
    stripe.standin.saves_cards = False
    customer = stripe.write(ADA)
    card = stripe.api("POST", "/v1/payment_methods/pm_card_visa/attach", {"customer": customer})
    assert started(stripe)["default_payment_method"] == card["id"]


def test_a_declined_first_charge_asks_a_person_and_leaves_no_subscription_behind(stripe: Account) -> None:
    stripe.standin.saves_cards = False
    stripe.standin.save_card(stripe.write(ADA), "pm_card_chargeCustomerFail")
    won = replace(BOX, charged_until=NOW)
    with pytest.raises(NeedsPerson, match="declined"):
        started(stripe, won)
    assert stripe.standin.stock()["subscriptions"] == 0
    stripe.standin.save_card(stripe.ids[ADA.key])
    assert started(stripe, won)["status"] == "active"


def test_two_lines_of_one_price_are_one_item_since_stripe_takes_each_price_once(stripe: Account) -> None:
    twice = replace(BOX, items=(line("l1", COFFEE, 2), line("l2", TEA), line("l3", COFFEE, 1)))
    theirs = started(stripe, twice)
    items = {i["metadata"]["cashpath_line"]: i["quantity"] for i in theirs["items"]["data"]}
    assert items == {"l1 l3": 3, "l2": 1}
    assert stripe.agrees(twice)


def test_line_keys_too_long_for_stripe_together_still_name_their_item(stripe: Account) -> None:
    long = replace(BOX, items=tuple(line(f"gid-shopify-LineItem-{n:012d}", COFFEE) for n in range(20)))
    started(stripe, long)
    assert stripe.agrees(long)
    edited = replace(long, items=(replace(long.items[0], quantity=3), *long.items[1:]))
    stripe.write(edited)
    assert stripe.agrees(edited)
    assert stripe.standin.stock()["subscription_items"] == 1


def test_an_edited_order_changes_quantity_price_and_lines_without_proration(stripe: Account) -> None:
    theirs = started(stripe)
    kept = {i["metadata"]["cashpath_line"]: i["id"] for i in theirs["items"]["data"]}["l1"]
    edited = replace(BOX, items=(line("l1", COFFEE, 5), line("l4", TEA, 1, price=800)))
    stripe.write(edited)
    after = stripe.api("GET", f"/v1/subscriptions/{theirs['id']}")
    items = {i["metadata"]["cashpath_line"]: (i["quantity"], i["price"]["unit_amount"]) for i in after["items"]["data"]}
    assert items == {"l1": (5, 1250), "l4": (1, 800)}
    assert kept in {i["id"] for i in after["items"]["data"]}
    assert after["billing_cycle_anchor"] == theirs["billing_cycle_anchor"]
    assert stripe.agrees(edited)


def test_a_line_joined_by_another_of_its_price_keeps_its_item(stripe: Account) -> None:
    theirs = started(stripe)
    joined = replace(BOX, items=(*BOX.items, line("l3", COFFEE)))
    stripe.write(joined)
    after = stripe.api("GET", f"/v1/subscriptions/{theirs['id']}")["items"]["data"]
    assert {i["id"] for i in after} == {i["id"] for i in theirs["items"]["data"]}
    assert stripe.agrees(joined)


def test_lines_edited_away_to_nothing_are_not_charged(stripe: Account) -> None:
    less = replace(BOX, items=(line("l1", COFFEE, 0), line("l2", TEA)))
    started(stripe)
    stripe.write(less)
    assert next_invoice(stripe, stripe.ids[BOX.key])["total"] == 900
    assert stripe.agrees(less)


def test_a_changed_interval_begins_where_the_paid_period_ends(stripe: Account) -> None:
    theirs = started(stripe)
    yearly = Recurring(interval="year", biller="billing")
    changed = replace(BOX, items=tuple(replace(item, recurring=yearly) for item in BOX.items))
    stripe.write(changed)
    assert next_invoice(stripe, theirs["id"])["next_payment_attempt"] == int(NEXT_MONTH.timestamp())
    assert stripe.agrees(changed)


def test_a_subscription_of_many_lines_is_read_whole(stripe: Account) -> None:
    many = [replace(TEA, key=RecordKey(SHOP, "variant", f"v{i}")) for i in range(20)]
    big = replace(BOX, items=tuple(line(f"l{i}", variant, price=100 + i) for i, variant in enumerate(many)))
    id = stripe.write(ADA, *many, big)
    reading = stripe.connector.read("subscription", id)
    assert reading is not None
    assert isinstance(reading.record, Subscription)
    assert sorted(item.price.minor for item in reading.record.items) == list(range(100, 120))
    assert stripe.agrees(big)


def test_more_than_twenty_prices_are_refused_before_stripe_is_asked(stripe: Account) -> None:
    big = replace(BOX, items=tuple(line(f"l{i}", COFFEE, price=100 + i) for i in range(21)))
    with pytest.raises(BadRecord, match="20"):
        stripe.connector.normalised(stripe.wanted(big))


def test_a_cancelled_order_ends_its_subscription_once_and_for_all(stripe: Account) -> None:
    theirs = started(stripe)
    over = replace(BOX, items=(), state="cancelled")
    stripe.write(over)
    stripe.write(over)
    assert stripe.api("GET", f"/v1/subscriptions/{theirs['id']}")["status"] == "canceled"
    assert stripe.agrees(over)
    with pytest.raises(NeedsPerson, match="revived"):
        stripe.write(BOX)


def test_a_month_given_free_in_stripe_is_left_alone(stripe: Account) -> None:
    theirs = started(stripe)
    later = str(int((NEXT_MONTH + timedelta(days=30)).timestamp()))
    stripe.api("POST", f"/v1/subscriptions/{theirs['id']}", {"trial_end": later, "proration_behavior": "none"})
    before = stripe.writes()
    assert stripe.agrees(BOX)
    stripe.write(BOX)
    assert stripe.writes() == before


def test_the_start_moves_while_nothing_was_charged_and_not_after(stripe: Account) -> None:
    started(stripe)
    later = replace(BOX, charged_until=NEXT_MONTH + timedelta(days=10))
    stripe.write(later)
    assert stripe.agrees(later)
    assert next_invoice(stripe, stripe.ids[BOX.key])["next_payment_attempt"] == int(later.charged_until.timestamp())
    stripe.clock.move(timedelta(days=60))
    with pytest.raises(NeedsPerson, match="cannot be moved"):
        stripe.write(replace(BOX, charged_until=stripe.clock() + timedelta(days=3)))


def test_a_subscription_waits_for_its_customer_and_products(stripe: Account) -> None:
    stripe.write(ADA)
    with pytest.raises(NotYet, match="shop/variant/1"):
        stripe.write(BOX)


def test_after_a_lost_answer_it_is_found_by_its_origin(stripe: Account) -> None:
    id = started(stripe)["id"]
    since = stripe.clock()
    assert stripe.connector.find("subscription", BOX.key, since=since, hints=stripe.wanted(BOX)) == id
    assert stripe.connector.find("subscription", BOX.key, since=since) == id
    assert stripe.connector.find("subscription", replace(BOX.key, id="other"), since=since) is None


def test_a_fil_priced_subscription_is_charged_exactly(stripe: Account) -> None:
    kwd = Variant(key=RecordKey(SHOP, "variant", "kw"), title="Dates", price=Money.of("5.120", "KWD"))
    item = replace(line("l1", COFFEE), variant=kwd.key, price=Money.of("5.120", "KWD"))
    dinar = replace(BOX, items=(item,), currency="KWD")
    stripe.write(ADA, kwd, dinar)
    assert next_invoice(stripe, stripe.ids[BOX.key])["total"] == 5120
    assert stripe.agrees(dinar)
