"""One history's world: four in-memory vendors, ledger, queue and the real runner of create_orders, on a virtual clock.

Each worker runs in an environment of its own, as warm Lambdas do, which is thrown away when it is killed in it. The
ledger is the real one over an in-memory DynamoDB.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from cashpath.flows import create_orders
from cashpath.flows.manifest import FLOWS
from cashpath.ledger.exceptions import Exceptions
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.tables import EXCEPTIONS, LEDGER
from cashpath.notice import Notice
from cashpath.reconcile import Asked, Reconcile
from cashpath.records import BrandId, Customer, Kind, RecordKey, Role, SystemId
from cashpath.runner import Outcome, Runner
from cashpath.settings.slices import BrandSlice, FlowSlice, Rules, SystemSlice
from cashpath.systems.port import System
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.memory import Books, MemorySystem, facts
from cashpath_sandbox.memory_dynamo import Tables

from .clockwork import START, Clock
from .fates import Fates, Wires
from .filed import Office
from .shop import SHOP, Buyers, Shop
from .sqs import Sender, Sqs, Swept
from .tables import Wired, ledger_over
from .targets import MemoryTarget, SystemTarget, Target

FLOW = "create_orders"
BRAND = BrandId("mugs")
SYSTEMS: dict[Role, SystemId] = {
    "storefront": SHOP,
    "crm": SystemId("crm"),
    "billing": SystemId("billing"),
    "erp": SystemId("erp"),
}
TARGETS = (SystemId("crm"), SystemId("billing"), SystemId("erp"))
SEARCH_LAG = 15_000  # ms by which a search may be behind
LIFETIME = FLOWS[FLOW].timeout * 1000  # ms a worker lives


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What sort of world it is; times in ms. `shop_lag` and `crm_lag` are declared, reads lag by less."""

    buyers: Buyers = "one account"
    recurring: bool = False
    shop_lag: int = 0
    crm_lag: int = 0
    resolution: int = 1
    echoes: float = 0.0
    tag: str = ""


def settings() -> FlowSlice:
    """One brand, live, whose cutover is long past."""
    brand = BrandSlice(
        id=BRAND, systems=SYSTEMS, modes={FLOW: "live"}, rules=Rules(cutover="2020-01-01T00:00:00+00:00")
    )
    systems = {
        system: SystemSlice(id=system, vendor="memory", role=role, secret=f"{system}-secret")
        for role, system in SYSTEMS.items()
    }
    return FlowSlice(stage="test", flow=FLOW, systems=systems, brands={brand.id: brand})


