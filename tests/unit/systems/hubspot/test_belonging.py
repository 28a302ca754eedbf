"""Whom a contact buys for, and for whom besides: written, changed and taken away, one by one and a hundred at once."""

from dataclasses import replace
from typing import Any

import pytest

from cashpath.faults import NotYet
from cashpath.records import Customer, RecordKey
from cashpath.systems.hubspot import webhooks
from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS
from cashpath.systems.inbound import Event, Inbound
from cashpath.systems.port import Wanted
from cashpath_sandbox.hubspot.people import PERSON
from cashpath_sandbox.hubspot.samples import company, customer

FIRMS = tuple(company(n) for n in range(1, 5))
BOTH = frozenset({"company", "also_for"})


@pytest.fixture
def firms(desk: Any) -> list[str]:
    """The ids of four companies that the portal has."""
    return [desk.write(firm).id for firm in FIRMS]


def buyer(buys_for: int | None, *besides: int, n: int = 1) -> Customer:
    """A person who buys for one of the companies, and for others besides."""
    primary = None if buys_for is None else FIRMS[buys_for].key
    return replace(customer(n), company=primary, also_for=tuple(FIRMS[i].key for i in besides))


def read(desk: Any, id: str) -> tuple[str | None, list[str]]:
    """Whom the portal says that the person buys for: the company, and further ones."""
    record = desk.connector.read("customer", id).record
    return record.company and record.company.id, sorted(key.id for key in record.also_for)


