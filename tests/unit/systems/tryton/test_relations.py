"""For which companies a person buys, as relations in Tryton: told as written, changed by difference, left alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cashpath.faults import NeedsPerson, NotYet
from cashpath.records import Company, Customer, RecordKey, SystemId
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.tryton.file import written
from cashpath_sandbox.tryton.samples import buyers
from cashpath_sandbox.tryton.server import Tryton
from cashpath_sandbox.tryton.setup import CONTACT

SHOP = SystemId("shop")
FIRMS = tuple(Company(key=RecordKey(SHOP, "company", f"firm-{n}"), name=f"Firm {n}") for n in range(4))
MODEL = "party.relation.all"


@pytest.fixture(scope="module")
def firms(erp: Any) -> list[str]:
    """The ids of four companies that are in Tryton."""
    return [erp.put(firm) for firm in FIRMS]


@pytest.fixture(scope="module")
def types(erp: Any) -> dict[str, int]:
    """The types of relation that the books know, by name."""
    return {row["name"]: row["id"] for row in erp.person.search("party.relation.type", [], ("name",))}


@pytest.fixture
def bought(erp: Any) -> Callable[..., Customer]:
    """A person who buys for one of the companies, and for others besides; not in Tryton yet."""

    def make(buys_for: int | None, *besides: int) -> Customer:
        key = RecordKey(SHOP, "customer", f"buyer-{next(_numbers)}")
        return for_firms(Customer(key=key, email=f"{key.id}@example.com", last_name="Buyer"), buys_for, *besides)

    return make


_numbers = iter(range(1, 10**6))


def for_firms(person: Customer, buys_for: int | None, *besides: int) -> Customer:
    """The person as one who buys for these companies."""
    company = None if buys_for is None else FIRMS[buys_for].key
    return replace(person, company=company, also_for=tuple(FIRMS[n].key for n in besides))


def told(erp: Any, id: str) -> tuple[str | None, list[str]]:
    """Whom Tryton says that the person buys for: the company, and further ones."""
    record = erp.read("customer", id).record
    return record.company and record.company.id, sorted(key.id for key in record.also_for)


def agrees(erp: Any, person: Customer, id: str) -> bool:
    """Whether Tryton holds what the connector said it would."""
    wanted = erp.wanted(person, id)
    return bool(erp.connector.held("customer", id, wanted) == erp.connector.normalised(wanted))


def relate(erp: Any, from_: str, type: int, to: str, **dates: Any) -> int:
    """A relation that a person enters in Tryton's client."""
    (id,) = erp.person.writes(f"model.{MODEL}.create", [{"from_": int(from_), "type": type, "to": int(to), **dates}])
    return int(id)


