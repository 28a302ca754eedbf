"""Finance sees what disagrees, by money, and brings the owner's values over."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from typer.testing import CliRunner

from cashpath import drift
from cashpath.cli.app import app
from cashpath.cli.stage import Stage
from cashpath.faults import SystemDown
from cashpath.notice import Notice
from cashpath.ownership import Ownership
from cashpath.records import Customer, Kind, Money, Product, RecordKey, Variant
from cashpath.settings.slices import Rules
from cashpath.systems.port import Reading
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.memory import facts
from cashpath_sandbox.onestage import OneStage, Vendor

SHOP = NAMES["storefront"]
ADA = RecordKey(SHOP, "customer", "7")
MUG, CUP = RecordKey(SHOP, "product", "1"), RecordKey(SHOP, "product", "2")
FLOWS = ("sync_customers", "sync_catalog")
WATCHED = Ownership(raised=frozenset({"variant.price", "variant.title", "customer.phone"}))


@dataclass
class Cloud:
    """The stage's Lambdas and queues: functions answer as wired, and notices are handled while somebody waits."""

    stage: OneStage
    queue: list[Notice] = field(default_factory=list)
    stuck: bool = False

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:
        if self.stuck:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "out of memory"}')}
        answer = drift.answer(self.stage.runner(FunctionName), json.loads(Payload)["drift"])
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0) -> dict[str, Any]:
        self.queue.append(Notice.from_json(MessageBody))
        return {}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.queue += [Notice.from_json(entry["MessageBody"]) for entry in Entries]
        return {}

    def deliver(self, seconds: float) -> None:
        """Time goes by."""
        self.stage.later(seconds=seconds)
        sent, self.queue = self.queue, []
        for notice in sent:
            self.stage.runner(notice.flow).handle(notice)


class InMemory(Stage):
    """The stage as an operator finds it."""

    cloud: Cloud

    def client(self, service: str) -> Any:
        return self.cloud.stage.tables if service == "dynamodb" else self.cloud


class Silent(Vendor):
    """A vendor that does not answer."""

    def read(self, kind: Kind, id: str) -> Reading | None:
        raise SystemDown(f"{self.id} does not answer", system=self.id)


@dataclass
class Finance:
    """Somebody at a terminal."""

    stage: OneStage
    terminal: InMemory

    def run(self, *command: str, answer: str = "") -> Any:
        return CliRunner().invoke(app, ["drift", *command], obj=self.terminal, input=answer)

    def says(self, *command: str, answer: str = "") -> str:
        result = self.run(*command, answer=answer)
        assert result.exit_code == 0, result.output
        text: str = result.stdout
        return text

    def rows(self, *command: str) -> list[Any]:
        rows: list[Any] = json.loads(self.says(*command, "--json"))["drift"]
        return rows

    def price_in_the_erp(self, sku: str) -> Money | None:
        [price] = [variant.price for variant in self.stage.held("erp") if variant.sku == sku]
        assert price is None or isinstance(price, Money)
        return price


@pytest.fixture
def agreeing() -> Finance:
    """Two products and a customer, the same everywhere."""
    stage = OneStage(rules=Rules(cutover="2026-01-01T00:00:00+00:00", ownership=WATCHED))
    for product, sku, cents in ((MUG, "MUG", 1200), (CUP, "CUP", 800)):
        key = RecordKey(SHOP, "variant", f"v-{sku}")
        stage.has("storefront", Product(key=product, title=sku))
        stage.has("storefront", Variant(key=key, product=product, sku=sku, title=sku, price=Money(cents, "EUR")))
        stage.tells("sync_catalog", product)
    stage.has("storefront", Customer(key=ADA, email="ada@example.com", first_name="Ada", phone="+441632960001"))
    stage.tells("sync_customers", ADA)
    stage.later(hours=1)
    same = json.dumps({flow: flow for flow in FLOWS})
    outputs = dict.fromkeys(("Queues", "BulkQueues", "DeadLetters", "Functions"), same)
    cloud = Cloud(stage)
    names = {"LedgerTable": "ledger", "ExceptionsTable": "exceptions"}
    terminal = InMemory("test", outputs={**outputs, **names}, now=stage.now, sleep=cloud.deliver)
    terminal.cloud = cloud
    return Finance(stage, terminal)


@pytest.fixture
def finance(agreeing: Finance) -> Finance:
    """Somebody made the mug and the cup cheaper in the ERP, and changed a phone number in the CRM."""
    stage = agreeing.stage
    ids = {variant.sku: variant.key for variant in stage.held("erp")}
    stage.vendors[NAMES["erp"]].sold = {ids["MUG"].id: 10, ids["CUP"].id: 300}
    change: Callable[..., object] = stage.books["erp"].change
    change(ids["MUG"], price=Money(1100, "EUR"))
    change(ids["CUP"], price=Money(750, "EUR"))
    [person] = stage.held("crm", "customer")
    stage.books["crm"].change(person.key, phone="+441632960099")
    for key in ids.values():
        stage.tells("sync_catalog", key)
    stage.tells("sync_customers", person.key)
    stage.later(days=3)
    return agreeing


def test_where_all_agree_it_is_said_in_words(agreeing: Finance) -> None:
    assert agreeing.says() == "nothing disagrees\n"


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


def test_beyond_the_limit_the_rest_is_counted(finance: Finance) -> None:
    assert "2 more records are known to disagree" in finance.says("--limit", "1")


def test_a_dry_run_shows_what_would_be_overwritten_and_sends_nothing(finance: Finance) -> None:
    said = finance.says("fix", str(MUG), "--dry-run")
    assert "11.00 EUR" in said
    assert finance.terminal.cloud.queue == []
    assert finance.price_in_the_erp("MUG") == Money(1100, "EUR")


def test_a_fix_brings_the_owners_value_over_and_waits_until_it_is_there(finance: Finance) -> None:
    assert finance.says("fix", str(MUG), "--yes").endswith("1 records sent\nall agree\n")
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
    assert "sync_catalog acme" in result.output
    assert finance.terminal.cloud.queue == []


def test_a_fix_that_is_not_done_in_five_minutes_ends_with_where_to_look(finance: Finance) -> None:
    finance.terminal.sleep = lambda _: None
    result = finance.run("fix", str(MUG), "--yes")
    assert result.exit_code == 1
    assert f"{MUG} still disagrees" in result.output
    assert "1 still disagree; see `cashpath exceptions list`" in result.output


@pytest.mark.parametrize("command", [(), ("--json",), ("--csv",), ("fix", "--all", "--yes")])
def test_a_record_that_cannot_be_compared_now_is_told_and_fails_the_command(
    finance: Finance, command: tuple[str, ...]
) -> None:
    finance.stage.vendors[SHOP] = Silent(finance.stage.books["storefront"], facts("storefront"))
    result = finance.run(*command)
    assert result.exit_code == 1
    assert str(MUG) in result.output
    assert "does not answer" in result.output


def test_a_function_that_fails_is_named(finance: Finance) -> None:
    finance.terminal.cloud.stuck = True
    result = finance.run("--brand", "acme")
    assert result.exit_code == 1
    assert "cannot compare: out of memory" in result.output


def test_what_is_to_be_fixed_must_be_said(finance: Finance) -> None:
    assert finance.run("fix").exit_code == 2
    assert finance.run("fix", "shop/customer/404").exit_code == 2
    assert finance.run("fix", "nonsense").exit_code == 2