CHANGES = [
    (buyer(0), buyer(1)),
    (buyer(0), buyer(None)),
    (buyer(None), buyer(2, 0, 1)),
    (buyer(0, 1, 2), buyer(1, 0, 2)),
    (buyer(0, 1, 2), buyer(0)),
    (buyer(0, 1), buyer(3, 2)),
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_each_change_of_companies_is_held_and_read_back(
    desk: Any, firms: list[str], before: Customer, after: Customer
) -> None:
    id = desk.write(before).id
    assert desk.holds(before)
    desk.write(after)
    assert desk.holds(after)
    ids = dict(zip((firm.key for firm in FIRMS), firms, strict=True))
    assert read(desk, id) == (after.company and ids[after.company], sorted(ids[key] for key in after.also_for))
    writes = len(desk.portal.writes())
    desk.write(after)
    assert len(desk.portal.writes()) == writes


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_many_are_changed_as_one_would_be(desk: Any, firms: list[str], before: Customer, after: Customer) -> None:
    def known(person: Customer, n: int) -> Wanted:
        key, email = customer(n).key, f"ada{n}@example.com"
        wanted: Wanted = desk.wanted(replace(person, key=key, email=email, tax_id=""))
        return wanted

    made = desk.connector.write_many([known(before, n) for n in range(10, 40)])
    desk.refs |= {customer(n).key: written.id for n, written in zip(range(10, 40), made, strict=True)}
    again = [known(after, n) for n in range(10, 40)]
    requests = len(desk.portal.log)
    assert not [result for result in desk.connector.write_many(again) if isinstance(result, Exception)]
    assert len(desk.portal.log) - requests <= 5
    for wanted in again:
        assert desk.connector.held("customer", wanted.id, wanted) == desk.connector.normalised(wanted)
    assert read(desk, made[0].id)[0] == (firms[FIRMS.index(_firm(after))] if after.company else None)


def _firm(person: Customer) -> Any:
    return next(firm for firm in FIRMS if firm.key == person.company)


def test_where_only_the_company_is_written_further_ones_stay(desk: Any, firms: list[str]) -> None:
    id = desk.write(buyer(0, 1, 2)).id
    desk.connector.write(desk.wanted(buyer(3), fields=frozenset({"company"})))
    assert read(desk, id) == (firms[3], sorted([firms[1], firms[2]]))


def test_where_only_further_ones_are_written_the_company_stays(desk: Any, firms: list[str]) -> None:
    id = desk.write(buyer(0, 1)).id
    desk.connector.write(desk.wanted(buyer(0, 2), fields=frozenset({"also_for"})))
    assert read(desk, id) == (firms[0], [firms[2]])


def test_a_further_company_that_is_not_there_yet_is_waited_for(desk: Any) -> None:
    desk.write(FIRMS[0])
    with pytest.raises(NotYet):
        desk.write(buyer(0, 1))
    assert desk.connector.find("customer", customer(1).key, since=desk.clock()) is None


def test_what_is_compared_names_no_company_whose_id_is_not_known(desk: Any) -> None:
    unlinked = replace(desk.wanted(buyer(0, 1), fields=BOTH), refs={})
    assert desk.connector.normalised(unlinked) == {}
    nobody = replace(desk.wanted(buyer(None), fields=BOTH), refs={})
    assert desk.connector.normalised(nobody) == {"associated companies": "", "further companies": []}


def test_a_person_who_leaves_a_company_by_hand_is_told_and_put_right(desk: Any, firms: list[str]) -> None:
    desk.portal.hooks.url, desk.portal.hooks.secret = "https://hooks.example.com/webhooks/crm", "s3cret"
    ada = buyer(0)
    id = desk.write(ada).id
    desk.portal.hooks.taken()
    desk.ask("DELETE", f"/_sandbox/objects/contacts/{id}/companies/{firms[0]}")
    assert {(e.kind, e.id) for e in _told(desk)} == {("customer", id)}
    assert not desk.holds(ada)
    desk.write(ada)
    assert desk.holds(ada)


def test_a_contact_that_is_restored_is_told_and_found_by_its_email(desk: Any) -> None:
    contact = desk.portal.store.create(CONTACTS, {"email": "ada@example.com"}, PERSON)
    desk.ask("DELETE", f"/_sandbox/objects/contacts/{contact.id}")
    assert desk.connector.candidates("customer", "email:ada@example.com") == []
    desk.portal.hooks.taken()
    desk.ask("POST", f"/_sandbox/objects/contacts/{contact.id}/restore")
    assert [(e.topic, e.id) for e in _told(desk)] == [("contact.restore", contact.id)]
    assert [reading.at.id for reading in desk.connector.candidates("customer", "email:ada@example.com")] == [contact.id]


def test_a_merged_contact_belongs_to_the_companies_of_both(desk: Any, firms: list[str]) -> None:
    one = desk.write(buyer(0)).id
    other = desk.portal.store.create(CONTACTS, {"email": "countess@example.com"}, PERSON)
    desk.portal.store.associate(other, desk.portal.store.get(COMPANIES, firms[1]), PERSON)
    desk.connector.merge("customer", other.id, one)
    assert read(desk, one) == (firms[0], [firms[1]])
    assert desk.connector.read("customer", other.id).merged_into == RecordKey(desk.connector.id, "customer", one)


def _told(desk: Any) -> list[Event]:
    return [
        event
        for delivery in desk.portal.hooks.taken()
        for event in webhooks.events(
            Inbound(method="POST", uri=delivery.url, headers={}, body=delivery.body), {"portal": desk.portal.portal}
        )
    ]


def test_a_batch_that_was_just_read_is_written_without_reading_its_companies_again(desk: Any, firms: list[str]) -> None:
    people = [replace(buyer(0, n=n), email=f"ada{n}@example.com") for n in range(10, 30)]
    ids = [written.id for written in desk.connector.write_many([desk.wanted(person) for person in people])]
    desk.refs |= {person.key: id for person, id in zip(people, ids, strict=True)}
    desk.connector.read_many("customer", ids)
    before = len(desk.portal.log)
    desk.connector.write_many([desk.wanted(replace(person, company=FIRMS[1].key)) for person in people])
    assert [entry.path.rpartition("/batch/")[2].strip("?") for entry in desk.portal.log[before:]] == [
        "update",
        "create",
        "archive",
    ]
    desk.portal.store.associate(
        desk.portal.store.get(CONTACTS, ids[0]), desk.portal.store.get(COMPANIES, firms[2]), PERSON
    )
    desk.connector.write_many([desk.wanted(replace(person, company=FIRMS[1].key)) for person in people])
    assert read(desk, ids[0]) == (firms[1], [])
