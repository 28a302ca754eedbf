"""What all records share, and what a customer is called."""

from dataclasses import fields

import pytest

from cashpath.records import Company, Customer, Order, Product, Record, RecordKey, Subscription, SystemId, Variant
from cashpath.records.customer import normal_email

KEY = RecordKey(SystemId("shop"), "customer", "7")


@pytest.mark.parametrize("record", [Customer, Company, Product, Variant, Order, Subscription])
def test_an_owner_may_decide_every_field_but_the_key_and_what_a_brand_maps(record: type[Record]) -> None:
    assert record.field_names() == {f.name for f in fields(record)} - {"key", "custom"}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"first_name": "Ada", "last_name": "Lovelace"}, "Ada Lovelace"),
        ({"last_name": "李"}, "李"),
        ({"first_name": "Ada"}, "Ada"),
        ({"email": "ada@example.com"}, "ada@example.com"),
        ({}, ""),
    ],
)
def test_a_customer_is_called_by_what_is_known_of_them(values: dict[str, str], name: str) -> None:
    customer = Customer(key=KEY)
    assert Customer(key=customer.key, **values).name == name  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["ada@example.com", " Ada@Example.COM ", "ADA@EXAMPLE.COM\n"])
def test_an_email_is_one_however_it_was_typed(written: str) -> None:
    assert normal_email(written) == "ada@example.com"


def test_a_person_names_the_company_they_buy_for() -> None:
    company = RecordKey(SystemId("shop"), "company", "5")
    assert Customer(key=KEY, company=company).references() == (company,)
    assert Customer(key=KEY).references() == ()
