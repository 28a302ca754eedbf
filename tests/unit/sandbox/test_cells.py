"""How the cells of the demo's tables read, and which of them say the same."""

from decimal import Decimal

import pytest

from cashpath_sandbox.demo.cells import Amount, Cell, Units, agree, amount, shown


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Amount(Decimal(0), "EUR"), "0.00"),
        (Amount(Decimal("1234.5"), "EUR"), "1,234.50"),
        (Amount(Decimal("19.8571"), "EUR"), "19.8571"),
        (Amount(Decimal("9" * 40), "EUR"), ",".join(["9", *["999"] * 13]) + ".00"),
        (Amount(Decimal("1.500"), "KWD"), "1.500 KWD"),
        (Units(2, Amount(Decimal("1800"), "JPY")), "2 × = 1,800 JPY"),
        ("missing", "missing"),
    ],
)
def test_an_amount_has_its_currencys_decimals_and_names_it_where_it_is_not_the_tables(cell: Cell, text: str) -> None:
    assert shown(cell, "EUR") == text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (amount("0", "EUR"), amount("0.00", "EUR"), True),
        (amount("-5", "EUR"), amount("-5.0", "EUR"), True),
        (amount("0", "EUR"), amount("0", "USD"), False),
        (amount("0", "EUR"), amount("", "EUR"), False),
        (amount("1e5", "EUR"), amount("100000", "EUR"), False),
        (Units(2, Amount(Decimal(3), "EUR")), Units(2, Amount(Decimal("3.00"), "EUR")), True),
        (Units(1, Amount(Decimal(3), "EUR")), Units(3, Amount(Decimal(3), "EUR")), False),
        ("Gold", "gold", True),
        ("+49401", "049401", False),
    ],
)
def test_amounts_are_compared_by_value_and_currency_and_all_else_as_text(one: Cell, other: Cell, same: bool) -> None:
    assert agree([one, other]) is same


def test_nothing_at_all_does_not_agree() -> None:
    assert not agree([])
