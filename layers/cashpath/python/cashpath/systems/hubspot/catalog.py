"""Products, and how often a product or a line item is sold again. Ours as HubSpot spells it, and theirs. Pure."""

from collections.abc import Mapping, Sequence

from cashpath.records import Money, RecordKey, Recurring, SystemId, Variant
from cashpath.records.catalog import Interval
from cashpath.systems.hubspot import spelling
from cashpath.systems.hubspot.objects import Theirs
from cashpath.systems.hubspot.values import amount

# "Line items" and "Products" (CRM API guides): the options of recurringbillingfrequency.
FREQUENCIES: Mapping[str, tuple[Interval, int]] = {
    "weekly": ("week", 1),
    "biweekly": ("week", 2),
    "monthly": ("month", 1),
    "quarterly": ("month", 3),
    "per_six_months": ("month", 6),
    "annually": ("year", 1),
    "per_two_years": ("year", 2),
    "per_three_years": ("year", 3),
    "per_four_years": ("year", 4),
    "per_five_years": ("year", 5),
}
_NAMES = {
    **{interval: name for name, interval in FREQUENCIES.items()},
    ("month", 12): "annually",
    ("month", 24): "per_two_years",
}


def frequency(recurring: Recurring | None) -> str:
    """The billing frequency's name, '' for a one-off and for a rhythm that HubSpot has no name for (every day)."""
    return _NAMES.get((recurring.interval, recurring.count), "") if recurring else ""


def recurring_of(theirs: Theirs) -> Recurring | None:
    """How often a product or line item recurs. What is sold in the CRM is charged by subscription billing."""
    named = FREQUENCIES.get(theirs.get("recurringbillingfrequency"))
    return Recurring(interval=named[0], count=named[1], biller="billing") if named else None


def price_property(currency: str, portal_currency: str) -> str:
    """The property that holds a product's price: `price` in the portal's currency, else one for each currency."""
    return "price" if currency == portal_currency else f"hs_price_{currency.lower()}"


# Currencies whose prices a read asks for besides those that the portal is said to have: an unknown property is ignored.
USUAL = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD", "JPY")


def product(variant: Variant, portal_currency: str, others: Sequence[str] = ()) -> Mapping[str, Mapping[str, str]]:
    """The properties of a product, by the canonical field of the variant that they spell. `others` are the further
    currencies that the portal has: only for them has it properties ("Set up multiple currencies")."""
    price = variant.price
    name = price_property(price.currency, portal_currency) if price else "price"
    in_others = {money.currency: money for money in variant.prices}
    own = price.currency if price else portal_currency
    return {
        **spelling.spelled(spelling.PRODUCT, variant),
        "price": {name: amount(price)},
        "prices": {f"hs_price_{c.lower()}": amount(in_others.get(c)) for c in others if c != own},
        "recurring": {"recurringbillingfrequency": frequency(variant.recurring)},
    }


def variant_of(theirs: Theirs, system: SystemId, portal_currency: str, others: Sequence[str] = ()) -> Variant:
    """A product as the variant that order lines name: HubSpot knows no variants of a product."""
    told = {portal_currency: theirs.get("price")}
    told |= {c: theirs.get(f"hs_price_{c.lower()}") for c in (*others, *USUAL) if c != portal_currency}
    priced = [Money.of(text, currency) for currency, text in told.items() if text]
    return Variant(
        key=RecordKey(system, "variant", theirs.id),
        **spelling.told(spelling.PRODUCT, theirs),
        price=priced[0] if priced else None,
        prices=tuple(money for money in priced[1:] if money.currency in others),
        recurring=recurring_of(theirs),
    )
