"""A shop with a backlog, in one process: the bulk side of a flow's function over in-memory vendors, queue and ledger.

`Process` is one function environment: when it is killed, all its threads end at their next request, as threads of a
process that is gone do. What the vendors were asked is counted, batch by batch.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from types import ModuleType
from typing import Any, TypeVar

from cashpath.aws.queues import Queues
from cashpath.bulk.handler import Bulk, Ended
from cashpath.bulk.message import unpacked
from cashpath.flows.manifest import FLOWS
from cashpath.ledger.exceptions import Exceptions
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.tables import EXCEPTIONS, LEDGER
from cashpath.notice import Notice
from cashpath.records import BrandId, Customer, Kind, RecordKey, Role, SystemId
from cashpath.runner import Runner
from cashpath.settings.slices import BrandSlice, FlowSlice, Rules, SystemSlice
from cashpath.systems.port import Reading, System, Wanted, Written
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.memory import Books, MemorySystem, facts
from cashpath_sandbox.memory_dynamo import Tables
from cashpath_sandbox.subject import MovableClock

T = TypeVar("T")
SHOP, CRM, BILLING, ERP = (SystemId(name) for name in ("shop", "crm", "billing", "erp"))
SYSTEMS: Mapping[Role, SystemId] = {"storefront": SHOP, "crm": CRM, "billing": BILLING, "erp": ERP}
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
RECEIVES = 5  # how often a message is received before it is a dead letter
LIVE, BULK, DEAD = "live", "bulk", "dead"


def settings(flow: str, cutover: str = "2020-01-01T00:00:00+00:00") -> FlowSlice:
    """One brand, live."""
    brand = BrandSlice(id=BrandId("mugs"), systems=SYSTEMS, modes={flow: "live"}, rules=Rules(cutover=cutover))
    systems = {
        system: SystemSlice(id=system, vendor="memory", role=role, secret=f"{system}-secret")
        for role, system in SYSTEMS.items()
    }
    return FlowSlice(stage="test", flow=flow, systems=systems, brands={brand.id: brand})


@dataclass
class Process:
    """One environment of the function. It ends before its `dies_at`-th request, whichever thread makes it; or after
    the first whose name has that word, which is done and whose answer nobody hears."""

    dies_at: int | str | None = None
    requests: int = 0
    dead: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: str, do: Callable[[], T], *, writes: bool) -> T:
        """A wire (memory.Wire), to a vendor or to AWS: one request after the other."""
        with self._lock:
            self.requests += 1
            self.dead = self.dead or self.requests == self.dies_at
            if self.dead:
                raise Killed(f"before {request}")
            answer = do()
            if isinstance(self.dies_at, str) and self.dies_at in request:
                self.dead = True
                raise Killed(f"after {request}")
            return answer

    def aws(self, client: Any) -> Any:
        """A boto3 client of this process."""
        return _Wired(client, self)


@dataclass
class _Wired:
    client: Any
    process: Process

    @property
    def exceptions(self) -> Any:
        return self.client.exceptions

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        do = getattr(self.client, operation)
        return lambda **asked: self.process(operation, lambda: do(**asked), writes=True)


class BatchSystem(MemorySystem):
    """An in-memory vendor with batch endpoints: `asked` counts its requests, `spoil` may refuse one."""

    def __init__(self, backlog: "Backlog", role: Role, process: Process) -> None:
        super().__init__(backlog.books[SYSTEMS[role]], facts(role), wire=process)
        self._backlog = backlog

    def _batch(self, method: str, kind: Kind, asked: Sequence[Any]) -> None:
        assert asked
        assert len(asked) <= 100
        with self._backlog.lock:
            self._backlog.asked[self.id, method, kind] += 1
            self._backlog.spoil(self.id, method, asked)

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        self._batch("read_many", kind, ids)
        return super().read_many(kind, ids)

    def candidates_many(self, kind: Kind, criteria: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        self._batch("candidates_many", kind, criteria)
        return super().candidates_many(kind, criteria)

    def write_many(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        self._batch("write_many", wanted[0].record.key.kind, wanted)
        return super().write_many(wanted)

    def read(self, kind: Kind, id: str) -> Reading | None:
        with self._backlog.lock:
            self._backlog.spoil(self.id, "read", [id])
        return super().read(kind, id)


@dataclass
class Queue:
    """Messages by queue, each with the moment from which it shows. It takes what SQS is asked for by `aws.queues`."""

    clock: MovableClock
    messages: dict[str, list[tuple[datetime, str]]] = field(default_factory=lambda: {LIVE: [], BULK: [], DEAD: []})
    received: Counter[str] = field(default_factory=Counter)

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0) -> dict[str, Any]:
        """As SQS's own."""
        self.messages[QueueUrl].append((self.clock() + timedelta(seconds=DelaySeconds), MessageBody))
        return {}

    def bulk(self) -> Iterator[str]:
        """The bodies of the bulk queue, until it is empty; time passes until the next one shows."""
        while self.messages[BULK]:
            shows, body = min(self.messages[BULK])
            self.messages[BULK].remove((shows, body))
            self.clock.at = max(self.clock.at, shows)
            self.received[body] += 1
            if self.received[body] > RECEIVES:
                self.messages[DEAD].append((self.clock(), body))
            else:
                yield body

    def notices(self, name: str) -> list[Notice]:
        """All notices in a queue of bulk messages."""
        return [notice for _, body in self.messages[name] for notice in unpacked(body) or ()]


