"""Names, tax numbers and a brand's own fields come back from Stripe as they were given."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from cashpath.records import BadRecord, BrandId, Customer, RecordKey, SystemId
from cashpath.systems.mapping import FieldMap, Mapped
from cashpath.systems.port import Wanted
from cashpath.systems.stripe.records.tax_ids import normal, typed
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.stripe.bench import ADA, Account, account
from cashpath_sandbox.stripe.numbers import UNLUCKY

CLUB = FieldMap({"customer": (Mapped(name="club", field="Club level"),)})


def numbers(stripe: Account) -> list[tuple[str, str]]:
    """Type and value of each tax number that Stripe itself has of Ada."""
    found = stripe.api("GET", f"/v1/customers/{stripe.ids[ADA.key]}/tax_ids")["data"]
    return [(number["type"], number["value"]) for number in found]


def read(stripe: Account) -> Customer:
    reading = stripe.connector.read("customer", stripe.ids[ADA.key])
    assert reading is not None
    assert isinstance(reading.record, Customer)
    return reading.record


def seen_alike(stripe: Account, record: Customer) -> bool:
    """Whether each field by itself, as read back, is what was written of it."""
    whole, back = stripe.wanted(record), read(stripe)
    return all(
        stripe.connector.normalised(replace(whole, record=back, fields=frozenset({name})))
        == stripe.connector.normalised(replace(whole, fields=frozenset({name})))
        for name in whole.fields
    )


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Ada", "Lovelace"),
        ("Mary Ann", "Smith"),
        ("Ludwig", "van Beethoven"),
        ("", "Cher"),
        ("Madonna", ""),
        ("Mary Ann", ""),
        ("", "van der Berg"),
        ("  Ada ", "  King  of Lovelace "),
        ("a" * 200, "b " * 100),
        ("", ""),
    ],
)
def test_first_and_last_name_come_back_as_they_were_given(stripe: Account, first: str, last: str) -> None:
    ada = replace(ADA, first_name=first, last_name=last)
    stripe.write(ada)
    assert stripe.agrees(ada)
    assert seen_alike(stripe, ada)
    back = read(stripe)
    if len(f"{first} {last}") <= 256:
        assert (back.first_name, back.last_name) == (" ".join(first.split()), " ".join(last.split()))


def test_a_name_corrected_from_one_half_to_the_other_is_corrected_in_stripe(stripe: Account) -> None:
    stripe.write(replace(ADA, first_name="Mary", last_name="Ann Smith"))
    stripe.write(replace(ADA, first_name="Mary Ann", last_name="Smith"))
    assert (read(stripe).first_name, read(stripe).last_name) == ("Mary Ann", "Smith")


def test_a_name_that_somebody_retyped_in_stripe_is_split_before_its_last_word(stripe: Account) -> None:
    id = stripe.write(replace(ADA, first_name="Ludwig", last_name="van Beethoven"))
    stripe.api("POST", f"/v1/customers/{id}", {"name": "Ludwig Maria von Beethoven"})
    assert (read(stripe).first_name, read(stripe).last_name) == ("Ludwig Maria von", "Beethoven")


@pytest.mark.parametrize(
    ("written", "type", "value"),
    [
        ("DE123456789", "eu_vat", "DE123456789"),
        ("de 123 456 789", "eu_vat", "DE123456789"),
        ("ATU12345678", "eu_vat", "ATU12345678"),
        ("FR AB 123456789", "eu_vat", "FRAB123456789"),
        ("XI123456789", "eu_vat", "XI123456789"),
        ("GB 123 4567 89", "gb_vat", "GB123456789"),
        ("CHE-123.456.789 MWST", "ch_vat", "CHE-123.456.789 MWST"),
        ("CHE123456789TVA", "ch_vat", "CHE-123.456.789 TVA"),
        ("CHE-123.456.789", "ch_uid", "CHE-123.456.789"),
        ("NO 123456789 MVA", "no_vat", "123456789MVA"),
        ("12-3456789", "us_ein", "12-3456789"),
        ("12ABCDE3456FGZH", "in_gst", "12ABCDE3456FGZH"),
        ("01.234.456/5432-10", "br_cnpj", "01.234.456/5432-10"),
    ],
)
def test_a_tax_number_is_given_the_type_that_its_writing_tells(
    stripe: Account, written: str, type: str, value: str
) -> None:
    ada = replace(ADA, tax_id=written)
    stripe.write(ada)
    assert numbers(stripe) == [(type, value)]
    assert normal(value) == value
    assert stripe.agrees(ada)
    assert seen_alike(stripe, ada)


@pytest.mark.parametrize("written", ["218/815/08150", "DE12345", "GR123456789", "123456789", "DE¹²³456789"])
def test_a_tax_number_of_no_type_is_kept_all_the_same(stripe: Account, written: str) -> None:
    assert typed(written) is None
    ada = replace(ADA, tax_id=written)
    stripe.write(ada)
    assert numbers(stripe) == []
    assert read(stripe).tax_id == written
    assert stripe.agrees(ada)


def test_a_tax_number_that_stripe_refuses_does_not_keep_the_customer_out(stripe: Account) -> None:
    ada = replace(ADA, tax_id=UNLUCKY)
    stripe.write(ada)
    assert numbers(stripe) == []
    assert stripe.agrees(ada)
    stripe.write(replace(ADA, tax_id="DE123456789"), ada)
    assert numbers(stripe) == []
    assert stripe.agrees(ada)


def test_a_customer_is_created_with_their_tax_number_in_one_request(stripe: Account) -> None:
    stripe.write(replace(ADA, tax_id="DE123456789"))
    assert len(stripe.transport.sent) == 1


def test_a_new_tax_number_takes_the_place_of_the_old_one(stripe: Account) -> None:
    stripe.write(replace(ADA, tax_id="DE123456789"), replace(ADA, tax_id="ATU12345678"))
    assert numbers(stripe) == [("eu_vat", "ATU12345678")]
    stripe.write(replace(ADA, tax_id="218/815/08150"))
    assert numbers(stripe) == []
    assert read(stripe).tax_id == "218/815/08150"
    stripe.write(replace(ADA, tax_id="GB123456789"))
    theirs = stripe.api("GET", f"/v1/customers/{stripe.ids[ADA.key]}")
    assert "cashpath_tax_id" not in theirs["metadata"]
    stripe.write(ADA)
    assert numbers(stripe) == []
    assert stripe.agrees(ADA)


def test_a_further_tax_number_that_accounting_added_in_stripe_stays(stripe: Account) -> None:
    ada = replace(ADA, tax_id="DE123456789")
    id = stripe.write(ada)
    stripe.clock.move(timedelta(hours=1))
    stripe.api("POST", f"/v1/customers/{id}/tax_ids", {"type": "eu_vat", "value": "ATU12345678"})
    assert stripe.agrees(ada)
    stripe.write(replace(ada, phone="+4930123"))
    assert len(numbers(stripe)) == 2


@pytest.mark.parametrize("position", [1, 2])
def test_a_change_of_tax_number_that_was_killed_half_way_is_finished(stripe: Account, position: int) -> None:
    after = replace(ADA, tax_id="ATU12345678")
    stripe.write(replace(ADA, tax_id="DE123456789"))
    stripe.transport.reset()
    stripe.transport.misbehave(position, "kill_before")
    with pytest.raises(Killed):
        stripe.write(after)
    stripe.transport.reset()
    assert not stripe.agrees(after)
    stripe.write(after)
    assert numbers(stripe) == [("eu_vat", "ATU12345678")]


def test_a_customer_who_is_no_longer_dealt_with_says_so(stripe: Account) -> None:
    stripe.write(replace(ADA, archived=True))
    assert read(stripe).archived is True
    stripe.write(ADA)
    assert read(stripe).archived is False


def test_the_currency_is_what_stripe_bills_the_customer_in_and_never_written(stripe: Account) -> None:
    stripe.write(replace(ADA, currency="CHF"))
    assert read(stripe).currency == ""
    assert "currency" not in stripe.connector.facts.kinds["customer"].fields
    assert "currency" in stripe.connector.facts.kinds["customer"].tells


def test_a_field_of_the_brands_own_is_kept_under_the_key_that_the_brand_chose() -> None:
    stripe = account(mapping=CLUB)
    ada = replace(ADA, custom={"club": "gold"})
    id = stripe.write(ada)
    assert stripe.api("GET", f"/v1/customers/{id}")["metadata"]["Club level"] == "gold"
    assert stripe.agrees(ada)
    assert seen_alike(stripe, ada)
    stripe.api("POST", f"/v1/customers/{id}", {"metadata[Club level]": "silver"})
    assert read(stripe).custom == {"club": "silver"}
    assert not stripe.agrees(ada)
    bare = replace(ADA, custom={"club": None})
    stripe.write(bare)
    assert "Club level" not in stripe.api("GET", f"/v1/customers/{id}")["metadata"]
    assert stripe.agrees(bare)


def test_a_field_alone_says_the_same_of_a_record_of_any_system(stripe: Account) -> None:
    elsewhere = Customer(key=RecordKey(SystemId("crm"), "customer", "9"), email="Ada@Example.com")
    only_email = Wanted(record=elsewhere, fields=frozenset({"email"}), id=None, brand=BrandId("acme"))
    assert stripe.connector.normalised(only_email) == {"email": "ada@example.com"}


def test_fields_of_the_brands_own_keep_their_types_and_what_else_stands_beside_them() -> None:
    points = Mapped(name="points", field="points", type="number")
    club = Mapped(name="club", field="prefs", path="club.level", values={"gold": "G", "none": "N"})
    news = Mapped(name="news", field="News?", type="boolean")
    stripe = account(mapping=FieldMap({"customer": (points, club, news)}))
    ada = replace(ADA, custom={"points": 12, "club": "gold", "news": False})
    id = stripe.write(ada)
    assert stripe.agrees(ada)
    assert seen_alike(stripe, ada)
    assert read(stripe).custom == ada.custom
    stripe.standin.edit(f"/v1/customers/{id}", {"metadata[prefs]": '{"tea":1,"club":{"level":"N","since":2020}}'})
    assert read(stripe).custom["club"] == "none"
    stripe.write(ada)
    prefs = stripe.api("GET", f"/v1/customers/{id}")["metadata"]["prefs"]
    assert json.loads(prefs) == {"tea": 1, "club": {"level": "G", "since": 2020}}


def test_a_field_that_somebody_mistyped_in_stripe_is_put_right() -> None:
    stripe = account(mapping=FieldMap({"customer": (Mapped(name="points", field="points", type="number"),)}))
    ada = replace(ADA, custom={"points": 12})
    id = stripe.write(ada)
    stripe.standin.edit(f"/v1/customers/{id}", {"metadata[points]": "twelve"})
    with pytest.raises(BadRecord, match="points"):
        read(stripe)
    assert not stripe.agrees(ada)
    stripe.write(ada)
    assert stripe.agrees(ada)


def test_a_field_of_the_brands_own_that_is_too_long_for_stripe_is_named() -> None:
    stripe = account(mapping=CLUB)
    with pytest.raises(BadRecord, match="Club level has 501 characters"):
        stripe.write(replace(ADA, custom={"club": "x" * 501}))
