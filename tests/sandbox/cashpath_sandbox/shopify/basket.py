"""A basket of an order to be, reckoned in whole minor units: its webhook is made of it, and what must be read of it.

The amounts are reckoned here, in whole minor units, and by nothing of the connector: that is what makes `expected`
worth comparing with. Discounts of the whole order are shared out over the lines, taxes taken from what is left of
each, as Shopify does; of an order sold in another currency every amount is converted by itself, as Shopify does too,
so that converted sums may miss by a minor unit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from cashpath.records import Money
from cashpath.records.money import exponent

Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Tax:
    """A tax on what is taxed: its rate as a decimal, and whether the channel pays it to the authority."""

    title: str = "VAT"
    rate: str = "0.19"
    channel_liable: bool | None = False


@dataclass(frozen=True, kw_only=True)
class Item:
    """So many of one thing, `price` in minor units each, `off` the line's own discount in all."""

    title: str
    sku: str
    price: int
    quantity: int = 1
    off: int = 0
    taxed: bool = True
    gift_card: bool = False
    shipped: bool = True
    duty: int = 0
    plan: Mapping[str, Any] | None = None
    metafields: Sequence[Mapping[str, str]] = ()
    deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who buys. No email: Shopify knows customers by phone alone."""

    first: str = "Ada"
    last: str = "Brandt"
    email: str | None = "ada.brandt@example.com"
    phone: str | None = None
    country: str = "DE"
    company: Mapping[str, Any] | None = None  # id, name, tax_registration_id: a B2B order


@dataclass(frozen=True, kw_only=True)
class Basket:
    """An order to be. Amounts in minor units of `currency`, which is what the customer pays in; `shop_currency` is the
    shop's where it is another, `rate` what one unit of `currency` is worth in it."""

    items: Sequence[Item]
    currency: str = "EUR"
    shop_currency: str = ""
    rate: str = "1"
    taxes: Sequence[Tax] = (Tax(),)
    included: bool = True
    off: int = 0
    code: str = "TEATIME"
    shipping: int | None = 490
    shipping_off: int = 0
    tip: int = 0
    rounding: int = 0
    fee: int = 0
    gift_card: int = 0
    gateway: str = "shopify_payments"
    buyer: Person | None = field(default_factory=Person)
    source: str = "web"
    test: bool = False
    risk: str = ""
    note: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ExpectedLine:
    """One line as it must be read: `amount` is after discounts, `tax` all of its taxes."""

    sku: str
    title: str
    quantity: int
    unit_price: Money
    amount: Money
    tax: Money


@dataclass(frozen=True)
class Expected:
    """What must be read of an order, in the shop's currency. `total` is what the customer owes in all."""

    total: Money
    total_tax: Money
    lines: tuple[ExpectedLine, ...]
    shipping: Money
    tip: Money
    duties: Money
    rounding: Money
    presentment: Money | None
    tenders: Mapping[str, Money]


@dataclass(frozen=True)
class Made:
    """An order in the shape of the webhook, and what must be read of it."""

    body: Body
    expected: Expected

    @property
    def id(self) -> str:
        """The order's id in the shop."""
        return str(self.body["id"])


class Till:
    """Reckons one basket."""

    def __init__(self, basket: Basket) -> None:
        self.basket = basket
        self.currency = basket.shop_currency or basket.currency
        shares = _share(basket.off, [_left(item) if not item.gift_card else 0 for item in basket.items])
        self.order_off = shares
        self.line_taxes = [
            [self._tax(_left(item) - off, tax) for tax in basket.taxes] if item.taxed and not item.gift_card else []
            for item, off in zip(basket.items, shares, strict=True)
        ]
        shipped = (basket.shipping or 0) - basket.shipping_off
        self.shipping_taxes = [self._tax(shipped, tax) for tax in basket.taxes] if basket.shipping else []
        lines = sum(_left(item) for item in basket.items) - basket.off
        self.tax = sum(map(sum, self.line_taxes)) + sum(self.shipping_taxes)
        self.duties = sum(item.duty for item in basket.items)
        self.subtotal = lines
        self.total = lines + shipped + self.duties + basket.fee + basket.tip + (0 if basket.included else self.tax)

    def _tax(self, amount: int, tax: Tax) -> int:
        rate = Fraction(tax.rate)
        rates = sum(Fraction(t.rate) for t in self.basket.taxes)
        return _rounded(Fraction(amount) * rate / (1 + rates) if self.basket.included else Fraction(amount) * rate)

    def seen(self, minor: int) -> Money:
        """An amount as the customer sees it."""
        return Money(minor, self.basket.currency)

    def shop(self, minor: int) -> Money:
        """The same in the shop's currency, converted by itself."""
        if self.currency == self.basket.currency:
            return Money(minor, self.currency)
        worth = self.seen(minor).decimal * Decimal(self.basket.rate)
        step = Decimal(1).scaleb(-exponent(self.currency))
        return Money.of(worth.quantize(step, ROUND_HALF_UP), self.currency)

    def plain(self, minor: int) -> str:
        """A plain amount: in the shop's currency."""
        return str(self.shop(minor).decimal)

    def both(self, minor: int) -> Body:
        """A `_set`: in both currencies."""
        shop, seen = self.shop(minor), self.seen(minor)
        return {
            "shop_money": {"amount": str(shop.decimal), "currency_code": shop.currency},
            "presentment_money": {"amount": str(seen.decimal), "currency_code": seen.currency},
        }

    def priced(self, name: str, minor: int) -> Body:
        """A field and its `_set`."""
        return {name: self.plain(minor), f"{name}_set": self.both(minor)}


def _left(item: Item) -> int:
    return item.price * item.quantity - item.off


def _rounded(amount: Fraction) -> int:
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) + Fraction(1, 2))


def _share(amount: int, weights: Sequence[int]) -> list[int]:
    if not amount:
        return [0] * len(weights)
    return [share.minor for share in Money(amount, "EUR").allocate(weights)]


def expected(till: Till) -> Expected:
    basket, shop = till.basket, till.shop
    lines = tuple(
        ExpectedLine(
            sku=item.sku,
            title=item.title,
            quantity=item.quantity,
            unit_price=shop(item.price),
            amount=_less(shop(item.price) * item.quantity, [item.off, off], shop),
            tax=Money.sum(map(shop, taxes), till.currency),
        )
        for item, off, taxes in zip(basket.items, till.order_off, till.line_taxes, strict=True)
    )
    tenders = {"gift_card": shop(basket.gift_card)} if basket.gift_card else {}
    rest = till.total + basket.rounding - basket.gift_card
    return Expected(
        total=shop(till.total) + shop(basket.rounding),
        total_tax=shop(till.tax),
        lines=lines,
        shipping=shop(basket.shipping or 0) - shop(basket.shipping_off),
        tip=shop(basket.tip),
        duties=shop(till.duties),
        rounding=shop(basket.rounding),
        presentment=till.seen(till.total) if basket.shop_currency and till.currency != basket.currency else None,
        tenders=tenders | ({basket.gateway: shop(rest)} if rest else {}),
    )


def _less(amount: Money, offs: Sequence[int], shop: Callable[[int], Money]) -> Money:
    return amount - Money.sum(map(shop, offs), amount.currency)
