"""Subscriptions: theirs to ours and ours to theirs. Pure.

Stripe, "Create a subscription", https://docs.stripe.com/api/subscriptions/create: at most 20 items, and each price
once; lines of one price therefore share an item, which carries the keys of them all.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cashpath.records import BadRecord, RecordKey, Subscription, SubscriptionItem
from cashpath.records.period import period_end
from cashpath.systems.port import Wanted
from cashpath.systems.stripe.records import AGREED, CHARGED_UNTIL, LINE, ORDER, ORIGIN
from cashpath.systems.stripe.records.terms import EXPANDED as OF_A_PRICE
from cashpath.systems.stripe.records.terms import Terms, recurring_of, unit_price

if TYPE_CHECKING:
    from stripe.params._subscription_create_params import SubscriptionCreateParams
    from stripe.params._subscription_update_params import SubscriptionUpdateParams, SubscriptionUpdateParamsItem

FIELDS = frozenset({"customer", "items", "currency", "charged_until", "state", "order"})
TELLS = FIELDS - {"order"}
EXPANDED = tuple(f"items.data.price.{name}" for name in OF_A_PRICE)
ITEMS_MAX = 20
METADATA_MAX = 500  # https://docs.stripe.com/metadata: characters of a value
ENDED = ("canceled", "incomplete_expired")
_JOIN = " "  # between line keys: no key holds a space


@dataclass(frozen=True)
class Bill:
    """One item: so many units of a product at these terms, for these order lines."""

    product: str
    variant: RecordKey
    terms: Terms
    quantity: int
    lines: tuple[str, ...]

    @property
    def key(self) -> str:
        """The line keys, as the item's metadata holds them; where they do not fit, a hash of them."""
        joined = _JOIN.join(self.lines)
        return joined if len(joined) <= METADATA_MAX else hashlib.sha256(joined.encode()).hexdigest()

    def state(self) -> dict[str, object]:
        """As plain data, for comparing."""
        return {"product": self.product, "quantity": self.quantity, **self.terms.state()}


def bills(wanted: Wanted, tax: str) -> tuple[Bill, ...]:
    """The items that Stripe should bill: one for each price, lines in order of their keys. Lines edited away to
    nothing are left out. An unresolved product is ''. Raises BadRecord where there are more than 20."""
    found: dict[tuple[str, RecordKey, Terms], Bill] = {}
    for item in sorted(_wanted(wanted).items, key=lambda item: item.line):
        if not item.quantity:
            continue
        terms = Terms.of(item.price, item.recurring, tax)
        product = wanted.refs.get(item.variant, "")
        bill = found.get((product, item.variant, terms), Bill(product, item.variant, terms, 0, ()))
        found[product, item.variant, terms] = replace(
            bill, quantity=bill.quantity + item.quantity, lines=(*bill.lines, item.line)
        )
    if len(found) > ITEMS_MAX:
        raise BadRecord(f"{wanted.record.key} has {len(found)} recurring prices, a Stripe subscription holds 20; split")
    return tuple(found.values())


def state(wanted: Wanted, tax: str) -> dict[str, object]:
    """What Stripe will hold of a subscription. Of a cancelled one only that: Stripe changes nothing else any more."""
    subscription = _wanted(wanted)
    if wants_end(wanted):
        return {"state": "cancelled"}
    whole: dict[str, object] = {
        "customer": wanted.refs.get(subscription.customer, ""),
        "items": {bill.key: bill.state() for bill in bills(wanted, tax)},
        "charged_until": _seconds(subscription.charged_until),
        "state": "active",
        "order": str(subscription.order or ""),
    }
    return {name: value for name, value in whole.items() if name in wanted.fields}


def held(theirs: Mapping[str, Any], items: Sequence[Mapping[str, Any]], wanted: Wanted, tax: str) -> dict[str, object]:
    """The same of a subscription in Stripe. When charging starts is what was agreed with its first start, in metadata:
    who gives a free month in Stripe moves the date there, and keeps it."""
    ended = theirs["status"] in ENDED
    if wants_end(wanted):
        return {"state": "cancelled" if ended else "active"}
    whole: dict[str, object] = {
        "customer": id_of(theirs["customer"]),
        "items": {
            line_of(item): {
                "product": id_of(item["price"]["product"]),
                "quantity": item.get("quantity") or 0,
                **agreed(item, tax),
            }
            for item in items
        },
        "charged_until": _agreed(theirs),
        "state": "cancelled" if ended else "active",
        "order": theirs["metadata"].get(ORDER, ""),
    }
    return {name: value for name, value in whole.items() if name in wanted.fields}


