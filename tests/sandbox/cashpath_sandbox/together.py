"""One shop, its systems and the real runner of a flow in one process, without Lambda: what can be killed at any
request, on a clock that a test moves.

Stand-ins of Shopify and HubSpot, localstripe behind its proxy, a real Tryton or the in-memory ERP; the real connectors
behind transports that kill; the real ledger over an in-memory DynamoDB.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from random import Random
from typing import Any

import httpx

from cashpath.aws.queues import Queues
from cashpath.ledger.exceptions import Exceptions
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.tables import EXCEPTIONS, LEDGER
from cashpath.notice import Notice
from cashpath.records import BrandId, RecordKey, Role, SystemId
from cashpath.runner import Outcome, Runner
from cashpath.settings.slices import BrandSlice, FlowSlice, Rules, SystemSlice
from cashpath.systems.connection import Connection, Secret
from cashpath.systems.port import System
from cashpath.systems.registry import connector
from cashpath_sandbox import together_steps as steps
from cashpath_sandbox.hubspot import HubSpot
from cashpath_sandbox.killable import KillableTransport, Killed
from cashpath_sandbox.memory import Books, MemorySystem, facts
from cashpath_sandbox.memory_dynamo import Tables
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.stripe.kept import API_KEY
from cashpath_sandbox.stripe.running import in_process
from cashpath_sandbox.subject import MovableClock
from cashpath_sandbox.together_queue import DEAD_LETTERS, QUEUE, Queue
from cashpath_sandbox.tryton.server import Tryton
from cashpath_sandbox.tryton.setup import COMPANY

FLOW = "create_orders"
SHOP, CRM, BILLING, ERP = (SystemId(name) for name in ("shop", "crm", "billing", "erp"))
SYSTEMS: Mapping[Role, SystemId] = {"storefront": SHOP, "crm": CRM, "billing": BILLING, "erp": ERP}
VENDORS: Mapping[Role, str] = {"storefront": "shopify", "crm": "hubspot", "billing": "stripe", "erp": "tryton"}
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
MATCH_KEY = b"the key that emails are hashed with"


RULES = Rules(cutover="2020-01-01T00:00:00+00:00", live=False)


def settings(flow: str = FLOW, rules: Rules = RULES) -> FlowSlice:
    """One brand, live, whose cutover is long past and whose ERP holds no real books."""
    brand = BrandSlice(id=BrandId("demo"), systems=SYSTEMS, modes={flow: "live"}, rules=rules)
    systems = {
        system: SystemSlice(id=system, vendor=VENDORS[role], role=role, secret=f"{system}-secret")
        for role, system in SYSTEMS.items()
    }
    return FlowSlice(stage="test", flow=flow, systems=systems, brands={brand.id: brand})


@dataclass
class Together:
    """Everything around one flow. `tryton` is a running server; without one the ERP is in memory.

    `places` are where requests go: the vendors by system, `ledger`, `exceptions` and `queue`. Each counts what it was
    sent, and can be told to misbehave at one of its requests.
    """

    tryton: Tryton | None = None
    flow: str = FLOW
    rules: Rules = RULES
    clock: MovableClock = field(default_factory=lambda: MovableClock(START))
    outcomes: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shop = ShopifyStandin(clock=self.clock)
        self.portal = HubSpot(clock=self.clock, token="pat-eu1-test")
        self.billing = in_process(self.clock)
        self.books = Books(ERP, self.clock)
        self.tables = Tables({"ledger": LEDGER, "exceptions": EXCEPTIONS})
        self.queue = Queue(self.clock)
        standins: dict[SystemId, Any] = {SHOP: self.shop, CRM: self.portal, BILLING: self.billing}
        self.transports: dict[str, KillableTransport] = {
            id: KillableTransport(httpx.WSGITransport(app=app)) for id, app in standins.items()
        }
        self.wires = {name: steps.aws() for name in ("ledger", "exceptions", "queue")}
        if self.tryton:
            self.transports[ERP] = KillableTransport(httpx.HTTPTransport(verify=False))
        else:
            self.wires["erp"] = steps.vendor(ERP)
        self._process: Runner | None = None

    @property
    def places(self) -> Mapping[str, KillableTransport | steps.Steps]:
        """Where requests go."""
        return {**self.transports, **self.wires}

    # --- the function
    def ledger(self) -> Ledger:
        """The real ledger, behind a wire."""
        client = steps.Stepped(self.tables, self.wires["ledger"])
        return Ledger("ledger", now=self.clock, match_key=lambda: MATCH_KEY, client=client)

    def process(self) -> Runner:
        """A fresh process of the function: connectors that have asked nothing yet."""
        systems = {role: self._connected(role) for role in SYSTEMS}
        queue: Any = steps.Stepped(self.queue, self.wires["queue"])
        return Runner(
            settings(self.flow, self.rules),
            import_module(f"cashpath.flows.{self.flow}"),
            ledger=self.ledger(),
            exceptions=Exceptions(
                "exceptions", now=self.clock, client=steps.Stepped(self.tables, self.wires["exceptions"])
            ),
            queues=Queues({self.flow: QUEUE}, {self.flow: DEAD_LETTERS}, client=queue),
            connect={system: systems[role] for role, system in SYSTEMS.items()}.__getitem__,
            now=self.clock,
            rng=Random(0),
        )

    def _connected(self, role: Role) -> System:
        if role == "erp" and not self.tryton:
            return MemorySystem(self.books, facts("erp"), wire=self.wires["erp"])
        id = SYSTEMS[role]
        return connector(VENDORS[role])(
            Connection(
                id=id,
                options=self._options()[id],
                secret=lambda fresh=False: self._secrets()[id],
                now=self.clock,
                sleep=self.clock.sleep,
                transport=self.transports[id],
            )
        )

    def _options(self) -> Mapping[SystemId, Mapping[str, Any]]:
        erp = {"url": self.tryton.url, "database": self.tryton.database, "company": COMPANY} if self.tryton else {}
        return {
            SHOP: {"url": "http://shop.test", "shop": self.shop.shop},
            CRM: {"url": "http://hubspot.test", "portal": self.portal.portal, "currency": "EUR"},
            BILLING: {"url": "http://stripe.test", "live": False},
            ERP: erp,
        }

    def _secrets(self) -> Mapping[SystemId, Secret]:
        erp = {"user": self.tryton.user, "password": self.tryton.password} if self.tryton else {}
        return {
            SHOP: {"access_token": self.shop.token},
            CRM: {"access_token": self.portal.token},
            BILLING: {"api_key": API_KEY},
            ERP: erp,
        }

    def run(self, notice: Notice) -> None:
        """What the function does with a notice, in the warm process or in a fresh one."""
        self._process = self._process or self.process()
        try:
            self.outcomes.append(self._process.handle(notice))
        except Killed:
            self._process = None
            raise

    # --- what happens around it
    def tell(self, id: str, *, system: SystemId = SHOP, kind: str = "order", **values: Any) -> Notice:
        """A notice of a record, of an order of the shop where nothing else is said, in the queue."""
        received = int(self.clock().timestamp() * 1000)
        notice = Notice(flow=self.flow, system=system, kind=kind, id=id, received=received, **values)
        self.queue.put(notice)
        return notice

    def drains(self) -> None:
        """Let the function work until its queue is empty."""
        self.queue.drain(self.run)

    def later(self, by: timedelta) -> None:
        """Let time pass, and the process that was warm grow cold."""
        self.clock.move(by)
        self._process = None

    def open_claims(self, order: str) -> tuple[Any, ...]:
        """What the ledger still thinks is being created for an order."""
        seen = self.ledger().peek(RecordKey(SHOP, "order", order))
        return seen.claims if seen else ()
