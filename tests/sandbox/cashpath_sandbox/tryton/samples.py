"""Records of a shop as the ERP gets them: for the conformance suite and for trying Tryton by hand."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from cashpath.records import (
    Address,
    Charge,
    Company,
    Customer,
    Discount,
    Line,
    Money,
    Order,
    Record,
    RecordKey,
    ShippingLine,
    SystemId,
    Tax,
    Variant,
)

SHOP = SystemId("shop")
HOME = Address(name="Zoë Ōno", street="Straße 5", street2="3. OG", city="Köln", postcode="50667", country="DE")
OFFICE = Address(company="Ōno & Töchter", street="Ring 1", city="Wien", postcode="1010", country="AT")


def customers(n: int) -> tuple[Record, ...]:
    """The n-th person; every third has a phone number without country code."""
    phone = "0221 12345" if n % 3 == 0 else "+49 221 12345"
    key = RecordKey(SHOP, "customer", f"{n}")
    email = f"Zoë.{n}@Example.com"
    return (Customer(key=key, email=email, first_name="Zoë", last_name="Ōno", phone=phone, address=HOME),)


def companies(n: int) -> tuple[Record, ...]:
    """The n-th company."""
    key = RecordKey(SHOP, "company", f"{n}")
    return (Company(key=key, name=f"Ōno & Töchter {n}", tax_id=f"AT U {n:08d}", phone="+43 1 2345", address=OFFICE),)


def variants(n: int) -> tuple[Record, ...]:
    """The n-th variant."""
    key = RecordKey(SHOP, "variant", f"{n}")
    return (Variant(key=key, sku=f"MUG-{n:06d}", title=f"Mug №{n} ☕", price=Money(1250, "EUR")),)


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
            return replace(record, last_name="Ōno-Smith", phone="", address=replace(HOME, city="Bonn"))
        case Company():
            return replace(record, name=f"{record.name} GmbH", tax_id=record.tax_id.replace("AT", "DE"))
        case Variant():
            return replace(record, title="Mug, large", sku=f"{record.sku}-L", archived=True)
        case Order():
            first, second = record.lines
            third = replace(second, key=f"{second.key}3", title="Box")
            fewer = replace(first, quantity=2, discounts=(), taxes=())
            fee = Charge(key="gold", title="Gold paper", amount=Money(75, record.currency))
            changed = replace(record, lines=(fewer, third), fees=(fee,), tip=None, billing_address=OFFICE, note="")
            return added_up(changed)
    raise LookupError(record.key.kind)