def ours(at: RecordKey, theirs: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Subscription:
    """The subscription in canonical form, its references keyed in Stripe. Unpaid, paused and trialing ones are active:
    only an ended one is cancelled. Raises BadRecord for items that are not priced by whole units."""
    return Subscription(
        key=at,
        customer=RecordKey(at.system, "customer", id_of(theirs["customer"])),
        items=tuple(_items(at, items, theirs["currency"])),
        currency=theirs["currency"].upper(),
        charged_until=datetime.fromtimestamp(_agreed(theirs), UTC),
        state="cancelled" if theirs["status"] in ENDED else "active",
    )


def create_body(
    wanted: Wanted, priced: Sequence[tuple[Bill, str]], *, now: datetime, method: str | None
) -> "SubscriptionCreateParams":
    """The subscription as it is created, with its origin, so that nothing is charged before `charged_until`.

    Within one period from now that date is the billing cycle's anchor, and without proration the time up to it is
    free, with no invoice (Stripe, "Set the subscription billing renewal date",
    https://docs.stripe.com/billing/subscriptions/billing-cycle). The anchor may not lie later than the next natural
    billing date, so a date further away becomes the end of a trial, which sets the anchor too (same page). Where the
    date has passed, Stripe charges at once, and refuses to create what it cannot charge.
    """
    subscription = _wanted(wanted)
    metadata = {ORIGIN: str(subscription.key), CHARGED_UNTIL: str(_seconds(subscription.charged_until))}
    body: SubscriptionCreateParams = {
        "customer": wanted.refs[subscription.customer],
        "items": [{"price": price, "quantity": bill.quantity, "metadata": {LINE: bill.key}} for bill, price in priced],
        "collection_method": "charge_automatically",
        "metadata": metadata | ({ORDER: str(subscription.order)} if subscription.order else {}),
    }
    if method:
        body["default_payment_method"] = method
    start = _seconds(subscription.charged_until)
    if subscription.charged_until <= now:
        body["payment_behavior"] = "error_if_incomplete"
        body["off_session"] = True  # nobody is there to authenticate the payment
        return body
    body["proration_behavior"] = "none"
    if subscription.charged_until <= period_end(now, subscription.items[0].recurring):
        body["billing_cycle_anchor"] = start
    else:
        body["trial_end"] = start
    return body


def update_body(
    changes: Mapping[str, object],
    wanted: Wanted,
    items: Sequence[Mapping[str, Any]],
    priced: Sequence[tuple[Bill, str]],
    tax: str = "",
) -> "SubscriptionUpdateParams":
    """What differs, without proration. Items are found by their line keys; one whose lines changed, by its price.

    A new interval makes Stripe start a new period and charge it at once, unless a trial lasts (Stripe, "Change the
    price of existing subscriptions"): it then begins where the current period ends.
    """
    subscription = _wanted(wanted)
    body: SubscriptionUpdateParams = {"proration_behavior": "none"}
    if "items" in changes:
        body["items"] = [*_item_changes(items, priced, tax)]
        often = {(bill.terms.interval, bill.terms.count) for bill, _ in priced}
        before = {(i["price"]["recurring"]["interval"], i["price"]["recurring"]["interval_count"]) for i in items}
        if often != before:
            body["trial_end"] = max(item["current_period_end"] for item in items)
    metadata = {ORDER: str(subscription.order or "")} if "order" in changes else {}
    if "charged_until" in changes:
        metadata[CHARGED_UNTIL] = str(_seconds(subscription.charged_until))
        body["trial_end"] = _seconds(subscription.charged_until)
    if metadata:
        body["metadata"] = metadata
    return body


def moved_body(theirs: Mapping[str, Any], old: str, new: str, tax: str) -> "SubscriptionUpdateParams":
    """The items that are charged at the price `old` charged at `new` from the next period on. What was agreed with an
    order is noted, so that the order is not taken to differ."""
    items: list[SubscriptionUpdateParamsItem] = []
    for item in theirs["items"]["data"]:
        if item["price"]["id"] != old:
            continue
        moved: SubscriptionUpdateParamsItem = {"id": item["id"], "price": new, "quantity": item.get("quantity") or 0}
        metadata = item["metadata"] or {}
        if LINE in metadata and AGREED not in metadata:
            moved["metadata"] = {AGREED: json.dumps(agreed(item, tax), separators=(",", ":"))}
        items.append(moved)
    return {"items": items, "proration_behavior": "none"}


def wants_end(wanted: Wanted) -> bool:
    """Whether the subscription is to be ended."""
    return _wanted(wanted).state == "cancelled" and "state" in wanted.fields


def customer_of(hints: Wanted | None) -> str:
    """The id of the customer who was to pay, where it is known again."""
    return hints.refs.get(_wanted(hints).customer, "") if hints else ""


def line_of(item: Mapping[str, Any]) -> str:
    """The line keys that an item of Stripe carries; its own id where somebody else made it."""
    return str((item["metadata"] or {}).get(LINE) or item["id"])


def id_of(theirs: Any) -> str:
    """An id, expanded or not."""
    return str(theirs["id"] if isinstance(theirs, Mapping) else theirs)


def agreed(item: Mapping[str, Any], tax: str) -> Mapping[str, object]:
    """The terms that an item's order was placed at: those of its price, unless it was moved to a newer one since."""
    noted = (item["metadata"] or {}).get(AGREED)
    at_order: Mapping[str, object] = json.loads(noted) if noted else Terms.held(item["price"], tax).state()
    return at_order


def _item_changes(
    items: Sequence[Mapping[str, Any]], priced: Sequence[tuple[Bill, str]], tax: str
) -> "Iterator[SubscriptionUpdateParamsItem]":
    """An item that was moved to a newer price keeps it for as long as its order says what was agreed then."""
    free = {item["id"]: item for item in items}
    chosen: dict[str, Mapping[str, Any]] = {}
    for bill, _ in priced:
        _take(bill.key, [i for i in free.values() if line_of(i) == bill.key], free, chosen)
    for bill, price in priced:
        if bill.key not in chosen:
            _take(bill.key, [i for i in free.values() if _sold_at(i, bill, price, tax)], free, chosen)
    for bill, price in priced:
        item = chosen.get(bill.key)
        line: SubscriptionUpdateParamsItem = {"price": price, "quantity": bill.quantity, "metadata": {LINE: bill.key}}
        if item is None:
            yield line
            continue
        if _sold_at(item, bill, price, tax):
            line["price"] = item["price"]["id"]
        elif AGREED in (item["metadata"] or {}):
            line["metadata"] = {LINE: bill.key, AGREED: ""}
        if (item["price"]["id"], item.get("quantity"), line_of(item)) != (line["price"], bill.quantity, bill.key):
            yield {"id": item["id"], **line}
    for gone in free:
        yield {"id": gone, "deleted": True}


def _sold_at(item: Mapping[str, Any], bill: Bill, price: str, tax: str) -> bool:
    same_product = id_of(item["price"]["product"]) == bill.product
    return bool(item["price"]["id"] == price) or (same_product and agreed(item, tax) == bill.terms.state())


def _take(
    key: str,
    fitting: Sequence[Mapping[str, Any]],
    free: dict[str, Mapping[str, Any]],
    chosen: dict[str, Mapping[str, Any]],
) -> None:
    if fitting:
        chosen[key] = free.pop(fitting[0]["id"])


def _items(at: RecordKey, items: Sequence[Mapping[str, Any]], currency: str) -> Iterator[SubscriptionItem]:
    for item in items:
        price, quantity = item["price"], item.get("quantity") or 0  # metered items have none
        yield SubscriptionItem(
            line=line_of(item),
            variant=RecordKey(at.system, "variant", id_of(price["product"])),
            quantity=quantity,
            price=unit_price(price, currency, quantity),
            recurring=recurring_of(price["recurring"]),
        )


def _wanted(wanted: Wanted) -> Subscription:
    assert isinstance(wanted.record, Subscription)
    return wanted.record


def _agreed(theirs: Mapping[str, Any]) -> int:
    noted = theirs["metadata"].get(CHARGED_UNTIL, "")
    return int(noted) if noted.isdigit() else int(theirs["billing_cycle_anchor"])


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
