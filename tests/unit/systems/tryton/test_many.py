"""Many records at once: few calls, one result for each, and whoever died in between left nothing twice."""

from dataclasses import replace
from typing import Any

import pytest

from cashpath.faults import NeedsPerson, Unanswered
from cashpath.records import Address, Customer, RecordKey, SystemId
from cashpath.systems.port import Written
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.tryton.samples import customers, edited, variants

SHOP = SystemId("shop")
HUNDRED = 100


def people(first: int, many: int = HUNDRED) -> list[Customer]:
    """New customers whose numbers nobody else uses."""
    made = [customers(n)[-1] for n in range(first, first + many)]
    return [person for person in made if isinstance(person, Customer)]


def test_a_hundred_customers_are_created_in_one_call_and_their_addresses_in_another(erp: Any) -> None:
    erp.customer()
    records = people(20_000)
    wanted = [erp.wanted(record, refs={}) for record in records]
    results: list[Any] = []
    calls = erp.calls(lambda: results.extend(erp.connector.write_many(wanted)))
    assert calls == ["model.party.party.create", "model.party.address.create"]
    assert all(isinstance(result, Written) and result.created for result in results)
    ids = [result.id for result in results]
    told: dict[str, Any] = {}
    assert erp.calls(lambda: told.update(erp.connector.read_many("customer", ids))) == ["model.party.party.search_read"]
    assert [told[id].origin for id in ids] == [record.key for record in records]
    emails = [f"email:{record.email}" for record in records]
    found: dict[str, Any] = {}
    assert erp.calls(lambda: found.update(erp.connector.candidates_many("customer", emails))) == [
        "model.party.party.search_read"
    ]
    assert [[r.at.id for r in found[email]] for email in emails] == [[id] for id in ids]


def test_a_hundred_customers_are_changed_in_four_calls(erp: Any) -> None:
    erp.customer()
    records = people(21_000)
    ids = [r.id for r in erp.connector.write_many([erp.wanted(record, refs={}) for record in records])]
    changed = [edited(record) for record in records]
    wanted = [erp.wanted(record, id, refs={}) for record, id in zip(changed, ids, strict=True)]
    results: list[Any] = []
    calls = erp.calls(lambda: results.extend(erp.connector.write_many(wanted)))
    assert calls == [
        "model.party.party.search_read",
        "model.party.party.write",
        "model.party.address.create",
        "model.party.address.write",
    ]
    assert results == [Written(id=id, created=False) for id in ids]
    assert erp.connector.held("customer", ids[7], wanted[7]) == erp.connector.normalised(wanted[7])


def test_a_hundred_products_are_created_fifty_at_a_time(erp: Any) -> None:
    erp.mug()
    wanted = [erp.wanted(variants(n)[-1], refs={}) for n in range(20_000, 20_000 + HUNDRED)]
    results: list[Any] = []
    calls = erp.calls(lambda: results.extend(erp.connector.write_many(wanted)))
    assert calls == ["model.product.template.create", "model.product.identifier.search_read"] * 2
    assert all(result.created for result in results)
    skus = [f"sku:{one.record.sku}" for one in wanted]
    found = erp.connector.candidates_many("variant", skus)
    assert [found[sku][0].at.id for sku in skus] == [result.id for result in results]


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        ({"payment_terms": "Never"}, "no payment term 'Never'"),
        ({"address": Address(country="XK")}, "no country XK"),
    ],
)
def test_one_that_cannot_be_written_does_not_stop_the_others_and_is_told_why(
    erp: Any, odd: dict[str, Any], told: str
) -> None:
    first, second, third = people(22_000 + 10 * len(told), 3)
    wanted = [erp.wanted(record, refs={}) for record in (first, replace(second, **odd), third)]
    one, refused, other = erp.connector.write_many(wanted)
    assert isinstance(refused, NeedsPerson)
    assert told in str(refused)
    for record, written in ((first, one), (third, other)):
        assert written.created
        assert erp.connector.held("customer", written.id, erp.wanted(record, refs={})) is not None
    assert erp.connector.find("customer", second.key, since=None) is None


def test_where_tryton_refuses_the_batch_each_party_is_there_once(erp: Any) -> None:
    first, second = people(22_900, 2)
    invalid = replace(second, tax_id="DE 811 907 981")
    written = erp.connector.write_many([erp.wanted(record, refs={}) for record in (first, invalid)])
    for record, result in zip((first, invalid), written, strict=True):
        code = f"cashpath:{record.key}"
        rows = erp.person.search("party.identifier", [("code", "=", code)], ("party",))
        assert [str(row["party"]) for row in rows] == [result.id]


def test_who_dies_between_the_calls_left_parties_that_the_next_pass_finds_and_completes(erp: Any) -> None:
    erp.customer()
    records = people(23_000, 3)
    wanted = [erp.wanted(record, refs={}) for record in records]
    erp.wire.reset()
    erp.wire.misbehave(1, "kill_before")
    with pytest.raises(Killed):
        erp.connector.write_many(wanted)
    erp.wire.reset()
    found: dict[RecordKey, str] = {}
    origins = [*(record.key for record in records), RecordKey(SHOP, "customer", "never")]
    calls = erp.calls(lambda: found.update(erp.connector.find_many("customer", origins)))
    assert calls == ["model.party.identifier.search_read"]
    assert set(found) == {record.key for record in records}
    again = [replace(one, id=found[one.record.key]) for one in wanted]
    assert [result.created for result in erp.connector.write_many(again)] == [False] * 3
    for one in again:
        assert erp.connector.held("customer", one.id, one) == erp.connector.normalised(one)


def test_a_batch_that_got_no_answer_is_told_so_for_each_of_its_records(erp: Any) -> None:
    erp.customer()
    wanted = [erp.wanted(record, refs={}) for record in people(24_000, 3)]
    erp.wire.reset()
    erp.wire.misbehave(0, "cut_after")
    assert [type(result) for result in erp.connector.write_many(wanted)] == [Unanswered] * 3
    erp.wire.reset()
    assert all(erp.connector.find("customer", one.record.key, since=None) for one in wanted)


def test_a_party_that_is_merged_away_reads_as_its_survivor_and_its_origin_leads_there(erp: Any) -> None:
    loser, survivor = erp.customer(), erp.customer()
    ids = erp.refs[loser.key], erp.refs[survivor.key]
    erp.connector.merge("customer", *ids)
    assert erp.read("customer", ids[0]).merged_into == RecordKey(SystemId("erp"), "customer", ids[1])
    told = erp.read("customer", ids[1])
    assert (told.origin, told.merged_into) == (survivor.key, None)
    assert told.record.addresses == erp.read("customer", ids[1]).record.addresses
    assert erp.connector.find("customer", loser.key, since=None) == ids[1]
    with pytest.raises(NeedsPerson, match="merged away"):
        erp.connector.merge("customer", ids[1], ids[0])
