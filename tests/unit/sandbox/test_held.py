"""When the demo says that the systems hold the same: pure, over what they show."""

from io import StringIO

from rich.console import Console

from cashpath_sandbox.demo.cells import amount
from cashpath_sandbox.demo.held import PLACES, Held, same, show

CORA: Held = {
    "storefront": {"phone": "+49401", "loyalty": "gold"},
    "CRM": {"phone": "+49401", "loyalty": "Gold", "payment terms": "Net 30 days"},
    "billing": {"phone": "+49401", "loyalty": "gold"},
    "ERP": {"phone": "+49401", "payment terms": "Net 30 days"},
}


def test_a_field_is_the_same_where_all_who_hold_it_say_so() -> None:
    assert all(same(CORA, field) for field in ("phone", "loyalty", "payment terms"))


def test_one_system_that_says_otherwise_or_nothing_disagrees() -> None:
    assert not same({**CORA, "CRM": {"phone": "+49409"}}, "phone")
    assert not same({**CORA, "ERP": {"payment terms": ""}}, "payment terms")


def test_a_field_that_nobody_holds_is_not_called_the_same() -> None:
    assert not same(CORA, "city")


def test_what_people_are_called_is_shown_whole_on_a_hundred_columns() -> None:
    fields = {"name": "Cora Registered", "email": "cora.registered.1795865761@example.com", "phone": "+49401795865761"}
    shown = StringIO()
    show(Console(file=shown, width=100), "customer [7]", dict.fromkeys(PLACES, fields), *fields)
    lines = shown.getvalue().splitlines()
    assert "…" not in shown.getvalue()
    assert max(map(len, lines)) <= 100
    assert lines[0].strip() == "customer [7]"
    assert shown.getvalue().count("+49401795865761") == 4


def test_a_price_is_the_same_however_many_zeros_a_system_writes() -> None:
    priced: Held = {"storefront": {"price": amount("27.50", "EUR")}, "CRM": {"price": amount("27.5", "EUR")}}
    assert same(priced, "price")
    assert not same({**priced, "billing": {"price": amount("27.50", "USD")}}, "price")
    assert not same({**priced, "billing": {"price": amount("27.51", "EUR")}}, "price")


def test_what_is_no_amount_stays_text() -> None:
    assert amount("on request", "EUR") == "on request"
    assert not same({"storefront": {"price": amount("", "EUR")}, "CRM": {"price": amount("0", "EUR")}}, "price")
    digits: Held = {"storefront": {"phone": "+49401"}, "CRM": {"phone": "049401"}}
    assert not same(digits, "phone")


def test_the_table_marks_what_differs_and_not_what_is_spelled_otherwise() -> None:
    price = {"storefront": "0", "CRM": "0.00", "billing": "0.0", "ERP": "0"}
    held = {place: {"price": amount(text, "EUR"), "title": place} for place, text in price.items()}
    text = StringIO()
    show(Console(file=text, width=120), "product", held, "price", "title")
    marks = [line for line in text.getvalue().splitlines() if "✓" in line or "✗" in line]
    assert ["price" in marks[0], "✓" in marks[0], "✗" in marks[1]] == [True, True, True]
