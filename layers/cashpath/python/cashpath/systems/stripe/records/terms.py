"""Terms: what makes one price of Stripe another. Pure.

Stripe, "Products and prices", https://docs.stripe.com/products-prices/how-products-and-prices-work: a price's amount
never changes, so other terms are another price; it is found by `lookup_key`, which is unique in the account.
Amounts in other currencies are `currency_options` (https://docs.stripe.com/products-prices/pricing-models), a price
by quantity is `billing_scheme` tiered with `tiers_mode` volume, whose last tier is open
(https://docs.stripe.com/api/prices/create). That page lists tiers among the models of what recurs: what is sold once is
given its unit price.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cashpath.records import BadRecord, Money, RecordKey, Recurring, Variant
from cashpath.records.catalog import Tier
from cashpath.systems.stripe.money import from_stripe, to_stripe
from cashpath.systems.stripe.records import ORIGIN, REPLACES

if TYPE_CHECKING:
    from stripe.params._price_create_params import PriceCreateParams

EXPANDED = ("currency_options", "tiers")  # of a price: not part of an answer unless asked for
NO_AMOUNT = -1  # of a price that has no whole amount for one unit: package, fraction of a minor unit, customer chooses

Step = tuple[int | None, int]


@dataclass(frozen=True)
class Terms:
    """An amount in Stripe's smallest unit, and how often it is charged. `tax` is the price's `tax_behavior` where the
    system's option names one. `options` are the amounts in other currencies, `tiers` those by quantity: then `amount`
    is the first tier's, and there are no options, since tiers are known in one currency."""

    amount: int
    currency: str
    interval: str = ""
    count: int = 0
    tax: str = ""
    options: tuple[tuple[str, int], ...] = ()
    tiers: tuple[Step, ...] = ()

    @classmethod
    def of(cls, price: Money, recurring: Recurring | None, tax: str) -> "Terms":
        """The terms of a unit price. Raises BadRecord where Stripe cannot charge the amount."""
        interval, count = (recurring.interval, recurring.count) if recurring else ("", 0)
        return cls(to_stripe(price), price.currency.lower(), interval, count, tax)

    @classmethod
    def of_variant(cls, variant: Variant, tax: str) -> "Terms | None":
        """The terms at which a variant is sold; None where it names no price. Raises BadRecord as `of`, and for tiers
        that Stripe cannot hold."""
        tiered = bool(variant.tiers and variant.recurring)
        first = variant.tiers[0].price if tiered or (variant.tiers and variant.price is None) else variant.price
        if first is None:
            return None
        plain = cls.of(first, variant.recurring, tax)
        if tiered:
            return cls(**{**vars(plain), "tiers": _steps(variant)})
        others = {p.currency.lower(): to_stripe(p) for p in variant.prices if p.currency != first.currency}
        return cls(**{**vars(plain), "options": tuple(sorted(others.items()))})

    @classmethod
    def held(cls, price: Mapping[str, Any], tax: str) -> "Terms":
        """The terms of a price in Stripe; the amount NO_AMOUNT where it has none for one unit."""
        recurring = price["recurring"] or {"interval": "", "interval_count": 0}
        tiers = held_tiers(price)
        amount = tiers[0][1] if tiers else price["unit_amount"] if price["unit_amount"] is not None else NO_AMOUNT
        return cls(
            amount,
            price["currency"],
            recurring["interval"],
            recurring["interval_count"],
            price["tax_behavior"] if tax else "",
            () if tiers else held_options(price),
            tiers,
        )

    def lookup_key(self, product: str) -> str:
        """The one name of this price: by it, it is found again, or created once."""
        often = f"{self.count}{self.interval}" if self.interval else "once"
        more = hashlib.sha256(repr((self.options, self.tiers)).encode()).hexdigest()[:16]
        further = f"m{more}" if self.options or self.tiers else ""
        return ":".join(filter(None, (product, f"{self.amount}{self.currency}", often, self.tax, further)))

    def create_body(self, product: str, origin: RecordKey, replaces: str = "") -> "PriceCreateParams":
        """The price as it is created, with the origin of what it sells, and the price that it is to replace."""
        body: PriceCreateParams = {
            "product": product,
            "currency": self.currency,
            "lookup_key": self.lookup_key(product),
            "metadata": {ORIGIN: str(origin)} | ({REPLACES: replaces} if replaces else {}),
        }
        if self.tiers:
            body["billing_scheme"] = "tiered"
            body["tiers_mode"] = "volume"
            body["tiers"] = [
                {"up_to": "inf" if up_to is None else up_to, "unit_amount": amount} for up_to, amount in self.tiers
            ]
        else:
            body["unit_amount"] = self.amount
        if self.options:
            body["currency_options"] = {
                currency: {"unit_amount": amount, "tax_behavior": self.tax} if self.tax else {"unit_amount": amount}
                for currency, amount in self.options
            }
        if self.interval:
            body["recurring"] = {"interval": self.interval, "interval_count": self.count}
        if self.tax:
            body["tax_behavior"] = self.tax
        return body

    def state(self) -> dict[str, object]:
        """What one line is billed at, as plain data, for comparing."""
        return {
            "amount": self.amount,
            "currency": self.currency,
            "interval": self.interval,
            "count": self.count,
        } | ({"tax": self.tax} if self.tax else {})

    def fields(self) -> dict[str, object]:
        """The same by the fields of a variant."""
        often = {"interval": self.interval, "count": self.count} if self.interval else None
        return {
            "price": {"amount": self.amount, "currency": self.currency} | ({"tax": self.tax} if self.tax else {}),
            "prices": dict(self.options),
            "tiers": [[up_to, amount] for up_to, amount in self.tiers],
            "recurring": often,
        }

    def amount_in(self, currency: str) -> int | None:
        """What one unit costs in a currency of Stripe's; None where the price is not sold in it."""
        return self.amount if currency == self.currency else dict(self.options).get(currency)


