"""What the demo calls agreement: pure, over what the systems say."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from stdnum.de import vat

from cashpath_sandbox.demo.agreement import Agreement, is_renewal, month_later
from cashpath_sandbox.demo.people import german_vat
from cashpath_sandbox.eyes import Sold

CARE: Mapping[str, Any] = {"id": 7, "title": "Care", "price": "19.00", "quantity": 2}
SOLD = Sold(id="1", total=Decimal(38), tax=Decimal(6), currency="EUR", state="open", lines={"7": (2, Decimal(32))})
ORDER = Agreement(
    body={"name": "#1", "line_items": [CARE]},
    shop=SOLD,
    crm=[SOLD],
    erp=[SOLD],
    billing=[{"next": 3800}],
    recurring=[CARE],
)


def test_an_order_agrees_where_each_system_holds_it_once_with_the_same_amounts() -> None:
    assert ORDER.holds


@pytest.mark.parametrize(
    "found",
    [
        replace(ORDER, crm=[]),
        replace(ORDER, erp=[SOLD, SOLD]),
        replace(ORDER, crm=[replace(SOLD, tax=Decimal("5.99"))]),
        replace(ORDER, erp=[replace(SOLD, lines={"7": (1, Decimal(32))})]),
        replace(ORDER, erp=[replace(SOLD, currency="USD")]),
    ],
)
def test_an_order_that_is_missing_doubled_or_off_by_a_cent_does_not_agree(found: Agreement) -> None:
    assert not found.holds


def test_the_next_invoice_is_what_the_standing_units_cost() -> None:
    assert ORDER.next_invoice == Decimal("38.00") == ORDER.next_charges
    taken_off = replace(ORDER, recurring=[{**CARE, "current_quantity": 1}])
    assert taken_off.next_invoice == Decimal("19.00")


def test_amounts_of_a_currency_without_minor_units_are_not_divided() -> None:
    yen = replace(ORDER, shop=replace(SOLD, currency="JPY"), recurring=[{**CARE, "price": "1900"}])
    assert yen.next_invoice == Decimal(3800) == yen.next_charges


def test_the_next_invoice_is_the_same_however_the_shop_writes_a_price() -> None:
    assert replace(ORDER, recurring=[{**CARE, "price": "19"}]).next_charges == Decimal(38)


def test_a_recurring_line_of_which_nothing_stands_starts_nothing() -> None:
    assert replace(ORDER, recurring=[{**CARE, "current_quantity": 0}]).starts_nothing


def test_the_table_marks_the_amount_that_differs() -> None:
    marked = [line for line in shown(replace(ORDER, erp=[replace(SOLD, total=Decimal(39))])) if "✗" in line]
    assert len(marked) == 1
    assert "total" in marked[0]


@pytest.mark.parametrize("width", [100, 80, 60])
def test_no_table_loses_an_amount_or_a_title_for_want_of_room(width: int) -> None:
    title, large = "Machine care, monthly: descaling, filters, parts and the visit", Decimal("1234567.89")
    sold = replace(SOLD, total=large, lines={"7": (1000, large)})
    shown = StringIO()
    told = replace(
        ORDER, body={"name": "#1", "line_items": [{**CARE, "title": title}]}, shop=sold, crm=[sold], erp=[sold]
    )
    told.show(Console(file=shown, width=width))
    assert "…" not in shown.getvalue()
    assert max(map(len, shown.getvalue().splitlines())) <= width
    assert "".join(shown.getvalue().split()).count("1,234,567.89" if width > 60 else "1,234") == 6


def test_a_title_that_would_flood_the_table_or_move_the_cursor_is_cut() -> None:
    shown = StringIO()
    titled = replace(ORDER, body={"name": "#1", "line_items": [{**CARE, "title": "\x1b[2J" + "T" * 3000}]})
    titled.show(Console(file=shown, width=100))
    assert "\x1b" not in shown.getvalue()
    assert len(shown.getvalue().splitlines()) < 20


def shown(found: Agreement) -> list[str]:
    """The lines of the table."""
    text = StringIO()
    found.show(Console(file=text, width=120))
    return text.getvalue().splitlines()


def test_an_amount_is_the_same_however_many_zeros_a_system_writes() -> None:
    untaxed = replace(SOLD, tax=Decimal(0), lines={"7": (2, Decimal(38))})
    written = replace(SOLD, total=Decimal("38.00"), tax=Decimal("0.00"), lines={"7": (2, Decimal("38.00"))})
    found = replace(ORDER, shop=untaxed, crm=[written], erp=[untaxed])
    assert found.holds
    assert [line for line in shown(found) if "✗" in line] == []


def test_the_same_number_in_another_currency_is_another_amount() -> None:
    marked = [line for line in shown(replace(ORDER, erp=[replace(SOLD, currency="USD")])) if "✗" in line]
    assert len(marked) == 3
    assert all("USD" in line for line in marked)


def test_an_order_that_a_system_lacks_is_marked_in_each_row_but_what_billing_charges() -> None:
    assert len([line for line in shown(replace(ORDER, crm=[])) if "✗" in line and "missing" in line]) == 3


def test_titles_that_look_like_markup_are_shown_as_they_are() -> None:
    titled = replace(ORDER, body={"name": "#1", "line_items": [{**CARE, "title": "[/red]Tea"}]})
    assert "[/red]Tea" in "".join(shown(titled))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 12, 15, 8, tzinfo=UTC), datetime(2027, 1, 15, 8, tzinfo=UTC)),
        (datetime(2027, 1, 31, tzinfo=UTC), datetime(2027, 2, 28, tzinfo=UTC)),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last_there_is(start: datetime, end: datetime) -> None:
    assert month_later(start) == end


def test_an_order_that_a_subscription_made_is_a_renewal() -> None:
    assert is_renewal({"source_name": "subscription_contract_checkout_one"})
    assert not is_renewal({"source_name": None})


def test_the_demo_companies_have_numbers_that_a_tax_office_could_have_given() -> None:

    assert all(vat.is_valid(german_vat(10_000_000 + n * 7919)) for n in range(200))
