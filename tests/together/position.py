"""One order on its way through all systems, and one moment at which its function is ended."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from cashpath.notice import Notice
from cashpath_sandbox.killable import KillableTransport
from cashpath_sandbox.shopify.basket import Basket, Item, Person
from cashpath_sandbox.shopify.placed import order
from cashpath_sandbox.together import Together
from cashpath_sandbox.together_found import Found, found, marks, told_apart
from cashpath_sandbox.tryton.server import Tryton

BILLED = [
    {"namespace": "cashpath", "key": name, "value": value}
    for name, value in (("biller", "billing"), ("interval", "month"), ("interval_count", "1"))
]
THREE_DAYS = timedelta(days=3)


@dataclass(frozen=True)
class Moment:
    """The `at`-th request to a place, and what happens there: the process ends before or after it (`kill_…`), its
    answer is lost (`cut_after`), or lost and asked for again by AWS's client (`repeated`)."""

    place: str
    at: int
    effect: str

    def __str__(self) -> str:
        return f"{self.effect} request {self.at} to {self.place}"


class Position:
    """A fresh order of a fresh company in a fresh world; only a Tryton is shared, which tells them apart by `n`.
    `card`: whether the buyer's card is on file."""

    def __init__(self, n: int = 1, tryton: Tryton | None = None, *, card: bool = True) -> None:
        self.tag = f"{n:05}"
        self.world = Together(tryton=tryton)
        self.marks = marks(self.world)
        email = f"ada{self.tag}@example.com"
        company = {
            "id": 910_000 + n,
            "location_id": 920_000 + n,
            "name": f"Kontor {self.tag}",
            "tax_registration_id": f"DE8{self.tag}11",
        }
        basket = Basket(
            items=[
                Item(title=f"Mug {self.tag}", sku=f"MUG-{self.tag}", price=1490, quantity=2),
                Item(title=f"Care {self.tag}", sku=f"CARE-{self.tag}", price=1900, shipped=False, metafields=BILLED),
            ],
            buyer=Person(first="Ada", last=f"Brandt {self.tag}", email=email, company=company),
        )
        if card:
            self.world.billing.checked_out(email, "Ada")
        self.order = self.world.shop.place_order(order(basket, n, self.world.clock()).body)
        self.world.clock.move(timedelta(seconds=5))
        self.notice = self._told()

    def _told(self) -> Notice:
        return self.world.tell(self.order)

    def spoil(self, moment: Moment) -> None:
        """Let it happen."""
        place: Any = self.world.places[moment.place]
        place.misbehave(moment.at, moment.effect)

    def redrive(self) -> None:
        """An operator redrives the order three days later."""
        self.world.later(THREE_DAYS)
        received = int(self.world.clock().timestamp() * 1000)
        again = replace(self.notice, received=received, trigger="redrive", attempt=self.notice.attempt + 1)
        self.world.queue.put(again)
        self.world.drains()

    def run_once(self) -> None:
        """Hand the one message to the function once, however that ends."""
        self.world.queue.next(self.world.run)

    def card_saved(self) -> None:
        """The buyer adds a card in billing."""
        [customer] = [id for id in self.world.billing.kept.added if id.startswith("cus_")]
        self.world.billing.save_card(customer)

    def lose_all(self) -> None:
        """SQS gave all messages up."""
        self.world.queue.messages.clear()

    def found(self) -> Found:
        """What the systems hold, but for the position's own names."""
        return told_apart(found(self.world, self.marks), self.tag, self.order)

    def moments(self) -> Iterator[Moment]:
        """Every moment at which what was just done could have ended otherwise."""
        for place, held in self.world.places.items():
            lost = ["cut_after"] if isinstance(held, KillableTransport) or place == "erp" else ["cut_after", "repeated"]
            for at in range(len(held.sent)):
                for effect in ("kill_before", "kill_after", *lost):
                    yield Moment(place, at, effect)
