"""How a subscription is written: created in one request, changed in one, ended in one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cashpath.faults import NeedsPerson, NotYet
from cashpath.records import Subscription
from cashpath.systems.port import Wanted, Written
from cashpath.systems.stripe.api import StripeApi, at
from cashpath.systems.stripe.records import subscription as subscriptions
from cashpath.systems.stripe.writers.compare import State, difference, present, referenced
from cashpath.systems.stripe.writers.customer import Customers
from cashpath.systems.stripe.writers.variant import Variants

ANCHOR_MARGIN = timedelta(minutes=2)  # an anchor must still lie ahead when Stripe reads it


class Subscriptions:
    """Creates, changes and ends subscriptions."""

    def __init__(
        self,
        api: StripeApi,
        tax: str,
        prices: Variants,
        payers: Customers,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._tax = tax
        self._prices = prices
        self._payers = payers
        self._now = now

    def write(self, wanted: Wanted) -> Written:
        """Created in one request, items included; changed in one; ended in one."""
        if wanted.id is None or not subscriptions.wants_end(wanted):
            referenced(wanted)
        if wanted.id is None:
            made, before = self._create(wanted)
            if before or subscriptions.wants_end(wanted):
                self._agree(made, wanted)
            return Written(id=made["id"], created=True)
        found = self._api.get(at("/v1/subscriptions", wanted.id), expand=[*subscriptions.EXPANDED])
        found = present(found, wanted.id, "subscription")
        self._agree(found, wanted)
        return Written(id=wanted.id, created=False)

    def _create(self, wanted: Wanted) -> tuple[dict[str, Any], bool]:
        subscription = wanted.record
        assert isinstance(subscription, Subscription)
        start, now = subscription.charged_until, self._now()
        if subscriptions.wants_end(wanted) and start <= now:
            raise NeedsPerson(
                f"{subscription.key} is cancelled, and creating it in Stripe would charge the customer at once",
                remedy="nothing is to be done in Stripe: close this",
                owner="billing",
                code="cancelled_before_created",
            )
        if now < start <= now + ANCHOR_MARGIN:
            raise NotYet(f"charging of {subscription.key} starts within two minutes; it is created right after")
        method = self._payers.method(wanted.refs[subscription.customer])
        body = subscriptions.create_body(wanted, self._priced(wanted), now=now, method=method)
        return self._api.create("/v1/subscriptions", body, about=str(subscription.key))

    def _agree(self, found: Mapping[str, Any], wanted: Wanted) -> None:
        items = all_items(self._api, found)
        target = subscriptions.state(wanted, self._tax)
        changes = difference(target, subscriptions.held(found, items, wanted, self._tax))
        if not changes:
            return
        if changes.get("state") == "cancelled":
            self._api.delete(at("/v1/subscriptions", found["id"]))
            return
        self._possible(found, changes, wanted)
        priced = self._priced(wanted) if "items" in changes else ()
        body = subscriptions.update_body(changes, wanted, items, priced, self._tax)
        self._api.update(at("/v1/subscriptions", found["id"]), body, about=str(wanted.record.key))

    def _priced(self, wanted: Wanted) -> Sequence[tuple[subscriptions.Bill, str]]:
        bills = subscriptions.bills(wanted, self._tax)
        if not bills:
            raise NeedsPerson(
                f"nothing of {wanted.record.key} recurs any more, and a Stripe subscription cannot be empty",
                remedy="cancel the order, or the subscription in Stripe",
                owner="billing",
                code="empty_subscription",
            )
        ids = self._prices.prices([(bill.product, bill.terms, bill.variant) for bill in bills])
        return list(zip(bills, ids, strict=True))

    def _possible(self, found: Mapping[str, Any], changes: State, wanted: Wanted) -> None:
        """Raises NeedsPerson for what Stripe cannot change."""
        subscription, id = wanted.record, found["id"]
        assert isinstance(subscription, Subscription)
        cause = ""
        if "state" in changes:
            cause = f"subscription {id} has ended in Stripe ({found['status']}), where no ended one can be revived"
        elif "customer" in changes:
            cause = f"subscription {id} belongs to another customer in Stripe, which cannot be changed"
        elif "charged_until" in changes:
            started = datetime.fromtimestamp(found["billing_cycle_anchor"], UTC)
            if min(started, subscription.charged_until) <= self._now():
                cause = f"subscription {id} is being charged since {started:%Y-%m-%d}: its start cannot be moved"
        if cause:
            raise NeedsPerson(
                cause,
                remedy="settle it in Stripe: end this subscription and start one that fits, then link it",
                owner="billing",
                code="subscription_fixed",
            )


def all_items(api: StripeApi, subscription: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The items of a subscription: those it carries, or the list where it carries only the first."""
    carried = subscription["items"]
    if not carried["has_more"]:
        return list(carried["data"])
    return list(
        api.list("/v1/subscription_items", subscription=subscription["id"], expand=["data.price.currency_options"])
    )
