"""What Cashpath writes to a portal, read there by plain HTTP, and what becomes of it when people interfere."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cashpath.faults import NeedsPerson, NotYet, Unsupported
from cashpath.records import Line, Money, Order, Product, RecordKey, SystemId
from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS, DEALS, LINE_ITEMS
from cashpath_sandbox.hubspot import answers
from cashpath_sandbox.hubspot.people import PERSON, stock
from cashpath_sandbox.hubspot.samples import (
    EUR,
    companies,
    company,
    customer,
    customers,
    edited,
    order,
    orders,
    variant,
    variants,
)
from cashpath_sandbox.killable import Killed

DEAL, ORDER = 1, 2  # the samples alternate


def sample(n: int, **changes: Any) -> Order:
    """The n-th sample order, changed."""
    return replace(order(n), **changes)


def sold(desk: Any, n: int) -> Order:
    """The n-th sample order, written with everything that it names."""
    desk.write(*orders(n))
    return sample(n)


def properties(desk: Any, path: str, *names: str) -> dict[str, str]:
    """Properties of a record, as anybody reads them."""
    answer = desk.ask("GET", f"/crm/objects/2026-03/{path}", params={"properties": ",".join(names)})
    return {name: answer["properties"].get(name, "") for name in names}


def line_items(desk: Any, path: str) -> list[dict[str, str]]:
    """The properties of a record's line items, as anybody reads them."""
    answer = desk.ask("GET", f"/crm/objects/2026-03/{path}", params={"associations": "line_items"})
    ids = [row["id"] for row in answer.get("associations", {}).get("line items", {}).get("results", [])]
    return [properties(desk, f"line_items/{id}", "name", "quantity", "price", "cashpath_tax", "hs_sku") for id in ids]


def test_an_order_shows_total_tax_shipping_and_lines_to_anybody(desk: Any) -> None:
    sold(desk, ORDER)
    path = f"orders/{desk.refs[sample(ORDER).key].partition(':')[2]}"
    names = ("hs_order_name", "hs_total_price", "hs_tax", "hs_shipping_cost", "hs_subtotal_price", "hs_currency_code")
    assert list(properties(desk, path, *names).values()) == ["#1002", "35.00", "6.00", "4.00", "25.00", "EUR"]
    assert line_items(desk, path) == [
        {"name": "Mug – 茶", "quantity": "3", "price": "10.00", "cashpath_tax": "0.00", "hs_sku": "MUG-2"},
        {"name": "Tea", "quantity": "1", "price": "5.00", "cashpath_tax": "5.00", "hs_sku": ""},
    ]


def test_a_deal_shows_amount_tax_and_stage_to_anybody(desk: Any) -> None:
    sold(desk, DEAL)
    path = f"deals/{desk.refs[sample(DEAL).key].partition(':')[2]}"
    names = ("dealname", "amount", "cashpath_total_tax", "deal_currency_code", "closedate")
    assert list(properties(desk, path, *names).values()) == [
        "#1001",
        "35.00",
        "6.00",
        "EUR",
        "2026-03-01T09:30:15.123Z",
    ]


def test_an_order_is_found_by_its_origin_in_one_plain_request(desk: Any) -> None:
    placed = sold(desk, ORDER)
    answer = desk.ask(
        "GET", "/crm/objects/2026-03/orders/shop%2Forder%2Fgid%3A%2F%2Fshopify%2FOrder%2F2?idProperty=cashpath_origin"
    )
    assert f"orders:{answer['id']}" == desk.refs[placed.key]


@pytest.mark.parametrize(
    ("n", "state", "stage"),
    [
        (DEAL, "won", "closedwon"),
        (DEAL, "lost", "closedlost"),
        (DEAL, "cancelled", "closedlost"),
        (DEAL, "open", "appointmentscheduled"),
        (ORDER, "open", "4b27b500-f031-4927-9811-68a0b525cbae"),
        (ORDER, "fulfilled", "aa99e8d0-c1d5-4071-b915-d240bbb1aed9"),
        (ORDER, "cancelled", "3c85a297-e9ce-400b-b42e-9f16853d69d6"),
    ],
)
def test_each_state_is_a_stage(desk: Any, n: int, state: Any, stage: str) -> None:
    sold(desk, n)
    id = desk.write(sample(n, state=state)).id
    name = "dealstage" if n == DEAL else "hs_pipeline_stage"
    assert properties(desk, id.replace(":", "/"), name) == {name: stage}


