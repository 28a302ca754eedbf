"""HubSpot for the conformance suite: the connector on a stand-in in process, each exchange checked against the API."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import httpx
from cashpath.records import (
    Address,
    BrandId,
    Company,
    Customer,
    Discount,
    Kind,
    Line,
    Money,
    Order,
    Record,
    RecordKey,
    Recurring,
    ShippingLine,
    SystemId,
    Tax,
    Variant,
)
from cashpath.systems.connection import Connection, Secret
from cashpath.systems.hubspot.client import Connector
from cashpath.systems.hubspot.objects import DEALS, LINE_ITEMS
from cashpath_sandbox.hubspot import HubSpot
from cashpath_sandbox.hubspot.contract import checked
from cashpath_sandbox.hubspot.people import PERSON, stock
from cashpath_sandbox.killable import KillableTransport
from cashpath_sandbox.subject import MovableClock, Subject

SHOP = SystemId("shop")
CRM = SystemId("crm")
EUR = "EUR"


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
        options={"url": "http://hubspot.test", "portal": portal.portal, "currency": EUR},
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
        stock=lambda: stock(portal),
        secrets_read=secrets_read,
    )


def companies(n: int) -> tuple[Record, ...]:
    """The n-th company."""
    key = RecordKey(SHOP, "company", f"gid-{n}")
    address = Address(street=f"{n} Rue de la Paix", street2="2e étage", city="Paris", postcode="75002", country="FR")
    return (Company(key=key, name=f"Société {n}", tax_id=f"FR{n:011d}", domain=f"societe{n}.example", address=address),)


def customers(n: int) -> tuple[Record, ...]:
    """The n-th customer, who buys for the n-th company."""
    key = RecordKey(SHOP, "customer", f"{n}")
    address = Address(street="1 Analytical Way", street2="Flat 2", city="London", postcode="N1", country="GB")
    who = {"first_name": "Ada", "last_name": f"Lovelace {n}", "phone": "+44 20 7946 0000"}
    company = companies(n)
    return (*company, Customer(key=key, email=f"Ada{n}@Example.com ", address=address, company=company[0].key, **who))


def variants(n: int) -> tuple[Record, ...]:
    """The n-th variant, sold every three months, priced in another currency than the portal's where n is odd."""
    key = RecordKey(SHOP, "variant", f"{n}")
    price = Money.of("19.90", "USD" if n % 2 else EUR)
    recurring = Recurring(interval="month", count=3)
    return (Variant(key=key, sku=f"TEA-{n}", title=f"Tea {n}", price=price, recurring=recurring),)


def orders(n: int) -> tuple[Record, ...]:
    """The n-th order of the n-th customer: an order object, or a deal where n is odd."""
    company, customer = customers(n)
    tax = Tax(title="VAT", rate=Decimal("0.2"), amount=Money.of("5.00", EUR))
    gift = Discount(title="three for less", amount=Money.of("10.00", EUR))
    lines = (
        Line(
            key="l1", title="Mug – 茶", quantity=3, unit_price=Money.of("10.00", EUR), sku=f"MUG-{n}", discounts=(gift,)
        ),
        Line(key="l2", title="Tea", quantity=1, unit_price=Money.of("5.00", EUR), taxes=(tax,), recurring=_monthly()),
    )
    order = Order(
        key=RecordKey(SHOP, "order", f"gid://shopify/Order/{n}"),
        number=f"#{1000 + n}",
        ordered_at=datetime(2026, 3, 1, 9, 30, 15, 123000, tzinfo=UTC),
        currency=EUR,
        total=Money.of("35.00", EUR),
        total_tax=Money.of("6.00", EUR),
        sold_as="deal" if n % 2 else "order",
        customer=customer.key,
        company=company.key,
        lines=lines,
        shipping=(
            ShippingLine(
                key="s1", title="Post", price=Money.of("4.00", EUR), taxes=(replace(tax, amount=Money.of("1.00", EUR)),)
            ),
        ),
    )
    return (company, customer, order.checked())


def edited(record: Record) -> Record:
    """The record after its owner changed it; of an order, a line went, one changed and one came."""
    match record:
        case Customer():
            return replace(record, last_name="King", phone="")
        case Company():
            return replace(record, name="Société nouvelle", address=None)
        case Variant():
            return replace(record, title="Better tea", recurring=None)
        case Order():
            new = Line(key="l3", title="Spoon", quantity=2, unit_price=Money.of("1.50", EUR))
            lines = (replace(record.lines[0], quantity=1, discounts=()), new)
            total = Money.of("18.00", EUR)
            return replace(record, lines=lines, total=total, total_tax=Money.of("1.00", EUR)).checked()
    raise LookupError(f"no edit for a {record.key.kind}")


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
    from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS, PRODUCTS

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


def _monthly() -> Recurring:
    return Recurring(interval="month", biller="billing")
