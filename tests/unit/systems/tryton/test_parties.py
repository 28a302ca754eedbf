"""Customers and companies as Tryton's parties: found exactly, left alone where a person keeps them, erased for good."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cashpath.faults import NeedsPerson
from cashpath.records import Address, Company, Customer, RecordKey, SystemId
from cashpath_sandbox.tryton.samples import HOME, order_of

SHOP = SystemId("shop")


def by_hand(erp: Any, **values: Any) -> int:
    """A party that a person enters in Tryton's client."""
    (id,) = erp.person.writes("model.party.party.create", [values])
    return int(id)


def test_an_email_that_contains_a_wildcard_matches_itself_only(erp: Any) -> None:
    ids = {
        email: by_hand(erp, name=email, contact_mechanisms=[["create", [{"type": "email", "value": email}]]])
        for email in ("a_b@wild.example.com", "axb@wild.example.com", "A_B.c@wild.example.com")
    }
    found = erp.connector.candidates("customer", "email: A_b@Wild.example.com ")
    assert [reading.at.id for reading in found] == [str(ids["a_b@wild.example.com"])]


def test_a_tax_number_matches_however_a_person_spaced_it(erp: Any) -> None:
    id = by_hand(erp, name="GmbH", identifiers=[["create", [{"code": "DE 115 235-681"}]]])
    assert [r.at.id for r in erp.connector.candidates("company", "tax_id:de115235681")] == [str(id)]
    assert erp.connector.candidates("company", "tax_id:DE11523568") == []


def test_a_party_entered_by_hand_keeps_what_the_shop_does_not_know(erp: Any) -> None:
    values = [
        {"type": "email", "value": "billing@hand.example.com"},
        {"type": "mobile", "value": "+49 170 1"},
        {"type": "website", "value": "https://hand.example.com"},
    ]
    address = {"street": "Kept 1", "city": "Ulm"}
    id = by_hand(erp, name="Old", contact_mechanisms=[["create", values]], addresses=[["create", [address]]])
    key = RecordKey(SHOP, "customer", "by-hand")
    customer = Customer(key=key, email="Zoë@hand.example.com", first_name="New", last_name="Name", address=HOME)
    erp.put(customer, str(id))
    mechanisms = erp.person.search("party.contact_mechanism", [("party", "=", id), ("address", "=", None)], ("value",))
    assert {row["value"] for row in mechanisms} >= {v["value"] for v in values} - {"+49 170 1"}
    streets = erp.person.search("party.address", [("party", "=", id)], ("street",))
    assert len(streets) == 2
    assert erp.read("customer", str(id)).record.email == "zoë@hand.example.com"


def test_a_merged_party_tells_its_survivor_and_is_not_written(erp: Any) -> None:
    customer = erp.customer()
    id, survivor = erp.refs[customer.key], by_hand(erp, name="Somebody with another name")
    erp.connector.merge("customer", id, str(survivor))
    erp.connector.merge("customer", id, str(survivor))
    assert erp.read("customer", id).merged_into == RecordKey(SystemId("erp"), "customer", str(survivor))
    with pytest.raises(NeedsPerson, match="merged into party"):
        erp.put(replace(customer, last_name="Changed"), id)


def test_names_with_line_ends_and_controls_are_kept_as_one_line(erp: Any) -> None:
    key = RecordKey(SHOP, "customer", "odd-name")
    address = Address(name="A\tB", street="Line 1\r\nLine 2", city=" Köln ", country="de", region="XX")
    customer = Customer(key=key, email="odd@example.com", first_name="Ada\n", last_name="\x00李\u2028", address=address)
    id = erp.put(customer)
    wanted = erp.wanted(customer, id)
    assert erp.connector.held("customer", id, wanted) == erp.connector.normalised(wanted)
    assert erp.read("customer", id).record.name == "Ada 李"


def test_a_customer_with_an_open_sale_is_not_erased_and_stays_active(erp: Any) -> None:
    customer, mug = erp.customer(), erp.mug()
    order = replace(order_of(1, "EUR", mug.key, prices_include_tax=False), customer=customer.key)
    erp.put(erp.order(order))
    with pytest.raises(NeedsPerson, match="pending sales"):
        erp.connector.erase("customer", erp.refs[customer.key])
    (party,) = erp.person.search("party.party", [("id", "=", int(erp.refs[customer.key]))], ("active", "name"))
    assert (party["active"], party["name"]) == (True, customer.name)


def test_changes_tell_people_from_companies_and_each_once(erp: Any) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    person = erp.refs[erp.customer().key]
    company = erp.put(Company(key=RecordKey(SHOP, "company", "changes"), name="GmbH"))
    entered = by_hand(erp, name="By hand", identifiers=[["create", [{"code": "FR123"}]]])
    people = [change.key.id for change in erp.connector.changed_since("customer", began)]
    companies = [change.key.id for change in erp.connector.changed_since("company", began)]
    assert people.count(person) == 1
    assert {company, str(entered)} <= set(companies)
    assert not {company, str(entered)} & set(people)


def test_changes_come_oldest_first_over_many_pages(erp: Any) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    created = erp.person.writes("model.party.party.create", [{"name": f"Many {n}"} for n in range(450)])
    erp.person.writes("model.party.party.write", created[:1], {"name": "Edited"})
    changes = list(erp.connector.changed_since("customer", began))
    versions = [change.version for change in changes]
    assert versions == sorted(versions)
    assert {str(id) for id in created} <= {change.key.id for change in changes}
    assert changes[-1].key.id == str(created[0])
