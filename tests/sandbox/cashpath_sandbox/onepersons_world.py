"""One person with an account and an order, in-memory vendors, and the real runners of both flows with all they leave:
tables, queues, dead letters, log lines. For tests of what is left of somebody.
"""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from types import ModuleType
from typing import Any

from aws_lambda_powertools import Logger

from cashpath.aws.queues import Queues
from cashpath.flows import create_orders, sync_customers
from cashpath.ledger.erasures import Erasures
from cashpath.ledger.exceptions import Exceptions
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.tables import ERASURES, EXCEPTIONS, LEDGER
from cashpath.notice import Notice
from cashpath.record_exceptions import DeadLetter, Recorder
from cashpath.records import ROLES, Address, BrandId, Customer, Kind, Line, Money, Order, RecordKey, Role, SystemId
from cashpath.report import as_log_line, report
from cashpath.runner import Runner
from cashpath.settings.slices import BrandSlice, FlowSlice, Rules, SystemSlice
from cashpath.systems.port import System
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.memory import Books, MemorySystem, facts
from cashpath_sandbox.memory_dynamo import Tables
from cashpath_sandbox.subject import MovableClock
from cashpath_sandbox.together_steps import Stepped, Steps, aws
from cashpath_sandbox.traces_of_a_person import Person, found, held, in_memory

BRAND = BrandId("mugs")
SYSTEMS: dict[Role, SystemId] = {role: SystemId(role) for role in ROLES}
MODULES: dict[str, ModuleType] = {"sync_customers": sync_customers, "create_orders": create_orders}
START = datetime(2026, 11, 24, 10, tzinfo=UTC)
ADA = Person(email="ada@example.com", name="Ada King", phone="+441632960001", street="12 St James's Square")
HOME = Address(name=ADA.name, street=ADA.street, city="London", country="GB", phone=ADA.phone)
WHERE = RecordKey(SYSTEMS["storefront"], "customer", "7")


VISIBILITY = 360  # seconds until the notice of a process that ended comes again


