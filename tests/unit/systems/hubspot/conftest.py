"""A stand-in portal, and a connector to it whose every exchange is checked against HubSpot's published API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from cashpath.records import BrandId, Record, RecordKey, SystemId
from cashpath.systems.connection import Connection
from cashpath.systems.hubspot.client import Connector
from cashpath.systems.port import Wanted, Written
from cashpath_sandbox.hubspot import HubSpot
from cashpath_sandbox.hubspot.contract import checked
from cashpath_sandbox.killable import KillableTransport
from cashpath_sandbox.subject import MovableClock

TOKEN = "pat-eu1-test"


@dataclass
class Desk:
    """A portal, its connector, and what has been written so far, so that a record can name another."""

    portal: HubSpot
    clock: MovableClock
    transport: KillableTransport
    connector: Connector
    connection: Connection
    refs: dict[RecordKey, str] = field(default_factory=dict)

    def wanted(self, record: Record, *, fields: frozenset[str] | None = None) -> Wanted:
        """What a plan would hand over for this record: everything, linked where it was written before."""
        every = self.connector.facts.kinds[record.key.kind].fields
        id = self.refs.get(record.key)
        return Wanted(record=record, fields=fields or every, id=id, brand=BrandId("acme"), refs=dict(self.refs))

    def write(self, *records: Record) -> Written:
        """Write records in this order; answers the last."""
        for record in records:
            written = self.connector.write(self.wanted(record))
            self.refs[record.key] = written.id
        return written

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """The portal by plain HTTP, as anybody would read it."""
        with httpx.Client(base_url="http://hubspot.test", transport=httpx.WSGITransport(app=self.portal)) as client:
            answer = client.request(method, path, headers={"Authorization": f"Bearer {TOKEN}"}, **request)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def holds(self, record: Record) -> bool:
        """Whether the portal holds exactly what the connector said that it would."""
        wanted = self.wanted(record)
        return self.connector.held(record.key.kind, wanted.id or "", wanted) == self.connector.normalised(wanted)


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    def make(options: Mapping[str, Any] | None = None, **portal_settings: Any) -> Desk:
        clock = MovableClock()
        portal = HubSpot(clock=clock, token=TOKEN, **portal_settings)
        transport = KillableTransport(checked(httpx.WSGITransport(app=portal)))
        connection = Connection(
            id=SystemId("crm"),
            options={"url": "http://hubspot.test", "portal": portal.portal, "currency": "EUR", **(options or {})},
            secret=lambda *, fresh=False: {"access_token": TOKEN},
            now=clock,
            sleep=clock.sleep,
            transport=transport,
        )
        return Desk(portal, clock, transport, Connector(connection), connection)

    return make
