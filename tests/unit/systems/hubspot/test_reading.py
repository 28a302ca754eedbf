"""HubSpot's records as canonical ones: what people make in a portal, in the shapes in which it comes back."""

from decimal import Decimal
from typing import Any

import pytest

from cashpath.records import BadRecord, Money, Order, RecordKey, Recurring, SystemId
from cashpath.records.order import OrderState
from cashpath.systems.hubspot import deals, people
from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS, DEALS, LINE_ITEMS, ORDERS, ObjectType, Theirs
from cashpath.systems.hubspot.stages import Stages

CRM = SystemId("crm")
WON = {"dealname": "Acme", "dealstage": "closedwon", "closedate": "2026-03-01T09:30:00Z", "deal_currency_code": "EUR"}


def order(*items: dict[str, str], type: ObjectType = DEALS, **deal: Any) -> Order:
    """A deal with line items, read."""
    theirs = Theirs(type=type, id="7", properties={**WON, **deal})
    lines = [Theirs(type=LINE_ITEMS, id=str(20 + i), properties=item) for i, item in enumerate(items)]
    return deals.order_of(theirs, lines, CRM, Stages(), "USD")


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


def test_a_deal_won_by_a_person_becomes_an_order_that_adds_up() -> None:
    theirs = Theirs(
        type=DEALS,
        id="7",
        properties={**WON, "amount": "149", "hs_lastmodifieddate": "2026-03-01T09:30:00.120Z"},
        associated={"contacts": ["51", "52"], "companies": ["61"]},
    )
    item = {"name": "Tea", "quantity": "3", "price": "49.70", "discount": "0.033333", "hs_product_id": "88"}
    lines = [Theirs(type=LINE_ITEMS, id="20", properties=item)]
    read = deals.order_of(theirs, lines, CRM, Stages(), "USD").checked()
    [line] = read.lines
    assert (read.total, read.state, read.sold_as, read.number, read.note) == (eur("149"), "won", "deal", "D-7", "Acme")
    assert (read.customer, read.company) == (RecordKey(CRM, "customer", "51"), RecordKey(CRM, "company", "61"))
    assert (line.key, line.quantity, line.amount) == ("20", 3, eur("149.00"))
    assert line.variant == RecordKey(CRM, "variant", "88")


@pytest.mark.parametrize(
    ("item", "net"),
    [
        ({"price": "10", "quantity": "2"}, "20"),
        ({"price": "10"}, "10"),  # the portal shows one piece where nobody said how many
        ({"price": "19.99", "quantity": "3", "hs_discount_percentage": "12.5"}, "52.47"),
        ({"price": "19.99", "quantity": "3", "discount": "2.5"}, "52.47"),
        ({"price": "10", "quantity": "2", "discount": "0", "hs_discount_percentage": "100"}, "0"),
    ],
)
def test_discounts_on_each_unit_and_in_percent_come_off_the_line(item: dict[str, str], net: str) -> None:
    assert order(item).checked().lines[0].amount == eur(net)


def test_tax_that_the_portal_puts_on_lines_is_owed_beside_the_amount() -> None:
    item = {"price": "100", "quantity": "1", "hs_tax_amount": "19", "hs_tax_label": "MwSt.", "hs_tax_rate": "19"}
    read = order(item, amount="100").checked()
    assert (read.total, read.total_tax) == (eur("119"), eur("19"))
    assert (read.lines[0].taxes[0].title, read.lines[0].taxes[0].rate) == ("MwSt.", Decimal("0.19"))


def test_a_deal_that_shows_the_value_of_its_whole_contract_owes_its_first_period() -> None:
    item = {"price": "10", "quantity": "2", "recurringbillingfrequency": "monthly"}
    read = order(item, amount="240", hs_tcv="240.0", hs_mrr="20").checked()
    assert read.total == eur("20")
    assert read.lines[0].recurring == Recurring(interval="month", count=1, biller="billing")


@pytest.mark.parametrize(
    ("frequency", "interval", "count"),
    [("weekly", "week", 1), ("quarterly", "month", 3), ("annually", "year", 1), ("per_two_years", "year", 2)],
)
def test_each_billing_frequency_is_an_interval(frequency: str, interval: Any, count: int) -> None:
    line = order({"price": "1", "recurringbillingfrequency": frequency}).lines[0]
    assert line.recurring == Recurring(interval=interval, count=count, biller="billing")


