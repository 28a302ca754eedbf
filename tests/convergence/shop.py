"""What the shop sells in a history: two orders of one buyer, and what each edit makes of them.

The generator knows the owner's last state: `Shop.order(name)` is the truth that every target must hold in the end.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from cashpath.records import Customer, Line, Money, Order, RecordKey, Recurring, SystemId, Variant
from cashpath_sandbox.memory import Books

Buyers = Literal["one account", "two accounts", "guests"]
SHOP = SystemId("shop")
EMAIL = "ada@example.com"
ORDERS = ("1001", "1002")
ORDERED = datetime(2026, 3, 2, 8, tzinfo=UTC)
MONTHLY = Recurring(interval="month", biller="billing")


@dataclass
class Shop:
    """The storefront's side of a history. An edit is a number: contents repeat while versions do not, every fifth
    cancels (protocol.py, `content`)."""

    books: Books
    buyers: Buyers = "one account"
    recurring: bool = False
    edits: dict[str, int] = field(default_factory=dict)

    def open(self) -> None:
        """Customers and products are there before anybody orders."""
        self.books.add(_variant("v1", "MUG"), id="v1")
        if self.recurring:
            self.books.add(_variant("v2", "COFFEE"), id="v2")
        for name in {"one account": ("c1",), "two accounts": ("c1", "c2"), "guests": ()}[self.buyers]:
            key = RecordKey(SHOP, "customer", name)
            self.books.add(Customer(key=key, email=EMAIL, first_name="Ada", last_name="Byron"), id=name)

    def edit(self, name: str) -> None:
        """Place the order, or change it once more. What recurs is not sold again once it is cancelled: reviving a
        subscription is a person's work."""
        if self.recurring and name in self.edits and self.order(name).state == "cancelled":
            return
        self.edits[name] = self.edits.get(name, -1) + 1
        order = self.order(name)
        if self.edits[name] == 0:
            self.books.add(order, id=name)
        else:
            self.books.change(order.key, lines=order.lines, total=order.total, state=order.state)

    def order(self, name: str) -> Order:
        """The order as it stands after the edits made so far."""
        edit = self.edits[name]
        lines = self._lines(1 + edit % 2)
        accounts = {"one account": "c1", "two accounts": f"c{ORDERS.index(name) + 1}", "guests": ""}
        account = accounts[self.buyers]
        return Order(
            key=RecordKey(SHOP, "order", name),
            number=f"#{name}",
            ordered_at=ORDERED,
            currency="EUR",
            total=Money.sum((line.amount for line in lines), "EUR"),
            total_tax=Money.zero("EUR"),
            state="cancelled" if edit % 5 == 4 else "open",
            customer=RecordKey(SHOP, "customer", account) if account else None,
            email=EMAIL,
            lines=lines,
        )

    def _lines(self, quantity: int) -> tuple[Line, ...]:
        mug = Line(
            key="l1",
            title="Mug",
            quantity=quantity,
            unit_price=Money(1200, "EUR"),
            variant=RecordKey(SHOP, "variant", "v1"),
            sku="MUG",
        )
        if not self.recurring:
            return (mug,)
        return (
            mug,
            Line(
                key="l2",
                title="Coffee",
                quantity=quantity,
                unit_price=Money(900, "EUR"),
                variant=RecordKey(SHOP, "variant", "v2"),
                sku="COFFEE",
                recurring=MONTHLY,
            ),
        )


def _variant(id: str, sku: str) -> Variant:
    recurring = MONTHLY if sku == "COFFEE" else None
    return Variant(
        key=RecordKey(SHOP, "variant", id), sku=sku, title=sku.title(), price=Money(1200, "EUR"), recurring=recurring
    )
