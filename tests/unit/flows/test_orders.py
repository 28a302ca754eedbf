"""An order from the storefront, and what it becomes in the CRM and the ERP."""

from dataclasses import replace
from typing import Any

import pytest

from cashpath.flows import create_orders
from cashpath.flows.parts import matching
from cashpath.plan import Join, Put
from cashpath.records import Address, BadRecord, Customer, Money, RecordKey
from cashpath.systems.port import Reading
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.oneshop import ADA, ANALYTICAL, Shop, puts


def test_an_order_becomes_a_contact_and_an_order_in_the_crm_and_a_party_and_a_sale_in_the_erp(shop: Shop) -> None:
    shop.places(shop.line("MUG", 2))
    shop.passes()
    assert shop.only("crm", "customer").email == "ada@example.com"
    assert shop.only("crm", "order").total == Money.of("20.00", "EUR")
    assert shop.only("erp", "customer").first_name == "Ada"
    [line] = shop.only("erp", "order").lines
    assert (line.sku, line.quantity, line.unit_price) == ("MUG", 2, Money.of("10.00", "EUR"))
    assert shop.desk.milestones == {"ordered"}


def test_whoever_is_named_is_written_before_what_names_them(shop: Shop) -> None:
    shop.places(shop.line("MUG"))
    assert puts(shop.plan()) == [
        ("crm", "customer"),
        ("erp", "customer"),
        ("erp", "variant"),
        ("crm", "order"),
        ("erp", "order"),
    ]


def test_an_order_whose_everything_is_linked_costs_one_request_to_read(shop: Shop) -> None:
    shop.places(shop.line("MUG"))
    shop.passes()
    plan = shop.plan()
    assert shop.desk.asked == ["storefront: read order"]
    assert puts(plan) == [("crm", "order"), ("erp", "order")]


def test_an_edited_order_is_carried_over_with_the_new_variants_it_names(shop: Shop) -> None:
    order = shop.places(shop.line("MUG", 2))
    shop.passes()
    shop.sells("TEA")
    shop.edits(order, shop.line("MUG", 3), shop.line("TEA", 1))
    shop.passes()
    assert [(line.sku, line.quantity) for line in shop.only("erp", "order").lines] == [("MUG", 3), ("TEA", 1)]
    assert shop.only("crm", "order").total == Money.of("40.00", "EUR")


def test_a_cancelled_order_is_cancelled_wherever_it_was_brought(shop: Shop) -> None:
    order = shop.places(shop.line("MUG"))
    shop.passes()
    shop.edits(order, state="cancelled")
    shop.passes()
    assert [shop.only(role, "order").state for role in ("crm", "erp")] == ["cancelled", "cancelled"]
    assert "cancelled" in shop.desk.milestones


def test_an_order_cancelled_before_it_was_brought_over_is_created_nowhere(shop: Shop) -> None:
    shop.places(shop.line("MUG"), state="cancelled")
    assert shop.plan().writes == ()


def test_an_order_cancelled_while_only_the_crm_had_it_is_cancelled_there_and_never_reaches_the_erp(shop: Shop) -> None:
    order = shop.places(shop.line("MUG"))
    shop.desk.left_alone.add("erp")
    shop.passes()
    shop.desk.left_alone.clear()
    shop.edits(order, state="cancelled")
    shop.passes()
    assert shop.only("crm", "order").state == "cancelled"
    assert shop.held("erp", "order") == []


def test_an_order_that_does_not_add_up_is_passed_on_to_nobody(shop: Shop) -> None:
    shop.places(shop.line("MUG", 2), total=Money.of("21.00", "EUR"))
    with pytest.raises(BadRecord, match=r"lines 20\.00 EUR = 20\.00 EUR, its total says 21\.00 EUR"):
        shop.plan()


def test_an_unpaid_order_is_an_order(shop: Shop) -> None:
    shop.places(shop.line("MUG"), tenders=())
    assert ("erp", "order") in puts(shop.plan())


def test_a_free_order_is_an_order(shop: Shop) -> None:
    shop.places(shop.line("MUG", price="0.00"))
    shop.passes()
    assert shop.only("erp", "order").total == Money.zero("EUR")


# --- where an order goes nowhere


def test_a_test_order_never_reaches_real_books(shop: Shop) -> None:
    shop.rules = replace(shop.rules, live=True)
    shop.places(shop.line("MUG"), test=True)
    plan = shop.plan()
    assert (plan.writes, plan.skipped) == ((), "a test order, and the books are real")


