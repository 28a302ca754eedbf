"""What is sold: products, their variants, and what makes a variant recurring."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self

from cashpath.records.keys import RecordKey
from cashpath.records.money import Money
from cashpath.records.record import Record

Biller = Literal["storefront", "billing"]
Interval = Literal["day", "week", "month", "year"]
Nature = Literal["good", "service", "bundle", "course", "membership", "donation", "gift_card"]


@dataclass(frozen=True, kw_only=True)
class Recurring:
    """How often a thing is sold again, and which role charges for it after the first time."""

    interval: Interval
    count: int = 1
    biller: Biller = "storefront"


@dataclass(frozen=True, kw_only=True)
class Tier:
    """One step of a volume price: each unit costs `price` up to a quantity of `up_to`, None for the last step."""

    up_to: int | None
    price: Money


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a bundle contains."""

    variant: RecordKey
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Variant(Record):
    """One sellable thing, as an order line names it. `price` is one unit's in the shop's currency, tax as the shop
    shows it; `prices` are those set in other currencies, each currency once. `tiers` replace `price` where the quantity
    decides. `nature` is what it is to the merchant; `tax_category` is the code by which it is taxed (the storefront's
    or Stripe's tax code). `parts` are a bundle's contents.
    """

    product: RecordKey | None = None
    sku: str = ""
    title: str = ""
    price: Money | None = None
    prices: tuple[Money, ...] = ()
    tiers: tuple[Tier, ...] = ()
    recurring: Recurring | None = None
    nature: Nature = "good"
    tax_category: str = ""
    parts: tuple[Part, ...] = ()
    gift_card: bool = False
    taxable: bool = True
    shippable: bool = True
    archived: bool = False

    def references(self) -> tuple[RecordKey, ...]:
        """The product, and what a bundle contains."""
        named = (self.product, *(part.variant for part in self.parts))
        return tuple(dict.fromkeys(key for key in named if key))

    def renamed(self, keys: Mapping[RecordKey, RecordKey]) -> Self:
        """This variant, naming its product and its parts by these keys."""
        return replace(
            self,
            product=self.product and keys.get(self.product, self.product),
            parts=tuple(replace(part, variant=keys.get(part.variant, part.variant)) for part in self.parts),
        )


@dataclass(frozen=True, kw_only=True)
class Product(Record):
    """A product and the variants it is sold as."""

    title: str = ""
    variants: tuple[Variant, ...] = ()
    archived: bool = False
