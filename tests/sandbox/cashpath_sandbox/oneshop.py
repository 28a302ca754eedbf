"""A shop with its four systems in memory, run as create_orders would run: read, plan, carry out, as often as asked."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cashpath.flows import create_orders
from cashpath.flows.parts.view import OrderView
from cashpath.ledger.seen import Seen, mark_name
from cashpath.notice import Notice
from cashpath.plan import Plan, Put
from cashpath.records import (
    Company,
    Customer,
    Line,
    Money,
    Order,
    Record,
    RecordKey,
    Recurring,
    Role,
    Variant,
)
from cashpath.settings.slices import Rules
from cashpath_sandbox.desk import NAMES, MemoryDesk

MONTHLY = Recurring(interval="month", biller="billing")
ANALYTICAL = Company(
    key=RecordKey(NAMES["storefront"], "company", "5"), name="Analytical Engines", tax_id="DE123456789"
)
ADA = Customer(key=RecordKey(NAMES["storefront"], "customer", "7"), email="ada@example.com", first_name="Ada")


class Shop:
    """What people and systems do around one order, and what create_orders makes of it."""

    def __init__(self) -> None:
        self.desk = MemoryDesk()
        self.rules = Rules(cutover="2026-01-01", live=False)
        self.root = RecordKey(NAMES["storefront"], "order", "1001")
        self.written: dict[str, str] = {}
        self.trusted = True

    # what is in the systems
    def key(self, kind: str, id: str, role: Role = "storefront") -> RecordKey:
        return RecordKey.parse(f"{NAMES[role]}/{kind}/{id}")

    def knows(self, *records: Record, role: Role = "storefront") -> None:
        for record in records:
            self.desk.has(role, record)

    def sells(self, sku: str, role: Role = "storefront", id: str = "") -> RecordKey:
        variant = Variant(key=self.key("variant", id or f"v-{sku}", role), sku=sku, title=sku.title())
        self.knows(variant, role=role)
        return variant.key

    def line(self, sku: str = "MUG", quantity: int = 2, price: str = "10.00", **values: Any) -> Line:
        money = Money.of(price, "EUR")
        named = {"key": f"l-{sku}", "variant": self.key("variant", f"v-{sku}"), **values}
        return Line(title=sku.title(), sku=sku, quantity=quantity, unit_price=money, **named)

    def worth(self, lines: Iterable[Line]) -> Money:
        """What the lines make."""
        return Money.sum((line.amount for line in lines), "EUR")

    def places(self, *lines: Line, role: Role = "storefront", **values: Any) -> Order:
        """An order in the storefront, or a deal in the CRM; its total is what its lines make."""
        said = {
            "number": f"#{self.root.id}",
            "ordered_at": datetime(2026, 5, 31, 10, tzinfo=UTC),
            "currency": "EUR",
            "customer": ADA.key,
            "total": self.worth(lines),
            "total_tax": Money.zero("EUR"),
        }
        order = Order(key=replace(self.root, system=NAMES[role]), lines=lines, **{**said, **values})
        self.root = order.key
        self.knows(order, role=role)
        return order

    def wins(self, *lines: Line, **values: Any) -> Order:
        return self.places(*lines, role="crm", **{"state": "won", "sold_as": "deal", **values})

    def edits(self, order: Order, *lines: Line, **values: Any) -> None:
        """The order's owner changes it; its total follows its lines."""
        if lines:
            values |= {"lines": lines, "total": self.worth(lines)}
        role: Role = "crm" if order.key.system == NAMES["crm"] else "storefront"
        self.desk.books[role].change(order.key, **values)

    def pays_by_card(self, email: str = ADA.email) -> None:
        """Billing knows the customer, and may charge them."""
        payer = Customer(key=self.key("customer", "cus_1", "billing"), email=email, payable=True)
        self.knows(payer, role="billing")

    # what the flow does
    def view(self, about: RecordKey | None = None, version: int | None = None) -> OrderView:
        """What a pass reads for a notice of the root, or of another of its records."""
        self.desk.asked.clear()
        at = about or self.root
        notice = Notice(flow="create_orders", system=at.system, kind=at.kind, id=at.id, received=0, version=version)
        seen = Seen(
            root=self.root,
            fingerprints=self.written if self.trusted else {},
            milestones=dict.fromkeys(self.desk.milestones, 0),
            trusted=self.trusted,
        )
        return create_orders.read(self.desk, notice, seen)

    def plan(self) -> Plan:
        return create_orders.plan(self.view(), self.rules)

    def passes(self, times: int = 1) -> Plan:
        """Read, plan and carry out."""
        for _ in range(times):
            plan = self.plan()
            self.desk.carry_out(plan)
            for put in plan.writes:
                if isinstance(put, Put) and put.when != "ensure":
                    self.written[mark_name("create_orders", NAMES[put.role], put.record.key)] = "…"
        return plan

    # what came of it
    def held(self, role: Role, kind: str) -> list[Any]:
        return [row.record for row in self.desk.books[role].of(kind)]  # type: ignore[arg-type]

    def only(self, role: Role, kind: str) -> Any:
        """The one record of a kind that a system holds."""
        [record] = self.held(role, kind)
        return record


def puts(plan: Plan) -> list[tuple[str, str]]:
    """Where each write of a plan goes, and of what kind it is."""
    return [
        (write.role, write.record.key.kind if isinstance(write, Put) else f"join {write.key.kind}")
        for write in plan.writes
    ]