@dataclass
class Backlog:
    """Everything around one flow. `spoil` may raise in a vendor's place; `connected` gives other systems than the
    in-memory ones, each of whose requests goes through the process."""

    flow: ModuleType
    name: str
    clock: MovableClock = field(default_factory=lambda: MovableClock(START))
    spoil: Callable[[SystemId, str, Sequence[Any]], object] = lambda system, method, asked: None
    cutover: str = "2020-01-01T00:00:00+00:00"
    connected: Callable[[Process], Mapping[SystemId, System]] | None = None
    asked: Counter[tuple[SystemId, str, Kind]] = field(default_factory=Counter)
    ended: list[Ended] = field(default_factory=list)
    deaths: list[int | str] = field(default_factory=list)
    warm: Bulk | None = None

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.books = {system: Books(system, self.clock) for system in SYSTEMS.values()}
        self.tables = Tables({"ledger": LEDGER, "exceptions": EXCEPTIONS})
        self.queue = Queue(self.clock)
        self.warned: list[str] = []

    # --- the function
    def bulk(self, process: Process) -> Bulk:
        """The bulk side of a fresh environment."""
        tables, queue = process.aws(self.tables), process.aws(self.queue)
        ledger = Ledger("ledger", now=self.clock, match_key=lambda: b"the key of the hashes", client=tables)
        exceptions = Exceptions("exceptions", now=self.clock, client=tables)
        systems = self.connected(process) if self.connected else self._in_memory(process)

        def runner(connect: Callable[[SystemId], System], queues: Any) -> Runner:
            return Runner(
                settings(self.name, self.cutover),
                self.flow,
                ledger=ledger,
                exceptions=exceptions,
                queues=queues,
                connect=connect,
                now=self.clock,
                rng=Random(0),
            )

        queues = Queues({self.name: LIVE}, {self.name: DEAD}, queue, bulk={self.name: BULK})
        timeout = FLOWS[self.name].timeout
        return Bulk(
            runner, connect=systems.__getitem__, queues=queues, now=self.clock, timeout=timeout, warn=self.warned.append
        )

    def _in_memory(self, process: Process) -> Mapping[SystemId, System]:
        return {id: BatchSystem(self, role, process) for role, id in SYSTEMS.items()}

    # --- what happens around it
    def customers(self, many: int) -> list[RecordKey]:
        """So many customers of the shop, whom nobody else knows."""
        keys = [RecordKey(SHOP, "customer", f"c{n}") for n in range(many)]
        for key in keys:
            someone = Customer(key=key, email=f"{key.id}@example.com", first_name="Ada", last_name=key.id.upper())
            self.books[SHOP].add(someone, id=key.id)
        return keys

    def tell(self, keys: Sequence[RecordKey]) -> None:
        """Put a bulk message for every hundred records into the queue, as the feeder does."""
        now = int(self.clock().timestamp() * 1000)
        notices = [self._notice(key, now) for key in keys]
        assert not Queues({}, {}, self.queue, bulk={self.name: BULK}).send(notices)  # type: ignore[arg-type]

    def _notice(self, key: RecordKey, now: int) -> Notice:
        row = self.books[key.system].current(key.kind, key.id)
        version = row.version if row else None
        return Notice(
            flow=self.name,
            system=key.system,
            kind=key.kind,
            id=key.id,
            received=now,
            version=version,
            trigger="backfill",
        )

    def drain(self, kills: Sequence[int | str] = (), *, most: int = 200) -> None:
        """Let the function work until the bulk queue is empty. Its first environments die as `kills` says, and the
        message that each had shows again after the visibility timeout."""
        self.deaths = list(kills)
        for _ in range(most):
            if not self.step():
                return
        raise AssertionError(f"the queue does not empty: {self.queue.messages[BULK]}")

    def step(self) -> bool:
        """Hand the message that shows next to the function, warm or fresh. False where there is none."""
        body = next(self.queue.bulk(), None)
        if body is None:
            return False
        self.warm = self.warm or self.bulk(Process(self.deaths.pop(0) if self.deaths else None))
        try:
            self._hand(body, self.warm)
        except (Killed, Exception):  # its process is gone, or the function failed: SQS shows the message again
            hidden = timedelta(seconds=6 * FLOWS[self.name].timeout)
            self.queue.messages[BULK].append((self.clock() + hidden, body))
            self.warm = None
        return True

    def one(self, bulk: Bulk) -> None:
        """Hand the function the message that shows first."""
        self._hand(next(self.queue.bulk()), bulk)

    def _hand(self, body: str, bulk: Bulk) -> None:
        notices = unpacked(body)
        assert notices is not None
        self.ended += bulk.handle(notices)

    def words(self) -> Counter[str]:
        """How the notices ended so far."""
        return Counter(each.outcome.word if each.outcome else "failed" for each in self.ended)
