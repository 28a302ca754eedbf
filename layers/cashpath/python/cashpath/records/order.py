"""An order: what was sold, to whom, for how much. A CRM spells it deal or order, an ERP sale."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Self

from cashpath.records.address import Address
from cashpath.records.catalog import Recurring
from cashpath.records.keys import RecordKey
from cashpath.records.money import BadRecord, MixedCurrencies, Money
from cashpath.records.record import Record

Liable = Literal["shop", "channel"]
OrderState = Literal["open", "won", "lost", "fulfilled", "cancelled"]
SoldAs = Literal["order", "deal"]
Risk = Literal["none", "low", "medium", "high"]


@dataclass(frozen=True, kw_only=True)
class Tax:
    """One tax on one line. `rate` is a fraction (0.19); `amount` is that of the whole line, after discounts.

    `liable` is who owes it to the authority: a marketplace that remits the tax itself is a `channel`. The customer
    pays it either way, so it is part of the order's total.
    """

    title: str
    rate: Decimal
    amount: Money
    liable: Liable = "shop"


@dataclass(frozen=True, kw_only=True)
class Discount:
    """The share of one discount that falls on one line, an order-level one allocated. `amount` is positive, and of the
    whole line, not of a unit; with tax inside where the order's prices include it."""

    title: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing sold. `key` names the line for good: by it, never by position, it is found again in every system.

    `unit_price` is before discounts, with tax inside where the order's prices include it. `quantity` is what still
    stands after edits: 0 where the line was removed. `variant` is None for a custom line, and for one whose product was
    deleted. A gift card sold is a line like any other, `gift_card`; one redeemed is a tender of the order.
    """

    key: str
    title: str
    quantity: int
    unit_price: Money
    variant: RecordKey | None = None
    sku: str = ""
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()
    recurring: Recurring | None = None
    gift_card: bool = False

    @property
    def amount(self) -> Money:
        """Quantity times price less discounts; tax inside only where the order's prices include it."""
        return self.unit_price * self.quantity - Money.sum((d.amount for d in self.discounts), self.unit_price.currency)


@dataclass(frozen=True, kw_only=True)
class ShippingLine:
    """What shipping costs, before discounts."""

    key: str
    title: str
    price: Money
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()

    @property
    def amount(self) -> Money:
        """The price less discounts."""
        return self.price - Money.sum((d.amount for d in self.discounts), self.price.currency)


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A duty or an additional fee, after any discount."""

    key: str
    title: str
    amount: Money
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tender:
    """How part of the total was paid. A redeemed gift card is a tender, not a discount."""

    kind: Literal["card", "gift_card", "cash", "other"]
    gateway: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Order(Record):
    """One order. All amounts are in the shop's currency, `currency`; `presentment` is the total as the customer saw it,
    where that was another.

    `total` is what the customer owes in all: lines, shipping, duties, fees, tip, rounding and tax. `rounding` is what
    paying in cash rounded it by, signed. `tenders` say how it was paid, and take no part in the sum.
    `state` is `open`, `fulfilled` or `cancelled` for an order, and `open`, `won` or `lost` for a deal; `sold_as` says
    which it is. `channel` is where it was sold, in the storefront's words. `renewal`: a subscription that began before
    made it. `deal` is the won deal that it was made from.
    """

    number: str
    ordered_at: datetime
    currency: str
    total: Money
    total_tax: Money
    state: OrderState = "open"
    sold_as: SoldAs = "order"
    customer: RecordKey | None = None
    company: RecordKey | None = None
    email: str = ""
    billing_address: Address | None = None
    shipping_address: Address | None = None
    prices_include_tax: bool = False
    lines: tuple[Line, ...] = ()
    shipping: tuple[ShippingLine, ...] = ()
    duties: tuple[Charge, ...] = ()
    fees: tuple[Charge, ...] = ()
    tip: Money | None = None
    rounding: Money | None = None
    tenders: tuple[Tender, ...] = ()
    presentment: Money | None = None
    channel: str = ""
    risk: Risk = "none"
    test: bool = False
    renewal: bool = False
    deal: RecordKey | None = None
    note: str = ""

    def references(self) -> tuple[RecordKey, ...]:
        """Customer, company and the variants sold."""
        named = (self.customer, self.company, *(line.variant for line in self.lines))
        return tuple(dict.fromkeys(key for key in named if key))

    def taxes(self) -> tuple[Tax, ...]:
        """Every tax of every line, shipping line, duty and fee."""
        taxed: tuple[Line | ShippingLine | Charge, ...] = (*self.lines, *self.shipping, *self.duties, *self.fees)
        return tuple(tax for part in taxed for tax in part.taxes)

    def checked(self) -> Self:
        """This order, if it adds up to the minor unit.

        Raises BadRecord, showing the sum, where it does not; where it mixes currencies; where two lines have one key.
        """
        keys = [line.key for line in self.lines]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise BadRecord(f"order {self.number}: two lines have the key {twice[0]!r}; each line needs its own")
        try:
            self._check_tax()
            self._check_total()
        except MixedCurrencies as error:
            raise BadRecord(
                f"order {self.number}: {error}; all its amounts must be in the shop's currency, {self.currency}"
            ) from error
        return self

    def _check_tax(self) -> None:
        tax = Money.sum((t.amount for t in self.taxes()), self.currency)
        if tax != self.total_tax:
            raise BadRecord(
                f"order {self.number}: its taxes make {tax}, its total tax says {self.total_tax}; "
                "look for a tax line that is not mapped (docs/mapping.md#taxes)"
            )

    def _check_total(self) -> None:
        parts = self._parts()
        made = Money.sum(parts.values(), self.currency)
        if made != self.total:
            terms = " + ".join(f"{name} {amount}" for name, amount in parts.items())
            fix = (
                "look for a fee or discount that is not mapped" if self.lines else "it has no lines: say what was sold"
            )
            raise BadRecord(
                f"order {self.number}: {terms} = {made}, its total says {self.total}; {fix} (docs/mapping.md#fees)"
            )

    def _parts(self) -> dict[str, Money]:
        none = Money.zero(self.currency)
        parts = {
            "lines": Money.sum((line.amount for line in self.lines), self.currency),
            "shipping": Money.sum((line.amount for line in self.shipping), self.currency),
            "duties": Money.sum((duty.amount for duty in self.duties), self.currency),
            "fees": Money.sum((fee.amount for fee in self.fees), self.currency),
            "tip": self.tip or none,
            "rounding": self.rounding or none,
            "tax": none if self.prices_include_tax else self.total_tax,
        }
        return {name: amount for name, amount in parts.items() if amount or name == "lines"}
