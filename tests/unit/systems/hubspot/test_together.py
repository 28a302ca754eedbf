"""Records that are known already are changed and found in batches too, and one that cannot be fails alone."""

from dataclasses import replace
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import RecordKey
from cashpath.systems.hubspot.objects import CONTACTS
from cashpath.systems.port import Wanted, Written
from cashpath_sandbox.hubspot.samples import company, customer


def requests(desk: Any, ending: str) -> int:
    return sum(1 for entry in desk.portal.log if entry.path.partition("?")[0].endswith(ending))


def changed(desk: Any, many: int) -> tuple[list[Wanted], list[str]]:
    """So many people that the portal has, each with a new first name to be written; and their ids."""
    people = [replace(customer(n), company=None) for n in range(many)]
    ids = [written.id for written in desk.connector.write_many([desk.wanted(person) for person in people])]
    renamed = [replace(person, first_name="Augusta") for person in people]
    return [replace(desk.wanted(person), id=id) for person, id in zip(renamed, ids, strict=True)], ids


def test_three_hundred_known_customers_are_changed_by_three_requests(desk: Any) -> None:
    wanted, ids = changed(desk, 300)
    results = desk.connector.write_many(wanted)
    assert results == [Written(id=id, created=False) for id in ids]
    names = {item.properties["firstname"] for item in desk.portal.store.all(CONTACTS)}
    assert names == {"Augusta"}
    assert requests(desk, "/contacts/batch/update") == 3
    assert not [entry for entry in desk.portal.log if entry.method == "PATCH"]


def test_one_that_is_gone_keeps_none_of_the_others_from_being_changed(desk: Any) -> None:
    wanted, ids = changed(desk, 5)
    desk.connector.erase("customer", ids[2])
    results = desk.connector.write_many(wanted)
    assert [type(result) for result in results] == [Written, Written, NeedsPerson, Written, Written]


def test_whom_known_customers_buy_for_is_written_with_them(desk: Any) -> None:
    _, ids = changed(desk, 3)
    firm = company(1)
    place = desk.connector.write(desk.wanted(firm)).id
    buyers = [
        replace(desk.wanted(replace(customer(n), company=firm.key)), id=id, refs={firm.key: place})
        for n, id in enumerate(ids)
    ]
    assert all(isinstance(result, Written) for result in desk.connector.write_many(buyers))
    read = desk.connector.read_many("customer", ids)
    assert {reading.record.company.id for reading in read.values()} == {place}


def test_what_a_pass_that_died_has_created_is_found_a_hundred_at_a_time(desk: Any) -> None:
    wanted, ids = changed(desk, 150)
    origins = [one.record.key for one in wanted]
    unknown = RecordKey(origins[0].system, "customer", "never-written")
    before = requests(desk, "/contacts/batch/read")
    assert desk.connector.find_many("customer", [*origins, unknown]) == dict(zip(origins, ids, strict=True))
    assert requests(desk, "/contacts/batch/read") - before == 2
