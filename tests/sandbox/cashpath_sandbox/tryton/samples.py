"""Records of a shop as the ERP gets them: for the conformance suite and for trying Tryton by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from stdnum.at import uid

from cashpath.records import (
    Address,
    Charge,
    Company,
    Customer,
    Discount,
    Line,
    Money,
    Order,
    Product,
    Record,
    RecordKey,
    ShippingLine,
    SystemId,
    Tax,
    Variant,
)
from cashpath.records.catalog import Part
from cashpath.records.customer import Location
from cashpath_sandbox.tryton.setup import CONTACT, EXEMPT, FURTHER, REDUCED, UNTAXED

# What a system's options say so that every field of these samples has its place.
OPTIONS: Mapping[str, Any] = {
    "exempt_tax_rule": EXEMPT,
    "credit_limits": True,
    "contact_relation": CONTACT,
    "further_relation": FURTHER,
    "list_price": "as_shown",
    "currency": "EUR",
    "tax_categories": {"book": REDUCED},
    "untaxed_category": UNTAXED,
    "kits": True,
    "services": True,
}
SHOP = SystemId("shop")
VAT = "DE 811 907 980"  # a valid number, of nobody in particular
HOME = Address(name="Zoë Ōno", street="Straße 5", street2="3. OG", city="Köln", postcode="50667", country="DE")
OFFICE = Address(company="Ōno & Töchter", street="Ring 1", city="Wien", postcode="1010", country="AT")


def customers(n: int) -> tuple[Record, ...]:
    """The n-th person; every third has a phone number without country code, every other pays no tax."""
    customer = Customer(
        key=RecordKey(SHOP, "customer", f"{n}"),
        email=f"Zoë.{n}@Example.com",
        first_name="Zoë",
        last_name="Ōno",
        phone="0221 12345" if n % 3 == 0 else "+49 221 12345",
        locale="de-DE" if n % 2 else "es-419",
        address=HOME,
        addresses=(OFFICE, replace(HOME, street=f"Gasse {n}"), OFFICE),
        tax_id=VAT,
        tax_exempt=bool(n % 2),
        currency="EUR",
        payment_terms="Net 30 days",
        receivable_account="1.2.2",
        credit_limit=Money(100_000, "EUR") if n % 2 else None,
    )
    return (customer,)


def companies(n: int) -> tuple[Record, ...]:
    """The n-th company, with two places of its own."""
    tax_id = f"AT U{n:07d}{uid.calc_check_digit(f'{n:07d}')}"
    depot = Location(key=f"{n}1", name="Depot", address=HOME, phone="+43 1 2346", tax_id=tax_id)
    company = Company(
        key=RecordKey(SHOP, "company", f"{n}"),
        name=f"Ōno & Töchter {n}",
        tax_id=tax_id,
        phone="+43 1 2345",
        address=OFFICE,
        locations=(depot, Location(key=f"{n}2")),
        tax_exempt=not n % 2,
        currency="USD",
        payment_terms="Net 60 days",
        receivable_account="1.2.1",
        credit_limit=Money(5_000_000, "EUR"),
    )
    return (company,)


def buyers(n: int) -> tuple[Record, ...]:
    """The n-th person as one who buys for a company and for two others besides, after those companies."""
    firms = [Company(key=RecordKey(SHOP, "company", f"{n}-{place}"), name=f"Firm {n}-{place}") for place in range(3)]
    (person,) = customers(n)
    assert isinstance(person, Customer)
    first, *further = (firm.key for firm in firms)
    return (*firms, replace(person, company=first, also_for=tuple(further)))


def variants(n: int) -> tuple[Record, ...]:
    """The n-th variant; every fifth is taxed at the reduced rate, every seventh not at all."""
    variant = Variant(
        key=RecordKey(SHOP, "variant", f"{n}"),
        sku=f"MUG-{n:06d}",
        title=f"Mug №{n} ☕",
        price=Money(1250, "EUR"),
        tax_category="book" if n % 5 == 0 else "",
        taxable=bool(n % 7),
    )
    return (variant,)


def bundles(n: int) -> tuple[Record, ...]:
    """The n-th bundle, of two mugs and a saucer."""
    mug = variants(n)[-1]
    assert isinstance(mug, Variant)
    saucer = replace(mug, key=RecordKey(SHOP, "variant", f"{n}-saucer"), sku=f"SAUCER-{n:06d}", title=f"Saucer №{n}")
    bundle = replace(
        mug,
        key=RecordKey(SHOP, "variant", f"{n}-set"),
        sku=f"SET-{n:06d}",
        title=f"Set №{n} 🎁",
        price=Money(2990, "EUR"),
        nature="bundle",
        parts=(Part(variant=mug.key, quantity=2), Part(variant=saucer.key, quantity=1)),
    )
    return (mug, saucer, bundle)


def products(n: int) -> tuple[Record, ...]:
    """The n-th product that began in Tryton."""
    return (Product(key=RecordKey(SHOP, "product", f"{n}"), title=f"Cup №{n}"),)


def orders(n: int) -> tuple[Record, ...]:
    """The n-th order: a company's where n is even, in three currencies, with taxes in the prices where n is odd."""
    customer, company, variant = customers(n)[-1], companies(n)[-1], variants(n)[-1]
    order = order_of(n, ("EUR", "JPY", "KWD")[n % 3], variant.key, prices_include_tax=bool(n % 2))
    order = replace(order, customer=customer.key, company=None if n % 2 else company.key)
    return (customer, *(() if n % 2 else (company,)), variant, order)


