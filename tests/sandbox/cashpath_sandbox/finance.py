"""Somebody in finance at a terminal, before one brand in memory: the real commands over the real runner and ledger."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from typer.testing import CliRunner

from cashpath import drift
from cashpath.cli.app import app
from cashpath.cli.stage import Stage
from cashpath.faults import SystemDown
from cashpath.notice import Notice
from cashpath.ownership import Ownership
from cashpath.records import Customer, Kind, Money, Product, RecordKey, Role, Variant
from cashpath.settings.slices import Rules
from cashpath.systems.port import Reading
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.memory import facts
from cashpath_sandbox.onestage import OneStage, Vendor

SHOP = NAMES["storefront"]
ADA = RecordKey(SHOP, "customer", "7")
MUG, CUP = RecordKey(SHOP, "product", "1"), RecordKey(SHOP, "product", "2")
FLOWS = ("sync_customers", "sync_catalog")
WATCHED = Ownership(raised=frozenset({"variant.price", "variant.prices", "variant.tiers", "customer.phone"}))


@dataclass
class Cloud:
    """The stage's Lambdas and queues: functions answer as wired, and notices are handled while somebody waits.
    `compared` are the roots that a function was asked to compare."""

    stage: OneStage
    queue: list[Notice] = field(default_factory=list)
    stuck: bool = False
    compared: list[str] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:
        if self.stuck:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "out of memory"}')}
        self.compared += json.loads(Payload)["drift"]
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

    def candidates_many(self, kind: Kind, criteria: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        raise SystemDown(f"{self.id} does not answer", system=self.id)

    def candidates(self, kind: Kind, criteria: Sequence[str]) -> Sequence[Reading]:
        raise SystemDown(f"{self.id} does not answer", system=self.id)

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
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

    def silences(self, role: Role) -> None:
        """A vendor answers no question from now on."""
        self.stage.vendors[NAMES[role]] = Silent(self.stage.books[role], facts(role))

    def price_in_the_erp(self, sku: str) -> Money | None:
        [price] = [variant.price for variant in self.stage.held("erp") if variant.sku == sku]
        assert price is None or isinstance(price, Money)
        return price


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


def drifting() -> Finance:
    """Somebody made the mug and the cup cheaper in the ERP, and changed a phone number in the CRM."""
    finance = agreeing()
    stage = finance.stage
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
    return finance
