"""When the demo says that the systems hold the same: pure, over what they show."""

from io import StringIO

from rich.console import Console

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