def test_a_test_order_reaches_books_for_practice(shop: Shop) -> None:
    shop.places(shop.line("MUG"), test=True)
    assert ("erp", "order") in puts(shop.plan())


def test_a_channel_that_another_connector_books_is_skipped(shop: Shop) -> None:
    shop.rules = replace(shop.rules, skip_channels=("amazon",))
    shop.places(shop.line("MUG"), channel="amazon")
    assert shop.plan().skipped == "another connector books the channel amazon"


def test_what_cashpath_made_is_no_order_of_its_own(shop: Shop) -> None:
    order = shop.places(shop.line("MUG"))
    origin = RecordKey(NAMES["crm"], "order", "77")
    shop.desk.books["storefront"].remove(order.key)
    shop.desk.books["storefront"].add(order, origin, id=order.key.id)
    assert shop.plan().skipped == "Cashpath made it for crm/order/77, whose root speaks for it"
    assert shop.desk.asked == ["storefront: read order"]


def test_an_order_that_is_gone_is_skipped(shop: Shop) -> None:
    assert shop.plan().skipped == "its own system has no such record"


def test_a_sale_that_somebody_entered_in_the_erp_begins_nothing(shop: Shop) -> None:
    shop.places(shop.line("MUG"), role="erp")
    plan = shop.plan()
    assert (plan.writes, plan.skipped) == ((), "no order begins in the erp with this record")
    assert shop.desk.asked == ["erp: read order"]


def test_an_order_of_high_risk_waits_for_release_and_nobody_hears_of_it(shop: Shop) -> None:
    shop.places(shop.line("MUG"), risk="high")
    plan = shop.plan()
    assert plan.writes == ()
    assert [(f.kind, f.code, f.owner) for f in plan.findings] == [("person", "high_risk", "storefront")]


@pytest.mark.parametrize("change", [{"risk": "low"}, {"state": "fulfilled"}])
def test_an_order_of_high_risk_is_released_by_lower_risk_or_by_shipping_it(
    shop: Shop, change: dict[str, object]
) -> None:
    order = shop.places(shop.line("MUG"), risk="high")
    shop.edits(order, **change)
    assert ("erp", "order") in puts(shop.plan())


def test_an_order_found_risky_after_it_was_brought_over_can_still_be_cancelled(shop: Shop) -> None:
    order = shop.places(shop.line("MUG"))
    shop.passes()
    shop.edits(order, risk="high", state="cancelled")
    shop.passes()
    assert shop.only("erp", "order").state == "cancelled"


# --- what the CRM calls it


@pytest.mark.parametrize(
    ("values", "sold_as", "state"),
    [
        ({}, "order", "open"),
        ({"company": ANALYTICAL.key}, "deal", "won"),
        ({"renewal": True}, "order", "open"),
        ({"company": ANALYTICAL.key, "renewal": True}, "order", "open"),
    ],
)
def test_a_company_buys_by_won_deal_a_consumer_and_a_renewal_by_order(
    shop: Shop, values: dict[str, Any], sold_as: str, state: str
) -> None:
    shop.knows(ANALYTICAL)
    shop.places(shop.line("MUG"), **values)
    shop.passes()
    assert (shop.only("crm", "order").sold_as, shop.only("crm", "order").state) == (sold_as, state)
    assert (shop.only("erp", "order").sold_as, shop.only("erp", "order").state) == ("order", "open")


def test_a_brand_that_wants_deals_gets_deals(shop: Shop) -> None:
    shop.rules = replace(shop.rules, consumer_orders="deal")
    order = shop.places(shop.line("MUG"))
    shop.passes()
    assert shop.only("crm", "order").state == "won"
    assert shop.desk.milestones == {"deal_won", "ordered"}
    shop.edits(order, state="cancelled")
    shop.passes()
    assert shop.only("crm", "order").state == "lost"


def test_a_brand_may_want_its_renewals_as_deals_and_no_other_orders(shop: Shop) -> None:
    shop.rules = replace(shop.rules, renewals="deal")
    shop.places(shop.line("MUG"), renewal=True)
    shop.passes()
    assert shop.only("crm", "order").sold_as == "deal"


def test_a_rule_that_changes_later_makes_no_deal_of_the_orders_that_are_there(shop: Shop) -> None:
    shop.places(shop.line("MUG"))
    shop.passes()
    shop.rules = replace(shop.rules, consumer_orders="deal")
    shop.passes()
    assert shop.only("crm", "order").sold_as == "order"


