"""Finance sees what disagrees, by money, and what is missing."""

import csv
import io
import json
import re
from typing import Any

import pytest

from cashpath.records import ROLES, Money, Product, RecordKey, Role, Tier, Variant
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.finance import ADA, CUP, MUG, SHOP, Finance, agreeing, drifting
from cashpath_sandbox.onestage import OneStage


@pytest.fixture
def finance() -> Finance:
    return drifting()


def test_where_all_agree_it_is_said_in_words() -> None:
    assert agreeing().says() == "nothing disagrees\n"


def test_what_costs_most_comes_first_and_what_has_no_price_last(finance: Finance) -> None:
    rows = finance.rows()
    assert [(row["record"], row["field"]) for row in rows] == [
        ("shop/variant/v-CUP", "price"),
        ("shop/variant/v-MUG", "price"),
        ("shop/customer/7", "phone"),
    ]
    assert [row["at_stake"] and row["at_stake"]["amount"] for row in rows] == ["150.00", "10.00", None]


def test_the_table_gives_both_values_their_age_and_the_sum_at_stake(finance: Finance) -> None:
    said = finance.says()
    assert "3 fields disagree; 160.00 EUR at stake in 30 days" in said
    [line] = [line for line in said.splitlines() if "v-MUG" in line]
    assert "12.00 EUR" in line
    assert "11.00 EUR" in line
    assert "3d ago" in line


def test_each_field_is_summed_up_with_the_money_at_stake(finance: Finance) -> None:
    lines = [line.split() for line in finance.says().splitlines()]
    assert ["variant.price", "erp", "storefront", "2", "160.00", "EUR"] in lines
    assert ["customer.phone", "crm", "storefront", "1"] in lines


def test_a_spreadsheet_gets_csv_in_which_nothing_is_a_formula(finance: Finance) -> None:
    rows = list(csv.DictReader(io.StringIO(finance.says("--csv"))))
    assert [row["at stake"] for row in rows] == ["150.00 EUR", "10.00 EUR", ""]
    assert rows[2]["owner's value"] == "'+441632960001"


def test_it_can_be_narrowed_to_a_kind_a_field_and_a_brand(finance: Finance) -> None:
    assert [row["field"] for row in finance.rows("--field", "phone")] == ["phone"]
    assert [row["flow"] for row in finance.rows("--kind", "customer")] == ["sync_customers"]
    assert finance.rows("--brand", "nobody") == []


@pytest.mark.parametrize("shape", [(), ("--json",), ("--csv",)])
def test_beyond_the_limit_the_rest_is_counted_in_every_shape(finance: Finance, shape: tuple[str, ...]) -> None:
    result = finance.run("--limit", "1", *shape)
    assert result.exit_code == 0
    assert "2 more records are known to disagree" in result.stderr


def test_what_has_disagreed_longest_is_compared_first(finance: Finance) -> None:
    stage = finance.stage
    late = [RecordKey(SHOP, "product", f"late-{n}") for n in range(8)]
    for product in late:
        stage.later(days=1)
        disagrees(stage, product, Money(500, "EUR"))
    finance.run("--kind", "variant", "--limit", "2")
    assert set(finance.terminal.cloud.compared) == {str(MUG), str(CUP)}
    assert list(stage.ledger.drifting("acme"))[-8:] == late


def test_amounts_of_different_currencies_are_never_weighed_against_each_other(finance: Finance) -> None:
    yen = RecordKey(SHOP, "product", "3")
    disagrees(finance.stage, yen, Money(10_000, "JPY"), sold=100)
    stakes = [row["at_stake"] and (row["at_stake"]["amount"], row["at_stake"]["currency"]) for row in finance.rows()]
    assert stakes == [("150.00", "EUR"), ("10.00", "EUR"), ("100", "JPY"), None]
    assert "160.00 EUR and 100 JPY at stake in 30 days" in finance.says()


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("prices", (Money(1400, "USD"),), "nobody counts what was sold by currency"),
        ("tiers", (Tier(up_to=None, price=Money(900, "EUR")),), "nobody counts what was sold at which tier"),
    ],
)
def test_a_wrong_price_whose_cost_nobody_can_tell_says_so_and_comes_before_what_has_no_price(
    finance: Finance, field: str, value: object, why: str
) -> None:
    [mug] = [variant.key for variant in finance.stage.held("erp") if variant.sku == "MUG"]
    changes: dict[str, Any] = {"price": Money(1200, "EUR"), field: value}
    finance.stage.books["erp"].change(mug, **changes)
    finance.stage.tells("sync_catalog", mug)
    rows = finance.rows()
    assert [row["field"] for row in rows] == ["price", field, "phone"]
    assert (rows[1]["at_stake"], rows[1]["unknown"]) == (None, why)
    assert f"not known: {why}" in finance.says("--csv")
    assert "of 1 prices it is not known" in finance.says()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("command", [(), ("--json",), ("--csv",), ("fix", "--all", "--yes")])