@dataclass
class World:
    """Everything, and what was emitted. `rng` decides what no fate does: polling, jitter, which message comes first.
    `skew` says by how much (ms) the clock of the next function's machine is off. `tables` is the DynamoDB client that
    the ledgers share, `erp` makes an ERP in place of the in-memory one."""

    fates: Fates
    rng: Random
    setting: Setting = field(default_factory=Setting)
    poll: Callable[[], int] = int
    twice: Callable[[], bool] = bool
    lag: Callable[[int], int] = lambda most: 0
    skew: Callable[[], int] = int
    tables: Any = field(default_factory=lambda: Tables({"ledger": LEDGER, "exceptions": EXCEPTIONS}))
    erp: Callable[[Wires], SystemTarget] | None = None
    clock: Clock = field(default_factory=Clock)
    emitted: list[Notice] = field(default_factory=list)
    outcomes: list[tuple[int, Notice, Outcome]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.wires = Wires(self.clock, self.fates, self.setting.tag)
        self.books = {
            system: Books(system, self.clock.now, resolution=self.setting.resolution) for system in SYSTEMS.values()
        }
        lags = {SHOP: self.setting.shop_lag, SYSTEMS["crm"]: self.setting.crm_lag}
        self.systems: dict[SystemId, System] = {
            system: MemorySystem(
                self.books[system],
                facts(role, read_lag=timedelta(milliseconds=lags.get(system, 0))),
                wire=self.wires.to(system),
                lag=partial(self.lag, lags.get(system, 0)),
                search_lag=partial(self.lag, SEARCH_LAG),
            )
            for role, system in SYSTEMS.items()
        }
        self.queue = Sqs(self.clock, self.rng, self._handle, LIFETIME, poll=self.poll, twice=self.twice)
        self.office = Office(self.clock, self.exceptions(), self.ledger(), delay=self.poll, twice=self.twice)
        self.sender = Sender(self.queue, self.wires.to("queue"), self.office.give_up)
        self.shop = Shop(self.books[SHOP], self.setting.buyers, self.setting.recurring, self.setting.tag)
        self.targets: dict[SystemId, Target] = {target: MemoryTarget(self.books[target]) for target in TARGETS}
        if self.erp is not None:
            self.targets[SYSTEMS["erp"]] = erp = self.erp(self.wires)
            self.systems[SYSTEMS["erp"]] = erp.system
        self._warm: list[Runner] = []
        self.shop.open()
        if self.setting.recurring:  # the buyer's card was saved at checkout
            card = Customer(key=RecordKey(SYSTEMS["billing"], "customer", ""), email=self.shop.email, payable=True)
            self.books[SYSTEMS["billing"]].add(card, id="cus_1")
        self.clock.ms += 60_000

    # --- the function
    def runner(self) -> Runner:
        """A fresh environment of the flow's function, on a machine whose clock is a little off."""
        skew = timedelta(milliseconds=self.skew())

        def now() -> datetime:
            return self.clock.now() + skew

        return Runner(
            settings(),
            create_orders,
            ledger=ledger_over(self._client(), now),
            exceptions=Exceptions("exceptions", now=now, client=self._client()),
            queues=self.sender,
            connect=self.systems.__getitem__,
            now=now,
            rng=self.rng,
        )

    def grow_cold(self) -> None:
        """No environment of the function is warm any more."""
        self._warm.clear()

    def ledger(self) -> Ledger:
        """The real ledger over this world's table."""
        return ledger_over(self._client(), self.clock.now)

    def exceptions(self) -> Exceptions:
        """The real exceptions over this world's table."""
        return Exceptions("exceptions", now=self.clock.now, client=self._client())

    def _client(self) -> Wired:
        return Wired(self.tables, self.wires.to("ledger"))

    def _handle(self, notice: Notice) -> None:
        runner = self._warm.pop() if self._warm else self.runner()
        outcome = runner.handle(notice)
        self._warm.append(runner)
        self.outcomes.append((self.clock.ms, notice, outcome))

    # --- the outside world
    def notify(self, key: RecordKey, version: int | None, *, after: int = 0, received: int = 0) -> None:
        """A webhook: `received` ms off our clock, taken by its queue `after` ms from now."""
        self.emit(self._notice(key, version, self.clock.ms + received), after)

    def emit(self, notice: Notice, after: int = 0) -> None:
        self.emitted.append(notice)
        self.queue.put(notice, after)

    def _notice(self, key: RecordKey, version: int | None, received: int) -> Notice:
        return Notice(flow=FLOW, system=key.system, kind=key.kind, id=key.id, received=received, version=version)

    def edit(self, name: str, *, wrong: bool = False) -> tuple[RecordKey, int]:
        """Edit the order in the shop; its key and its version, for a notice."""
        self.shop.edit(name, wrong=wrong)
        key = self.shop.key(name)
        row = self.books[SHOP].current("order", key.id)
        assert row is not None
        return key, row.version

    def redrive(self, name: str) -> None:
        """An operator sends the order through once more, whatever the ledger knows of it."""
        notice = self._notice(self.shop.key(name), None, self.clock.ms)
        self.queue.put(replace(notice, trigger="redrive", attempt=1))

    def reconcile(self) -> None:
        """One sweep over all systems, of all that ever changed."""

        sweep = Reconcile(
            settings(),
            ledger=self.ledger(),
            queues=Swept(self._swept),
            connect=self.systems.__getitem__,
            now=self.clock.now,
        )
        sweep.sweep(Asked(systems=list(SYSTEMS.values()), since=START - timedelta(days=1)))

    def _swept(self, notice: Notice) -> None:
        """A notice of the sweep for this flow; what other histories left in an ERP that they share is not ours."""
        if notice.flow == FLOW and (self.erp is None or notice.system != SYSTEMS["erp"] or self._is_ours(notice)):
            self.emit(notice)

    def _is_ours(self, notice: Notice) -> bool:
        made = (self.targets[SYSTEMS["erp"]].made_for("order", self.shop.key(name)) for name in self.shop.edits)
        return any(notice.id in ids for ids in made)

    def drain(self) -> bool:
        """Let everything come to its end. Whether it did."""
        return self.clock.run()

    def redeliver(self) -> int:
        """Deliver all that was ever emitted again, received now; how many requests then changed anything."""
        before = self.writes()
        for notice in list(self.emitted):
            self.queue.put(self._notice(RecordKey.parse(_record(notice)), notice.version, self.clock.ms))
        self.drain()
        return self.writes() - before

    def writes(self) -> int:
        """How many requests changed anything in a target so far."""
        return sum(target.writes for target in self.targets.values())


def _record(notice: Notice) -> str:
    return f"{notice.system}/{notice.kind}/{notice.id}"


WATCHED: dict[SystemId, Kind] = {SYSTEMS["crm"]: "order", SYSTEMS["erp"]: "order", SYSTEMS["billing"]: "subscription"}
__all__ = ["TARGETS", "WATCHED", "Killed", "Setting", "World"]
