"""Shopify for the conformance suite: the connector and the stand-in shop in process. Customers, products and variants
are written."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from cashpath.records import (
    Address,
    BrandId,
    Company,
    Customer,
    Kind,
    Money,
    Order,
    Product,
    Record,
    RecordKey,
    SystemId,
    Variant,
)
from cashpath.systems.connection import Secret
from cashpath.systems.shopify.catalog import SINGLE
from cashpath_sandbox.killable import Answer, KillableTransport
from cashpath_sandbox.shopify import orders
from cashpath_sandbox.shopify.bench import connector
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.shopify.store import KINDS
from cashpath_sandbox.subject import MovableClock, Subject

CRM = SystemId("crm")
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AT = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
REFUSED = Answer(401, {}, b'{"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}')
THROTTLED = Answer(
    200,
    {},
    b'{"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost":'
    b' {"requestedQueryCost": 900, "actualQueryCost": null, "throttleStatus":'
    b' {"maximumAvailable": 1000.0, "currentlyAvailable": 0, "restoreRate": 30.0}}}}',
)


def subject() -> Subject:
    """A connector for an empty shop."""
    clock = MovableClock(START)
    shop = ShopifyStandin(clock=clock)
    transport = KillableTransport(httpx.WSGITransport(app=shop))
    secrets_read: list[bool] = []

    def secret(*, fresh: bool = False) -> Secret:
        secrets_read.append(fresh)
        return {"access_token": shop.token}

    return Subject(
        system=connector(shop, clock, transport=transport, secret=secret),
        brand=BrandId("tea"),
        samples={kind: _samples(kind) for kind in _KINDS},
        edited=dict.fromkeys(_KINDS, edited),
        transport=transport,
        now=clock,
        edit_by_hand=lambda kind, id: edit_by_hand(shop, kind, id),
        make_by_hand=lambda kind, n: make_by_hand(shop, kind, n),
        settle_search=shop.settle_search,
        stock=lambda: stock(shop),
        secrets_read=secrets_read,
        refusal=REFUSED,
        throttled=THROTTLED,
    )


def _samples(kind: Kind) -> Callable[[int], tuple[Record, ...]]:
    before: tuple[Kind, ...] = ("product",) if kind == "variant" else ()
    return lambda n: tuple(sample(each, n) for each in (*before, kind))


_KINDS: tuple[Kind, ...] = ("company", "customer", "order", "product", "variant")


def sample(kind: Kind, n: int) -> Record:
    """The n-th record of a kind, as `make_by_hand` makes it."""
    key = RecordKey(CRM, kind, f"{n}")
    match kind:
        case "customer":
            return Customer(
                key=key,
                email=f"Žofie.{n}@Example.cz",
                first_name="Žofie",
                last_name=f"Nová {n}",
                phone=f"+4206{n:08}",
                locale="cs",
                tax_exempt=bool(n % 2),
                marketing="subscribed",
                address=Address(name="Žofie Nová", street="Dlouhá 7", city="Praha", postcode="110 00", country="CZ"),
            )
        case "company":
            return Company(key=key, name=f"Kontor {n} GmbH", tax_id=f"DE{n:09}")
        case "variant":
            product = RecordKey(CRM, "product", f"{n}")
            return Variant(key=key, product=product, sku=f"SENCHA-{n}", title="Sencha", price=Money(895, "EUR"))
        case "product":
            return Product(key=key, title=f"Sencha {n}")
    zero = Money.zero("EUR")
    return Order(key=key, number=f"#{n}", ordered_at=AT, currency="EUR", total=zero, total_tax=zero)


def edited(record: Record) -> Record:
    """The record after its owner changed it."""
    if isinstance(record, Customer):
        return replace(record, last_name="Nová-Svobodová", phone="", address=None)
    if isinstance(record, Product):
        return replace(record, title=f"{record.title} first flush", archived=True)
    if isinstance(record, Variant):
        return replace(record, sku=f"{record.sku}-B", price=Money(1050, "EUR"), taxable=False, shippable=False)
    return record


def make_by_hand(shop: ShopifyStandin, kind: Kind, n: int) -> str:
    """Somebody makes the n-th record in Shopify's admin, or buys."""
    record = sample(kind, n)
    match record:
        case Customer():
            return shop.put(
                "customers",
                {"email": record.email, "first_name": record.first_name, "last_name": record.last_name},
            )
        case Company():
            return shop.put("companies", {"name": record.name, "locations": [{"tax_registration_id": record.tax_id}]})
        case Variant():
            product = shop.put("products", {"title": record.title, "variants": [{"sku": record.sku, "price": "8.95"}]})
            return str(_product(shop, product)["variants"][0]["id"])
        case Product():
            return shop.put("products", {"title": record.title, "variants": [{"sku": f"P-{n}", "price": "1.00"}]})
    return shop.place_order(orders.made("plain", n, shop.now()).body)


def edit_by_hand(shop: ShopifyStandin, kind: Kind, id: str) -> None:
    """Somebody edits the record in Shopify's admin."""
    match kind:
        case "order":
            shop.edit_order(id, {"note": "call before delivery"})
        case "customer":
            shop.put("customers", {"id": int(id), "last_name": "Nová-Smith"})
        case "company":
            shop.put("companies", {"id": int(id), "name": "Kontor Süd GmbH"})
        case "product":
            shop.put("products", {"id": int(id), "title": "Gyokuro"})
        case "variant":
            owner = next(p for p in shop.store.all("products") if any(str(v["id"]) == id for v in p["variants"]))
            variants = [v | {"price": "9.95"} if str(v["id"]) == id else v for v in owner["variants"]]
            shop.put("products", {"id": owner["id"], "variants": variants})


def stock(shop: ShopifyStandin) -> Mapping[str, int]:
    """How many records of each kind the shop has."""
    made = [v for product in shop.store.all("products") for v in product["variants"] if v.get("title") != SINGLE]
    return {**{kind: len(list(shop.store.all(kind))) for kind in KINDS}, "variants": len(made)}


def _product(shop: ShopifyStandin, id: str) -> Mapping[str, list[dict[str, object]]]:
    body = shop.store.get("products", id)
    assert body is not None
    return body
