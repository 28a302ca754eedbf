"""One product in four systems in memory, run as sync_catalog would run: read, plan, carry out."""

from dataclasses import dataclass, field, replace
from typing import Any

from cashpath.flows import sync_catalog
from cashpath.flows.parts.goods import GoodsView
from cashpath.ledger.seen import ReadMark, Seen, mark_name
from cashpath.notice import Notice
from cashpath.ownership import Ownership, catalogue_of
from cashpath.plan import Plan
from cashpath.records import Money, Product, RecordKey, Recurring, Role, Variant
from cashpath.settings.slices import Rules
from cashpath_sandbox.desk import NAMES, MemoryDesk

MONTHLY = Recurring(interval="month", biller="billing")


@dataclass
class Catalogue:
    """What people do with products in four systems, and what sync_catalog makes of it."""

    desk: MemoryDesk = field(default_factory=MemoryDesk)
    reads: dict[str, ReadMark] = field(default_factory=dict)

    @property
    def rules(self) -> Rules:
        return self.desk.rules

    def decides(self, **values: Any) -> None:
        """The brand's rules."""
        self.desk.rules = replace(self.desk.rules, **values)

    def belongs_to(self, role: Role) -> None:
        """Who decides the catalogue."""
        self.decides(ownership=Ownership(owners=catalogue_of(role)))

    def offers(self, title: str, role: Role = "storefront", id: str = "p1") -> RecordKey:
        """A product, without variants yet."""
        return self.desk.has(role, Product(key=RecordKey(NAMES[role], "product", id), title=title))

    def sells(self, sku: str, product: RecordKey | None = None, role: Role = "storefront", **values: Any) -> RecordKey:
        """A variant, of a product where one is named."""
        key = RecordKey(NAMES[role], "variant", values.pop("id", f"{role[0]}-{sku}"))
        said = {"title": sku.title(), "price": Money(1200, "EUR"), **values}
        return self.desk.has(role, Variant(key=key, sku=sku, product=product, **said))

    def view(self, root: RecordKey, about: RecordKey | None = None) -> GoodsView:
        at = about or root
        notice = Notice(flow="sync_catalog", system=at.system, kind=at.kind, id=at.id, received=0)
        view = sync_catalog.read(self.desk, notice, Seen(root=root, reads=self.reads))
        self.reads |= {mark_name("sync_catalog", r.at.system, r.at): ReadMark(began=1) for r in view.readings}
        return view

    def plan(self, root: RecordKey, about: RecordKey | None = None) -> Plan:
        return sync_catalog.plan(self.view(root, about), self.rules)

    def passes(self, root: RecordKey, times: int = 1) -> Plan:
        for _ in range(times):
            plan = self.plan(root)
            self.desk.carry_out(plan)
        return plan

    def held(self, role: Role, kind: str = "variant") -> dict[str, Any]:
        """What a role holds, by SKU; products by title."""
        rows = [row.record for row in self.desk.books[role].of(kind)]  # type: ignore[arg-type]
        return {getattr(record, "sku", "") or record.title: record for record in rows}  # type: ignore[attr-defined]

    def edits(self, role: Role, of: str, /, **values: Any) -> None:
        """Somebody changes the variant with this SKU."""
        self.desk.books[role].change(self.held(role)[of].key, **values)