def held_options(price: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """The amounts in other currencies; Stripe names the price's own among them."""
    options = (price["currency_options"] or {}) if "currency_options" in price else {}
    others = [(currency, one["unit_amount"]) for currency, one in options.items() if currency != price["currency"]]
    return tuple(sorted((currency, NO_AMOUNT if amount is None else amount) for currency, amount in others))


def held_tiers(price: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps of a volume price; none where it is none, or charges for a whole step too."""
    tiers = (price["tiers"] or []) if "tiers" in price else []
    if price["tiers_mode"] != "volume" or any(t["unit_amount"] is None or t["flat_amount"] for t in tiers):
        return ()
    return tuple((tier["up_to"], tier["unit_amount"]) for tier in tiers)


def tiers_of(price: Mapping[str, Any]) -> tuple[Tier, ...]:
    """The steps in canonical form."""
    steps = held_tiers(price)
    return tuple(Tier(up_to=up_to, price=from_stripe(amount, price["currency"])) for up_to, amount in steps)


def prices_of(price: Mapping[str, Any]) -> tuple[Money, ...]:
    """The amounts in other currencies, in canonical form."""
    if held_tiers(price):
        return ()
    return tuple(from_stripe(amount, currency) for currency, amount in held_options(price) if amount != NO_AMOUNT)


def unit_price(price: Mapping[str, Any], currency: str = "", quantity: int = 1) -> Money:
    """One unit's price, in a currency of Stripe's other than its own where one is named. Raises BadRecord for prices
    that are no whole amount for each unit."""
    wanted = currency or price["currency"]
    fitting = [amount for up_to, amount in held_tiers(price) if up_to is None or quantity <= up_to]
    amount = fitting[0] if fitting else price["unit_amount"]
    if wanted != price["currency"]:
        amount = dict(held_options(price)).get(wanted, NO_AMOUNT)
    if amount is None or amount == NO_AMOUNT:
        raise BadRecord(
            f"price {price['id']} has no whole amount for one unit in {wanted} (graduated or flat tiers, or finer than "
            "the minor unit); use a price per unit or volume tiers, or end this product's link"
        )
    return from_stripe(amount, wanted)


def recurring_of(recurring: Mapping[str, Any]) -> Recurring:
    """How often a price recurs. Stripe bills it: that is what it is there for."""
    return Recurring(interval=recurring["interval"], count=recurring["interval_count"], biller="billing")


def _steps(variant: Variant) -> tuple[Step, ...]:
    tiers: Sequence[Tier] = variant.tiers
    bounds = [tier.up_to for tier in tiers]
    ascending = all(low is not None and (high is None or low < high) for low, high in pairwise(bounds))
    if not ascending or bounds[-1] is not None or len({tier.price.currency for tier in tiers}) > 1:
        raise BadRecord(
            f"the tiers of {variant.key} are not steps that rise in one currency, the last without an end: "
            "correct them where the price is kept"
        )
    return tuple((tier.up_to, to_stripe(tier.price)) for tier in tiers)
