"""HubSpot for the conformance suite: the connector on a stand-in in process, each exchange checked against the API."""

import httpx

from cashpath.records import BrandId, Kind, SystemId
from cashpath.systems.connection import Connection, Secret
from cashpath.systems.hubspot.client import Connector
from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS, DEALS, LINE_ITEMS, PRODUCTS
from cashpath_sandbox.hubspot import HubSpot
from cashpath_sandbox.hubspot.contract import checked
from cashpath_sandbox.hubspot.people import PERSON, stock
from cashpath_sandbox.hubspot.samples import EUR, companies, customers, edited, orders, variants
from cashpath_sandbox.killable import KillableTransport
from cashpath_sandbox.subject import MovableClock, Subject

CRM = SystemId("crm")


def subject() -> Subject:
    """A connector over a fresh portal."""
    clock = MovableClock()
    portal = HubSpot(clock=clock, token="pat-eu1-test")
    transport = KillableTransport(checked(httpx.WSGITransport(app=portal)))
    secrets_read: list[bool] = []

    def secret(*, fresh: bool = False) -> Secret:
        secrets_read.append(fresh)
        return {"access_token": "pat-eu1-test"}

    connection = Connection(
        id=CRM,
        options={"url": "http://hubspot.test", "portal": portal.portal, "currency": EUR, "currencies": ["GBP"]},
        secret=secret,
        now=clock,
        sleep=clock.sleep,
        transport=transport,
    )
    return Subject(
        system=Connector(connection),
        brand=BrandId("acme"),
        samples={"customer": customers, "company": companies, "variant": variants, "order": orders},
        edited={"customer": edited, "company": edited, "variant": edited, "order": edited},
        transport=transport,
        now=clock,
        edit_by_hand=lambda kind, id: edit_by_hand(portal, kind, id),
        make_by_hand=lambda kind, n: make_by_hand(portal, kind, n),
        settle_search=lambda: clock.move(portal.search_lag),
        stock=lambda: held(portal),
        secrets_read=secrets_read,
    )


def held(portal: HubSpot) -> dict[str, int]:
    """What the portal holds; deals and orders counted as one, since samples alternate between the two."""
    counts = dict(stock(portal))
    sold = counts.pop("deals") + counts.pop("orders")
    return {**counts, "deals and orders": sold}


def edit_by_hand(portal: HubSpot, kind: Kind, id: str) -> None:
    """A person edits the record in the portal; of a deal or an order, a line item's quantity."""
    item = next(i for i in portal.store.items.values() if i.id == id.rpartition(":")[2])
    if kind == "order":
        [line, *_] = portal.store.associated[item.type, item.id][LINE_ITEMS]
        portal.store.change(portal.store.items[LINE_ITEMS, line], {"quantity": "17"}, PERSON)
    changes = {"customer": "lastname", "company": "name", "variant": "name", "order": "amount"}
    name = changes[kind] if item.type is DEALS or kind != "order" else "hs_total_price"
    portal.store.change(item, {name: "999" if kind == "order" else "By hand"}, PERSON)


def make_by_hand(portal: HubSpot, kind: Kind, n: int) -> str:
    """A person makes what the n-th sample says."""

    store = portal.store
    match kind:
        case "customer":
            return store.create(CONTACTS, {"email": f"ada{n}@example.com", "firstname": "Ada"}, PERSON).id
        case "company":
            properties = {"name": f"Société {n}", "cashpath_tax_id": f"FR{n:011d}", "domain": f"societe{n}.example"}
            return store.create(COMPANIES, properties, PERSON).id
        case "variant":
            return store.create(PRODUCTS, {"name": f"Tea {n}", "hs_sku": f"TEA-{n}", "price": "19.90"}, PERSON).id
    raise LookupError(f"nobody makes a {kind} by hand here")