def test_a_deal_whose_amount_is_not_what_its_lines_make_is_refused_with_the_sum() -> None:
    with pytest.raises(BadRecord, match=r"lines 20\.00 EUR = 20\.00 EUR, its total says 25\.00 EUR"):
        order({"price": "10", "quantity": "2"}, amount="25").checked()


def test_a_deal_without_lines_is_refused() -> None:
    with pytest.raises(BadRecord, match=r"its total says 25\.00 EUR"):
        order(amount="25").checked()


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"price": "10", "quantity": "1.5"}, "line item 20 of deals:7: 1.5 pieces"),
        ({"price": "0.333", "quantity": "3"}, "the price of line item 20 of deals:7: 0.333 EUR is finer"),
        ({"price": "ten"}, "the price of line item 20 of deals:7 is 'ten'"),
        ({"price": "NaN"}, "is 'NaN'"),
    ],
)
def test_a_line_item_that_no_order_can_hold_is_named(item: dict[str, str], told: str) -> None:
    with pytest.raises(BadRecord, match=told):
        order(item)


def test_yen_have_no_decimals_and_dinars_three() -> None:
    assert order({"price": "1200"}, deal_currency_code="JPY").lines[0].amount == Money(1200, "JPY")
    assert order({"price": "1.234"}, deal_currency_code="KWD").lines[0].amount == Money(1234, "KWD")


def test_a_deal_without_a_currency_is_in_the_portals() -> None:
    assert order({"price": "1"}, deal_currency_code="").currency == "USD"


@pytest.mark.parametrize(
    ("properties", "state"),
    [
        ({"dealstage": "closedwon"}, "won"),
        ({"dealstage": "closedlost"}, "lost"),
        ({"dealstage": "contractsent"}, "open"),
        ({"dealstage": "4711", "hs_is_closed_won": "true"}, "won"),  # a stage of another pipeline
        ({"dealstage": "4712", "hs_is_closed_won": "false", "hs_is_closed_lost": "true"}, "lost"),
    ],
)
def test_a_deals_stage_is_its_state_in_any_pipeline(properties: dict[str, Any], state: OrderState) -> None:
    assert order(**properties).state == state


def test_a_deal_is_dated_by_its_close_else_by_its_creation() -> None:
    assert order().ordered_at.isoformat() == "2026-03-01T09:30:00+00:00"
    assert order(closedate="", createdate="1772366400000").ordered_at.isoformat() == "2026-03-01T12:00:00+00:00"


def test_a_cancelled_order_object_is_cancelled_and_a_delivered_one_fulfilled() -> None:
    stages = {"3c85a297-e9ce-400b-b42e-9f16853d69d6": "cancelled", "3725360f-519b-4b18-a593-494d60a29c9f": "fulfilled"}
    read = {s: order(type=ORDERS, hs_pipeline_stage=s, hs_createdate="2026-03-01T09:30:00Z").state for s in stages}
    assert read == stages


def test_what_we_made_reads_back_with_its_number_and_line_keys() -> None:
    item = {"price": "10", "quantity": "1", "cashpath_line": "shop/order/gid://1#gid://line/9", "cashpath_tax": "1.90"}
    ours: dict[str, Any] = {
        "cashpath_origin": "shop/order/gid://1",
        "dealname": "#1042",
        "amount": "16.90",
        "cashpath_shipping": "5",
    }
    read = order(item, **ours).checked()
    assert (read.number, read.note, read.lines[0].key) == ("#1042", "", "gid://line/9")
    assert read.shipping[0].amount == eur("5")


def test_a_contact_reads_without_what_it_lacks() -> None:
    theirs = Theirs(type=CONTACTS, id="51", properties={"email": "Ada@Example.com"})
    read = people.customer_of(theirs, CRM, str)
    assert (read.email, read.first_name, read.address, read.company) == ("ada@example.com", "", None, None)


def test_a_companys_domain_and_tax_id_read_as_they_are_compared() -> None:
    properties = {"name": "Acme", "domain": "WWW.Acme.example", "cashpath_tax_id": "de 123.456-789"}
    read = people.company_of(Theirs(type=COMPANIES, id="61", properties=properties), CRM, str)
    assert (read.domain, read.tax_id) == ("acme.example", "DE123456789")
