"""Finance brings the owner's values over, and is told when they are there."""

from datetime import timedelta
from typing import Any

import pytest

from cashpath.records import Money, RecordKey, Variant
from cashpath_sandbox.finance import ADA, MUG, SHOP, Finance, agreeing, drifting


@pytest.fixture
def finance() -> Finance:
    return drifting()


def test_a_dry_run_shows_what_would_be_overwritten_and_sends_nothing(finance: Finance) -> None:
    said = finance.says("fix", str(MUG), "--dry-run")
    assert "11.00 EUR" in said
    assert finance.terminal.cloud.queue == []
    assert finance.price_in_the_erp("MUG") == Money(1100, "EUR")


def test_a_fix_brings_the_owners_value_over_and_waits_until_it_is_there(finance: Finance) -> None:
    assert finance.says("fix", str(MUG), "--yes").endswith("1 records sent\nall that were sent agree\n")
    assert finance.price_in_the_erp("MUG") == Money(1200, "EUR")
    assert finance.price_in_the_erp("CUP") == Money(750, "EUR")


def test_a_fix_asks_before_it_overwrites(finance: Finance) -> None:
    assert finance.run("fix", str(MUG), answer="n\n").exit_code == 1
    assert finance.price_in_the_erp("MUG") == Money(1100, "EUR")


def test_all_prices_are_put_right_together_and_phone_numbers_left(finance: Finance) -> None:
    finance.says("fix", "--all", "--field", "price", "--yes")
    assert (finance.price_in_the_erp("MUG"), finance.price_in_the_erp("CUP")) == (
        Money(1200, "EUR"),
        Money(800, "EUR"),
    )
    assert [row["field"] for row in finance.rows()] == ["phone"]


def test_a_record_can_be_named_as_any_system_knows_it(finance: Finance) -> None:
    theirs = next(variant.key for variant in finance.stage.held("erp") if variant.sku == "MUG")
    finance.says("fix", str(theirs), "--yes")
    assert finance.price_in_the_erp("MUG") == Money(1200, "EUR")


def test_a_flow_in_shadow_fixes_nothing_and_says_so(finance: Finance) -> None:
    finance.stage.mode = "shadow"
    result = finance.run("fix", str(MUG), "--yes")
    assert result.exit_code == 1
    assert f"sync_catalog is shadow for acme, so these are left as they are: {MUG}" in result.output
    assert finance.terminal.cloud.queue == []


def test_what_is_live_is_fixed_although_another_flow_is_in_shadow(finance: Finance) -> None:
    finance.stage.ledger.set_mode("sync_customers", "acme", "shadow")
    finance.stage.later(minutes=1)
    result = finance.run("fix", "--all", "--yes")
    assert finance.price_in_the_erp("MUG") == Money(1200, "EUR")
    assert "all that were sent agree" in result.output
    assert f"left as they are: {ADA}" in result.output
    assert result.exit_code == 1


def test_after_a_lost_webhook_nobody_is_told_that_all_agree_before_it_is_true() -> None:
    finance = agreeing()
    mug = lost_change_of_title(finance)
    waits = finance.terminal.sleep
    finance.terminal.sleep = lambda _: None
    result = finance.run("fix", str(MUG), "--yes")
    assert "all that were sent agree" not in result.output
    assert result.exit_code == 1
    finance.terminal.sleep = waits
    assert finance.says("fix", str(MUG), "--yes").endswith("all that were sent agree\n")
    assert [variant.title for variant in finance.stage.held("crm") if variant.key == mug] == ["MUG"]


def test_while_a_fix_waits_the_vendors_are_seldom_asked() -> None:
    finance = agreeing()
    lost_change_of_title(finance)
    finance.terminal.sleep = lambda _: None
    finance.run("fix", str(MUG), "--yes")
    assert len(finance.terminal.cloud.compared) <= 10


def test_a_record_that_a_system_lacks_is_created_by_a_fix(finance: Finance) -> None:
    other = RecordKey(SHOP, "variant", "v-XL")
    finance.stage.has("storefront", Variant(key=other, product=MUG, sku="MUG-XL", title="XL", price=Money(1500, "EUR")))
    finance.stage.later(hours=1)
    said = finance.says("fix", str(MUG), "--yes")
    assert "(missing)" in said
    assert finance.price_in_the_erp("MUG-XL") == Money(1500, "EUR")


def test_a_fix_that_is_not_done_in_five_minutes_ends_with_where_to_look(finance: Finance) -> None:
    finance.terminal.sleep = lambda _: None
    result = finance.run("fix", str(MUG), "--yes")
    assert result.exit_code == 1
    assert f"{MUG} still disagrees" in result.output
    assert "1 still disagree; see `cashpath --stage test exceptions list`" in result.output


def test_the_five_minutes_are_by_the_clock_though_each_look_takes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    finance = agreeing()
    terminal, began = finance.terminal, finance.stage.now()
    look = terminal.cloud.invoke

    def slow(**asked: str) -> dict[str, Any]:
        finance.stage.later(minutes=1)
        return look(**asked)

    monkeypatch.setattr(terminal.cloud, "invoke", slow)
    terminal.sleep = lambda seconds: finance.stage.later(seconds=seconds)
    lost_change_of_title(finance)
    finance.run("fix", str(MUG), "--yes")
    assert finance.stage.now() - began <= timedelta(minutes=8)  # one look before it is sent, two that end the wait


def test_what_is_to_be_fixed_must_be_said(finance: Finance) -> None:
    assert finance.run("fix").exit_code == 2
    assert finance.run("fix", "shop/customer/404").exit_code == 2
    assert finance.run("fix", "nonsense").exit_code == 2


def lost_change_of_title(finance: Finance) -> RecordKey:
    """Somebody renames the mug in the CRM, where its title is put right, and the webhook of it is lost."""
    [mug] = [variant.key for variant in finance.stage.held("crm") if variant.sku == "MUG"]
    finance.stage.books["crm"].change(mug, title="Becher")
    key: RecordKey = mug
    return key
