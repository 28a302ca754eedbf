"""A missed webhook is made up for: what changed since is listed, oldest first."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cashpath.faults import Unsupported
from cashpath_sandbox.stripe.bench import ADA, BOX, COFFEE, TEA, Account


def changed(stripe: Account, kind: str, days: int = 0) -> list[str]:
    since = stripe.clock() - timedelta(days=days)
    return [change.key.id for change in stripe.connector.changed_since(kind, since)]  # type: ignore[arg-type]


def test_edits_and_deletions_are_listed_as_well_as_creations(stripe: Account) -> None:
    stripe.write(ADA, COFFEE, TEA, BOX)
    stripe.clock.sleep(3600)
    assert changed(stripe, "customer") == []
    stripe.api("POST", f"/v1/customers/{stripe.ids[ADA.key]}", {"name": "Somebody Else"})
    stripe.api("POST", f"/v1/products/{stripe.ids[TEA.key]}", {"name": "Green tea"})
    stripe.api("DELETE", f"/v1/subscriptions/{stripe.ids[BOX.key]}")
    assert changed(stripe, "customer") == [stripe.ids[ADA.key]]
    assert changed(stripe, "variant") == [stripe.ids[TEA.key]]
    assert changed(stripe, "subscription") == [stripe.ids[BOX.key]]


def test_a_tax_number_that_accounting_corrects_is_a_change_of_its_customer(stripe: Account) -> None:
    id = stripe.write(replace(ADA, tax_id="DE123456789"))
    stripe.clock.sleep(3600)
    (number,) = stripe.api("GET", f"/v1/customers/{id}/tax_ids")["data"]
    stripe.api("DELETE", f"/v1/customers/{id}/tax_ids/{number['id']}")
    assert changed(stripe, "customer") == [id]


def test_each_record_is_listed_once_by_its_last_change_oldest_first(stripe: Account) -> None:
    first, second = stripe.write(COFFEE), stripe.write(TEA)
    stripe.api("POST", f"/v1/products/{first}", {"name": "Coffee, ground"})
    assert changed(stripe, "variant") == [second, first]


def test_what_changed_longer_ago_than_stripe_keeps_events_is_listed_in_full(stripe: Account) -> None:
    id = stripe.write(ADA)
    stripe.clock.move(timedelta(days=400))
    assert changed(stripe, "customer", days=399) == [id]


def test_more_changes_than_fit_a_page_are_all_listed(stripe: Account) -> None:
    id = stripe.write(COFFEE)
    for n in range(120):
        stripe.api("POST", f"/v1/products/{id}", {"name": f"Coffee {n}"})
    stripe.write(TEA)
    assert changed(stripe, "variant") == [id, stripe.ids[TEA.key]]


def test_kinds_that_stripe_does_not_keep_for_us_are_a_mistake_in_the_wiring(stripe: Account) -> None:
    with pytest.raises(Unsupported):
        list(stripe.connector.changed_since("order", stripe.clock()))
