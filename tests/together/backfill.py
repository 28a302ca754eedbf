"""A shop's backlog goes into stand-ins and, where it runs, a real Tryton: feeder and function by turns, in one process.

The feeder lists the shop through the real connector; whenever it rests, the function takes messages from the queue.
Either may be killed on the way, at any request of its own.
"""

import gc
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from cashpath.aws.queues import Queues
from cashpath.bulk.feeder import Backlog as Fed
from cashpath.bulk.feeder import Feeder
from cashpath.bulk.handler import Ended
from cashpath.flows import sync_customers
from cashpath.ledger.ledger import Ledger
from cashpath.notice import Notice
from cashpath.records import BrandId, Record, SystemId
from cashpath.systems.connection import Connection
from cashpath.systems.port import Reading, System
from cashpath.systems.registry import connector
from cashpath_sandbox.backlog import BILLING, BULK, CRM, ERP, SHOP, SYSTEMS, Backlog, Process
from cashpath_sandbox.memory import MemorySystem, facts
from cashpath_sandbox.together import VENDORS, Together
from cashpath_sandbox.tryton.server import Tryton

from .weight import weight

FLOW = "sync_customers"
TARGETS = (CRM, BILLING, ERP)
EVER = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 25  # customers who register in one second
MESSAGE = 60  # seconds that pass with each, at least
NAMED = 100  # bytes of a body that name what is asked, where an address does not
OURS = (Record, Reading, Notice, Ended)


@dataclass
class Gate(httpx.BaseTransport):
    """What a process sends to a vendor: nothing any more once the process is dead."""

    inner: httpx.BaseTransport
    process: Process

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        def send() -> httpx.Response:
            answer = self.inner.handle_request(request)
            answer.read()
            return answer

        name = f"{request.method} {request.url.path} {request.read()[:NAMED].decode(errors='replace')}"
        return self.process(name, send, writes=request.method != "GET")


class Vendors(Together):
    """The stand-ins, and a process's connectors to them."""

    def connected(self, process: Process) -> Mapping[SystemId, System]:
        return {id: self._through(id, process) for id in SYSTEMS.values()}

    def _through(self, id: SystemId, process: Process) -> System:
        role = next(role for role, system in SYSTEMS.items() if system == id)
        if id not in self.transports:
            return MemorySystem(self.books, facts(role), wire=process)
        return connector(VENDORS[role])(
            Connection(
                id=id,
                options=self._options()[id],
                secret=lambda fresh=False: self._secrets()[id],
                now=self.clock,
                sleep=self.clock.sleep,
                transport=Gate(self.transports[id], process),
            )
        )


def _ours_alive() -> int:
    gc.collect()
    return sum(isinstance(each, OURS) for each in gc.get_objects())


@dataclass
class Moved:
    """One move of so many customers. Message by message, `alive` is how many of our objects were left in memory and
    `weights` the bytes that the function's environment held; `words` tells how notices ended."""

    many: int
    tryton: Tryton | None = None
    alive: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.vendors = Vendors(tryton=self.tryton, flow=FLOW)
        self.backlog = Backlog(sync_customers, FLOW, clock=self.vendors.clock, connected=self.vendors.connected)
        people = [{"email": f"ada{n}@example.com", "first_name": "Ada", "last_name": f"B{n}"} for n in range(self.many)]
        self.customers = [self._registers(n, body) for n, body in enumerate(people)]
        self.vendors.shop.settle_search()
        self.before = {system: frozenset(self._ids(system)) for system in TARGETS}
        self._others = _ours_alive()  # constants of test modules that are imported as well

    def _registers(self, n: int, body: Mapping[str, str]) -> str:
        """Somebody registers, a few of them in each second: a mark that all shared would begin every feeder anew."""
        if n % SECOND == 0:
            self.vendors.clock.move(timedelta(seconds=1))
        return self.vendors.shop.put("customers", body)

    def feed(self, dies_at: int | None = None) -> int:
        """Run the feeder, which may be killed at one of its requests; how many it told of."""
        process, queue = Process(dies_at), self.backlog.queue
        feeder = Feeder(
            ledger=Ledger("ledger", now=self.vendors.clock, client=process.aws(self.backlog.tables), match_key=bytes),
            queues=Queues({}, {}, process.aws(queue), bulk={FLOW: BULK}),
            waiting=lambda: len(queue.messages[BULK]),
            now=self.vendors.clock,
            sleep=self._rest,
            told=lambda sent, why: None,
        )
        shop = self.vendors.connected(process)[SHOP]
        sent = feeder.feed(Fed(flow=FLOW, brand=BrandId("demo"), system=shop, kind="customer", since=EVER))
        feeder.drained(sent)
        return sent

    def _rest(self, seconds: float) -> None:
        """While the feeder rests, the function takes a message. It takes its time, so that what a process keeps for
        minutes is dropped on the way too."""
        self.vendors.clock.sleep(max(seconds, MESSAGE))
        self.backlog.step()
        self.words += self.backlog.words()
        self.backlog.ended.clear()
        self.alive.append(_ours_alive() - self._others)
        self.weights.append(weight(self.backlog.warm))

    # --- what came of it
    def _ids(self, system: SystemId) -> list[str]:
        self.vendors.clock.move(timedelta(minutes=1))  # HubSpot finds by a search, which lags
        there = self.vendors.connected(Process())[system]
        return [changed.key.id for changed in there.changed_since("customer", EVER)]

    def origins(self, system: SystemId) -> Counter[str]:
        """Of whom each customer of a system was made that was not there before, as its own records say."""
        there = self.vendors.connected(Process())[system]
        ids = sorted(set(self._ids(system)) - self.before[system])
        pages = [ids[n : n + 100] for n in range(0, len(ids), 100)]
        found = [reading for page in pages for reading in there.read_many("customer", page).values()]
        return Counter(str(reading.origin) for reading in found)

    def sent(self, system: SystemId, word: str) -> int:
        """How many requests to a system had this word in their address or at the beginning of their body."""
        sent = self.vendors.transports[system].sent
        return sum(word in each.path or word.encode() in each.body[:NAMED] for each in sent)
