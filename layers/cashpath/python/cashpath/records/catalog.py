"""What is sold: products, their variants, and what makes a variant recurring."""

from dataclasses import dataclass
from typing import Literal

from cashpath.records.keys import RecordKey
from cashpath.records.money import Money
from cashpath.records.record import Record

Biller = Literal["storefront", "billing"]
Interval = Literal["day", "week", "month", "year"]


@dataclass(frozen=True, kw_only=True)
class Recurring:
    """How often a thing is sold again, and which role charges for it after the first time."""

    interval: Interval
    count: int = 1
    biller: Biller = "storefront"


@dataclass(frozen=True, kw_only=True)
class Variant(Record):
    """One sellable thing, as an order line names it. `price` is one unit's, tax as the shop shows it."""

    product: RecordKey | None = None
    sku: str = ""
    title: str = ""
    price: Money | None = None
    recurring: Recurring | None = None
    gift_card: bool = False
    taxable: bool = True
    shippable: bool = True
    archived: bool = False


@dataclass(frozen=True, kw_only=True)
class Product(Record):
    """A product and the variants it is sold as."""

    title: str = ""
    variants: tuple[Variant, ...] = ()
    archived: bool = False
