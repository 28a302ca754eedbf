"""Orders become sales of a real Tryton: exact in every currency, edited until Tryton processes them, never doubled."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cashpath.faults import NeedsPerson, NotYet
from cashpath.records import Address, Charge, Discount, Line, Money, Order, RecordKey, ShippingLine, SystemId, Tax
from cashpath_sandbox.tryton.samples import HOME, added_up, order_of

NOWHERE = RecordKey(SystemId("shop"), "variant", "nowhere")


def plain(currency: str = "EUR", **changes: Any) -> Order:
    """An order of one free-text line at 10 units of money, as long as nothing else is said."""
    unit = Money.of(10, currency)
    order = Order(
        key=RecordKey(SystemId("shop"), "order", "1"),
        number="#1",
        ordered_at=datetime(2026, 3, 1, tzinfo=UTC),
        currency=currency,
        total=unit,
        total_tax=Money.zero(currency),
        billing_address=HOME,
        lines=(Line(key="1", title="Thing", quantity=1, unit_price=unit),),
    )
    return added_up(replace(order, **changes))


def taxed(rate: str, minor: int, currency: str = "EUR", **more: Any) -> tuple[Tax, ...]:
    """One tax."""
    return (Tax(title=f"Tax {rate}", rate=Decimal(rate), amount=Money(minor, currency), **more),)


def line(minor: int, quantity: int = 1, currency: str = "EUR", **more: Any) -> Line:
    """One line."""
    return Line(**{"key": "1", "title": "Thing", "quantity": quantity, "unit_price": Money(minor, currency), **more})


ODD = {
    "three for ten": plain(lines=(line(500, 3, discounts=(Discount(title="X", amount=Money(500, "EUR")),)),)),
    "seven hundred and one for a cent": plain(
        lines=(line(1, 701, discounts=(Discount(title="X", amount=Money(700, "EUR")),), taxes=taxed("0.19", 1)),)
    ),
    "tax rounded down by the shop": plain(lines=(line(1003, taxes=taxed("0.19", 190)),)),
    "tax rounded for each unit": plain(lines=(line(3, 100, taxes=taxed("0.19", 100)),)),
    "tax inside the price": plain(lines=(line(1999, taxes=taxed("0.19", 319)),), prices_include_tax=True),
    "yen": plain("JPY", lines=(line(333, 7, "JPY", taxes=taxed("0.10", 233, "JPY")),)),
    "dinars of a thousand fils": plain("KWD", lines=(line(1234, 3, "KWD", taxes=taxed("0.05", 185, "KWD")),)),
    "two taxes on one line": plain(lines=(line(999, taxes=(*taxed("0.05", 50), *taxed("0.0825", 82))),)),
    "owed by a marketplace": plain(lines=(line(999, taxes=taxed("0.0825", 82, liable="channel")),)),
    "a tax that Tryton does not know": plain(lines=(line(999, taxes=taxed("0.0333", 33)),)),
    "free": plain(lines=(line(1000, discounts=(Discount(title="FREE", amount=Money(1000, "EUR")),)),)),
    "gift card": plain(lines=(line(5000, gift_card=True),)),
    "everything else": plain(
        shipping=(
            ShippingLine(
                key="1",
                title="Post",
                price=Money(500, "EUR"),
                discounts=(Discount(title="SHIP", amount=Money(500, "EUR")),),
            ),
        ),
        duties=(Charge(key="1", title="Duty", amount=Money(77, "EUR"), taxes=taxed("0.19", 14)),),
        fees=(Charge(key="1", title="Wrap", amount=Money(99, "EUR")),),
        tip=Money(150, "EUR"),
        rounding=Money(-3, "EUR"),
    ),
    "250 lines": plain(lines=tuple(line(101 + n, 3, key=str(n), taxes=taxed("0.07", 21)) for n in range(250))),
}


@pytest.mark.parametrize("order", ODD.values(), ids=ODD)
def test_the_sale_has_the_amounts_of_the_order(erp: Any, order: Order) -> None:
    order = erp.order(replace(order, customer=erp.customer().key))
    id = erp.put(order)
    sale = erp.sale(id, "state", "total_amount", "tax_amount", "untaxed_amount")
    assert sale["state"] == "confirmed"
    assert (sale["total_amount"], sale["tax_amount"]) == (order.total.decimal, order.total_tax.decimal)
    assert sale["untaxed_amount"] == order.total.decimal - order.total_tax.decimal
    wanted = erp.wanted(order, id)
    assert erp.connector.held("order", id, wanted) == erp.connector.normalised(wanted)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(("EUR", "JPY", "KWD")),
    st.booleans(),
    st.lists(st.tuples(st.integers(1, 90000), st.integers(1, 60), st.integers(0, 99)), min_size=1, max_size=5),
)
def test_random_orders_are_exact_on_the_real_server(erp: Any, currency: str, inclusive: bool, sold: Any) -> None:
    lines = []
    for n, (minor, quantity, percent) in enumerate(sold):
        whole = minor * quantity
        discount = whole * percent // 100
        rate = Decimal("0.19")
        tax = (whole - discount) * rate / (1 + rate if inclusive else 1)
        discounts = (Discount(title="SALE", amount=Money(discount, currency)),) if discount else ()
        charged = taxed("0.19", round(tax), currency)
        lines.append(line(minor, quantity, currency, key=str(n), discounts=discounts, taxes=charged))
    order = erp.order(plain(currency, lines=tuple(lines), prices_include_tax=inclusive))
    read = erp.read("order", erp.put(order)).record.checked()
    assert (read.total, read.total_tax) == (order.total, order.total_tax)
    assert [(one.key, one.quantity) for one in read.lines] == [(one.key, one.quantity) for one in order.lines]


def test_an_order_without_customer_is_a_sale_to_the_guests_of_the_shop(erp: Any) -> None:
    sale = erp.sale(erp.put(erp.order(plain())), "party.name", "invoice_address.full_address")
    assert sale["party."]["name"] == "Webshop guests"
    assert "Köln" in sale["invoice_address."]["full_address"]


def test_an_order_of_goods_without_any_address_still_becomes_a_sale(erp: Any) -> None:
    mug = erp.mug()
    order = replace(order_of(1, "EUR", mug.key, prices_include_tax=False), billing_address=None, shipping_address=None)
    id = erp.put(erp.order(replace(order, customer=erp.customer().key)))
    assert erp.sale(id, "state")["state"] == "confirmed"


def test_two_orders_to_one_place_share_the_address_and_a_move_of_the_customer_leaves_it(erp: Any) -> None:
    customer = erp.customer()
    first, second = (erp.put(erp.order(plain(customer=customer.key))) for _ in range(2))
    assert erp.sale(first, "invoice_address") | {"id": 0} == erp.sale(second, "invoice_address") | {"id": 0}
    moved = replace(customer, address=Address(street="Elsewhere 1", city="Bonn", country="DE"))
    erp.put(moved, erp.refs[customer.key])
    assert erp.read("order", first).record.billing_address == HOME


def test_a_line_added_by_hand_goes_and_a_comment_stays_when_the_order_is_edited(erp: Any) -> None:
    order = erp.order(plain())
    id = erp.put(order)
    erp.press("draft", id)
    added = [{"sale": int(id), "type": "line", "quantity": 1, "unit_price": Decimal(5), "description": "By hand"}]
    erp.person.writes("model.sale.line.create", added, company=1)
    erp.person.writes(
        "model.sale.line.create", [{"sale": int(id), "type": "comment", "description": "Call"}], company=1
    )
    erp.put(order, id)
    lines = erp.person.search("sale.line", [("sale", "=", int(id))], ("type", "description"))
    assert sorted((row["type"], row["description"]) for row in lines) == [("comment", "Call"), ("line", "Thing")]


@pytest.mark.parametrize("field", ["reference", "description"])
def test_a_sale_that_somebody_entered_is_found_by_the_number_of_the_order(erp: Any, field: str) -> None:
    order = erp.order(plain())
    party = int(erp.refs[erp.customer().key])
    line = {"type": "line", "quantity": 1, "unit_price": Decimal(10), "description": "Thing"}
    entered = {"party": party, field: order.number, "lines": [["create", [line]]]}
    (id,) = erp.person.writes("model.sale.sale.create", [entered], company=1)
    (found,) = erp.connector.candidates("order", f"number:{order.number}")
    assert (found.at.id, found.origin, found.record.total) == (str(id), None, order.total)
    assert erp.connector.candidates("order", f"number:{order.number}0") == []


def test_an_order_of_which_edits_left_nothing_is_a_cancelled_sale(erp: Any) -> None:
    order = erp.order(plain())
    id = erp.put(order)
    erp.put(added_up(replace(order, lines=(replace(order.lines[0], quantity=0),))), id)
    assert erp.sale(id, "state", "total_amount") == {"id": int(id), "state": "cancelled", "total_amount": 0}


def test_a_cancelled_order_cancels_its_sale_and_comes_back_if_it_was_a_mistake(erp: Any) -> None:
    order = erp.order(plain())
    id = erp.put(order)
    erp.put(replace(order, state="cancelled"), id)
    assert erp.sale(id, "state")["state"] == "cancelled"
    erp.put(order, id)
    assert erp.sale(id, "state")["state"] == "confirmed"


def test_a_sale_that_tryton_processes_is_left_alone_and_an_edit_of_it_asks_a_person(erp: Any) -> None:
    order = erp.order(plain(customer=erp.customer().key))
    id = erp.put(order)
    erp.press("process", id)
    assert erp.sale(id, "state")["state"] == "processing"
    erp.put(order, id)
    for changed in (plain(customer=order.customer, tip=Money(100, "EUR")), replace(order, state="cancelled")):
        with pytest.raises(NeedsPerson, match="already processing") as caught:
            erp.put(replace(changed, key=order.key, number=order.number), id)
        assert caught.value.remedy


def test_the_invoice_that_tryton_makes_of_a_sale_has_its_amounts(erp: Any) -> None:
    order = erp.order(replace(ODD["two taxes on one line"], customer=erp.customer().key, tip=None))
    id = erp.put(order)
    erp.press("process", id)
    (invoice,) = erp.person.search("account.invoice", [("sales", "=", int(id))], ("total_amount", "tax_amount"))
    assert (invoice["total_amount"], invoice["tax_amount"]) == (order.total.decimal, order.total_tax.decimal)


def test_a_variant_that_is_not_there_yet_is_waited_for(erp: Any) -> None:
    order = erp.order(plain(lines=(line(1000, variant=NOWHERE),)))
    with pytest.raises(NotYet, match="nowhere"):
        erp.put(order)


def test_a_sale_that_somebody_deleted_is_for_a_person_and_never_created_anew(erp: Any) -> None:
    order = erp.order(plain())
    with pytest.raises(NeedsPerson, match="gone"):
        erp.put(order, "999999")
    assert erp.connector.find("order", order.key, since=datetime.now(UTC)) is None


def test_a_tax_that_the_accountant_has_set_up_meanwhile_is_found_without_a_restart(erp: Any, strict: Any) -> None:
    order = erp.order(plain(lines=(line(1000, taxes=taxed("0.123", 123)),)))
    with pytest.raises(NeedsPerson, match="no sale tax"):
        strict.put(order)
    strict.put(erp.order(plain()))
    account = erp.person.search("account.tax", [("rate", "=", Decimal("0.19"))], ("invoice_account",))
    values = {"name": "New", "description": "New", "type": "percentage", "rate": Decimal("0.123")}
    booked = {"invoice_account": account[0]["invoice_account"], "credit_note_account": account[0]["invoice_account"]}
    strict.person.writes("model.account.tax.create", [{**values, **booked, "company": 1}], company=1)
    assert strict.read("order", strict.put(order)).record.total_tax == order.total_tax


def test_a_country_that_tryton_does_not_have_names_the_remedy(erp: Any) -> None:
    order = erp.order(plain(billing_address=Address(city="Atlantis", country="XX")))
    with pytest.raises(NeedsPerson, match="country XX") as caught:
        erp.put(order)
    assert "trytond_import_countries" in caught.value.remedy