# --- vendors that cannot answer


@pytest.mark.parametrize("state", ["left_alone", "down"])
def test_while_the_erp_cannot_answer_the_crm_is_served_and_the_erp_catches_up(shop: Shop, state: str) -> None:
    shop.places(shop.line("MUG"))
    getattr(shop.desk, state).add("erp")
    shop.passes()
    assert len(shop.held("crm", "order")) == 1
    assert shop.root in shop.desk.waiting
    getattr(shop.desk, state).clear()
    shop.passes()
    assert len(shop.held("erp", "order")) == 1
    assert shop.desk.waiting == []


def test_nobody_is_created_where_nobody_could_be_looked_for(shop: Shop) -> None:
    shop.places(shop.line("MUG"))
    shop.desk.left_alone.add("erp")
    plan = shop.plan()
    assert [where for where in puts(plan) if where[0] == "erp"] == [("erp", "order")]
    assert not any(request.startswith("erp") for request in shop.desk.asked)


def test_an_order_that_arrives_before_its_customer_waits_for_them_and_ends_right(shop: Shop) -> None:
    late = Customer(key=shop.key("customer", "8"), email="late@example.com")
    shop.places(shop.line("MUG"), customer=late.key)
    shop.passes()
    assert shop.root in shop.desk.waiting
    assert shop.held("erp", "order") == []
    shop.knows(late)
    shop.passes()
    assert len(shop.held("erp", "order")) == 1


# --- who buys


def test_a_person_whom_a_system_has_already_is_linked_and_not_written(shop: Shop) -> None:
    contact = Customer(key=shop.key("customer", "201", "crm"), email=" ADA@example.com", first_name="Augusta")
    shop.knows(contact, role="crm")
    shop.places(shop.line("MUG"))
    plan = shop.passes()
    assert Join(key=ADA.key, role="crm", id="201", match=("email:ada@example.com",)) in plan.writes
    assert shop.only("crm", "customer").first_name == "Augusta"
    assert shop.only("crm", "order").customer.id == "201"


def test_two_people_with_one_email_are_for_a_person_and_the_other_systems_are_served(shop: Shop) -> None:
    for id in ("201", "202"):
        shop.knows(Customer(key=shop.key("customer", id, "crm"), email="ada@example.com"), role="crm")
    shop.places(shop.line("MUG"))
    plan = shop.passes()
    [finding] = plan.findings
    assert (finding.code, finding.owner, finding.about) == ("ambiguous_match", "crm", ADA.key)
    assert "201, 202" in finding.cause
    assert ("crm", "order") not in puts(plan)
    assert len(shop.held("erp", "order")) == 1


def test_of_several_matches_the_one_that_cashpath_made_is_the_one(shop: Shop) -> None:
    shop.knows(Customer(key=shop.key("customer", "201", "crm"), email="ada@example.com"), role="crm")
    mine = shop.desk.books["crm"].add(replace(ADA), ADA.key)
    shop.places(shop.line("MUG"))
    plan = shop.plan()
    assert plan.findings == ()
    assert [w.made for w in plan.writes if isinstance(w, Put) and w.made] == [mine.id]


def test_who_was_merged_away_is_no_match_any_more(shop: Shop) -> None:
    gone, left = (
        Reading(at=shop.key("customer", id, "crm"), record=replace(ADA), merged_into=into)
        for id, into in (("201", shop.key("customer", "202", "crm")), ("202", None))
    )
    assert matching.same((gone, left), ADA.key) == [left]


def test_people_meet_by_email_and_companies_by_tax_id_when_two_roots_create_them(shop: Shop) -> None:
    shop.knows(ANALYTICAL)
    shop.places(shop.line("MUG"), company=ANALYTICAL.key)
    made = {w.record.key: w.match for w in shop.plan().writes if isinstance(w, Put) and w.when == "ensure"}
    assert made == {
        ANALYTICAL.key: ("tax_id:DE123456789",),
        ADA.key: ("email:ada@example.com",),
        shop.key("variant", "v-MUG"): ("sku:MUG",),
    }


def test_a_company_is_written_before_its_contact_who_names_it(shop: Shop) -> None:
    shop.knows(ANALYTICAL)
    shop.places(shop.line("MUG"), company=ANALYTICAL.key)
    plan = shop.plan()
    assert puts(plan)[:2] == [("crm", "company"), ("crm", "customer")]
    contact = plan.writes[1]
    assert isinstance(contact, Put)
    assert contact.record.references() == (ANALYTICAL.key,)