class Sqs:
    """The queues of both flows, as boto3's client: bodies by address."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[str]] = {}

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0) -> dict[str, Any]:
        self.bodies.setdefault(QueueUrl, []).append(MessageBody)
        return {}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        return {"Attributes": {AttributeNames[0]: str(len(self.bodies.get(QueueUrl, ())))}}


class Erp(MemorySystem):
    """An ERP whose sales point at the party's addresses, so what is blanked there is blank on them: Tryton's."""

    def erase(self, kind: Kind, id: str) -> None:
        super().erase(kind, id)
        for row in self.books.of("order"):
            if getattr(row.record, "customer", None) == RecordKey(self.id, kind, id):
                self.books.change(row.record.key, email="", billing_address=None, shipping_address=None)


class Metrics:
    """Metrics that nobody looks at."""

    def add_metric(self, **_: Any) -> None:
        """Nothing comes of it."""


@dataclass
class World:
    """Everything around one person. `log` is what the functions wrote, `aws` counts requests to the tables and ends the
    process at one of them; its notice then comes again."""

    clock: MovableClock = field(default_factory=lambda: MovableClock(START))
    log: io.StringIO = field(default_factory=io.StringIO)
    aws: Steps = field(default_factory=aws)

    def __post_init__(self) -> None:
        self.tables = Tables({"ledger": LEDGER, "exceptions": EXCEPTIONS, "erasures": ERASURES})
        self.books = {role: Books(id, self.clock) for role, id in SYSTEMS.items()}
        self.systems: dict[SystemId, System] = {
            SYSTEMS[role]: (Erp if role == "erp" else MemorySystem)(books, facts(role))
            for role, books in self.books.items()
        }
        self.sqs = Sqs()
        self.urls = {flow: flow for flow in MODULES}
        self.dead = {flow: f"{flow}-dead" for flow in MODULES}
        client: Any = self.sqs
        self.queues = Queues(self.urls, self.dead, client=client)
        tables = Stepped(self.tables, self.aws)
        self.ledger = Ledger("ledger", now=self.clock, match_key=lambda: b"a key", client=tables)
        self.exceptions = Exceptions("exceptions", now=self.clock, client=tables)
        self.erasures = Erasures("erasures", now=self.clock, client=tables)
        self.logger = Logger(service="test", stream=self.log, json_serializer=as_log_line)
        everywhere: dict[Role, tuple[Role, ...]] = {"storefront": ("crm", "billing", "erp")}
        self.rules = Rules(cutover="2020-01-01T00:00:00+00:00", live=False, customers_to=everywhere)

    def settings(self, flow: str) -> FlowSlice:
        """One brand, live."""
        brand = BrandSlice(id=BRAND, systems=SYSTEMS, modes={flow: "live"}, rules=self.rules)
        systems = {
            id: SystemSlice(id=id, vendor="memory", role=role, secret=f"{id}-secret") for role, id in SYSTEMS.items()
        }
        return FlowSlice(stage="test", flow=flow, systems=systems, brands={brand.id: brand})

    def _runner(self, flow: str) -> Runner:
        return Runner(
            self.settings(flow),
            MODULES[flow],
            ledger=self.ledger,
            exceptions=self.exceptions,
            queues=self.queues,
            connect=self.systems.__getitem__,
            now=self.clock,
            rng=Random(0),
            erasures=self.erasures,
        )

    # --- what happens
    def buys(self) -> None:
        """Ada makes an account and orders a mug; both are brought over."""
        ada = Customer(key=WHERE, email=ADA.email, first_name="Ada", last_name="King", phone=ADA.phone, address=HOME)
        self.books["storefront"].add(ada, id=WHERE.id)
        self.tell("customer", WHERE.id)
        self.drains()
        price = Money.of("10.00", "EUR")
        order = Order(
            key=RecordKey(SYSTEMS["storefront"], "order", "1001"),
            number="#1001",
            ordered_at=START,
            currency="EUR",
            customer=WHERE,
            email=ADA.email,
            billing_address=HOME,
            shipping_address=HOME,
            total=price,
            total_tax=Money.zero("EUR"),
            lines=(Line(key="l1", title="Mug", quantity=1, unit_price=price),),
        )
        self.books["storefront"].add(order, id="1001")
        self.tell("order", "1001", flow="create_orders")
        self.drains()

    def is_stuck(self, cause: str) -> None:
        """Somebody's exception of the account, whose cause says who it is about in a vendor's words."""
        Recorder(self.exceptions, self.ledger).record(self.letter(cause))

    def letter(self, cause: str) -> DeadLetter:
        """The dead letter of a pass that ran into this cause."""
        notice = Notice(flow="sync_customers", system=WHERE.system, kind="customer", id=WHERE.id, received=self.millis)
        said = {"code": "erp_refused", "cause": cause, "remedy": "settle it", "owner": "erp"}
        self.queues.give_up(notice, said, self.millis)
        [body] = self.sqs.bodies.pop(self.dead["sync_customers"])
        return DeadLetter(id=f"{self.millis}", flow="sync_customers", body=body)

    def redacted(self) -> None:
        """The shop erases Ada, as a shop does: the account, and what her order says of her. It tells of both at once,
        and its order may still be as it was."""
        self.tell("order", "1001", flow="create_orders", wish="erase")
        self.tell("customer", WHERE.id, wish="erase")
        shop = self.books["storefront"]
        shop.remove(WHERE)
        order = shop.current("order", "1001")
        assert order is not None
        shop.change(order.record.key, customer=None, email="", billing_address=None, shipping_address=None)

    @property
    def millis(self) -> int:
        """Now, as epoch ms."""
        return int(self.clock().timestamp() * 1000)

    def tell(self, kind: str, id: str, *, role: Role = "storefront", flow: str = "sync_customers", **said: Any) -> None:
        """A notice in the queue of a flow."""
        notice = Notice(flow=flow, system=SYSTEMS[role], kind=kind, id=id, received=self.millis, **said)
        self.sqs.send_message(QueueUrl=flow, MessageBody=notice.to_json())

    def drains(self, most: int = 50) -> None:
        """Let the functions work until their queues are empty, then file what they gave up."""
        for _ in range(most):
            flow = next((flow for flow in MODULES if self.sqs.bodies.get(flow)), None)
            if flow is None:
                self.files()
                return
            body = self.sqs.bodies[flow].pop(0)
            self.clock.sleep(20)
            try:
                report(
                    self.logger, Metrics(), Notice.from_json(body), self._runner(flow).handle(Notice.from_json(body))
                )
            except Killed:
                self.sqs.send_message(QueueUrl=flow, MessageBody=body)
                self.clock.sleep(VISIBILITY)
        raise AssertionError(f"it never drains: {self.sqs.bodies}")

    def files(self) -> None:
        """What the recorder of exceptions does with dead letters."""
        recorder = Recorder(self.exceptions, self.ledger)
        for flow, url in self.dead.items():
            for n, body in enumerate(self.sqs.bodies.pop(url, [])):
                recorder.record(DeadLetter(id=f"{self.millis}-{n}", flow=flow, body=body))

    # --- what is left
    def open(self) -> list[str]:
        """What is stuck."""
        return [filed.id for filed in self.exceptions.open()]

    def traces(self) -> dict[str, frozenset[str]]:
        """Where something of Ada stands."""
        queues = [(url, body) for url, bodies in self.sqs.bodies.items() for body in bodies]
        log = [("log", line) for line in self.log.getvalue().splitlines()]
        return found(ADA, [*in_memory(self.tables), *queues, *log, *held({str(r): b for r, b in self.books.items()})])

    def everything(self) -> str:
        """All tables, without what only says when it was."""
        return json.dumps(self.tables.items, sort_keys=True)

    def backup(self) -> dict[str, Any]:
        """A copy of the ledger and the exceptions as they are now."""
        kept = {name: self.tables.items.get(name, {}) for name in ("ledger", "exceptions")}
        copy: dict[str, Any] = json.loads(json.dumps(kept))
        return copy

    def restore(self, backup: dict[str, Any]) -> None:
        """The ledger and the exceptions are as they were; the list of erasures is a table of its own and stays."""
        self.tables.items |= json.loads(json.dumps(backup))

    def comes_back(self, role: Role) -> None:
        """A system is restored from a backup too: it knows Ada again."""
        [row] = self.books[role].of("customer")
        self.books[role].change(row.record.key, email=ADA.email, first_name="Ada", last_name="King", phone=ADA.phone)
