"""The person at the sandbox's Tryton: what they edit is what the connector then tells."""

from dataclasses import replace
from typing import Any

import pytest

from cashpath.faults import NeedsPerson
from cashpath.records import Kind, Money, RecordKey, SystemId
from cashpath_sandbox.tryton.file import written
from cashpath_sandbox.tryton.person import Person
from cashpath_sandbox.tryton.samples import order_of
from cashpath_sandbox.tryton.server import Tryton


@pytest.fixture(scope="session")
def person(tryton: Tryton) -> Person:
    """Somebody at Tryton's client."""
    return Person(tryton.url)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("customer", "email", "by.hand@example.com"),
        ("customer", "phone", "+4922198765"),
        ("customer", "payment_terms", "Net 15 days"),
        ("customer", "receivable_account", "1.2.3"),
        ("customer", "tax_exempt", True),
        ("customer", "tax_exempt", False),
        ("customer", "credit_limit", Money(12_345, "EUR")),
        ("customer", "credit_limit", None),
        ("customer", "archived", True),
        ("variant", "title", "Beaker"),
        ("variant", "sku", "BY-HAND"),
        ("variant", "price", Money(777, "EUR")),
        ("variant", "archived", True),
    ],
)
def test_what_a_person_edits_is_told_with_a_newer_version(
    erp: Any, person: Person, kind: Kind, field: str, value: object
) -> None:
    record = erp.customer() if kind == "customer" else erp.mug()
    id = erp.refs[record.key]
    before = erp.read(kind, id).version
    person.edit(kind, id, field, value)
    reading = erp.read(kind, id)
    assert getattr(reading.record, field) == value
    assert reading.version > before


def test_a_person_merges_and_deletes(erp: Any, person: Person, tryton: Tryton) -> None:
    customer = erp.customer()
    survivor = person.enter("Somebody else")
    person.merge(erp.refs[customer.key], survivor)
    merged = erp.read("customer", erp.refs[customer.key])
    assert merged.merged_into == RecordKey(SystemId("erp"), "customer", survivor)
    assert person.ids("customer", str(customer.key)) == [survivor]
    before = written(tryton.directory)
    with pytest.raises(LookupError):
        person.edit("customer", survivor, "shoe_size", 42)
    assert written(tryton.directory) == before
    gone = person.enter("Gone")
    assert written(tryton.directory) != before
    person.delete("customer", gone)
    assert erp.connector.read("customer", gone) is None


def test_a_person_cannot_delete_who_bought(erp: Any, person: Person) -> None:
    customer, mug = erp.customer(), erp.mug()
    erp.put(erp.order(replace(order_of(1, "EUR", mug.key, prices_include_tax=False), customer=customer.key)))
    with pytest.raises(NeedsPerson):
        person.delete("customer", erp.refs[customer.key])
