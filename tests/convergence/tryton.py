"""A real Tryton as the ERP of a history: its connector's HTTP requests go over the history's wire.

The server runs on the real clock, and knows nothing of the history's; it is started once for each test process.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing.util import Finalize
from pathlib import Path
from random import Random
from typing import Any

import httpx

from cashpath.faults import RateLimited, SystemDown, Unanswered
from cashpath.records import Kind, RecordKey, SystemId
from cashpath.systems.connection import Connection
from cashpath.systems.port import System
from cashpath.systems.tryton.books import Database
from cashpath.systems.tryton.client import Connector
from cashpath.systems.tryton.rpc import Rpc
from cashpath_sandbox.tryton import server
from cashpath_sandbox.tryton.setup import COMPANY

from .fates import Wires
from .world import BRAND, SYSTEMS

ERP = SYSTEMS["erp"]
READS = ("search_read", "read", "fields_get", "login")


@cache
def running() -> server.Tryton:
    """The server of this process, a worker of a pool or not; it ends with it."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a third faster than a disk
    directory = tempfile.TemporaryDirectory(prefix="cashpath-tryton-", dir=memory)
    started = server.start(0, Path(directory.name))
    Finalize(None, directory.cleanup, exitpriority=1)
    Finalize(None, started.stop, exitpriority=2)
    return started


@dataclass
class OverWire(httpx.BaseTransport):
    """Sends each request over a history's wire. What becomes of it there is told as httpx tells it."""

    wires: Wires
    inner: httpx.BaseTransport
    writes: int = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        method = str(json.loads(request.read())["method"])
        writes = method.rpartition(".")[2] not in READS
        try:
            return self.wires.to(ERP)(method, partial(self._process, request, writes), writes=writes)
        except Unanswered as fault:
            raise httpx.ReadTimeout(str(fault), request=request) from fault
        except RateLimited as fault:
            seconds = round(fault.retry_after.total_seconds()) if fault.retry_after else 0
            return httpx.Response(429, headers={"Retry-After": str(seconds)}, request=request)
        except SystemDown as fault:
            raise httpx.ConnectError(str(fault), request=request) from fault

    def _process(self, request: httpx.Request, writes: bool) -> httpx.Response:
        response = self.inner.handle_request(request)
        response.read()
        self.writes += writes
        return response


@dataclass
class TrytonTarget:
    """Tryton, as a history's ERP. `person` is somebody at its client, whom no fault befalls."""

    wires: Wires
    system: System = field(init=False)

    def __post_init__(self) -> None:
        self._transport = OverWire(self.wires, httpx.HTTPTransport())
        self.system = Connector(self._connection(self._transport))
        self.person = Database(Rpc(self._connection(httpx.HTTPTransport())), self._options())

    @property
    def writes(self) -> int:
        return self._transport.writes

    def made_for(self, kind: Kind, origin: RecordKey) -> Sequence[str]:
        assert kind == "order"
        return self._ids("sale.sale", [("reference", "=", str(origin))], "id")

    def like(self, kind: Kind, field: str, value: str) -> Sequence[str]:
        if kind == "customer":
            return self._ids("party.contact_mechanism", [("type", "=", "email"), ("value", "ilike", value)], "party")
        return self._ids("product.product", [("code", "=", value)], "id")

    def edit_by_hand(self, kind: Kind, rng: Random) -> RecordKey | None:
        """Back in draft, the quantity of a sale's first line; of the sales that this history made."""
        made = self._ids("sale.sale", [("reference", "like", f"shop/order/%{self.tag}")], "id")
        if not made:
            return None
        id, company = int(rng.choice(made)), self.person.company(BRAND)
        (sale,) = self.person.search("sale.sale", [("id", "=", id)], ("state",))
        if sale["state"] != "draft":
            self.person.writes("model.sale.sale.draft", [id], company=company)
        lines = self.person.search("sale.line", [("sale", "=", id), ("product", "!=", None)], ("quantity",))
        if lines:
            self.person.writes("model.sale.line.write", [lines[0]["id"]], {"quantity": 17}, company=company)
        return RecordKey(ERP, kind, str(id))

    def _ids(self, model: str, domain: list[Any], field: str) -> list[str]:
        return [str(id) for id in sorted({row[field] for row in self.person.search(model, domain, (field,))})]

    @property
    def tag(self) -> str:
        """The tag of the history whose wires these are."""
        return self.wires.tag

    def _options(self) -> dict[str, Any]:
        return {"url": running().url, "database": running().database, "company": COMPANY}

    def _connection(self, transport: httpx.BaseTransport) -> Connection:
        clock = self.wires.clock

        def sleep(seconds: float) -> None:
            if clock.current is not None:
                clock.current.pause(round(seconds * 1000))

        return Connection(
            id=SystemId(ERP),
            options=self._options(),
            secret=lambda **_: {"user": running().user, "password": running().password},
            now=clock.now,
            sleep=sleep,
            rng=Random(0),
            transport=transport,
        )