def order_of(n: int, currency: str, variant: RecordKey, *, prices_include_tax: bool) -> Order:
    """An order of three mugs with a discount that does not divide, a free-text line, post, a fee and a tip."""

    def money(minor: int) -> Money:
        return Money(minor, currency)

    def vat(minor: int) -> tuple[Tax, ...]:
        rate = Decimal("0.19")
        exact = minor * rate / (1 + rate) if prices_include_tax else minor * rate
        return (Tax(title="VAT", rate=rate, amount=money(round(exact))),)

    lines = (
        Line(
            key=f"{n}1",
            title=f"Mug №{n} ☕",
            quantity=3,
            unit_price=money(1250),
            variant=variant,
            discounts=(Discount(title="SPRING", amount=money(100)),),
            taxes=vat(3650),
        ),
        Line(key=f"{n}2", title="Engraving", quantity=1, unit_price=money(499), taxes=vat(499)),
    )
    order = Order(
        key=RecordKey(SHOP, "order", f"{n}"),
        number=f"#{1000 + n}",
        ordered_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
        currency=currency,
        total=money(0),
        total_tax=money(0),
        billing_address=HOME,
        shipping_address=OFFICE,
        prices_include_tax=prices_include_tax,
        lines=lines,
        shipping=(ShippingLine(key="1", title="Post", price=money(500), taxes=vat(500)),),
        fees=(Charge(key="wrap", title="Gift wrap", amount=money(150)),),
        tip=money(100),
        note="Please ring\ntwice",
    )
    return added_up(order)


def added_up(order: Order) -> Order:
    """The order with the total and total tax that its parts make."""
    none = Money.zero(order.currency)
    tax = Money.sum((tax.amount for tax in order.taxes()), order.currency)
    sold = [*(line.amount for line in order.lines), *(line.amount for line in order.shipping)]
    charged = [charge.amount for charge in (*order.duties, *order.fees)]
    extra = [order.tip or none, order.rounding or none, none if order.prices_include_tax else tax]
    return replace(order, total=Money.sum([*sold, *charged, *extra], order.currency), total_tax=tax).checked()


def edited(record: Record) -> Record:
    """The record as its owner changed it."""
    match record:
        case Customer():
            return replace(
                record,
                last_name="Ōno-Smith",
                phone="",
                address=replace(HOME, city="Bonn"),
                addresses=(*record.addresses[1:2], replace(OFFICE, city="Graz")),
                locale="fr-CA",
                tax_id="",
                tax_exempt=not record.tax_exempt,
                currency="JPY",
                payment_terms="",
                receivable_account="1.2.1",
                credit_limit=Money(0, "EUR"),
                company=record.also_for[0] if record.also_for else None,
                also_for=(*record.also_for[1:], record.company) if record.company else (),
                archived=True,
            )
        case Company():
            depot, place = record.locations
            moved = replace(depot, name="Lager", address=OFFICE, phone="", tax_id="")
            third_place = replace(place, key=f"{place.key}3", address=HOME, phone="0221 1")
            return replace(
                record,
                name=f"{record.name} GmbH",
                tax_id=VAT,
                address=None,
                locations=(third_place, moved),
                tax_exempt=not record.tax_exempt,
                currency="",
                payment_terms="Net 10 days",
                credit_limit=None,
            )
        case Variant():
            return replace(
                record,
                title="Mug, large",
                sku=f"{record.sku}-L",
                price=Money(1399, "EUR"),
                tax_category="" if record.tax_category else "book",
                taxable=not record.taxable,
                parts=tuple(replace(part, quantity=part.quantity + 2) for part in record.parts[1:]),
                archived=True,
            )
        case Order():
            first, second = record.lines
            third = replace(second, key=f"{second.key}3", title="Box")
            fewer = replace(first, quantity=2, discounts=(), taxes=())
            fee = Charge(key="gold", title="Gold paper", amount=Money(75, record.currency))
            changed = replace(record, lines=(fewer, third), fees=(fee,), tip=None, billing_address=OFFICE, note="")
            return added_up(changed)
    raise LookupError(record.key.kind)