def test_a_record_that_cannot_be_compared_everywhere_is_told_and_fails_the_command(
    finance: Finance, command: tuple[str, ...], role: Role
) -> None:
    finance.silences(role)
    result = finance.run(*command)
    assert result.exit_code == 1
    assert str(ADA) in result.output
    assert re.search("does not answer|cannot be asked now|is left alone", result.output)
    assert "nothing disagrees" not in result.output


def test_what_disagrees_elsewhere_is_told_although_one_system_is_silent(finance: Finance) -> None:
    finance.silences("crm")
    result = finance.run("--json")
    said = json.loads(result.stdout)
    assert {row["field"] for row in said["drift"]} == {"price"}
    assert said["failures"][str(MUG)] == "the crm cannot be asked now"


def test_a_product_that_is_not_in_the_erp_yet_is_listed_in_shadow_until_it_is_there(finance: Finance) -> None:
    stage = finance.stage
    stage.mode = "shadow"
    offered(stage, RecordKey(SHOP, "product", "4"), Money(300, "EUR"))
    [row] = [row for row in finance.rows("--field", "(missing)", "--kind", "variant") if row["role"] == "erp"]
    assert (row["record"], row["owner"], row["value"], row["other"]) == ("shop/variant/v-4", "storefront", "there", "-")
    assert "shop/variant/v-4,(missing),erp,storefront,there,-," in finance.says("--csv")
    stage.mode = "live"
    stage.tells("sync_catalog", RecordKey(SHOP, "product", "4"))
    assert finance.rows("--field", "(missing)") == []
    assert finance.rows("--kind", "variant")[0]["field"] == "price"


def test_what_would_be_overwritten_is_compared_before_what_would_be_created(finance: Finance) -> None:
    finance.stage.mode = "shadow"
    offered(finance.stage, RecordKey(SHOP, "product", "4"), Money(300, "EUR"))
    result = finance.run("--limit", "3", "--json")
    assert {row["field"] for row in json.loads(result.stdout)["drift"]} == {"price", "phone"}
    assert "1 more records" in result.stderr


def test_a_function_that_fails_is_named(finance: Finance) -> None:
    finance.terminal.cloud.stuck = True
    result = finance.run("--brand", "acme")
    assert result.exit_code == 1
    assert "cannot compare: out of memory" in result.output


def offered(stage: OneStage, product: RecordKey, price: Money) -> None:
    """The shop offers a product of one variant, and tells of it."""
    variant = RecordKey(SHOP, "variant", f"v-{product.id}")
    stage.has("storefront", Product(key=product, title=product.id))
    stage.has("storefront", Variant(key=variant, product=product, sku=product.id, title=product.id, price=price))
    stage.tells("sync_catalog", product)


def disagrees(stage: OneStage, product: RecordKey, price: Money, sold: int = 0) -> None:
    """A product that the shop offers, and that somebody makes a minor unit cheaper in the ERP."""
    offered(stage, product, price)
    [theirs] = [variant.key for variant in stage.held("erp") if variant.sku == product.id]
    stage.books["erp"].change(theirs, price=Money(price.minor - 1, price.currency))
    erp = stage.vendors[NAMES["erp"]]
    erp.sold = {**erp.sold, theirs.id: sold}
    stage.later(minutes=1)
    stage.tells("sync_catalog", theirs)
