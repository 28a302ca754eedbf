"""Sample records of a shop, as a plan would hand them to HubSpot: what the conformance suite and unit tests write."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from cashpath.records import (
    Address,
    Company,
    Customer,
    Discount,
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

SHOP = SystemId("shop")
EUR = "EUR"


FURTHER = 1_000_000  # a company that a person buys for besides has a number of its own


MONTHLY = Recurring(interval="month", biller="billing")


def companies(n: int) -> tuple[Record, ...]:
    """The n-th company."""
    return (company(n),)


def company(n: int) -> Company:
    """The n-th company."""
    key = RecordKey(SHOP, "company", f"gid-{n}")
    address = Address(street=f"{n} Rue de la Paix", street2="2e étage", city="Paris", postcode="75002", country="FR")
    return Company(
        key=key,
        name=f"Société {n}",
        tax_id=f"FR{n:011d}",
        domain=f"societe{n}.example",
        address=address,
        phone="+33 1 70 18 99 00",
        tax_exempt=bool(n % 2),
        currency=EUR,
        contract_start=date(2026, 1, 1),
        contract_end=date(2027, 12, 31),
        payment_terms="60 days",
        credit_limit=Money.of("250000.00", EUR),
        receivable_account="411000",
    )


def customers(n: int) -> tuple[Record, ...]:
    """The n-th customer, who buys for one more company, and both companies."""
    return (company(n), company(n + FURTHER), replace(customer(n), also_for=(company(n + FURTHER).key,)))


def customer(n: int) -> Customer:
    """The n-th customer, who buys for the n-th company."""
    key = RecordKey(SHOP, "customer", f"{n}")
    address = Address(street="1 Analytical Way", street2="Flat 2", city="London", postcode="N1", country="GB")
    return Customer(
        key=key,
        email=f"Ada{n}@Example.com",
        first_name="Ada",
        last_name=f"Lovelace {n}",
        phone="+44 20 7946 0000",
        address=address,
        company=company(n).key,
        tax_id=f"GB{n:09d}",
        tax_exempt=bool(n % 2),
        currency="GBP",
        locale="en-GB",
        marketing="subscribed",
        contract_start=date(2026, 1, 1),
        contract_end=date(2026, 12, 31),
        payment_terms="30 days",
        credit_limit=Money.of("5000.00", EUR),
        receivable_account="1400",
    )


def variants(n: int) -> tuple[Record, ...]:
    """The n-th variant."""
    return (variant(n),)


def variant(n: int) -> Variant:
    """The n-th variant, sold every three months, priced in another currency than the portal's where n is odd."""
    key = RecordKey(SHOP, "variant", f"{n}")
    price = Money.of("19.90", "USD" if n % 2 else EUR)
    recurring = Recurring(interval="month", count=3)
    return Variant(
        key=key,
        sku=f"TEA-{n}",
        title=f"Tea {n}",
        price=price,
        prices=(Money.of("17.50", "GBP"),),
        recurring=recurring,
        nature="course",
        tax_category="books",
        taxable=False,
        archived=True,
    )


def orders(n: int) -> tuple[Record, ...]:
    """The n-th order and everybody whom it names."""
    return (*customers(n), order(n))


def order(n: int) -> Order:
    """The n-th order of the n-th customer: an order object, or a deal where n is odd."""
    tax = Tax(title="VAT", rate=Decimal("0.2"), amount=Money.of("5.00", EUR))
    gift = Discount(title="three for less", amount=Money.of("10.00", EUR))
    lines = (
        Line(
            key="l1", title="Mug – 茶", quantity=3, unit_price=Money.of("10.00", EUR), sku=f"MUG-{n}", discounts=(gift,)
        ),
        Line(key="l2", title="Tea", quantity=1, unit_price=Money.of("5.00", EUR), taxes=(tax,), recurring=MONTHLY),
    )
    made = Order(
        key=RecordKey(SHOP, "order", f"gid://shopify/Order/{n}"),
        number=f"#{1000 + n}",
        ordered_at=datetime(2026, 3, 1, 9, 30, 15, 123000, tzinfo=UTC),
        currency=EUR,
        total=Money.of("35.00", EUR),
        total_tax=Money.of("6.00", EUR),
        sold_as="deal" if n % 2 else "order",
        customer=customer(n).key,
        company=company(n).key,
        lines=lines,
        shipping=(
            ShippingLine(
                key="s1", title="Post", price=Money.of("4.00", EUR), taxes=(replace(tax, amount=Money.of("1.00", EUR)),)
            ),
        ),
    )
    return made.checked()


def edited(record: Record) -> Record:
    """The record after its owner changed it; of an order, a line went, one changed and one came."""
    match record:
        case Customer():
            moved = record.also_for[0] if record.also_for else record.company
            return replace(record, last_name="King", phone="", company=moved, also_for=(), contract_end=None)
        case Company():
            return replace(record, name="Société nouvelle", address=None, credit_limit=None, archived=True)
        case Variant():
            return replace(record, title="Better tea", recurring=None, prices=())
        case Order():
            new = Line(key="l3", title="Spoon", quantity=2, unit_price=Money.of("1.50", EUR))
            lines = (replace(record.lines[0], quantity=1, discounts=()), new)
            total = Money.of("18.00", EUR)
            return replace(record, lines=lines, total=total, total_tax=Money.of("1.00", EUR)).checked()
    raise LookupError(f"no edit for a {record.key.kind}")
