"""One customer in four systems in memory, run as sync_customers would run: read, plan, carry out."""

from dataclasses import dataclass, field, replace
from typing import Any

from cashpath.flows import sync_customers
from cashpath.flows.parts.people import PeopleView
from cashpath.ledger.seen import Seen
from cashpath.notice import Notice
from cashpath.plan import Plan
from cashpath.records import Company, Customer, RecordKey, Role
from cashpath.settings.slices import Rules
from cashpath_sandbox.desk import NAMES, MemoryDesk

ADA = Customer(
    key=RecordKey(NAMES["storefront"], "customer", "7"),
    email="ada@example.com",
    first_name="Ada",
    last_name="King",
    phone="+441632960001",
    locale="en-GB",
)
ENGINES = Company(key=RecordKey(NAMES["storefront"], "company", "5"), name="Analytical Engines", tax_id="DE123456789")


@dataclass
class People:
    """What people do with customers in four systems, and what sync_customers makes of it."""

    desk: MemoryDesk = field(default_factory=MemoryDesk)
    milestones: set[str] = field(default_factory=set)
    absorbed: tuple[RecordKey, ...] = ()

    @property
    def rules(self) -> Rules:
        return self.desk.rules

    def decides(self, **values: Any) -> None:
        """The brand's rules."""
        self.desk.rules = replace(self.desk.rules, **values)

    def knows(self, record: Customer | Company, role: Role = "storefront", id: str = "") -> RecordKey:
        """A system has a record, under an id of its own."""
        key = RecordKey(NAMES[role], record.key.kind, id or record.key.id)
        return self.desk.has(role, replace(record, key=key))

    def view(self, root: RecordKey, **notice: Any) -> PeopleView:
        about = RecordKey.parse(notice.pop("about", str(root)))
        self.desk.roots.add(root)
        said = Notice(flow="sync_customers", system=about.system, kind=about.kind, id=about.id, received=0, **notice)
        seen = Seen(root=root, milestones=dict.fromkeys(self.milestones, 0), absorbed=self.absorbed)
        return sync_customers.read(self.desk, said, seen)

    def plan(self, root: RecordKey, **notice: Any) -> Plan:
        return sync_customers.plan(self.view(root, **notice), self.rules)

    def passes(self, root: RecordKey, times: int = 1, **notice: Any) -> Plan:
        for _ in range(times):
            plan = self.plan(root, **notice)
            self.desk.carry_out(plan)
        return plan

    def held(self, role: Role, kind: str = "customer") -> list[Any]:
        return [row.record for row in self.desk.books[role].of(kind)]  # type: ignore[arg-type]

    def only(self, role: Role, kind: str = "customer") -> Any:
        [record] = self.held(role, kind)
        return record

    def edits(self, role: Role, **values: Any) -> None:
        """Somebody changes the one customer that a system has."""
        self.desk.books[role].change(self.only(role).key, **values)
