"""Who subscribed at an older price stays there, until the merchant moves them."""

from dataclasses import replace

import pytest

from cashpath.records import Money, Recurring, Subscription, Variant
from cashpath.records.catalog import Tier
from cashpath.systems.port import Moves
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.stripe.bench import ADA, BOX, COFFEE, TEA, Account, line

DEARER = replace(COFFEE, price=Money(1390, "EUR"))


def subscribed(stripe: Account, count: int = 1) -> list[Subscription]:
    """So many people with a box of coffee and tea."""
    people = [replace(ADA, key=replace(ADA.key, id=str(n)), email=f"ada{n}@example.com") for n in range(1, count + 1)]
    boxes = [
        replace(BOX, key=replace(BOX.key, id=f"{n}-month1"), customer=person.key) for n, person in enumerate(people)
    ]
    stripe.write(*people, COFFEE, TEA, *boxes)
    return boxes


def charged(stripe: Account, box: Subscription) -> dict[str, int]:
    """What each line of the box is charged at, in Stripe's unit."""
    items = stripe.api("GET", f"/v1/subscriptions/{stripe.ids[box.key]}")["items"]["data"]
    return {item["metadata"]["cashpath_line"]: item["price"]["unit_amount"] for item in items}


def move(stripe: Account, variant: Variant = COFFEE) -> int:
    assert isinstance(stripe.connector, Moves)
    return stripe.connector.move_subscribers(stripe.ids[variant.key])


def test_a_new_price_leaves_subscribers_at_the_old_one(stripe: Account) -> None:
    (box,) = subscribed(stripe)
    stripe.write(DEARER)
    assert charged(stripe, box) == {"l1": 1250, "l2": 900}


def test_subscribers_are_moved_to_the_present_price_once(stripe: Account) -> None:
    boxes = subscribed(stripe, 3)
    stripe.write(DEARER)
    assert move(stripe) == 3
    assert [charged(stripe, box) for box in boxes] == [{"l1": 1390, "l2": 900}] * 3
    before = stripe.writes()
    assert move(stripe) == 0
    assert move(stripe, TEA) == 0
    assert stripe.writes() == before


def test_nobody_is_charged_for_the_rest_of_the_period_when_moved(stripe: Account) -> None:
    (box,) = subscribed(stripe)
    stripe.write(DEARER)
    stripe.transport.reset()
    move(stripe)
    (update,) = [sent.body for sent in stripe.transport.sent if sent.method == "POST"]
    assert b"proration_behavior=none" in update
    theirs = stripe.api("GET", f"/v1/subscriptions/{stripe.ids[box.key]}")
    assert theirs["trial_end"] is None
    assert [item["quantity"] for item in theirs["items"]["data"]] == [2, 1]


@pytest.mark.parametrize("end", ["kill_before", "kill_after"])
def test_a_move_that_was_killed_goes_on_with_those_who_are_left(stripe: Account, end: str) -> None:
    boxes = subscribed(stripe, 4)
    stripe.write(DEARER)
    stripe.transport.reset()
    stripe.transport.misbehave(5, end)  # type: ignore[arg-type]
    with pytest.raises(Killed):
        move(stripe)
    stripe.transport.reset()
    assert 0 < move(stripe) < 4
    assert all(charged(stripe, box)["l1"] == 1390 for box in boxes)


def test_more_subscribers_than_fit_a_page_are_all_moved(stripe: Account) -> None:
    stripe.write(ADA, COFFEE)
    for n in range(105):
        stripe.write(replace(BOX, key=replace(BOX.key, id=f"{n}-month1"), items=(line("l1", COFFEE),)))
    stripe.write(DEARER)
    assert move(stripe) == 105


def test_an_order_does_not_undo_the_move(stripe: Account) -> None:
    (box,) = subscribed(stripe)
    stripe.write(DEARER)
    move(stripe)
    assert stripe.agrees(box)
    stripe.write(box)
    assert charged(stripe, box)["l1"] == 1390
    more = replace(box, items=(line("l1", COFFEE, 5), line("l2", TEA)))
    stripe.write(more)
    assert charged(stripe, box)["l1"] == 1390
    assert stripe.agrees(more)


def test_an_order_that_is_sold_at_another_price_after_the_move_is_charged_at_that(stripe: Account) -> None:
    (box,) = subscribed(stripe)
    stripe.write(DEARER)
    move(stripe)
    cheaper = replace(box, items=(line("l1", COFFEE, 2, price=1000), line("l2", TEA)))
    stripe.write(cheaper)
    assert charged(stripe, box)["l1"] == 1000
    assert stripe.agrees(cheaper)


def test_who_was_moved_twice_is_still_what_their_order_says(stripe: Account) -> None:
    (box,) = subscribed(stripe)
    stripe.write(DEARER)
    move(stripe)
    stripe.write(replace(COFFEE, price=Money(1490, "EUR")))
    assert move(stripe) == 1
    assert charged(stripe, box)["l1"] == 1490
    assert stripe.agrees(box)


def test_a_price_that_was_given_to_somebody_in_particular_stays(stripe: Account) -> None:
    stripe.write(ADA, COFFEE, TEA, replace(BOX, items=(line("l1", COFFEE, price=1100), line("l2", TEA))))
    stripe.write(DEARER)
    assert move(stripe) == 0
    assert charged(stripe, BOX)["l1"] == 1100


def test_who_ordered_while_another_currency_was_set_is_moved_too(stripe: Account) -> None:
    abroad = replace(COFFEE, prices=(Money(1390, "USD"),))
    stripe.write(ADA, abroad, TEA, BOX)
    stripe.write(replace(abroad, price=Money(1300, "EUR")))
    assert move(stripe) == 1
    assert charged(stripe, BOX)["l1"] == 1300
    reading = stripe.connector.read("subscription", stripe.ids[BOX.key])
    assert reading is not None
    assert isinstance(reading.record, Subscription)
    assert reading.record.items[0].price == Money(1300, "EUR")


def test_a_subscriber_whose_price_did_not_change_is_left_alone(stripe: Account) -> None:
    abroad = replace(COFFEE, prices=(Money(1390, "USD"),))
    stripe.write(ADA, abroad, TEA, BOX)
    stripe.write(replace(COFFEE, prices=(Money(1490, "USD"),)))
    assert move(stripe) == 0


def test_another_interval_is_another_offer_and_nobody_is_moved_to_it(stripe: Account) -> None:
    subscribed(stripe)
    stripe.write(replace(DEARER, recurring=Recurring(interval="year", biller="billing")))
    assert move(stripe) == 0


def test_subscribers_are_moved_to_a_price_by_quantity(stripe: Account) -> None:
    (box,) = subscribed(stripe)
    volume = (Tier(up_to=1, price=Money(1250, "EUR")), Tier(up_to=None, price=Money(1100, "EUR")))
    stripe.write(replace(COFFEE, tiers=volume))
    assert move(stripe) == 1
    reading = stripe.connector.read("subscription", stripe.ids[box.key])
    assert reading is not None
    assert isinstance(reading.record, Subscription)
    assert [item.price for item in reading.record.items] == [Money(1100, "EUR"), Money(900, "EUR")]


def test_ended_subscriptions_are_not_touched(stripe: Account) -> None:
    (box,) = subscribed(stripe)
    stripe.write(replace(box, state="cancelled"), DEARER)
    assert move(stripe) == 0


def test_a_variant_without_a_price_moves_nobody(stripe: Account) -> None:
    stripe.write(replace(COFFEE, price=None))
    assert move(stripe) == 0
    assert stripe.connector.move_subscribers("prod_none") == 0
