"""Tryton for the conformance suite: the connector on a real server, started once for each test process."""

import atexit
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import httpx

from cashpath.records import BrandId, Kind, Product, SystemId
from cashpath.systems.connection import Connection, Secret
from cashpath.systems.tryton.books import Database
from cashpath.systems.tryton.client import Connector
from cashpath.systems.tryton.rpc import Rpc
from cashpath_sandbox.killable import KillableTransport
from cashpath_sandbox.subject import MovableClock, Subject
from cashpath_sandbox.tryton import server
from cashpath_sandbox.tryton.file import stock
from cashpath_sandbox.tryton.samples import OPTIONS, bundles, buyers, companies, edited, orders, products
from cashpath_sandbox.tryton.setup import COMPANY


def subject() -> Subject:
    """A connector to the server of this process; what other tests wrote is there too, under other keys. A variant is a
    bundle here, the most that one can be; those without parts are written on the way."""
    tryton = _server()
    transport = KillableTransport(httpx.HTTPTransport(verify=False))
    clock = MovableClock()
    secrets_read: list[bool] = []
    connection = _connection(tryton, secrets_read, transport, clock)
    return Subject(
        system=Connector(connection),
        brand=BrandId("acme"),
        samples={
            "customer": buyers,
            "company": companies,
            "product": products,
            "variant": bundles,
            "order": orders,
        },
        edited={"customer": edited, "company": edited, "variant": edited, "order": edited},
        transport=transport,
        now=clock,
        edit_by_hand=lambda kind, id: edit_by_hand(_person(), kind, int(id)),
        make_by_hand=lambda kind, n: make_by_hand(_person(), kind, n),
        settle_search=lambda: None,
        stock=lambda: stock(tryton.directory),
        secrets_read=secrets_read,
    )


@cache
def _server() -> server.Tryton:
    directory = tempfile.TemporaryDirectory(prefix="cashpath-tryton-")
    started = server.start(0, Path(directory.name))
    atexit.register(directory.cleanup)
    atexit.register(started.stop)
    return started


@cache
def _person() -> Database:
    """Somebody at Tryton's client, signed in once: Tryton takes its time over each password."""
    connection = _connection(_server(), [], httpx.HTTPTransport(verify=False), MovableClock())
    return Database(Rpc(connection), connection.options)


def _connection(
    tryton: server.Tryton, secrets_read: list[bool], transport: httpx.BaseTransport, clock: MovableClock
) -> Connection:
    def secret(*, fresh: bool = False) -> Secret:
        secrets_read.append(fresh)
        return {"user": tryton.user, "password": tryton.password}

    return Connection(
        id=SystemId("erp"),
        options={"url": tryton.url, "database": tryton.database, "company": COMPANY, **OPTIONS},
        secret=secret,
        now=lambda: datetime.now(UTC),
        sleep=clock.sleep,
        transport=transport,
    )


def edit_by_hand(person: Database, kind: Kind, id: int) -> None:
    """Somebody edits the record in Tryton's client; of a sale, back in draft, the quantity of its first line."""
    company = person.company("acme")
    match kind:
        case "customer" | "company":
            person.writes("model.party.party.write", [id], {"name": "Somebody Else"})
        case "product":
            person.writes("model.product.template.write", [id], {"name": "Cup"}, company=company)
        case "variant":
            (product,) = person.search("product.product", [("id", "=", id)], ("template",))
            person.writes("model.product.template.write", [product["template"]], {"name": "Cup"}, company=company)
        case "order":
            person.writes("model.sale.sale.draft", [id], company=company)
            line, *_ = person.search("sale.line", [("sale", "=", id), ("product", "!=", None)], ("quantity",))
            person.writes("model.sale.line.write", [line["id"]], {"quantity": 17}, company=company)


def make_by_hand(person: Database, kind: Kind, n: int) -> str:
    """Somebody creates a product with two variants in Tryton's client; other kinds are written by the connector."""
    assert kind == "product"
    (unit,) = person.search("product.uom", [("symbol", "=", "u")], ("symbol",))
    (sample,) = products(n)
    assert isinstance(sample, Product)
    variants = [{"suffix_code": f"CUP-{n}-{size}"} for size in ("S", "L")]
    values = {
        "name": sample.title,
        "default_uom": unit["id"],
        "list_price": Decimal(9),
        "products": [["create", variants]],
    }
    (id,) = person.writes("model.product.template.create", [values], company=person.company("acme"))
    return str(id)