def test_a_portal_with_pipelines_of_its_own_names_them(make_desk: Callable[..., Any]) -> None:
    desk = make_desk({"pipeline": "shop", "won_stage": "paid"})
    desk.write(*companies(1), *customers(1), sample(DEAL, state="won"))
    path = desk.refs[sample(DEAL).key].replace(":", "/")
    assert properties(desk, path, "pipeline", "dealstage") == {"pipeline": "shop", "dealstage": "paid"}


@pytest.mark.parametrize("n", [DEAL, ORDER])
def test_lines_are_changed_added_and_removed_by_their_key(desk: Any, n: int) -> None:
    placed = sold(desk, n)
    before = {item.properties["cashpath_line"]: item.id for item in desk.portal.store.all(LINE_ITEMS)}
    desk.write(edited(placed))
    after = {item.properties["cashpath_line"]: item.id for item in desk.portal.store.all(LINE_ITEMS)}
    kept = f"{placed.key}#l1"
    assert after[kept] == before[kept]
    assert set(after) == {kept, f"{placed.key}#l3"}
    assert desk.holds(edited(placed))


def test_an_order_of_250_lines_is_written_whole_in_batches_and_read_back(desk: Any) -> None:
    lines = tuple(Line(key=f"l{i}", title=f"Item {i}", quantity=1, unit_price=Money(i, EUR)) for i in range(250))
    total = Money(sum(range(250)), EUR)
    none = Money.zero(EUR)
    long = sample(ORDER, lines=lines, total=total, total_tax=none, shipping=()).checked()
    desk.write(*companies(2), *customers(2), long)
    assert desk.holds(long)
    read = desk.connector.read("order", desk.refs[long.key])
    assert read.record.checked().total == total
    assert {line.key for line in read.record.lines} == {line.key for line in lines}


def test_more_line_items_than_stand_beside_an_order_are_paged_to(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "INLINE", 3)
    lines = tuple(Line(key=f"l{i}", title="", quantity=1, unit_price=Money(1, EUR)) for i in range(10))
    long = sample(DEAL, lines=lines)
    desk.write(*customers(1), long)
    desk.write(long)
    assert stock(desk.portal)["line_items"] == 10
    assert desk.holds(long)


def test_a_line_of_which_nothing_stands_any_more_has_no_line_item(desk: Any) -> None:
    placed = sold(desk, ORDER)
    gone = replace(placed.lines[1], quantity=0, taxes=())
    desk.write(replace(placed, lines=(placed.lines[0], gone)))
    assert stock(desk.portal)["line_items"] == 1


def test_a_discount_that_does_not_divide_by_the_quantity_stays_exact(desk: Any) -> None:
    sold(desk, ORDER)
    [first, _] = desk.portal.store.all(LINE_ITEMS)
    assert (first.properties["discount"], first.properties["cashpath_discount"]) == ("3.333333", "10.00")
    read = desk.connector.read("order", desk.refs[sample(ORDER).key])
    assert read.record.checked().lines[0].amount == Money.of("20.00", EUR)


def test_an_order_waits_for_a_customer_that_is_not_there_yet(desk: Any) -> None:
    desk.write(*companies(1))
    with pytest.raises(NotYet, match="shop/customer/1"):
        desk.write(sample(DEAL))
    assert stock(desk.portal)["deals"] == 0


@pytest.mark.parametrize("n", [DEAL, ORDER])
def test_a_pass_killed_at_any_request_leaves_nothing_twice(make_desk: Callable[..., Any], n: int) -> None:
    clean = make_desk()
    clean.write(*companies(n), *customers(n))
    clean.transport.reset()
    clean.write(sample(n))
    requests = len(clean.transport.sent)
    for at in range(requests):
        for effect in ("kill_before", "kill_after"):
            desk = make_desk()
            desk.write(*companies(n), *customers(n))
            desk.transport.reset()
            desk.transport.misbehave(at, effect)
            with pytest.raises(Killed):
                desk.write(sample(n))
            desk.transport.reset()
            desk.write(sample(n))
            assert stock(desk.portal) == stock(clean.portal)
            assert desk.holds(sample(n))


def test_a_contact_whose_email_another_already_has_waits_and_is_then_a_candidate(desk: Any) -> None:
    theirs = desk.portal.store.create(CONTACTS, {"email": "ada1@example.com"}, PERSON)
    desk.write(*companies(1))
    with pytest.raises(NotYet, match=f"CONFLICT, Existing ID: {theirs.id}") as waits:
        desk.write(customer(1))
    assert "ada1" not in str(waits.value)
    [candidate] = desk.connector.candidates("customer", "email:Ada1@example.com")
    assert candidate.at.id == theirs.id


