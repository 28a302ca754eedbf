"""A backlog of contacts in few requests, merges, and each field compared by itself."""

from dataclasses import replace
from typing import Any

import pytest

from cashpath.records import BrandId, Company, Record
from cashpath.systems.hubspot.client import Connector
from cashpath.systems.hubspot.objects import CONTACTS
from cashpath.systems.mapping import FieldMap, Mapped
from cashpath.systems.port import Wanted
from cashpath_sandbox.hubspot.people import PERSON
from cashpath_sandbox.hubspot.samples import company, customer, variant

BRAND = BrandId("acme")


def wanted(record: Record, fields: frozenset[str] | None = None) -> Wanted:
    return Wanted(record=record, fields=fields or record.field_names(), id=None, brand=BRAND)


def requests(desk: Any, ending: str) -> int:
    return sum(1 for entry in desk.portal.log if entry.path.partition("?")[0].endswith(ending))


def test_three_hundred_new_customers_cost_three_upserts_and_six_batch_reads(desk: Any) -> None:
    """What a backfill asks of the CRM: whom it has already, then all at once; and, after a pass died, who was made."""
    firm = desk.write(company(1)).id
    people = [replace(customer(n), company=company(1).key) for n in range(300)]
    emails = [f"email:{person.email}" for person in people]
    assert not any(desk.connector.candidates_many("customer", emails).values())
    made = desk.connector.write_many([replace(wanted(person), refs={company(1).key: firm}) for person in people])
    ids = [written.id for written in made]
    assert desk.connector.find_many("customer", [person.key for person in people]) == dict(
        zip((person.key for person in people), ids, strict=True)
    )
    assert (requests(desk, "/contacts/batch/upsert"), requests(desk, "/batch/read")) == (3, 6)
    assert requests(desk, "/contacts/companies/batch/create") == 3
    found = desk.connector.candidates_many("customer", emails)
    assert [found[email][0].at.id for email in emails] == ids
    assert {reading.record.company.id for reading in desk.connector.read_many("customer", ids).values()} == {firm}


@pytest.mark.parametrize("record", [replace(customer(1), company=None), company(1), variant(1), variant(2)])
def test_each_field_compares_equal_once_it_was_written(make_desk: Any, record: Record) -> None:
    desk = make_desk({"currencies": ["GBP"]})
    id = desk.connector.write(wanted(record)).id
    held = replace(desk.connector.read(record.key.kind, id).record, key=record.key)
    for name in desk.connector.facts.kinds[record.key.kind].fields:
        one = frozenset({name})
        assert desk.connector.normalised(wanted(held, one)) == desk.connector.normalised(wanted(record, one))


def test_merged_contacts_read_as_the_survivor_and_are_merged_once(desk: Any) -> None:
    one, other = (desk.portal.store.create(CONTACTS, {"email": f"{n}@example.com"}, PERSON).id for n in "ab")
    for _ in range(2):
        desk.connector.merge("customer", other, one)
    read = desk.connector.read_many("customer", [one, other])
    assert (read[one].merged_into, read[other].merged_into.id) == (None, one)
    assert requests(desk, "/contacts/merge") == 1


def test_a_company_keeps_what_the_erp_decides(desk: Any) -> None:
    terms = replace(company(1), payment_terms="30 days", tax_exempt=True)
    read = desk.connector.read("company", desk.connector.write(wanted(terms)).id).record
    assert isinstance(read, Company)
    assert (read.payment_terms, read.tax_exempt) == ("30 days", True)


def test_of_a_structure_only_the_mapped_part_is_written(make_desk: Any) -> None:
    desk = make_desk()
    fields = FieldMap({"customer": (Mapped(name="loyalty", field="card", path="level"),)})
    mapped = Connector(replace(desk.connection, mapping=fields))
    contact = desk.portal.store.create(CONTACTS, {"email": "a@example.com", "card": '{"since":2020}'}, PERSON)
    gold = replace(customer(1), company=None, email="a@example.com", custom={"loyalty": "gold"})
    known = replace(wanted(gold, frozenset({"custom.loyalty"})), id=contact.id)
    for write in (mapped.write, lambda one: mapped.write_many([one])[0]):
        write(known)
        assert contact.properties["card"] == '{"level":"gold","since":2020}'
    assert mapped.held("customer", contact.id, known) == mapped.normalised(known) == {"custom.loyalty": "gold"}
