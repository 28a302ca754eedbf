"""What the connector tells of customers and companies: each field as it was written, each change in the version."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cashpath.faults import NeedsPerson
from cashpath.records import Address, Company, Customer, Record, RecordKey, SystemId
from cashpath.records.customer import Location
from cashpath.systems.mapping import FieldMap, Mapped
from cashpath_sandbox.tryton.samples import HOME, OFFICE, VAT, companies, customers, edited, variants

SHOP = SystemId("shop")
Samples = Callable[[int], tuple[Record, ...]]


def alone(erp: Any, record: Record, field: str) -> object:
    """What Tryton will hold of one field, as the flows ask it."""
    return erp.connector.normalised(replace(erp.wanted(record, refs={}), fields=frozenset({field})))


@pytest.mark.parametrize("make", [customers, companies, variants])
def test_each_field_is_told_as_it_was_written(erp: Any, make: Samples) -> None:
    for n in (9001, 9002, 9005, 9006, 9007):
        for record in (make(n)[-1], edited(make(n)[-1])):
            id = erp.put(record, erp.refs.get(record.key))
            told = erp.read(record.key.kind, id).record
            facts = erp.connector.facts.kinds[record.key.kind]
            for field in sorted(facts.fields & facts.tells):
                assert alone(erp, told, field) == alone(erp, record, field), field
            assert told.key == RecordKey(SystemId("erp"), record.key.kind, id)


@pytest.mark.parametrize("make", [customers, companies, variants])
def test_a_change_of_any_field_raises_the_version(erp: Any, make: Samples) -> None:
    record = make(9010)[-1]
    changed = edited(record)
    id = erp.put(record)
    names = [name for name in sorted(erp.connector.facts.kinds[record.key.kind].fields) if name in vars(record)]
    for name in names:
        after_edit = replace(record, **{name: vars(changed)[name]})
        if alone(erp, record, name) == alone(erp, after_edit, name):
            continue
        record, before = after_edit, erp.read(record.key.kind, id).version
        erp.put(record, id)
        after = erp.read(record.key.kind, id).version
        assert after > before, name


def test_what_the_erp_owns_begins_as_tryton_has_it_by_default_where_the_shop_does_not_say(erp: Any) -> None:
    key = RecordKey(SHOP, "customer", "no-terms")
    calls = erp.calls(lambda: erp.put(Customer(key=key, email="no-terms@example.com", last_name="Ada")))
    assert calls == ["model.party.party.create"]
    told = erp.read("customer", erp.refs[key]).record
    assert (told.payment_terms, told.receivable_account, told.tax_exempt) == ("", "", False)


def test_an_archived_customer_is_still_found_and_can_be_changed(erp: Any) -> None:
    customer = replace(erp.customer(), archived=True)
    id = erp.put(customer, erp.refs[customer.key])
    assert erp.connector.find("customer", customer.key, since=None) == id
    assert erp.read("customer", id).record.archived
    assert erp.connector.candidates("customer", f"email:{customer.email}") == []
    erp.put(replace(customer, last_name="Later", payment_terms="Net 10 days"), id)
    told = erp.read("customer", id).record
    assert (told.last_name, told.payment_terms, told.archived) == ("Later", "Net 10 days", True)


def test_a_payment_term_that_tryton_does_not_have_is_for_a_person_and_leaves_no_party(erp: Any) -> None:
    key = RecordKey(SHOP, "customer", "odd-terms")
    with pytest.raises(NeedsPerson, match="no payment term 'Net 31 days'"):
        erp.put(Customer(key=key, email="odd-terms@example.com", payment_terms="Net 31 days"))
    assert erp.connector.find("customer", key, since=None) is None


@pytest.mark.parametrize(
    ("tax_id", "type", "told"),
    [
        (VAT, "de_vat", "DE811907980"),
        ("DE 811 907 981", None, "DE811907981"),
        ("12-3456789", None, "123456789"),
        ("GB 980 7806 84", "gb_vat", "GB980780684"),
        ("PL 856-734-62-15", "pl_vat", "PL8567346215"),
    ],
)
def test_a_tax_number_has_a_type_where_tryton_finds_it_valid(erp: Any, tax_id: str, type: str, told: str) -> None:
    key = RecordKey(SHOP, "company", tax_id.replace(" ", ""))
    id = erp.put(Company(key=key, name="GmbH", tax_id=tax_id))
    domain = [("party", "=", int(id)), ("code", "not like", "cashpath:%")]
    (identifier,) = erp.person.search("party.identifier", domain, ("type",))
    assert identifier["type"] == type
    assert erp.read("company", id).record.tax_id == told


def test_a_german_number_that_a_person_entered_without_its_prefix_matches(erp: Any) -> None:
    identifier = {"type": "de_vat", "code": "136695976"}
    values = {"name": "Entered", "identifiers": [["create", [identifier]]]}
    (id,) = erp.person.writes("model.party.party.create", [values])
    assert [r.at.id for r in erp.connector.candidates("company", "tax_id:DE 136695976")] == [str(id)]
    erp.put(Company(key=RecordKey(SHOP, "company", "entered"), name="Entered", tax_id="DE136695976"), str(id))
    assert erp.read("company", str(id)).record.tax_id == "DE136695976"


def test_an_address_that_the_shop_no_longer_has_ends_and_one_entered_by_hand_stays(erp: Any) -> None:
    customer = erp.customer()
    id = erp.refs[customer.key]
    by_hand = {"party": int(id), "street": "Hand 1", "city": "Ulm"}
    erp.person.writes("model.party.address.create", [by_hand])
    erp.put(replace(customer, address=None, addresses=(OFFICE,)), id)
    told = erp.read("customer", id).record
    assert told.address is None
    assert [address.street for address in told.addresses] == [OFFICE.street]
    domain = [("party", "=", int(id)), ("active", "=", True)]
    streets = {row["street"] for row in erp.person.search("party.address", domain, ("street",))}
    assert streets == {"Hand 1", OFFICE.street}


def test_a_place_of_a_company_keeps_its_key_when_it_moves(erp: Any) -> None:
    key = RecordKey(SHOP, "company", "places")
    depot = Location(key="7", name="Depot", address=HOME, phone="+49 221 1", tax_id="X 1")
    id = erp.put(Company(key=key, name="GmbH", locations=(depot,)))
    (before,) = erp.person.search("party.address", [("party", "=", int(id))], ("street",))
    moved = replace(depot, name="Lager", address=OFFICE, phone="", tax_id="X 2")
    erp.put(Company(key=key, name="GmbH", locations=(moved,)), id)
    (after,) = erp.person.search("party.address", [("party", "=", int(id))], ("street",))
    assert (after["id"], after["street"]) == (before["id"], OFFICE.street)
    (told,) = erp.read("company", id).record.locations
    assert (told.key, told.name, told.phone, told.tax_id) == ("7", "Lager", "", "X2")


def test_a_country_that_tryton_does_not_know_is_told_before_anything_is_written(erp: Any) -> None:
    key = RecordKey(SHOP, "customer", "nowhere")
    with pytest.raises(NeedsPerson, match="no country XK"):
        erp.put(Customer(key=key, email="nowhere@example.com", address=Address(street="A", country="XK")))
    assert erp.connector.find("customer", key, since=None) is None


def test_without_the_option_nothing_is_told_or_held_of_a_tax_exemption(strict: Any) -> None:
    customer = Customer(key=RecordKey(SHOP, "customer", "exempt"), email="exempt@example.com", tax_exempt=True)
    id = strict.put(customer)
    assert "tax_exempt" not in strict.connector.facts.kinds["customer"].tells
    assert "tax_exempt" not in strict.connector.normalised(strict.wanted(customer, id))
    assert not strict.read("customer", id).record.tax_exempt


def test_a_mapped_field_is_written_read_and_compared(open_erp: Any) -> None:
    mapping = FieldMap({"customer": (Mapped(name="sends", field="sale_invoice_method"),)})
    erp = open_erp(mapping)
    customer = replace(customers(9200)[-1], custom={"sends": "manual"})
    id = erp.put(customer)
    assert erp.read("customer", id).record.custom == {"sends": "manual"}
    wanted = erp.wanted(replace(customer, custom={"sends": "order"}), id)
    assert "custom.sends" in wanted.fields
    assert erp.connector.held("customer", id, wanted)["custom.sends"] == "manual"
    erp.put(wanted.record, id)
    assert erp.connector.held("customer", id, wanted) == erp.connector.normalised(wanted)
