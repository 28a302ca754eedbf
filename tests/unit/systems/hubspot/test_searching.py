"""Candidates and changes: the portal's search is tokenised, behind its writes, limited, and not believed blindly."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cashpath.faults import CredentialsRefused, NeedsPerson, RateLimited, Unsupported
from cashpath.records import Money
from cashpath.systems.hubspot import calls
from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS, DEALS, ORDERS, PRODUCTS
from cashpath_sandbox.hubspot.people import PERSON
from cashpath_sandbox.hubspot.samples import companies, company, customer, customers, variant, variants
from cashpath_sandbox.subject import REFUSAL, THROTTLED


def test_a_search_that_finds_by_tokens_matches_only_the_exact_sku(desk: Any) -> None:
    for sku in ("MUG", "MUG-RED", "mug", "MUG RED XL"):
        desk.portal.store.create(PRODUCTS, {"hs_sku": sku, "name": sku}, PERSON)
    desk.clock.move(timedelta(minutes=1))
    assert [c.record.sku for c in desk.connector.candidates("variant", "sku:MUG")] == ["MUG"]
    assert [c.record.sku for c in desk.connector.candidates("variant", "sku: MUG-RED ")] == ["MUG-RED"]
    assert desk.connector.candidates("variant", "sku:") == []


def test_a_tax_id_matches_however_people_spaced_it_oldest_first(desk: Any) -> None:
    for tax_id in ("DE123456789", "DE 123.456-789", "DE 123 456 780"):
        desk.portal.store.create(COMPANIES, {"cashpath_tax_id": tax_id, "name": tax_id}, PERSON)
    desk.clock.move(timedelta(minutes=1))
    found = desk.connector.candidates("company", "tax_id:DE 123 456 789")
    assert [c.record.name for c in found] == ["DE123456789", "DE 123.456-789"]


def test_a_company_is_matched_by_its_domain(desk: Any) -> None:
    desk.write(*companies(1))
    desk.clock.move(timedelta(minutes=1))
    assert len(desk.connector.candidates("company", "domain:www.SOCIETE1.example")) == 1
    assert desk.connector.candidates("company", "domain:example") == []


def test_a_hundred_skus_are_matched_by_twenty_searches_and_one_read(desk: Any) -> None:
    for n in range(100):
        desk.portal.store.create(PRODUCTS, {"hs_sku": f"TEA-{n}", "name": f"Tea {n}"}, PERSON)
    desk.clock.move(timedelta(minutes=1))
    before = len(desk.portal.log)
    asked = [f"sku:TEA-{n}" for n in range(50, 150)]
    found = desk.connector.candidates_many("variant", asked)
    assert {criterion: [r.record.sku for r in readings] for criterion, readings in found.items()} == {
        f"sku:TEA-{n}": [f"TEA-{n}"] if n < 100 else [] for n in range(50, 150)
    }
    paths = [entry.path.rpartition("/products/")[2].strip("?") for entry in desk.portal.log[before:]]
    assert paths == ["search"] * 20 + ["batch/read"]


def test_companies_are_matched_together_by_what_each_is_known_by(desk: Any) -> None:
    for n, tax_id in enumerate(("DE123456789", "DE 123.456-789", "FR1")):
        desk.portal.store.create(COMPANIES, {"cashpath_tax_id": tax_id, "domain": f"www.c{n}.example"}, PERSON)
    desk.clock.move(timedelta(minutes=1))
    found = desk.connector.candidates_many(
        "company", ["tax_id:DE 123 456 789", "domain:c2.example", "domain:no.example"]
    )
    assert [[r.record.tax_id for r in readings] for readings in found.values()] == [["DE123456789"] * 2, ["FR1"], []]


def test_a_search_does_not_see_what_was_written_just_now_but_find_and_email_do(desk: Any) -> None:
    desk.write(*customers(1))
    acme, ada = company(1), customer(1)
    assert desk.connector.candidates("company", f"tax_id:{acme.tax_id}") == []
    assert desk.connector.find("company", acme.key, since=desk.clock(), hints=desk.wanted(acme))
    assert len(desk.connector.candidates("customer", f"email:{ada.email}")) == 1


def test_a_search_that_still_shows_an_old_value_matches_nothing(desk: Any) -> None:
    item = desk.portal.store.create(PRODUCTS, {"hs_sku": "OLD"}, PERSON)
    desk.clock.move(timedelta(minutes=1))
    desk.portal.store.change(item, {"hs_sku": "NEW"}, PERSON)
    assert desk.connector.candidates("variant", "sku:OLD") == []


def test_what_a_kind_is_not_matched_by_is_unsupported(desk: Any) -> None:
    with pytest.raises(Unsupported):
        desk.connector.candidates("customer", "tax_id:DE1")
    with pytest.raises(Unsupported):
        desk.connector.candidates("order", "email:ada@example.com")


def test_an_order_is_found_by_its_number_whether_it_was_entered_as_a_deal_or_as_an_order(desk: Any) -> None:
    deal = desk.portal.store.create(DEALS, {"dealname": "#1001", "amount": "20.00"}, PERSON)
    order = desk.portal.store.create(ORDERS, {"hs_order_name": "#1001", "hs_total_price": "20.00"}, PERSON)
    desk.portal.store.create(DEALS, {"dealname": "#1001 Ada", "amount": "20.00"}, PERSON)
    desk.clock.move(timedelta(minutes=1))
    found = desk.connector.candidates("order", "number:#1001")
    assert [reading.at.id for reading in found] == [f"deals:{deal.id}", f"orders:{order.id}"]
    assert [reading.record.total for reading in found] == [Money.of("20.00", "EUR")] * 2


def test_a_deal_that_is_no_order_at_all_matches_no_number(desk: Any) -> None:
    desk.portal.store.create(DEALS, {"dealname": "#1001", "amount": "a lot"}, PERSON)
    desk.clock.move(timedelta(minutes=1))
    assert desk.connector.candidates("order", "number:#1001") == []


def test_deals_and_orders_that_changed_are_told_together_oldest_first(desk: Any) -> None:
    start = desk.clock()
    ids = []
    for type in (DEALS, ORDERS, DEALS):
        desk.clock.move(timedelta(seconds=1))
        ids.append(f"{type.name}:{desk.portal.store.create(type, {}, PERSON).id}")
    desk.clock.move(timedelta(minutes=1))
    told = list(desk.connector.changed_since("order", start))
    assert [changed.key.id for changed in told] == ids
    assert [changed.version for changed in told] == sorted(changed.version for changed in told)
    assert desk.connector.read("order", ids[0]).version == told[0].version


def test_what_changed_before_is_not_told_and_what_changed_at_that_moment_is(desk: Any) -> None:
    desk.portal.store.create(CONTACTS, {"email": "early@example.com"}, PERSON)
    desk.clock.move(timedelta(seconds=5))
    late = desk.portal.store.create(CONTACTS, {"email": "late@example.com"}, PERSON)
    desk.clock.move(timedelta(minutes=1))
    assert [c.key.id for c in desk.connector.changed_since("customer", late.updated)] == [late.id]


def test_more_changes_than_one_search_can_list_are_all_told_once(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PAGE", 3)
    monkeypatch.setattr(calls, "WINDOW", 6)
    monkeypatch.setattr("cashpath.systems.hubspot.changes.WINDOW", 6)
    start = desk.clock()
    made = []
    for i in range(20):
        if i % 2:
            desk.clock.move(timedelta(seconds=1))
        made.append(desk.portal.store.create(CONTACTS, {"email": f"p{i}@example.com"}, PERSON).id)
    desk.clock.move(timedelta(minutes=1))
    assert [c.key.id for c in desk.connector.changed_since("customer", start)] == made


def test_an_import_that_no_search_can_list_is_for_a_person(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PAGE", 3)
    monkeypatch.setattr(calls, "WINDOW", 6)
    monkeypatch.setattr("cashpath.systems.hubspot.changes.WINDOW", 6)
    start = desk.clock()
    for i in range(8):
        desk.portal.store.create(CONTACTS, {"email": f"p{i}@example.com"}, PERSON)
    at = max(item.updated for item in desk.portal.store.all(CONTACTS))
    assert at == min(item.updated for item in desk.portal.store.all(CONTACTS))
    desk.clock.move(timedelta(minutes=1))
    with pytest.raises(NeedsPerson, match="in one millisecond"):
        list(desk.connector.changed_since("customer", start))


def test_the_limit_of_searches_becomes_a_wait(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(searches_per_second=0)
    with pytest.raises(RateLimited):
        desk.connector.candidates("variant", "sku:MUG")
    assert [entry.status for entry in desk.portal.log] == [429, 429, 429]


def test_a_second_search_within_one_second_waits_for_the_next(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(searches_per_second=1)
    for _ in range(2):
        assert desk.connector.candidates("variant", "sku:MUG") == []
    assert [entry.status for entry in desk.portal.log] == [200, 429, 200]


def test_a_limit_in_the_middle_of_a_batch_waits_with_every_record_in_it(desk: Any) -> None:
    people = [desk.wanted(customer(n), fields=frozenset({"email"})) for n in range(3)]
    desk.transport.answer_always(THROTTLED)
    assert all(isinstance(result, RateLimited) for result in desk.connector.write_many(people))


def test_refused_credentials_are_read_again_once_and_then_told(desk: Any) -> None:
    desk.transport.answer(REFUSAL)
    desk.write(*variants(1))
    desk.transport.answer_always(REFUSAL)
    with pytest.raises(CredentialsRefused):
        desk.connector.read("variant", desk.refs[variant(1).key])
