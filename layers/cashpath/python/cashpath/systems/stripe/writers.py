"""How each kind is written: look, compare, send what differs. Every step may be the last one of a killed pass."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cashpath.faults import NeedsPerson, NotYet
from cashpath.records import RecordKey, Subscription
from cashpath.systems.port import Wanted, Written
from cashpath.systems.stripe.api import StripeApi, at
from cashpath.systems.stripe.records import customer as customers
from cashpath.systems.stripe.records import subscription as subscriptions
from cashpath.systems.stripe.records import variant as variants
from cashpath.systems.stripe.records.variant import Terms

ANCHOR_MARGIN = timedelta(minutes=2)  # an anchor must still lie ahead when Stripe reads it
LOOKUP_KEYS_MAX = 10  # https://docs.stripe.com/api/prices/list, lookup_keys

State = Mapping[str, object]


class Customers:
    """Creates and updates customers."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    def write(self, wanted: Wanted) -> Written:
        """One request to create; to update one to look, and one where something differs."""
        about = str(wanted.record.key)
        if wanted.id is None:
            made, before = self._api.create("/v1/customers", customers.create_body(wanted), about=about)
            if before:
                self._agree(made, wanted)
            return Written(id=made["id"], created=True)
        self._agree(present(self._api.get(at("/v1/customers", wanted.id)), wanted.id, "customer"), wanted)
        return Written(id=wanted.id, created=False)

    def card(self, customer: str) -> str | None:
        """A card attached to the customer that is nobody's default: Stripe charges it for a subscription that names
        it (https://docs.stripe.com/api/subscriptions/create, default_payment_method)."""
        page = self._api.get("/v1/payment_methods", customer=customer, type="card", limit=1)
        return str(page["data"][0]["id"]) if page and page["data"] else None

    def method(self, customer: str) -> str | None:
        """The payment method that a subscription must name: None where the customer's default does. Raises
        NeedsPerson where there is none that Stripe may charge."""
        found = present(self._api.get(at("/v1/customers", customer)), customer, "customer")
        if customers.default_method(found):
            return None
        card = self.card(customer)
        if card is None:
            raise NeedsPerson(
                f"Stripe holds no payment method of customer {customer} that it may charge",
                remedy="ask the customer to save a payment method in Stripe (customer portal), then redrive",
                owner="billing",
                code="no_payment_method",
            )
        return card

    def _agree(self, found: Mapping[str, Any], wanted: Wanted) -> None:
        changes = difference(customers.state(wanted), customers.held(found, wanted))
        if changes:
            body = customers.update_body(changes)
            self._api.update(at("/v1/customers", found["id"]), body, about=str(wanted.record.key))


class Variants:
    """Creates and updates products, and makes prices: found by `lookup_key`, else created with it."""

    def __init__(self, api: StripeApi, tax: str) -> None:
        self._api = api
        self._tax = tax

    def write(self, wanted: Wanted) -> Written:
        """The product under its own id, then its price, then what differs; the price it had before is archived."""
        id = wanted.id or variants.product_id(wanted.record.key)
        found, created = self._product(id), False
        if found is None:
            if wanted.id is not None:
                present(None, id, "product")
            found, created = self._create(wanted), True
        price = found["default_price"]
        changes = difference(variants.state(wanted, self._tax), variants.held(found, price, wanted, self._tax))
        terms = variants.wanted_terms(wanted, self._tax)
        price_id = self.price(id, terms, wanted.record.key) if terms and "price" in changes else None
        if changes:
            about = str(wanted.record.key)
            self._api.update(at("/v1/products", id), variants.update_body(changes, price_id), about=about)
        if price_id and price and price["active"] and price["id"] != price_id:
            self._api.update(
                at("/v1/prices", price["id"]), variants.price_body(active=False), about=str(wanted.record.key)
            )
        return Written(id=id, created=created)

    def price(self, product: str, terms: Terms, origin: RecordKey) -> str:
        """The id of the product's price with these terms."""
        return self.prices([(product, terms, origin)])[0]

    def prices(self, sold: Sequence[tuple[str, Terms, RecordKey]]) -> list[str]:
        """The ids of the prices of products with these terms: found, or created. An archived one is used again."""
        known = self._known([terms.lookup_key(product) for product, terms, _ in sold])
        return [self._usable(known.get(terms.lookup_key(product)), product, terms, key) for product, terms, key in sold]

    def _usable(self, found: Mapping[str, Any] | None, product: str, terms: Terms, origin: RecordKey) -> str:
        if found is None:
            try:
                made, _ = self._api.create("/v1/prices", terms.create_body(product, origin), about=str(origin))
                return str(made["id"])
            except NeedsPerson:
                lookup_key = terms.lookup_key(product)  # another pass may have made it: the key is taken
                found = self._known([lookup_key]).get(lookup_key)
                if found is None:
                    raise
        if not found["active"]:
            self._api.update(at("/v1/prices", found["id"]), variants.price_body(active=True), about=str(origin))
        return str(found["id"])

    def _product(self, id: str) -> dict[str, Any] | None:
        return self._api.get(at("/v1/products", id), expand=["default_price"])

    def _create(self, wanted: Wanted) -> dict[str, Any]:
        body = variants.create_body(wanted)
        try:
            made, _ = self._api.create("/v1/products", body, about=str(wanted.record.key))
        except NeedsPerson:
            made_by_another = self._product(body["id"])
            if made_by_another is None:
                raise
            return made_by_another
        return made if isinstance(made["default_price"], dict) else {**made, "default_price": None}

    def _known(self, lookup_keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(lookup_keys), LOOKUP_KEYS_MAX):
            asked = list(lookup_keys[start : start + LOOKUP_KEYS_MAX])
            found |= {price["lookup_key"]: price for price in self._api.list("/v1/prices", lookup_keys=asked)}
        return found


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
        found = present(self._api.get(at("/v1/subscriptions", wanted.id)), wanted.id, "subscription")
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
        body = subscriptions.update_body(changes, wanted, items, priced)
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
    return list(api.list("/v1/subscription_items", subscription=subscription["id"]))


def difference(target: State, current: State) -> dict[str, object]:
    """What has to change, by name."""
    return {name: value for name, value in target.items() if current.get(name) != value}


def present(found: dict[str, Any] | None, id: str, what: str) -> dict[str, Any]:
    """The object. Raises NeedsPerson where it is gone: what we linked is never created anew."""
    if found is None:
        raise NeedsPerson(
            f"the {what} {id} is gone in Stripe",
            remedy="end its link so that it is created again, or link another one, then redrive",
            owner="billing",
            code="target_gone",
        )
    return found


def referenced(wanted: Wanted) -> None:
    """Raises NotYet while a record that this one names has no id in Stripe."""
    missing = [str(key) for key in wanted.record.references() if not wanted.refs.get(key)]
    if missing:
        raise NotYet(f"{wanted.record.key} waits for {', '.join(missing)}")
