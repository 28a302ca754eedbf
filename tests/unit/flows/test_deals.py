"""A deal won in the CRM, and what it becomes in the ERP and in billing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cashpath.faults import NotYet
from cashpath.plan import Join
from cashpath.records import Line, Money, Order, Variant
from cashpath_sandbox.oneshop import ADA, ANALYTICAL, MONTHLY, Shop, puts


@pytest.fixture
def shop() -> Shop:
    """A shop whose CRM knows Ada and a licence, and whose other systems know nobody yet."""
    shop = Shop()
    contact = replace(ADA, key=shop.key("customer", "201", "crm"))
    shop.knows(contact, Variant(key=shop.key("variant", "55", "crm"), sku="LICENCE", title="Licence"), role="crm")
    return shop


def licence(shop: Shop, **values: object) -> Line:
    return shop.line("LICENCE", 1, "99.00", **{"variant": shop.key("variant", "55", "crm"), **values})


def test_a_won_deal_becomes_a_sale_and_no_second_deal(shop: Shop) -> None:
    shop.wins(licence(shop), customer=shop.key("customer", "201", "crm"))
    shop.passes()
    sale = shop.only("erp", "order")
    assert (sale.total, sale.state, sale.sold_as) == (Money.of("99.00", "EUR"), "open", "order")
    assert shop.only("erp", "customer").email == "ada@example.com"
    assert len(shop.held("crm", "order")) == 1
    assert shop.desk.milestones == {"deal_won"}


def test_a_won_deal_that_recurs_is_charged_from_the_day_it_closed(shop: Shop) -> None:
    shop.pays_by_card()
    closed = datetime(2026, 5, 30, 9, tzinfo=UTC)
    shop.wins(licence(shop, recurring=MONTHLY), customer=shop.key("customer", "201", "crm"), ordered_at=closed)
    shop.passes(2)
    subscription = shop.only("billing", "subscription")
    assert subscription.charged_until == closed
    assert subscription.items[0].price == Money.of("99.00", "EUR")
    assert shop.desk.milestones == {"deal_won", "subscribed"}


@pytest.mark.parametrize("state", ["open", "lost"])
def test_a_deal_that_is_not_won_becomes_nothing(shop: Shop, state: str) -> None:
    shop.wins(licence(shop), customer=shop.key("customer", "201", "crm"), state=state)
    plan = shop.plan()
    assert (plan.writes, plan.skipped) == ((), f"the deal is {state}, not won")


def test_an_order_entered_in_the_crm_begins_nothing(shop: Shop) -> None:
    shop.wins(licence(shop), customer=None, sold_as="order", state="open")
    assert shop.plan().skipped == "no order begins in the crm with this record"


def test_a_deal_lost_after_it_was_won_cancels_its_sale(shop: Shop) -> None:
    deal = shop.wins(licence(shop), customer=shop.key("customer", "201", "crm"))
    shop.passes()
    shop.edits(deal, state="lost")
    shop.passes()
    assert shop.only("erp", "order").state == "cancelled"


def test_a_deal_reopened_after_it_was_won_is_for_a_person_and_its_sale_stays(shop: Shop) -> None:
    deal = shop.wins(licence(shop), customer=shop.key("customer", "201", "crm"))
    shop.passes()
    shop.edits(deal, state="open")
    plan = shop.passes()
    assert [(f.code, f.owner) for f in plan.findings] == [("deal_reopened", "crm")]
    assert shop.only("erp", "order").state == "open"


def test_a_deal_reopened_while_only_billing_had_it_is_for_a_person_too(shop: Shop) -> None:
    shop.pays_by_card()
    deal = shop.wins(licence(shop, recurring=MONTHLY), customer=shop.key("customer", "201", "crm"))
    shop.desk.left_alone.add("erp")
    shop.passes()
    assert len(shop.held("billing", "subscription")) == 1
    shop.edits(deal, state="open")
    assert [f.code for f in shop.plan().findings] == ["deal_reopened"]


def test_a_deal_won_back_after_it_was_lost_stands_again_and_asks_about_what_recurs(shop: Shop) -> None:
    shop.pays_by_card()
    deal = shop.wins(licence(shop, recurring=MONTHLY), customer=shop.key("customer", "201", "crm"))
    shop.passes()
    shop.edits(deal, state="lost")
    shop.passes()
    shop.edits(deal, state="won")
    assert [f.code for f in shop.passes().findings] == ["subscription_ended"]
    assert shop.only("erp", "order").state == "open"


def test_a_contact_who_is_the_shops_customer_brings_the_links_of_that_customer(shop: Shop) -> None:
    shop.desk.link(ADA.key, "crm", "201")
    shop.desk.link(ADA.key, "erp", shop.desk.books["erp"].add(ADA, ADA.key).id)
    shop.wins(licence(shop), customer=shop.key("customer", "201", "crm"))
    plan = shop.passes()
    assert puts(plan) == [("erp", "variant"), ("erp", "order")]
    assert len(shop.held("erp", "customer")) == 1


def test_a_contact_who_is_the_shops_customer_is_created_elsewhere_under_that_customers_key(shop: Shop) -> None:
    shop.desk.link(ADA.key, "crm", "201")
    shop.wins(licence(shop), customer=shop.key("customer", "201", "crm"))
    shop.passes()
    assert [row.origin for row in shop.desk.books["erp"].of("customer")] == [ADA.key]


def test_a_recurring_line_of_no_product_is_sold_again_as_a_product_of_its_own(shop: Shop) -> None:
    shop.pays_by_card()
    line = licence(shop, variant=None, recurring=MONTHLY)
    shop.wins(line, customer=shop.key("customer", "201", "crm"))
    shop.passes(2)
    assert shop.held("erp", "variant") == []
    assert shop.only("billing", "variant").title == "Licence"
    assert shop.only("billing", "subscription").items[0].variant.id == shop.only("billing", "variant").key.id


def test_a_deal_of_a_company_without_a_contact_is_sold_to_the_company_and_asks_who_pays_for_what_recurs(
    shop: Shop,
) -> None:
    company = replace(ANALYTICAL, key=shop.key("company", "5", "crm"))
    shop.knows(company, role="crm")
    deal = shop.wins(licence(shop, recurring=MONTHLY), customer=None, company=company.key)
    plan = shop.passes()
    assert shop.only("erp", "company").tax_id == "DE123456789"
    assert [f.code for f in plan.findings] == ["no_customer"]
    assert shop.held("billing", "subscription") == []
    shop.edits(deal, state="lost")
    assert shop.passes().findings == ()


@pytest.fixture
def drafted(shop: Shop) -> Order:
    """An order of three mugs, made in the storefront from a won deal for a licence; the deal is its root."""
    shop.knows(ADA)
    shop.sells("MUG")
    deal = shop.wins(licence(shop), customer=shop.key("customer", "201", "crm"))
    placed = shop.places(shop.line("MUG", 3), deal=deal.key)
    shop.root = deal.key
    shop.desk.link(deal.key, "storefront", placed.key.id)
    return placed


def test_an_order_made_from_a_won_deal_says_what_was_sold_under_the_deals_root(shop: Shop, drafted: Order) -> None:
    shop.passes(2)
    [sale] = shop.desk.books["erp"].of("order")
    assert sale.origin == drafted.deal
    assert [(line.sku, line.quantity) for line in shop.only("erp", "order").lines] == [("MUG", 3)]
    assert len(shop.held("crm", "order")) == 1


def test_an_order_made_from_a_won_deal_and_cancelled_cancels_its_sale(shop: Shop, drafted: Order) -> None:
    shop.passes()
    shop.edits(drafted, state="cancelled")
    shop.passes()
    assert shop.only("erp", "order").state == "cancelled"


def test_an_order_made_from_a_won_deal_that_is_read_late_waits(shop: Shop, drafted: Order) -> None:
    now = shop.desk.role("storefront").read("order", drafted.key.id)
    assert now is not None
    assert now.version is not None
    assert shop.view(about=drafted.key, version=now.version).order is not None
    with pytest.raises(NotYet, match="shop/order/1001 is read older than it is known to be"):
        shop.view(about=drafted.key, version=now.version + 1)


def test_an_order_that_names_a_deal_is_linked_to_it_and_makes_no_second_deal(shop: Shop) -> None:
    shop.knows(ADA)
    shop.sells("MUG")
    deal = shop.key("order", "77", "crm")
    order = shop.places(shop.line("MUG"), deal=deal)
    plan = shop.passes()
    assert Join(key=order.key, role="crm", id="77") in plan.writes
    assert not any(isinstance(write, Join) for write in shop.passes().writes)
    assert ("crm", "order") not in puts(plan)
    assert shop.held("crm", "order") == []


def test_a_deal_of_nobody_is_sold_to_a_guest_of_its_own(shop: Shop) -> None:
    shop.wins(licence(shop), customer=None)
    assert not shop.view().has(shop.key("customer", "order-1001", "crm"), "crm")
    shop.passes()
    assert shop.only("erp", "customer").name == "Guest #1001"
    [party] = shop.desk.books["erp"].of("customer")
    assert party.origin == shop.key("customer", "order-1001", "crm")
