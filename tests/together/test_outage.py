"""One vendor is down for an hour while 1,000 orders come in: nobody waits but for it, and nothing is lost.

In-memory vendors, the real runner, brakes and ledger, and a queue that hands out four notices at a time, on the
virtual clock of the convergence test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random

import pytest
from tests.convergence.fates import Fate, Sent
from tests.convergence.shop import SHOP
from tests.convergence.world import SYSTEMS, World

from cashpath.notice import Notice
from cashpath.records import Customer, RecordKey
from cashpath_sandbox.memory import Books

pytestmark = pytest.mark.xdist_group("outage")
ORDERS = 1_000
HOUR = 3_600_000  # ms
FIRST_REST = 7_500  # ms: the shortest rest of a system that did not answer (brakes.FIRST_BRAKE, half of it)
PROBES = 14  # rests that double from there to 15 minutes, and never fall below half of that, in an hour


@dataclass
class Outage:
    """What becomes of requests: those to the ERP find nobody while it is down. `met` is when they did."""

    met: list[int] = field(default_factory=list)
    down: bool = False
    world: World | None = None

    def __call__(self, sent: Sent) -> Fate:
        if self.down and sent.to == SYSTEMS["erp"]:
            assert self.world is not None
            self.met.append(self.world.clock.ms)
            return Fate(what="down")
        return Fate(before=20)


class Hour:
    """The hour, and what was seen of it."""

    def __init__(self) -> None:
        self.outage = Outage()
        self.world = World(self.outage, Random(7))
        self.outage.world = self.world
        self.sends = 0
        self.served: list[str] = []
        self.world.edit("1001")
        self.template = self.world.shop.order("1001")
        put = self.world.queue.put

        def counted(notice: Notice, delay: int = 0) -> None:
            self.sends += 1
            put(notice, delay)

        self.world.queue.put = counted  # type: ignore[method-assign]
        self.given_up: list[Notice] = []
        file = self.world.sender.dead_letter

        def kept(notice: Notice, cause: Mapping[str, str], since: int) -> None:
            self.given_up.append(notice)
            file(notice, cause, since)

        self.world.sender.dead_letter = kept
        self.began = self.world.clock.ms

    def passes(self) -> None:
        """Orders arrive all through the hour, then the vendor is back and all is worked off."""
        clock = self.world.clock
        self.outage.down = True
        for n in range(ORDERS):
            clock.run(until=self.began + n * HOUR // ORDERS)
            self.places(n)
        clock.run(until=self.began + HOUR)

    def returns(self) -> None:
        """The vendor answers again."""
        self.outage.down = False
        assert self.world.clock.run(events=1_000_000), "the queue never ends"

    def places(self, n: int) -> None:
        """Somebody new orders."""
        shop = self.world.books[SHOP]
        buyer = RecordKey(SHOP, "customer", f"c{n}-{n}")
        email = f"ada{n}@example.com"
        shop.add(Customer(key=buyer, email=email, first_name="Ada"), id=buyer.id)
        key = RecordKey(SHOP, "order", f"{2000 + n}")
        order = replace(self.template, key=key, number=f"#{key.id}", customer=buyer, email=email)
        shop.add(order, id=key.id)
        self.world.notify(key, self.world.clock.ms)


@pytest.fixture(scope="module")
def hour() -> Hour:
    lived = Hour()
    lived.passes()
    lived.served = orders(lived.world.books[SYSTEMS["crm"]])
    lived.returns()
    return lived


def orders(books: Books) -> list[str]:
    """The orders of the shop that a system holds, as often as it holds them."""
    return sorted(str(row.origin) for row in books.of("order"))


ALL = sorted(f"shop/order/{2000 + n}" for n in range(ORDERS))


def test_the_others_are_served_while_one_vendor_is_down(hour: Hour) -> None:
    assert len(hour.served) >= ORDERS - 1  # the last one came as the hour ended


def test_a_vendor_that_is_down_is_no_exception(hour: Hour) -> None:
    assert len(hour.given_up) <= 1


def test_a_vendor_that_is_down_is_probed_once_in_each_waiting_interval(hour: Hour) -> None:
    first, *later = hour.outage.met
    apart = [b - a for a, b in zip([first, *later], later, strict=False) if b - first > 1_000]
    assert apart
    assert min(apart) >= FIRST_REST
    assert len(apart) <= PROBES


def test_waiting_for_a_vendor_spends_no_retry(hour: Hour) -> None:
    assert hour.world.queue.failures == []
    assert hour.world.queue.dead == []
    assert hour.world.queue.starts == hour.sends


def test_everything_is_carried_over_once_the_vendor_is_back(hour: Hour) -> None:
    assert orders(hour.world.books[SYSTEMS["erp"]]) == ALL
    assert orders(hour.world.books[SYSTEMS["crm"]]) == ALL
