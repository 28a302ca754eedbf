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


PRICED_IN = "cashpath_priced_in"  # which of a product's prices is the shop's own, where that is not the portal's
# Currencies whose prices a read asks for besides those that the portal is said to have: an unknown property is ignored.
USUAL = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD", "JPY")


def product(variant: Variant, portal_currency: str, others: Sequence[str] = ()) -> Mapping[str, Mapping[str, str]]:
    """The properties of a product, by the canonical field of the variant that they spell. `others` are the further
    currencies that the portal has: only for them has it properties ("Set up multiple currencies")."""
    own = variant.price.currency if variant.price else portal_currency
    besides = {money.currency: money for money in variant.prices}
    return {
        **spelling.spelled(spelling.PRODUCT, variant),
        "price": {
            price_property(own, portal_currency): amount(variant.price),
            PRICED_IN: own if own != portal_currency else "",
        },
        "prices": {
            price_property(currency, portal_currency): amount(besides.get(currency))
            for currency in (portal_currency, *others)
            if currency != own
        },
        "recurring": {"recurringbillingfrequency": frequency(variant.recurring)},
    }


def variant_of(theirs: Theirs, system: SystemId, portal_currency: str, others: Sequence[str] = ()) -> Variant:
    """A product as the variant that order lines name: HubSpot knows no variants of a product."""
    told = {c: theirs.get(price_property(c, portal_currency)) for c in (portal_currency, *others, *USUAL)}
    priced = {currency: Money.of(text, currency) for currency, text in told.items() if text}
    own = theirs.get(PRICED_IN) or next(iter(priced), portal_currency)
    return Variant(
        key=RecordKey(system, "variant", theirs.id),
        **spelling.told(spelling.PRODUCT, theirs),
        price=priced.get(own),
        prices=tuple(priced[c] for c in (portal_currency, *others) if c in priced and c != own),
        recurring=recurring_of(theirs),
    )