def test_an_update_to_an_email_that_another_contact_has_is_for_a_person(desk: Any) -> None:
    desk.write(*customers(1), *customers(2))
    taken = replace(customer(1), email="ada2@example.com")
    with pytest.raises(NeedsPerson, match="another record") as told:
        desk.write(taken)
    assert "merge" in told.value.remedy


def test_a_record_that_was_deleted_is_never_created_anew(desk: Any) -> None:
    placed = sold(desk, DEAL)
    [deal] = desk.portal.store.all(DEALS)
    desk.portal.store.archive(deal, PERSON)
    with pytest.raises(NeedsPerson, match="is gone from HubSpot") as told:
        desk.write(edited(placed))
    assert told.value.code == "target_gone"
    assert stock(desk.portal)["deals"] == 0
    assert desk.connector.read("order", desk.refs[placed.key]) is None


def test_a_contact_that_was_merged_away_is_written_to_and_read_as_its_survivor(desk: Any) -> None:
    desk.write(*customers(1))
    ada = customer(1)
    survivor = desk.portal.store.create(CONTACTS, {"email": "king@example.com"}, PERSON)
    merged = desk.portal.store.get(CONTACTS, desk.refs[ada.key])
    desk.portal.store.merge(survivor, merged, PERSON)
    read = desk.connector.read("customer", merged.id)
    assert (read.at.id, read.merged_into.id) == (merged.id, survivor.id)
    assert read.record.company is not None
    assert desk.write(replace(ada, last_name="King")).id == survivor.id
    [candidate] = desk.connector.candidates("customer", f"email:{ada.email}")
    assert candidate.at.id == survivor.id


def test_a_merged_deal_keeps_its_line_items_under_the_survivor(desk: Any) -> None:
    placed = sold(desk, DEAL)
    other = desk.portal.store.create(DEALS, {"dealname": "Twin"}, PERSON)
    merged = desk.portal.store.get(DEALS, desk.refs[placed.key].partition(":")[2])
    desk.portal.store.merge(other, merged, PERSON)
    assert len(desk.connector.read("order", f"deals:{merged.id}").record.lines) == 2


def test_a_line_item_that_a_person_added_to_our_order_is_archived(desk: Any) -> None:
    placed = sold(desk, DEAL)
    [deal] = desk.portal.store.all(DEALS)
    desk.portal.store.associate(desk.portal.store.create(LINE_ITEMS, {"name": "Gift"}, PERSON), deal, PERSON)
    assert not desk.holds(placed)
    desk.write(placed)
    assert desk.holds(placed)


def test_a_contact_that_a_person_added_to_a_deal_stays(desk: Any) -> None:
    placed = sold(desk, DEAL)
    [deal] = desk.portal.store.all(DEALS)
    desk.portal.store.associate(deal, desk.portal.store.create(CONTACTS, {"email": "boss@example.com"}, PERSON), PERSON)
    assert desk.holds(placed)


def test_an_email_address_that_hubspot_refuses_is_for_whoever_can_correct_it(desk: Any) -> None:
    with pytest.raises(NeedsPerson, match="INVALID_EMAIL") as told:
        desk.write(replace(customer(1), company=None, email="ada at example"))
    assert told.value.remedy.startswith("put right the value that HubSpot names at its source")
    assert stock(desk.portal)["contacts"] == 0


def test_many_customers_are_written_in_one_batch_and_a_refused_one_alone_fails(desk: Any) -> None:
    desk.portal.store.create(CONTACTS, {"email": "ada3@example.com"}, PERSON)
    people = [replace(customer(n), company=None) for n in range(1, 6)]
    desk.transport.reset()
    results = desk.connector.write_many([desk.wanted(person) for person in people])
    assert [isinstance(result, Exception) for result in results] == [False, False, True, False, False]
    assert stock(desk.portal)["contacts"] == 5

    desk.portal.store.change(next(desk.portal.store.all(CONTACTS)), {"email": "x@example.com"}, PERSON)
    more = [replace(customer(n), company=None) for n in range(10, 160)]
    desk.transport.reset()
    assert all(r.created for r in desk.connector.write_many([desk.wanted(p) for p in more]))
    assert len(desk.transport.sent) == 2


