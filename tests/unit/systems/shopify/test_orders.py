"""Every kind of order that shops make is read in full, to the minor unit, as the generator reckoned it."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashpath.faults import NotYet
from cashpath.records import BadRecord, Money, Order, RecordKey, Recurring, SystemId
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.shopify import orders
from cashpath_sandbox.shopify.basket import Expected, ExpectedLine
from cashpath_sandbox.shopify.bench import connector
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.subject import MovableClock


def read(storefront: Connector, id: str) -> Order:
    reading = storefront.read("order", id)
    assert reading is not None
    assert isinstance(reading.record, Order)
    return reading.record.checked()


def seen(order: Order) -> Expected:
    """What a reader finds of an order, in the generator's words."""
    none = Money.zero(order.currency)
    tenders: dict[str, Money] = {}
    for tender in order.tenders:
        tenders[tender.gateway] = tenders.get(tender.gateway, none) + tender.amount
    return Expected(
        total=order.total,
        total_tax=order.total_tax,
        lines=tuple(
            ExpectedLine(
                sku=line.sku,
                title=line.title,
                quantity=line.quantity,
                unit_price=line.unit_price,
                amount=line.amount,
                tax=Money.sum((tax.amount for tax in line.taxes), order.currency),
            )
            for line in order.lines
        ),
        shipping=Money.sum((line.amount for line in order.shipping), order.currency),
        tip=order.tip or none,
        duties=Money.sum((duty.amount for duty in order.duties), order.currency),
        rounding=order.rounding or none,
        presentment=order.presentment,
        tenders=tenders,
    )


@pytest.mark.parametrize("case", [case for case in orders.CASES if case != "presentment, odd rate"])
def test_an_order_is_read_as_it_was_sold(case: str, shop: ShopifyStandin, storefront: Connector) -> None:
    made = orders.made(case)
    order = read(storefront, shop.place_order(made.body))
    assert seen(order) == made.expected