def test_a_company_without_a_tax_id_is_never_guessed_by_its_name(shop: Shop) -> None:
    shop.knows(replace(ANALYTICAL, tax_id=""))
    shop.knows(replace(ANALYTICAL, key=shop.key("company", "9", "crm"), tax_id=""), role="crm")
    shop.places(shop.line("MUG"), company=ANALYTICAL.key)
    shop.passes()
    assert len(shop.held("crm", "company")) == 2


def test_an_existing_customer_is_never_updated_by_an_order(shop: Shop) -> None:
    shop.places(shop.line("MUG"))
    shop.passes()
    shop.desk.books["storefront"].change(ADA.key, first_name="Countess")
    shop.passes()
    assert shop.only("erp", "customer").first_name == "Ada"


def test_a_guest_with_an_email_is_matched_like_anyone(shop: Shop) -> None:
    shop.knows(Customer(key=shop.key("customer", "201", "crm"), email="mj@example.com"), role="crm")
    shop.places(shop.line("MUG"), customer=None, email="MJ@example.com", billing_address=WATSON)
    shop.passes()
    assert shop.only("crm", "order").customer.id == "201"
    party = shop.only("erp", "customer")
    assert (party.first_name, party.last_name, party.email) == ("Mary Jane", "Watson", "mj@example.com")


def test_a_guest_without_an_email_is_a_party_of_the_erp_and_nobody_in_the_crm(shop: Shop) -> None:
    shop.places(shop.line("MUG"), customer=None, shipping_address=WATSON)
    shop.passes()
    assert shop.held("crm", "customer") == []
    assert shop.only("crm", "order").customer is None
    assert shop.only("erp", "customer").name == "Mary Jane Watson"
    assert shop.only("erp", "customer").phone == "+12125550100"


def test_two_nameless_guests_are_two_parties(shop: Shop) -> None:
    shop.places(shop.line("MUG"), customer=None)
    shop.passes()
    shop.root = shop.key("order", "1002")
    shop.places(shop.line("MUG"), customer=None)
    shop.passes()
    assert [party.name for party in shop.held("erp", "customer")] == ["Guest #1001", "Guest #1002"]


WATSON = Address(name="Mary Jane Watson", street="1 Main St", city="Queens", country="US", phone="+12125550100")


# --- what is sold


def test_a_variant_that_the_erp_has_already_is_linked_by_its_sku(shop: Shop) -> None:
    shop.sells("MUG", "erp", id="p-5")
    shop.places(shop.line("MUG"))
    shop.passes()
    assert shop.only("erp", "variant").key.id == "p-5"
    assert shop.only("erp", "order").lines[0].variant.id == "p-5"


def test_one_sku_on_two_products_of_the_erp_is_for_a_person_and_its_sale_waits(shop: Shop) -> None:
    shop.sells("MUG", "erp", id="p-5")
    shop.sells("MUG", "erp", id="p-6")
    shop.places(shop.line("MUG"))
    plan = shop.passes()
    assert [f.code for f in plan.findings] == ["ambiguous_match"]
    assert ("erp", "order") not in puts(plan)
    assert len(shop.held("crm", "order")) == 1


def test_variants_without_a_sku_are_never_taken_for_each_other(shop: Shop) -> None:
    for id in ("v-1", "v-2"):
        shop.sells("", id=id)
    lines = [shop.line("", key=id, variant=shop.key("variant", id)) for id in ("v-1", "v-2")]
    shop.places(*lines)
    shop.passes()
    assert len(shop.held("erp", "variant")) == 2


def test_a_custom_line_and_one_of_a_deleted_product_stay_words(shop: Shop) -> None:
    shop.places(shop.line("Engraving", variant=None))
    shop.passes()
    assert shop.held("erp", "variant") == []
    assert shop.only("erp", "order").lines[0].title == "Engraving"


def test_an_order_of_more_things_than_one_pass_can_look_up_is_carried_over_by_several(shop: Shop) -> None:
    skus = [f"THING-{n}" for n in range(250)]
    for sku in skus:
        shop.sells(sku)
    shop.places(*(shop.line(sku, 1) for sku in skus))
    shop.passes()
    assert 90 < len(shop.held("erp", "variant")) <= create_orders.AT_ONCE
    assert shop.root in shop.desk.waiting
    assert shop.held("erp", "order") == []
    shop.passes(2)
    assert len(shop.held("erp", "variant")) == 250
    assert len(shop.only("erp", "order").lines) == 250
