"""A real Tryton for the tests of this folder: one server for each test process, a shop that sells through it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import httpx
import pytest

from cashpath.records import BrandId, Customer, Order, Record, RecordKey, SystemId, Variant
from cashpath.systems.connection import Connection
from cashpath.systems.mapping import NOTHING_MAPPED, FieldMap
from cashpath.systems.port import Reading, Wanted
from cashpath.systems.tryton.books import Database, Row
from cashpath.systems.tryton.client import Connector
from cashpath.systems.tryton.rpc import Rpc
from cashpath_sandbox.killable import KillableTransport
from cashpath_sandbox.tryton import server
from cashpath_sandbox.tryton.samples import OPTIONS, customers, variants
from cashpath_sandbox.tryton.server import Tryton
from cashpath_sandbox.tryton.setup import ADMIN_PASSWORD, COMPANY, PASSWORD, USER

BRAND = BrandId("acme")
_numbers = count(1)


def connection(
    tryton: Tryton,
    *,
    user: str = USER,
    password: str = PASSWORD,
    mapping: FieldMap = NOTHING_MAPPED,
    transport: httpx.BaseTransport | None = None,
    **options: Any,
) -> Connection:
    """A way to the server, by default with the user that Cashpath has there."""
    return Connection(
        id=SystemId("erp"),
        options={"url": tryton.url, "database": tryton.database, "company": COMPANY, **options},
        secret=lambda *, fresh=False: {"user": user, "password": password},
        now=lambda: datetime.now(UTC),
        sleep=lambda seconds: None,
        transport=transport or httpx.HTTPTransport(verify=False),
        mapping=mapping,
    )


@dataclass
class Erp:
    """The connector, a person at Tryton's client, and a shop's customer and mug that are in Tryton."""

    connector: Connector
    person: Database
    wire: KillableTransport
    refs: dict[RecordKey, str] = field(default_factory=dict)

    def put(self, record: Record, id: str | None = None, *, refs: Mapping[RecordKey, str] | None = None) -> str:
        """Write a record; its id in Tryton."""
        written = self.connector.write(self.wanted(record, id, refs=refs))
        self.refs[record.key] = written.id
        return written.id

    def wanted(self, record: Record, id: str | None = None, *, refs: Mapping[RecordKey, str] | None = None) -> Wanted:
        """What `apply` would hand over."""
        fields = self.connector.facts.kinds[record.key.kind].fields
        return Wanted(record=record, fields=fields, id=id, brand=BRAND, refs=self.refs if refs is None else refs)

    def calls(self, act: Callable[[], object]) -> list[str]:
        """The methods that `act` called in Tryton, in order."""
        self.wire.reset()
        act()
        return [json.loads(sent.body)["method"] for sent in self.wire.sent]

    def customer(self) -> Customer:
        """A new customer who is in Tryton."""
        (record,) = customers(next(_numbers))
        self.put(record)
        assert isinstance(record, Customer)
        return record

    def mug(self) -> Variant:
        """A new product that is in Tryton."""
        (record,) = variants(next(_numbers))
        self.put(record)
        assert isinstance(record, Variant)
        return record

    def order(self, order: Order) -> Order:
        """The order under a key that was never used before."""
        n = next(_numbers)
        return replace(order, key=RecordKey(SystemId("shop"), "order", f"unit-{n}"), number=f"#{n}")

    def read(self, kind: Any, id: str) -> Reading:
        """What the connector reads."""
        reading = self.connector.read(kind, id)
        assert reading is not None
        return reading

    def sale(self, id: str, *fields: str) -> Row:
        """What a person sees of a sale."""
        (row,) = self.person.search("sale.sale", [("id", "=", int(id))], fields)
        return row

    def press(self, button: str, id: str) -> None:
        """A person presses a button on a sale."""
        self.person.writes(f"model.sale.sale.{button}", [int(id)], company=self.person.company(BRAND))


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryton]:
    """The server of this test process."""
    started = server.start(0, tmp_path_factory.mktemp("tryton"))
    yield started
    started.stop()


@pytest.fixture
def strict(tryton: Tryton) -> Erp:
    """An ERP that books taxes by the rates it knows only, and an accountant at Tryton's client."""
    way = connection(tryton, user="admin", password=ADMIN_PASSWORD)
    wire = KillableTransport(httpx.HTTPTransport(verify=False))
    return Erp(Connector(connection(tryton, transport=wire)), Database(Rpc(way), way.options), wire)


@pytest.fixture(scope="session")
def erp(tryton: Tryton) -> Erp:
    """An ERP whose settings let taxes without a known rate be collected by their amount, and every field be held."""
    return opened(tryton)


@pytest.fixture(scope="session")
def open_erp(tryton: Tryton) -> Callable[..., Erp]:
    """Opens the ERP with other options, or with mapped fields."""
    return partial(opened, tryton)


def opened(tryton: Tryton, mapping: FieldMap = NOTHING_MAPPED, **options: Any) -> Erp:
    """The ERP with these options over those that hold every field."""
    wire = KillableTransport(httpx.HTTPTransport(verify=False))
    settings = {**OPTIONS, "unknown_taxes": "collect", **options}
    connector = Connector(connection(tryton, mapping=mapping, transport=wire, **settings))
    way = connection(tryton)
    return Erp(connector, Database(Rpc(way), way.options), wire)