def test_an_order_sold_in_another_currency_adds_up_although_each_amount_was_converted_by_itself(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    made = orders.made("presentment, odd rate")
    order = read(storefront, shop.place_order(made.body))
    found = seen(order)
    assert (order.currency, order.total, order.total_tax) == ("EUR", made.expected.total, made.expected.total_tax)
    assert order.presentment == made.expected.presentment
    assert [line.amount for line in found.lines] == [line.amount for line in made.expected.lines]
    assert abs(found.rounding.minor) <= 5


@settings(max_examples=300, deadline=None)
@given(random=st.randoms())
def test_any_order_that_adds_up_in_the_shop_adds_up_here(random: Random) -> None:
    shop, storefront = fresh()
    made = orders.any_order(random)
    assert seen(read(storefront, shop.place_order(made.body))) == made.expected


@settings(max_examples=300, deadline=None)
@given(random=st.randoms())
def test_any_order_still_adds_up_after_units_were_taken_off_it(random: Random) -> None:
    shop, storefront = fresh()
    id = shop.place_order(orders.any_order(random).body)
    for _ in range(random.randint(1, 3)):
        left = {str(line["id"]): line["current_quantity"] for line in lines_of(shop, id)}
        shop.set_quantities(id, {line: random.randint(0, units) for line, units in left.items()})
    order = read(storefront, id)
    goods = [line for line in lines_of(shop, id) if line["title"] != "Tip"]
    stands = {str(line["id"]): line["current_quantity"] for line in goods if line["current_quantity"]}
    assert {line.key: line.quantity for line in order.lines} == stands


def test_an_edited_order_tells_what_still_stands(shop: ShopifyStandin, storefront: Connector) -> None:
    """Lines 2 x 14.90 and 3 x 8.95, shipping 4.90, all with 19% inside; one mug is taken off."""
    id = shop.place_order(orders.made("plain").body)
    mug, tea = (str(line["id"]) for line in lines_of(shop, id))
    before = storefront.read("order", id)
    shop.offset += shop.search_lag
    shop.set_quantities(id, {mug: 1})
    after = storefront.read("order", id)
    assert before is not None
    assert after is not None
    assert (after.version or 0) > (before.version or 0)
    order = read(storefront, id)
    assert [(line.key, line.quantity, str(line.amount)) for line in order.lines] == [
        (mug, 1, "14.90 EUR"),
        (tea, 3, "26.85 EUR"),
    ]
    assert str(order.total) == "46.65 EUR"
    assert str(order.total_tax) == "7.45 EUR"


def test_units_and_lines_that_were_added_are_told(shop: ShopifyStandin, storefront: Connector) -> None:
    """Two more mugs of 14.90 and a sieve of 6.00, each with 4% and 4.5% of tax on top."""
    id = shop.place_order(orders.made("usd").body)
    (mug,) = (str(line["id"]) for line in lines_of(shop, id))
    before = read(storefront, id)
    shop.set_quantities(id, {mug: 4})
    shop.add_line(id, {"title": "Sieve", "sku": "SIEVE", "price": "6.00", "quantity": 1})
    order = read(storefront, id)
    assert [(line.sku, line.quantity) for line in order.lines] == [("MUG", 4), ("SIEVE", 1)]
    assert str(order.total - before.total) == "38.84 USD"  # 29.80 + 1.19 + 1.34, and 6.00 + 0.24 + 0.27


def test_an_order_edited_up_and_down_still_adds_up(shop: ShopifyStandin, storefront: Connector) -> None:
    id = shop.place_order(orders.made("both discounts").body)
    mug, tea = (str(line["id"]) for line in lines_of(shop, id))
    shop.set_quantities(id, {mug: 1})
    shop.set_quantities(id, {mug: 3, tea: 1})
    shop.set_quantities(id, {mug: 2, tea: 5})
    assert [(line.key, line.quantity) for line in read(storefront, id).lines] == [(mug, 2), (tea, 5)]


def test_a_line_that_was_taken_off_is_gone(shop: ShopifyStandin, storefront: Connector) -> None:
    id = shop.place_order(orders.made("both discounts").body)
    mug, tea = (str(line["id"]) for line in lines_of(shop, id))
    shop.set_quantities(id, {mug: 0})
    assert [line.key for line in read(storefront, id).lines] == [tea]


def test_a_cancelled_order_tells_what_was_called_off(shop: ShopifyStandin, storefront: Connector) -> None:
    made = orders.made("tip")
    id = shop.place_order(made.body)
    shop.cancel_order(id)
    order = read(storefront, id)
    assert order.state == "cancelled"
    assert seen(order) == made.expected


def test_a_shipped_order_is_fulfilled(shop: ShopifyStandin, storefront: Connector) -> None:
    id = shop.place_order(orders.made("plain").body)
    assert read(storefront, id).state == "open"
    shop.fulfil_order(id)
    assert read(storefront, id).state == "fulfilled"


def test_an_order_of_250_lines_is_read_page_by_page(shop: ShopifyStandin, storefront: Connector) -> None:
    id = shop.place_order(orders.made("250 lines").body)
    assert len(read(storefront, id).lines) == 250
    assert len(shop.log) == 10


def test_an_order_that_changes_between_two_pages_is_read_again_later(
    shop: ShopifyStandin, storefront: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = shop.place_order(orders.made("250 lines").body)
    answer = shop.answer

    def edits_after_the_first_page(request: object) -> object:
        if len(shop.log) == 1:
            shop.offset += shop.search_lag
            shop.edit_order(id, {"note": "hurry"})
        return answer(request)  # type: ignore[arg-type]

    monkeypatch.setattr(shop, "answer", edits_after_the_first_page)
    with pytest.raises(NotYet, match="changed while it was read"):
        storefront.read("order", id)


def test_an_order_whose_total_hides_something_is_not_passed_on(shop: ShopifyStandin, storefront: Connector) -> None:
    made = orders.made("plain")
    more = {"current_total_price": "99.00", "current_total_price_set": None}
    id = shop.place_order({**made.body, **more})
    with pytest.raises(BadRecord, match=r"= 61\.55 EUR, its total says 99\.00 EUR"):
        read(storefront, id)


def test_who_buys_for_a_company_is_read_with_it(shop: ShopifyStandin, storefront: Connector) -> None:
    order = read(storefront, shop.place_order(orders.made("b2b").body))
    assert order.company == RecordKey(SystemId("shop"), "company", "910001")
    assert order.customer is not None
    assert storefront.read("company", order.company.id) is not None


def test_the_parts_of_an_order_name_records_that_can_be_read(shop: ShopifyStandin, storefront: Connector) -> None:
    order = read(storefront, shop.place_order(orders.made("plain").body))
    assert order.customer in order.references()
    for key in order.references():
        assert storefront.read(key.kind, key.id) is not None


def test_a_product_deleted_since_leaves_its_line(shop: ShopifyStandin, storefront: Connector) -> None:
    order = read(storefront, shop.place_order(orders.made("deleted product").body))
    assert [(line.title, line.variant is None) for line in order.lines] == [("Mug", False), ("Old tin", True)]


def test_what_recurs_and_who_bills_it(shop: ShopifyStandin, storefront: Connector) -> None:
    order = read(storefront, shop.place_order(orders.made("mixed subscription").body))
    assert {line.sku: line.recurring for line in order.lines} == {
        "MUG": None,
        "BOX": Recurring(interval="month", count=1, biller="storefront"),
        "CARE": Recurring(interval="month", count=1, biller="billing"),
    }


def test_a_product_that_billing_is_to_bill_must_say_how_often(shop: ShopifyStandin, storefront: Connector) -> None:
    made = orders.made("mixed subscription")
    care = made.body["line_items"][2]
    care["product_metafields"] = [m for m in care["product_metafields"] if m["key"] == "biller"]
    with pytest.raises(BadRecord, match=r"cashpath\.interval"):
        storefront.read("order", shop.place_order(made.body))


@pytest.mark.parametrize(
    ("case", "field", "value"),
    [
        ("renewal", "renewal", True),
        ("plain", "renewal", False),
        ("test", "test", True),
        ("high risk", "risk", "high"),
        ("plain", "risk", "none"),
        ("marketplace tax", "channel", "amazon-us"),
        ("no customer", "customer", None),
        ("unicode", "note", "Pozor: křehké — 取扱注意"),
        ("tax excluded", "prices_include_tax", False),
    ],
)
def test_what_is_special_about_an_order_is_told(
    case: str, field: str, value: object, shop: ShopifyStandin, storefront: Connector
) -> None:
    assert getattr(read(storefront, shop.place_order(orders.made(case).body)), field) == value


def test_tax_that_a_marketplace_pays_is_not_the_shops_to_pay(shop: ShopifyStandin, storefront: Connector) -> None:
    order = read(storefront, shop.place_order(orders.made("marketplace tax").body))
    assert {tax.liable for tax in order.taxes()} == {"channel"}


def test_a_gift_card_that_pays_is_a_tender_and_one_that_is_sold_a_line(
    shop: ShopifyStandin, storefront: Connector
) -> None:
    redeemed = read(storefront, shop.place_order(orders.made("gift card redeemed", 1).body))
    sold = read(storefront, shop.place_order(orders.made("gift card sold", 2).body))
    assert [(t.kind, t.amount.minor) for t in redeemed.tenders] == [("gift_card", 2500), ("card", 3655)]
    assert [line.sku for line in sold.lines if line.gift_card] == ["GIFT-50"]


def test_an_order_that_staff_made_of_a_won_deal_names_it(shop: ShopifyStandin, storefront: Connector) -> None:
    order = read(storefront, shop.place_order(orders.won("crm/order/77").body))
    assert order.deal == RecordKey(SystemId("crm"), "order", "77")


def test_a_buyer_cannot_name_a_deal_in_the_cart(shop: ShopifyStandin, storefront: Connector) -> None:
    made = orders.won("crm/order/77")
    order = read(storefront, shop.place_order({**made.body, "source_name": "web"}))
    assert order.deal is None


def test_a_deal_that_is_no_key_is_told_to_a_person(shop: ShopifyStandin, storefront: Connector) -> None:
    id = shop.place_order(orders.won("the big one").body)
    with pytest.raises(BadRecord, match="names the deal 'the big one'"):
        storefront.read("order", id)


def test_an_order_that_cashpath_created_carries_its_origin(shop: ShopifyStandin, storefront: Connector) -> None:
    mark = {"namespace": "$app:cashpath", "key": "origin", "value": "crm/order/5"}
    reading = storefront.read("order", shop.place_order({**orders.made("plain").body, "metafields": [mark]}))
    assert reading is not None
    assert reading.origin == RecordKey(SystemId("crm"), "order", "5")


def test_an_order_that_is_not_there_is_nothing_found(storefront: Connector) -> None:
    assert storefront.read("order", "404") is None
    assert storefront.read("order", "not-a-number") is None


def test_shipping_that_was_refunded_is_no_longer_owed(shop: ShopifyStandin, storefront: Connector) -> None:
    """4.90 of shipping with 19% inside, 0.78: half of it is given back."""
    made = orders.made("plain")
    id = shop.place_order(made.body)
    back = {"kind": "shipping_refund", "amount": "-2.45", "tax_amount": "-0.39"}
    less = {
        "refunds": [{"id": 1, "refund_line_items": [], "order_adjustments": [back]}],
        "current_total_price": "59.10",
        "current_total_price_set": None,
        "current_total_tax": str((made.expected.total_tax - Money(39, "EUR")).decimal),
        "current_total_tax_set": None,
    }
    shop.edit_order(id, less)
    order = read(storefront, id)
    assert [str(line.amount) for line in order.shipping] == ["2.45 EUR"]
    assert replace(made.expected, shipping=Money(245, "EUR")).lines == seen(order).lines


def fresh() -> tuple[ShopifyStandin, Connector]:
    """A shop of its own: Hypothesis runs many in one test."""
    clock = MovableClock()
    shop = ShopifyStandin(clock=clock)
    return shop, connector(shop, clock)


def lines_of(shop: ShopifyStandin, id: str) -> list[dict[str, Any]]:
    """An order's lines, as the shop holds them."""
    body = shop.store.get("orders", id)
    assert body is not None
    return list(body["line_items"])