def test_many_records_of_several_kinds_each_answer_for_themselves(desk: Any) -> None:
    desk.write(*companies(1))
    wanted = [desk.wanted(r) for r in (variant(1), customer(1), customer(2), company(2))]
    results = desk.connector.write_many(wanted)
    assert [type(result).__name__ for result in results] == ["Written", "Written", "NotYet", "Written"]
    contact = desk.connector.read("customer", results[1].id)
    assert contact.record.company.id == desk.refs[company(1).key]


def test_only_the_wanted_fields_are_written(desk: Any) -> None:
    desk.write(*customers(1))
    ada = customer(1)
    changed = replace(ada, first_name="Augusta", last_name="King", company=None)
    desk.connector.write(desk.wanted(changed, fields=frozenset({"last_name", "locale", "custom"})))
    read = desk.connector.read("customer", desk.refs[ada.key]).record
    assert (read.first_name, read.last_name, read.company is None) == ("Ada", "King", False)


def test_a_price_in_another_currency_than_the_portals_is_not_taken_for_its_own(desk: Any) -> None:
    desk.write(*variants(1), *variants(2))
    [dollars, euros] = [item.properties for item in desk.portal.store.items.values()]
    assert (dollars.get("price"), dollars["hs_price_usd"], euros["price"]) == (None, "19.90", "19.90")


@pytest.mark.parametrize(
    ("price", "prices"), [("USD", ("EUR", "GBP")), ("EUR", ("GBP", "USD")), ("GBP", ()), ("EUR", ())]
)
def test_which_of_several_prices_is_the_shops_own_reads_back(
    make_desk: Callable[..., Any], price: str, prices: tuple[str, ...]
) -> None:
    desk = make_desk({"currencies": ["GBP", "USD"]})
    own = {currency: Money.of(f"{10 + n}.90", currency) for n, currency in enumerate(("EUR", "GBP", "USD"))}
    tea = replace(variant(1), price=own[price], prices=tuple(own[currency] for currency in prices))
    for _ in range(2):
        read = desk.connector.read("variant", desk.write(tea).id).record
        assert (read.price, read.prices) == (tea.price, tea.prices)
    moved = replace(tea, price=own["GBP"], prices=())
    read = desk.connector.read("variant", desk.write(moved).id).record
    assert (read.price, read.prices) == (own["GBP"], ())


def test_a_person_who_asks_to_be_forgotten_is_permanently_deleted(desk: Any) -> None:
    desk.write(*customers(1))
    id = desk.refs[customer(1).key]
    desk.connector.erase("customer", id)
    assert desk.connector.read("customer", id) is None
    assert not any(i.properties for i in desk.portal.store.items.values() if i.type is CONTACTS)
    assert desk.portal.emitted[-1]["subscriptionType"] == "contact.privacyDeletion"
    desk.connector.erase("customer", id)  # and once more does no harm
    with pytest.raises(Unsupported):
        desk.connector.erase("company", desk.refs[company(1).key])


def test_a_kind_that_hubspot_does_not_have_is_unsupported(desk: Any) -> None:
    product = Product(key=RecordKey(SystemId("shop"), "product", "1"))
    with pytest.raises(Unsupported):
        desk.connector.write(replace(desk.wanted(customer(1)), record=product))


def test_a_portal_that_lacks_our_properties_says_so_to_a_person(make_desk: Callable[..., Any]) -> None:
    with pytest.raises(NeedsPerson, match=r"lacks a property: .*PROPERTY_DOESNT_EXIST"):
        make_desk(bare=True).write(company(1))


def test_a_write_that_changes_nothing_is_no_write_there(desk: Any) -> None:
    placed = sold(desk, DEAL)
    before, told = len(desk.portal.writes()), len(desk.portal.emitted)
    desk.write(placed)
    assert (len(desk.portal.writes()), len(desk.portal.emitted)) == (before, told)


def test_the_same_customer_written_under_a_second_key_is_found_by_the_first(desk: Any) -> None:
    desk.write(*customers(1))
    ada = customer(1)
    found = desk.connector.find("customer", ada.key, since=desk.clock(), hints=None)
    assert found == desk.refs[ada.key]
    assert desk.connector.find("customer", RecordKey(SystemId("shop"), "customer", "404"), since=desk.clock()) is None
    assert stock(desk.portal)["companies"] == sum(1 for _ in desk.portal.store.all(COMPANIES))
