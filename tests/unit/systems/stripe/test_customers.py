"""A person who buys is one customer in Stripe."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cashpath.faults import NeedsPerson, Unsupported
from cashpath.records import Address, Customer
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.stripe.bench import ADA, BOX, COFFEE, TEA, Account

BERLIN = Address(street="Torstraße 1", city="Berlin", postcode="10119", region="BE", country="DE")


def test_a_customer_is_held_as_the_shop_knows_them(stripe: Account) -> None:
    ada = replace(ADA, email=" Ada@Example.com", phone="+4930123", locale="de-DE", address=BERLIN, tax_exempt=True)
    theirs = stripe.api("GET", f"/v1/customers/{stripe.write(ada)}")
    assert (theirs["email"], theirs["name"], theirs["phone"]) == ("ada@example.com", "Ada Lovelace", "+4930123")
    assert (theirs["preferred_locales"], theirs["tax_exempt"]) == (["de-DE"], "exempt")
    assert theirs["address"]["line1"] == "Torstraße 1"
    assert theirs["metadata"] == {"cashpath_origin": "shop/customer/1"}
    assert stripe.agrees(ada)


def test_a_guest_of_whom_only_the_email_is_known_has_no_name(stripe: Account) -> None:
    guest = replace(ADA, first_name="", last_name="")
    assert stripe.api("GET", f"/v1/customers/{stripe.write(guest)}")["name"] is None
    assert stripe.agrees(guest)


def test_what_the_owner_clears_is_cleared(stripe: Account) -> None:
    stripe.write(replace(ADA, phone="+4930123", locale="de-DE", address=BERLIN, tax_exempt=True))
    stripe.write(ADA)
    theirs = stripe.api("GET", f"/v1/customers/{stripe.ids[ADA.key]}")
    assert (theirs["phone"], theirs["address"], theirs["preferred_locales"]) == (None, None, [])
    assert stripe.agrees(ADA)


def test_a_customer_whom_accounting_set_to_reverse_charge_keeps_it_when_their_name_changes(stripe: Account) -> None:
    id = stripe.write(ADA)
    stripe.api("POST", f"/v1/customers/{id}", {"tax_exempt": "reverse"})
    stripe.write(replace(ADA, last_name="King"))
    theirs = stripe.api("GET", f"/v1/customers/{id}")
    assert (theirs["name"], theirs["tax_exempt"]) == ("Ada King", "reverse")


def test_a_phone_number_longer_than_stripe_takes_is_left_out_instead_of_failing_the_order(stripe: Account) -> None:
    ada = replace(ADA, phone="+49 30 1234567890 ext. 12345")
    stripe.write(ada)
    assert stripe.agrees(ada)


def test_a_customer_is_found_by_email_whatever_its_letter_case_once_the_search_has_caught_up(stripe: Account) -> None:
    made = stripe.api("POST", "/v1/customers", {"email": "Ada@Example.com"})
    stripe.api("POST", "/v1/customers", {"email": "ada@example.com.au"})
    assert stripe.connector.candidates("customer", "email:ada@example.com") == []
    stripe.standin.settle_search()
    (found,) = stripe.connector.candidates("customer", "email:ada@example.com")
    assert found.at.id == made["id"]


def test_an_email_with_a_quote_finds_only_its_own_customer(stripe: Account) -> None:
    made = stripe.api("POST", "/v1/customers", {"email": "O'Neil@example.com"})
    stripe.standin.settle_search()
    (found,) = stripe.connector.candidates("customer", "email:o'neil@example.com")
    assert found.at.id == made["id"]


def test_many_people_are_searched_for_ten_at_a_time_whatever_the_letter_case(stripe: Account) -> None:
    emails = [f"p{n}@example.com" for n in range(25)]
    made = {email: stripe.api("POST", "/v1/customers", {"email": email.upper()})["id"] for email in emails[::2]}
    stripe.clock.move(timedelta(hours=1))
    stripe.standin.log.clear()
    found = stripe.connector.candidates_many("customer", [f"email:{email}" for email in emails])
    assert {c: [r.at.id for r in readings] for c, readings in found.items()} == {
        f"email:{email}": [made[email]] if email in made else [] for email in emails
    }
    counts = stripe.standin.counts()
    assert (counts["GET /v1/customers"], counts["GET /v1/customers/search"]) == (1, 3)


def test_somebody_among_many_whom_the_search_does_not_know_yet_is_found_all_the_same(stripe: Account) -> None:
    old = stripe.api("POST", "/v1/customers", {"email": "ada@example.com"})["id"]
    stripe.clock.move(timedelta(hours=1))
    criteria = [f"email:{name}@example.com" for name in ("ada", *"bcdefghijklm")]
    stripe.connector.candidates_many("customer", criteria)
    stripe.clock.sleep(1)
    new = stripe.api("POST", "/v1/customers", {"email": "Ada@Example.com"})["id"]
    found = stripe.connector.candidates_many("customer", criteria)
    assert [reading.at.id for reading in found["email:ada@example.com"]] == [old, new]
    assert not any(found[criterion] for criterion in criteria[1:])


def test_nobody_has_an_empty_email(stripe: Account) -> None:
    stripe.write(ADA)
    assert stripe.connector.candidates("customer", "email: ") == []


def test_a_backfill_of_new_customers_costs_little_more_than_their_creation(stripe: Account) -> None:
    people = [replace(ADA, key=replace(ADA.key, id=str(n)), email=f"a{n}@example.com") for n in range(300)]
    stripe.standin.log.clear()
    for start in range(0, 300, 100):
        some = people[start : start + 100]
        found = stripe.connector.candidates_many("customer", [f"email:{person.email}" for person in some])
        assert not any(found.values())
        wanted = [stripe.wanted(replace(person, tax_id="DE123456789")) for person in some]
        assert not any(isinstance(result, Exception) for result in stripe.connector.write_many(wanted))
        stripe.clock.sleep(40)
    counts = stripe.standin.counts()
    assert counts["POST /v1/customers"] == 300
    assert counts.total() <= 300 * 1.15


def test_what_a_killed_pass_left_of_a_hundred_customers_is_found_in_a_few_lists(stripe: Account) -> None:
    began = stripe.clock()
    people = [replace(ADA, key=replace(ADA.key, id=str(n)), email=f"a{n}@example.com") for n in range(100)]
    ids = [stripe.write(person) for person in people[:50]]
    stripe.clock.move(timedelta(minutes=20))
    stripe.standin.log.clear()
    found = [stripe.connector.find("customer", p.key, since=began + timedelta(seconds=n)) for n, p in enumerate(people)]
    assert found == [*ids, *[None] * 50]
    listed = stripe.standin.counts()["GET /v1/customers"]
    assert listed == 100
    assert sum(one.path.startswith("/v1/customers?") and "created" in one.path for one in stripe.standin.log) == listed


def test_a_customer_who_was_deleted_since_they_were_listed_is_not_found(stripe: Account) -> None:
    began = stripe.clock()
    id = stripe.write(ADA)
    assert stripe.connector.find("customer", ADA.key, since=began) == id
    stripe.api("DELETE", f"/v1/customers/{id}")
    assert stripe.connector.find("customer", ADA.key, since=began) is None


def test_a_customer_is_read_in_two_requests_at_most_and_in_one_where_a_default_is_charged(stripe: Account) -> None:
    with_card = stripe.write(replace(ADA, tax_id="DE123456789"))
    stripe.standin.saves_cards = False
    without = stripe.api("POST", "/v1/customers", {"email": "b@example.com"})["id"]
    for id, requests in ((with_card, 1), (without, 2)):
        stripe.transport.reset()
        stripe.connector.read("customer", id)
        assert len(stripe.transport.sent) == requests


def test_stripe_cannot_merge_customers(stripe: Account) -> None:
    with pytest.raises(Unsupported, match="merge"):
        stripe.connector.merge("customer", "cus_1", "cus_2")


def test_customers_that_share_an_email_are_named_oldest_first(stripe: Account) -> None:
    first = stripe.write(ADA)
    stripe.clock.sleep(10)
    second = stripe.api("POST", "/v1/customers", {"email": "ada@example.com"})["id"]
    found = stripe.connector.candidates("customer", "email:ada@example.com")
    assert [reading.at.id for reading in found] == [first, second]


def test_only_a_customer_with_a_payment_method_is_payable(stripe: Account) -> None:
    stripe.standin.saves_cards = False
    without = stripe.write(ADA)
    assert payable(stripe, without) is False
    stripe.api("POST", "/v1/payment_methods/pm_card_visa/attach", {"customer": without})
    assert payable(stripe, without) is True
    stripe.standin.saves_cards = True
    assert payable(stripe, stripe.api("POST", "/v1/customers", {"email": "b@example.com"})["id"]) is True


def payable(stripe: Account, id: str) -> bool | None:
    reading = stripe.connector.read("customer", id)
    assert reading is not None
    assert isinstance(reading.record, Customer)
    return reading.record.payable


def test_a_deleted_customer_is_not_there(stripe: Account) -> None:
    id = stripe.write(ADA)
    stripe.api("DELETE", f"/v1/customers/{id}")
    assert stripe.connector.read("customer", id) is None
    with pytest.raises(NeedsPerson, match="gone"):
        stripe.write(ADA)


def test_an_erased_customer_is_deleted_and_erasing_twice_does_no_harm(stripe: Account) -> None:
    ada = replace(ADA, phone="+4930123", address=BERLIN, locale="de", tax_id="DE123456789")
    id = stripe.write(ada)
    stripe.api(
        "POST", f"/v1/customers/{id}", {"shipping[name]": "Ada", "shipping[phone]": "+4930123", "description": "x"}
    )
    stripe.connector.erase("customer", id)
    stripe.connector.erase("customer", id)
    assert stripe.connector.read("customer", id) is None
    erased = [e for e in stripe.standin.outbox.emitted if e["type"] == "customer.deleted"][-1]["data"]["object"]
    for name in ("email", "name", "phone", "address", "shipping", "description"):
        assert erased[name] is None, name
    assert (erased["metadata"], erased["preferred_locales"]) == ({}, [])
    assert "customer.tax_id.deleted" in [event["type"] for event in stripe.standin.outbox.emitted]
    assert stripe.standin.stock()["tax_ids"] == 0


@pytest.mark.parametrize("position", range(1, 5))
def test_an_erasure_that_was_killed_is_finished_when_it_is_asked_for_again(stripe: Account, position: int) -> None:
    id = stripe.write(replace(ADA, tax_id="DE123456789"))
    stripe.transport.reset()
    stripe.transport.misbehave(position, "kill_after")
    with pytest.raises(Killed):
        stripe.connector.erase("customer", id)
    stripe.transport.reset()
    stripe.connector.erase("customer", id)
    assert stripe.connector.read("customer", id) is None


def test_erasing_a_customer_who_is_still_charged_asks_a_person_and_erases_nothing(stripe: Account) -> None:
    stripe.write(ADA, COFFEE, TEA, BOX)
    with pytest.raises(NeedsPerson, match="subscription"):
        stripe.connector.erase("customer", stripe.ids[ADA.key])
    assert stripe.agrees(ADA)


def test_customers_are_matched_by_email_only(stripe: Account) -> None:
    with pytest.raises(Unsupported):
        stripe.connector.candidates("customer", "tax_id:DE123")
