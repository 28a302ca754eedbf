"""What is told outside of a process names no person."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashpath.masking import EMAIL, PERSON, PHONE, masked
from cashpath.records import Address, Customer, RecordKey, SystemId
from cashpath.records.personal import personal

ADA = Customer(
    key=RecordKey(SystemId("shop"), "customer", "7"),
    email="ada@example.com",
    first_name="Ada",
    last_name="King",
    address=Address(name="Ada King", street="12 St James's Square", phone="+44 1632 960001"),
)
words = st.text(string.ascii_letters + string.digits + " .,:;#'\"()/-é", max_size=40)
local = st.from_regex(r"[A-Za-z0-9._%+~!-]{1,20}", fullmatch=True)
host = st.from_regex(r"[a-z0-9]{1,12}(\.[a-z0-9-]{1,8}){0,2}\.[a-z]{2,6}", fullmatch=True)
emails = st.builds(lambda at, where: f"{at}@{where}", local, host)
phones = st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True)


@given(words, emails, words)
def test_no_email_address_is_told_wherever_it_stands(before: str, email: str, after: str) -> None:
    told = masked(f"{before} {email} {after}")
    assert email not in told
    assert "@" not in told
    assert EMAIL in told


@given(words, phones, words)
def test_no_international_phone_number_is_told_wherever_it_stands(before: str, phone: str, after: str) -> None:
    told = masked(f"{before} {phone} {after}")
    assert phone not in told
    assert PHONE in told


@given(st.text(max_size=80), st.lists(words, max_size=3))
def test_masking_twice_changes_nothing_more(text: str, known: list[str]) -> None:
    once = masked(text, known)
    assert masked(once) == once


@given(st.text(string.ascii_letters + string.digits + " .,:;#/|_-", max_size=120))
def test_what_names_nobody_is_told_as_it_is(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "shop/customer/7 matches 2 records of crm: 51, 52",
        "order #1042: lines and shipping make 118.00 EUR, its total says 120.00 EUR",
        "2026-11-24 03:00:00,123+0000",
        "2026-11-24T03:00:00+00:00",
        "gid://shopify/Customer/7012345678901",
        "price price_1QabcDEF is 1990 + 210 of tax",
    ],
)
def test_references_times_and_amounts_are_no_personal_data(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("number", ["+441632960001", "+44 1632 960001", "+49 (30) 901820-10", "%2B441632960001"])
def test_a_phone_number_is_known_as_people_write_it(number: str) -> None:
    assert masked(f"call {number}.") == f"call {PHONE}."


def test_an_address_in_a_vendors_url_is_masked_too() -> None:
    assert masked("GET /v3/contacts?email=ada%40example.com failed") == f"GET /v3/contacts?email={EMAIL} failed"


def test_what_a_record_says_of_a_person_is_masked_in_a_vendors_own_words() -> None:
    said = 'Party "Ada King" at 12 St James\'s Square still has a sale; Adam has none'
    assert masked(said, personal([ADA, None])) == f'Party "{PERSON}" at {PERSON} still has a sale; Adam has none'
