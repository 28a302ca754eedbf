"""What the shop sells in a history: two orders of one buyer, and what each edit makes of them.

The generator knows the owner's last state: `Shop.order(name)` is the truth that every target must hold in the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from cashpath.records import Customer, Kind, Line, Money, Order, RecordKey, Recurring, SystemId, Variant
from cashpath_sandbox.memory import Books

Buyers = Literal["one account", "two accounts", "guests"]
SHOP = SystemId("shop")
ORDERS = ("1001", "1002")
ORDERED = datetime(2026, 3, 2, 8, tzinfo=UTC)
MONTHLY = Recurring(interval="month", biller="billing")


@dataclass
class Shop:
    """The storefront's side of a history. An edit is a number: contents repeat while versions do not, every fifth
    cancels (protocol.py, `content`). An order that is `wrong` does not add up. `tag` ends every name, so that
    histories may share a system."""

    books: Books
    buyers: Buyers = "one account"
    recurring: bool = False
    tag: str = ""
    edits: dict[str, int] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)

    def open(self) -> None:
        """Customers and products are there before anybody orders."""
        for line, sku in self.sold().items():
            key = self._key("variant", line)
            recurring = MONTHLY if line == "l2" else None
            thing = Variant(key=key, sku=sku, title=sku.title(), price=Money(1200, "EUR"), recurring=recurring)
            self.books.add(thing, id=key.id)
        for name in {"one account": ("c1",), "two accounts": ("c1", "c2"), "guests": ()}[self.buyers]:
            key = self._key("customer", name)
            self.books.add(Customer(key=key, email=self.email, first_name="Ada", last_name="Byron"), id=key.id)

    @property
    def email(self) -> str:
        """The buyer's address, whichever account she uses."""
        return f"ada{self.tag.lower()}@example.com"

    def sold(self) -> Mapping[str, str]:
        """What is sold, as article number by order line."""
        sold = {"l1": f"MUG{self.tag}", "l2": f"COFFEE{self.tag}"}
        return sold if self.recurring else {"l1": sold["l1"]}

    def key(self, name: str) -> RecordKey:
        """The key of an order."""
        return self._key("order", name)

    def buyer(self, name: str) -> RecordKey:
        """The canonical key of an order's buyer: her account, or what the order describes."""
        match self.buyers:
            case "one account":
                return self._key("customer", "c1")
            case "two accounts":
                return self._key("customer", f"c{ORDERS.index(name) + 1}")
        return RecordKey(SHOP, "customer", f"order-{self.key(name).id}")

    def _key(self, kind: Kind, name: str) -> RecordKey:
        return RecordKey(SHOP, kind, f"{name}{self.tag}")

    def edit(self, name: str, *, wrong: bool = False) -> None:
        """Place the order, or change it once more. What recurs is not sold again once it is cancelled: reviving a
        subscription is a person's work."""
        if self.recurring and name in self.edits and self.order(name).state == "cancelled":
            return
        self.edits[name] = self.edits.get(name, -1) + 1
        cancelled = self.edits[name] % 5 == 4
        self.wrong = self.wrong | {name} if wrong and not cancelled else self.wrong - {name}
        order = self.order(name)
        if self.edits[name] == 0:
            self.books.add(order, id=order.key.id)
        else:
            self.books.change(order.key, lines=order.lines, total=order.total, state=order.state)

    def order(self, name: str) -> Order:
        """The order as it stands after the edits made so far."""
        edit = self.edits[name]
        lines = self._lines(1 + edit % 2)
        return Order(
            key=self.key(name),
            number=f"#{name}",
            ordered_at=ORDERED,
            currency="EUR",
            total=Money.sum((line.amount for line in lines), "EUR") + Money(int(name in self.wrong), "EUR"),
            total_tax=Money.zero("EUR"),
            state="cancelled" if edit % 5 == 4 else "open",
            customer=None if self.buyers == "guests" else self.buyer(name),
            email=self.email,
            lines=lines,
        )

    def _lines(self, quantity: int) -> tuple[Line, ...]:
        return tuple(
            Line(
                key=line,
                title=sku.title(),
                quantity=quantity,
                unit_price=Money(1200, "EUR"),
                variant=self._key("variant", line),
                sku=sku,
                recurring=MONTHLY if line == "l2" else None,
            )
            for line, sku in self.sold().items()
        )