CHANGES = [
    ((0,), (1,)),
    ((0,), (None,)),
    ((None,), (2, 0, 1)),
    ((None, 2), (None, 0, 1)),
    ((0, 1, 2), (1, 0, 2)),
    ((0, 1, 2), (0,)),
    ((0, 1), (3, 2)),
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_each_change_of_companies_is_held_and_told_and_a_second_write_changes_nothing(
    erp: Any, tryton: Tryton, firms: list[str], bought: Any, before: tuple[int, ...], after: tuple[int, ...]
) -> None:
    person = bought(*before)
    id = erp.put(person)
    for firm, *besides in (before, after):
        person = for_firms(person, firm, *besides)
        erp.put(person, id)
        assert agrees(erp, person, id)
        assert told(erp, id) == (None if firm is None else firms[firm], sorted(firms[n] for n in besides))
        there = written(tryton.directory)
        erp.put(person, id)
        assert written(tryton.directory) == there


def test_a_person_and_whom_they_buy_for_are_created_in_one_call(erp: Any, firms: list[str], bought: Any) -> None:
    person = bought(0, 1, 2)
    assert erp.calls(lambda: erp.put(person)) == ["model.party.party.create"]
    assert told(erp, erp.refs[person.key]) == (firms[0], sorted(firms[1:3]))


def test_a_hundred_buyers_are_created_and_changed_in_as_few_calls_as_other_people(
    erp: Any, firms: list[str], bought: Any
) -> None:
    people = [bought(0, 1) for _ in range(100)]
    made: list[Any] = []
    wanted = [erp.wanted(person) for person in people]
    assert erp.calls(lambda: made.extend(erp.connector.write_many(wanted))) == ["model.party.party.create"]
    again = [erp.wanted(for_firms(p, 1, 2), one.id) for p, one in zip(people, made, strict=True)]
    calls = erp.calls(lambda: erp.connector.write_many(again))
    assert calls == ["model.party.party.search_read", "model.party.party.write"]
    assert [told(erp, one.id) for one in again] == [(firms[1], [firms[2]])] * 100


def test_a_company_that_is_not_there_yet_is_waited_for_and_nobody_is_made(erp: Any, bought: Any) -> None:
    person = replace(bought(None), also_for=(RecordKey(SHOP, "company", "nowhere"),))
    with pytest.raises(NotYet, match="shop/company/nowhere"):
        erp.put(person)
    assert erp.connector.find("customer", person.key, since=None) is None


def test_where_only_the_company_is_written_further_ones_stay(erp: Any, firms: list[str], bought: Any) -> None:
    person = bought(0, 1, 2)
    id = erp.put(person)
    erp.connector.write(replace(erp.wanted(for_firms(person, 3), id), fields=frozenset({"company"})))
    assert told(erp, id) == (firms[3], sorted(firms[1:3]))
    erp.connector.write(replace(erp.wanted(for_firms(person, 3, 0), id), fields=frozenset({"also_for"})))
    assert told(erp, id) == (firms[3], [firms[0]])


@pytest.mark.parametrize("side", ["person", "company"])
def test_a_relation_that_a_person_enters_is_told_from_either_side_and_is_news_of_the_person(
    erp: Any, firms: list[str], types: dict[str, int], bought: Any, side: str
) -> None:
    id = erp.put(bought(None))
    before, began = erp.read("customer", id), datetime.now(UTC)
    if side == "person":
        relate(erp, id, types[CONTACT], firms[1])
    else:
        relate(erp, firms[1], types["Contact"], id)
    assert told(erp, id) == (firms[1], [])
    changes = [(change.key, change.version) for change in erp.connector.changed_since("customer", began)]
    assert (before.at, None) in changes
    assert firms[1] not in {change.key.id for change in erp.connector.changed_since("company", began)}
    assert (before.at, None) not in [
        (change.key, change.version) for change in erp.connector.changed_since("customer", datetime.now(UTC))
    ]


def test_a_relation_that_is_edited_with_the_person_raises_their_version(
    erp: Any, firms: list[str], types: dict[str, int], bought: Any
) -> None:
    id = erp.put(bought(None))
    before, began = erp.read("customer", id).version, datetime.now(UTC)
    values = {"relations": [["create", [{"type": types[CONTACT], "to": int(firms[1])}]]]}
    erp.person.writes("model.party.party.write", [int(id)], values)
    reading = erp.read("customer", id)
    assert reading.version > before
    changes = [(change.key.id, change.version) for change in erp.connector.changed_since("customer", began)]
    assert changes == [(id, reading.version)]


def test_of_several_relations_of_one_type_the_oldest_is_the_company_and_none_is_written_without_a_difference(
    erp: Any, tryton: Tryton, firms: list[str], types: dict[str, int], bought: Any
) -> None:
    person = bought(None)
    id = erp.put(person)
    for firm in (2, 0):
        relate(erp, id, types[CONTACT], firms[firm])
    assert told(erp, id) == (firms[2], [firms[0]])
    before = written(tryton.directory)
    erp.put(for_firms(person, 2, 0), id)
    assert written(tryton.directory) == before
    erp.put(for_firms(person, 0, 2), id)
    assert told(erp, id) == (firms[0], [firms[2]])


def test_relations_of_other_types_and_those_that_have_ended_are_not_told_and_stay(
    erp: Any, strict: Any, firms: list[str], types: dict[str, int], bought: Any
) -> None:
    (auditor,) = strict.person.writes("model.party.relation.type.create", [{"name": "Auditor of"}])
    person = bought(0)
    id = erp.put(person)
    other = relate(erp, id, auditor, firms[1])
    ended = relate(erp, id, types[CONTACT], firms[2], end_date=datetime.now(UTC).date() - timedelta(days=9))
    assert told(erp, id) == (firms[0], [])
    erp.put(for_firms(person, None), id)
    left = erp.person.search(MODEL, [("from_", "=", int(id))], ("type",))
    assert [row["id"] for row in left] == [other, ended]


def test_a_company_does_not_change_with_who_buys_for_it(erp: Any, firms: list[str], bought: Any) -> None:
    before = erp.read("company", firms[3])
    person = bought(3)
    id = erp.put(person)
    assert erp.read("company", firms[3]) == before
    erp.put(for_firms(person, None), id)
    assert erp.read("company", firms[3]) == before


def test_an_edit_that_was_killed_leaves_the_old_companies_or_the_new_and_nothing_twice(
    erp: Any, firms: list[str], bought: Any
) -> None:
    for kill in ("kill_before", "kill_after"):
        person = bought(0, 1)
        id = erp.put(person)
        erp.wire.reset()
        erp.wire.misbehave(1, kill)
        with pytest.raises(Killed):
            erp.put(for_firms(person, 1, 0), id)
        erp.wire.reset()
        erp.put(for_firms(person, 1, 0), id)
        assert told(erp, id) == (firms[1], [firms[0]])
        assert len(erp.person.search(MODEL, [("from_", "=", int(id))], ("type",))) == 2


def test_who_bought_for_a_company_that_was_merged_away_buys_for_its_survivor(
    erp: Any, tryton: Tryton, bought: Any
) -> None:
    loser, survivor = buyers(9500)[:2]
    erp.put(loser)
    kept = erp.put(survivor)
    person = replace(bought(None), company=loser.key)
    id = erp.put(person)
    erp.connector.merge("company", erp.refs[loser.key], kept)
    assert told(erp, id) == (kept, [])
    before = written(tryton.directory)
    erp.put(replace(person, company=survivor.key), id)
    assert written(tryton.directory) == before


def test_two_people_who_are_one_buy_for_what_the_survivor_is_written_with(
    erp: Any, firms: list[str], bought: Any
) -> None:
    loser, survivor = bought(0), bought(1)
    ids = erp.put(loser), erp.put(survivor)
    erp.connector.merge("customer", *ids)
    assert told(erp, ids[1]) == (firms[1], [])
    erp.put(for_firms(survivor, 1, 0), ids[1])
    assert told(erp, ids[1]) == (firms[1], [firms[0]])


def test_after_an_erasure_nobody_knows_for_whom_a_person_bought(
    erp: Any, firms: list[str], types: dict[str, int], bought: Any
) -> None:
    id = erp.put(bought(0, 1))
    before = erp.read("customer", id).version
    erp.connector.erase("customer", id)
    assert told(erp, id) == (None, [])
    assert erp.read("customer", id).version > before
    assert erp.person.search(MODEL, [("to", "=", int(id))], ("type",)) == []
    erp.connector.erase("customer", id)


def test_without_the_options_nothing_is_told_held_or_waited_for(strict: Any, erp: Any, bought: Any) -> None:
    person = bought(0, 1)
    id = strict.put(person, refs={})
    assert not strict.connector.facts.kinds["customer"].references
    assert not {"company", "also_for"} & set(strict.connector.normalised(strict.wanted(person, id)))
    assert erp.person.search(MODEL, [("from_", "=", int(id))], ("type",)) == []


def test_with_one_of_the_options_the_company_alone_is_held(open_erp: Any, firms: list[str], bought: Any) -> None:
    erp = open_erp(further_relation="")
    erp.refs |= {firm.key: id for firm, id in zip(FIRMS, firms, strict=True)}
    person = bought(0, 1)
    id = erp.put(person)
    assert told(erp, id) == (firms[0], [])
    assert "also_for" not in erp.connector.facts.kinds["customer"].tells
    erp.put(for_firms(person, 1), id)
    assert told(erp, id) == (firms[1], [])


def test_with_the_option_of_the_company_alone_further_relations_stay_when_it_changes(
    open_erp: Any, firms: list[str], types: dict[str, int], bought: Any
) -> None:
    erp = open_erp(further_relation="")
    erp.refs |= {firm.key: id for firm, id in zip(FIRMS, firms, strict=True)}
    person = bought(0)
    id = erp.put(person)
    relate(erp, id, types[CONTACT], firms[2])
    erp.put(for_firms(person, 1), id)
    assert told(erp, id) == (firms[1], [])
    left = erp.person.search(MODEL, [("from_", "=", int(id))], ("to",))
    assert [str(row["to"]) for row in left] == [firms[1], firms[2]]
    assert agrees(erp, for_firms(person, 1), id)


def test_a_type_that_tryton_does_not_have_is_for_a_person_until_somebody_creates_it(
    open_erp: Any, strict: Any, firms: list[str], bought: Any
) -> None:
    erp = open_erp(contact_relation=" Buyer  for ")
    erp.refs |= {firm.key: id for firm, id in zip(FIRMS, firms, strict=True)}
    person = bought(0)
    (sentence,) = erp.connector.check()
    assert "no type of relation" in sentence
    assert "contact_relation" in sentence
    with pytest.raises(NeedsPerson, match="contact_relation"):
        erp.put(person)
    assert erp.connector.find("customer", person.key, since=None) is None
    strict.person.writes("model.party.relation.type.create", [{"name": "Buyer for"}])
    assert told(erp, erp.put(person)) == (firms[0], [])
