"""Who subscribed at an older price of a variant pays its present one from the next period on.

Stripe, "Change the price of existing subscriptions", https://docs.stripe.com/billing/subscriptions/change-price: a
price that is archived goes on being charged, until an item of the subscription is given another. Run again after a
kill, it goes on with those that are still at an older price.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cashpath.systems.stripe.api import StripeApi, at
from cashpath.systems.stripe.records import REPLACED_BY
from cashpath.systems.stripe.records import subscription as subscriptions
from cashpath.systems.stripe.records import variant as variants
from cashpath.systems.stripe.records.terms import Terms
from cashpath.systems.stripe.writers.subscription import all_items

Json = Mapping[str, Any]
SETTLED = ("active", "trialing", "past_due", "unpaid", "paused")  # an incomplete one waits for its first payment


def moved(api: StripeApi, tax: str, product: str) -> int:
    """How many subscriptions were moved to the default price of `product`, without proration.

    An older price is one that Cashpath has replaced as the default, or one at which orders were placed while it was
    (same amount): a price given to somebody in particular stays. Left alone too are other intervals, which Stripe
    would begin to charge at once, currencies that the new price does not know, and whoever pays the new price on
    another item already, since a subscription holds each price once.
    """
    found = api.get(at("/v1/products", product), expand=[*variants.EXPANDED])
    present = variants.current(found) if found else None
    if present is None or not present["recurring"]:
        return 0
    new, count = Terms.held(present, tax), 0
    everyone = list(api.list("/v1/prices", product=product, expand=["data.currency_options", "data.tiers"]))
    for old in _older(everyone, present, tax):
        for subscription in list(_subscribers(api, old["id"])):
            if _moves(subscription, Terms.held(old, tax), present["id"], new):
                body = subscriptions.moved_body(subscription, old["id"], present["id"], tax)
                api.update(at("/v1/subscriptions", subscription["id"]), body, about=f"{product} to {present['id']}")
                count += 1
    return count


def _older(prices: Sequence[Json], present: Json, tax: str) -> Iterator[Json]:
    new = Terms.held(present, tax)
    same_cadence = [
        (price, terms)
        for price in prices
        if price["id"] != present["id"]
        and ((terms := Terms.held(price, tax)).interval, terms.count) == (new.interval, new.count)
    ]
    replaced = [terms for price, terms in same_cadence if REPLACED_BY in price["metadata"]]
    amounts = {(t.currency, t.amount) for t in replaced} | {(c, a) for t in replaced for c, a in t.options}
    for price, terms in same_cadence:
        if REPLACED_BY in price["metadata"] or (terms.currency, terms.amount) in amounts:
            yield price


def _subscribers(api: StripeApi, price: str) -> Iterator[Json]:
    """Those who are charged at a price: what the move needs of each, so that many fit."""
    for subscription in api.list("/v1/subscriptions", price=price):
        if subscription["status"] in SETTLED:
            items = all_items(api, subscription)
            yield {"id": subscription["id"], "currency": subscription["currency"], "items": {"data": items}}


def _moves(subscription: Json, old: Terms, present: str, new: Terms) -> bool:
    amount = new.amount_in(subscription["currency"])
    same = (amount, new.tiers) == (old.amount_in(subscription["currency"]), old.tiers)
    holds = any(item["price"]["id"] == present for item in subscription["items"]["data"])
    return amount is not None and not same and not holds
