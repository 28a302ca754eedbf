"""A basket made into the JSON of Shopify's order webhook, and beside it what a reader of that order must find.

The amounts are reckoned here, in whole minor units, and by nothing of the connector: that is what makes `expected`
worth comparing with. Discounts of the whole order are shared out over the lines, taxes taken from what is left of
each, as Shopify does; of an order sold in another currency every amount is converted by itself, as Shopify does too,
so that converted sums may miss by a minor unit.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from cashpath.records import Money
from cashpath.records.money import exponent
from cashpath_sandbox.shopify.intake import iso

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


def number_of(text: str, base: int) -> int:
    """An id that is always the same for the same text: the same SKU is the same variant in every order."""
    return base + zlib.crc32(text.encode())


class _Till:
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


def order(basket: Basket, n: int, at: datetime) -> Made:
    """The n-th order of a shop, placed at `at`."""
    till, id = _Till(basket), 5_600_000_000_000 + n
    lines = [_line(till, item, i, id) for i, item in enumerate(basket.items)]
    if basket.tip:
        lines.append(_tip(till, id, len(lines)))
    times = dict.fromkeys(("created_at", "processed_at", "updated_at"), iso(at))
    body = {
        "id": id,
        "admin_graphql_api_id": f"gid://shopify/Order/{id}",
        "name": f"#{1000 + n}",
        "order_number": 1000 + n,
        **times,
        "cancelled_at": None,
        "closed_at": None,
        "currency": till.currency,
        "presentment_currency": basket.currency,
        "taxes_included": basket.included,
        "test": basket.test,
        "source_name": basket.source,
        "note": basket.note or None,
        "note_attributes": [{"name": name, "value": value} for name, value in basket.attributes.items()],
        "financial_status": "paid",
        "fulfillment_status": None,
        **_totals(till),
        **_buyer(basket.buyer, iso(at)),
        "line_items": lines,
        "shipping_lines": _shipping(till, id),
        "discount_applications": _applications(basket),
        "tax_lines": _tax_lines(till, [sum(column) for column in _columns(till)]),
        "additional_fees": _fees(till, id),
        "refunds": [],
        "payment_gateway_names": ["gift_card", basket.gateway] if basket.gift_card else [basket.gateway],
        "transactions": _transactions(till, id),
        "risk": {"recommendation": "cancel", "assessments": [basket.risk]} if basket.risk == "high" else None,
    }
    return Made(body, _expected(till))


def _left(item: Item) -> int:
    return item.price * item.quantity - item.off


def _rounded(amount: Fraction) -> int:
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) + Fraction(1, 2))


def _share(amount: int, weights: Sequence[int]) -> list[int]:
    if not amount:
        return [0] * len(weights)
    return [share.minor for share in Money(amount, "EUR").allocate(weights)]


def _columns(till: _Till) -> list[list[int]]:
    """For each tax of the order, what every line and the shipping bears of it."""
    rows = [row for row in (*till.line_taxes, till.shipping_taxes) if row]
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in till.basket.taxes]


def _totals(till: _Till) -> Body:
    basket = till.basket
    total, tax, subtotal = till.total, till.tax, till.subtotal
    off = basket.off + basket.shipping_off + sum(item.off for item in basket.items)
    found: Body = {}
    for name, minor in (("total_price", total), ("total_tax", tax), ("subtotal_price", subtotal)):
        found |= till.priced(name, minor) | till.priced(f"current_{name}", minor)
    found |= till.priced("total_discounts", off) | till.priced("total_tip_received", basket.tip)
    duties = till.both(till.duties) if till.duties else None
    found["original_total_duties_set"], found["current_total_duties_set"] = duties, duties
    found["total_cash_rounding_payment_adjustment_set"] = till.both(basket.rounding)
    return found


def _line(till: _Till, item: Item, i: int, order: int) -> Body:
    product = None if item.deleted else number_of(f"product {item.sku}", 7_000_000_000_000)
    variant = None if item.deleted else number_of(f"variant {item.sku}", 4_000_000_000_000)
    offs = [(item.off, 1 if till.basket.off else 0), (till.order_off[i], 0)]
    return {
        "id": order * 1000 + i,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{order * 1000 + i}",
        "title": item.title,
        "name": item.title,
        "sku": item.sku,
        "variant_title": None,
        "product_id": product,
        "variant_id": variant,
        "product_exists": not item.deleted,
        "quantity": item.quantity,
        "current_quantity": item.quantity,
        "fulfillable_quantity": item.quantity if item.shipped else 0,
        "requires_shipping": item.shipped,
        "taxable": item.taxed,
        "gift_card": item.gift_card,
        **till.priced("price", item.price),
        "discount_allocations": [
            {**till.priced("amount", off), "discount_application_index": place} for off, place in offs if off
        ],
        "tax_lines": _tax_lines(till, till.line_taxes[i]),
        "duties": _duties(till, item, order * 1000 + i),
        "selling_plan": item.plan,
        "product_metafields": list(item.metafields),
    }


def _tip(till: _Till, order: int, i: int) -> Body:
    """Shopify lists a tip as a line of no product, too."""
    id = order * 1000 + i
    return {
        "id": id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{id}",
        "title": "Tip",
        "name": "Tip",
        "sku": None,
        "variant_title": None,
        "product_id": None,
        "variant_id": None,
        "quantity": 1,
        "current_quantity": 1,
        "fulfillable_quantity": 0,
        "requires_shipping": False,
        "taxable": False,
        "gift_card": False,
        **till.priced("price", till.basket.tip),
        "discount_allocations": [],
        "tax_lines": [],
        "duties": [],
        "tip_payment_gateway": till.basket.gateway,
    }


def _duties(till: _Till, item: Item, id: int) -> list[Body]:
    if not item.duty:
        return []
    return [
        {
            "id": id,
            "harmonized_system_code": "0902.10",
            "country_code_of_origin": "JP",
            "price_set": till.both(item.duty),
            "tax_lines": [],
        }
    ]


def _tax_lines(till: _Till, amounts: Sequence[int]) -> list[Body]:
    return [
        {
            **till.priced("price", amount),
            "rate": float(tax.rate),
            "title": tax.title,
            "channel_liable": tax.channel_liable,
        }
        for tax, amount in zip(till.basket.taxes, amounts, strict=False)
    ]


def _shipping(till: _Till, order: int) -> list[Body]:
    basket = till.basket
    if basket.shipping is None:
        return []
    place = len(_applications(basket)) - 1
    off = {**till.priced("amount", basket.shipping_off), "discount_application_index": place}
    return [
        {
            "id": order + 1,
            "title": "Standard",
            "code": "standard",
            **till.priced("price", basket.shipping),
            **till.priced("discounted_price", basket.shipping - basket.shipping_off),
            "discount_allocations": [off] if basket.shipping_off else [],
            "tax_lines": _tax_lines(till, till.shipping_taxes),
        }
    ]


def _applications(basket: Basket) -> list[Body]:
    found: list[Body] = []
    if basket.off:
        found.append({"type": "discount_code", "code": basket.code, "target_type": "line_item"})
    if any(item.off for item in basket.items):
        found.append({"type": "automatic", "title": "Three for two", "target_type": "line_item"})
    if basket.shipping_off:
        found.append({"type": "manual", "title": "Courtesy", "target_type": "shipping_line"})
    return found


def _fees(till: _Till, order: int) -> list[Body]:
    if not till.basket.fee:
        return []
    return [{"id": order + 2, "name": "Bottle deposit", "price_set": till.both(till.basket.fee), "tax_lines": []}]


def _transactions(till: _Till, order: int) -> list[Body]:
    """How it was paid: by gift card first, the rest through the gateway, in cash with its rounding."""
    basket = till.basket
    parts = [("gift_card", basket.gift_card), (basket.gateway, till.total + basket.rounding - basket.gift_card)]
    return [
        {
            "id": order * 10 + i,
            "kind": "sale",
            "status": "success",
            "gateway": gateway,
            "amount": till.plain(minor),
            "currency": till.currency,
        }
        for i, (gateway, minor) in enumerate(parts)
        if minor
    ]


def _buyer(person: Person | None, at: str) -> Body:
    if person is None:
        return {"customer": None, "email": None, "billing_address": None, "shipping_address": None, "company": None}
    address = {
        "first_name": person.first,
        "last_name": person.last,
        "company": person.company["name"] if person.company else None,
        "address1": "Teestraße 7",
        "city": "Hamburg",
        "zip": "20095",
        "country_code": person.country,
        "phone": person.phone,
    }
    customer = {
        "id": number_of(f"{person.email} {person.phone} {person.last}", 8_000_000_000_000),
        "email": person.email,
        "phone": person.phone,
        "first_name": person.first,
        "last_name": person.last,
        "created_at": at,
        "updated_at": at,
        "tax_exempt": False,
        "default_address": address,
    }
    return {
        "customer": customer,
        "email": person.email,
        "phone": person.phone,
        "billing_address": address,
        "shipping_address": address,
        "company": dict(person.company) if person.company else None,
    }


def _expected(till: _Till) -> Expected:
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
