"""What localstripe does not have, kept by the stand-in itself: subscriptions of many items, previews.

localstripe 1.15 knows plans only, answers 500 'Not implemented' to a second item, leaves a subscription on trial
`incomplete`, and charges one with a future anchor at once. Left out here too: invoices, charges and the passing of
billing periods (a preview shows the next invoice), proration, coupons, taxes, usage.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cashpath_sandbox.stripe.prices import Prices, sold_in, whole
from cashpath_sandbox.stripe.shapes import Doc, Refusal, known, merged, missing, new_id

ITEMS_MAX = 20  # https://docs.stripe.com/api/subscriptions/create, items
EMBEDDED = 10  # items that a subscription carries; the rest is listed


@dataclass
class Subscriptions:
    """Subscriptions by id, over the prices."""

    prices: Prices
    docs: dict[str, Doc] = field(default_factory=dict)
    items: dict[str, list[Doc]] = field(default_factory=dict)

    def create(self, body: Doc, at: int) -> Doc:
        """https://docs.stripe.com/api/subscriptions/create; the customer and its payment method were looked at."""
        known(
            body,
            "customer",
            "items",
            "metadata",
            "trial_end",
            "billing_cycle_anchor",
            "proration_behavior",
            "payment_behavior",
            "collection_method",
            "default_payment_method",
            "off_session",
            "cancel_at_period_end",
        )
        id = new_id("sub")
        items = [self._item(id, item, at) for item in body.get("items", [])]
        _checked(items, items[0]["price"]["currency"] if items else "")
        trial, anchor = _later(body, "trial_end", at), _later(body, "billing_cycle_anchor", at)
        if anchor and anchor > _after(at, items[0]):
            raise Refusal(
                400,
                "billing_cycle_anchor cannot be later than next natural billing date",
                param="billing_cycle_anchor",
            )
        self.items[id] = items
        self.docs[id] = {
            "id": id,
            "object": "subscription",
            "billing_cycle_anchor": trial or anchor or at,
            "cancel_at": None,
            "cancel_at_period_end": body.get("cancel_at_period_end") == "true",
            "canceled_at": None,
            "collection_method": body.get("collection_method", "charge_automatically"),
            "created": at,
            "currency": items[0]["price"]["currency"],
            "customer": body["customer"],
            "default_payment_method": body.get("default_payment_method"),
            "default_source": None,
            "ended_at": None,
            "latest_invoice": None,
            "livemode": False,
            "metadata": merged({}, body.get("metadata")),
            "start_date": at,
            "status": "active",
            "trial_end": trial,
            "trial_start": at if trial else None,
        }
        return self.get(id, at)

    def update(self, id: str, body: Doc, at: int) -> Doc:
        """https://docs.stripe.com/api/subscriptions/update"""
        known(
            body,
            "items",
            "metadata",
            "trial_end",
            "proration_behavior",
            "payment_behavior",
            "default_payment_method",
            "cancel_at_period_end",
        )
        doc = self._standing(id, param="")
        if doc["status"] == "canceled" and set(body) - {"metadata"}:
            raise Refusal(400, "A canceled subscription can only update its cancellation_details and metadata.")
        before = {_often(item) for item in self.items[id]}
        changed = self._changed(id, body.get("items", []), at)
        _checked(changed, doc["currency"])
        trial = _later(body, "trial_end", at)
        self.items[id] = changed
        if trial:
            doc |= {"trial_end": trial, "billing_cycle_anchor": trial, "trial_start": doc["trial_start"] or at}
        elif {_often(item) for item in changed} != before and (doc["trial_end"] or 0) <= at:
            doc["billing_cycle_anchor"] = at
        if "cancel_at_period_end" in body:
            doc["cancel_at_period_end"] = body["cancel_at_period_end"] == "true"
        if "default_payment_method" in body:
            doc["default_payment_method"] = body["default_payment_method"] or None
        doc["metadata"] = merged(doc["metadata"], body.get("metadata"))
        return self.get(id, at)

    def cancel(self, id: str, at: int) -> Doc:
        """https://docs.stripe.com/api/subscriptions/cancel"""
        doc = self._standing(id, param="")
        if doc["status"] == "canceled":
            raise missing("subscription", id, status=404)
        doc |= {"status": "canceled", "canceled_at": at, "ended_at": at}
        return self.get(id, at)

    def get(self, id: str, at: int, *, param: str = "") -> Doc:
        """The subscription as it stands at a moment."""
        doc = self._standing(id, param=param)
        status = "trialing" if doc["status"] == "active" and (doc["trial_end"] or 0) > at else doc["status"]
        periods = [item | _period(doc, item, at) for item in self.items[id]]
        listed = {
            "object": "list",
            "data": periods[:EMBEDDED],
            "has_more": len(periods) > EMBEDDED,
            "url": f"/v1/subscription_items?subscription={id}",
        }
        return doc | {"status": status, "items": listed}

    def all_items(self, id: str, at: int) -> list[Doc]:
        """Every item, as https://docs.stripe.com/api/subscription_items/list gives them."""
        doc = self._standing(id, param="subscription")
        return [item | _period(doc, item, at) for item in self.items[id]]

    def matching(self, query: Doc, at: int) -> Iterator[Doc]:
        """https://docs.stripe.com/api/subscriptions/list: without `status`, all that are not canceled."""
        known(query, "customer", "status", "price", "limit", "starting_after", "created")
        for id in self.docs:
            doc, status = self.get(id, at), query.get("status")
            if doc["status"] == "canceled" and status not in ("all", "canceled", "ended"):
                continue
            if status not in (None, "all", "ended", doc["status"]):
                continue
            if "price" in query and all(item["price"]["id"] != query["price"] for item in self.items[id]):
                continue
            if query.get("customer") in (None, doc["customer"]):
                yield doc

    def preview(self, id: str, at: int) -> Doc:
        """The next invoice (https://docs.stripe.com/api/invoices/create_preview): its recurring lines."""
        doc = self.get(id, at, param="subscription")
        if doc["status"] == "canceled":
            raise Refusal(400, "No upcoming invoices for this subscription", code="invoice_upcoming_none")
        lines = [_line(id, item, doc["currency"]) for item in self.all_items(id, at)]
        total = sum(line["amount"] for line in lines)
        return {
            "id": new_id("upcoming_in"),
            "object": "invoice",
            "customer": doc["customer"],
            "currency": doc["currency"],
            "parent": {"type": "subscription_details", "subscription_details": {"subscription": id}},
            "lines": {"object": "list", "data": lines, "has_more": False},
            "next_payment_attempt": max(line["period"]["start"] for line in lines),
            "status": "draft",
            "subtotal": total,
            "total": total,
            "amount_due": total,
        }

    def _standing(self, id: str, *, param: str) -> Doc:
        if id not in self.docs:
            raise missing("subscription", id, param=param or "id", status=400 if param else 404)
        return self.docs[id]

    def _changed(self, id: str, changes: list[Doc], at: int) -> list[Doc]:
        kept = {item["id"]: item for item in self.items[id]}
        for change in changes:
            if "id" not in change:
                added = self._item(id, change, at)
                kept[added["id"]] = added
                continue
            if change["id"] not in kept:
                raise missing("subscription item", change["id"], param="items")
            if change.get("deleted") == "true":
                del kept[change["id"]]
                continue
            item = kept[change["id"]]
            price = (
                self._usable(change["price"])
                if change.get("price", item["price"]["id"]) != item["price"]["id"]
                else item["price"]
            )
            kept[item["id"]] = item | {
                "price": price,
                "quantity": whole(change, "quantity")
                if "quantity" in change
                else 1
                if "price" in change
                else item["quantity"],
                "metadata": merged(item["metadata"], change.get("metadata")),
            }
        return list(kept.values())

    def _item(self, subscription: str, body: Doc, at: int) -> Doc:
        return {
            "id": new_id("si"),
            "object": "subscription_item",
            "created": at,
            "discounts": [],
            "metadata": merged({}, body.get("metadata")),
            "price": self._usable(body.get("price", "")),
            "quantity": whole(body, "quantity") if "quantity" in body else 1,
            "subscription": subscription,
            "tax_rates": [],
        }

    def _usable(self, id: str) -> Doc:
        price = self.prices.get(id, param="items[0][price]")
        if not price["active"]:
            raise Refusal(400, "The price specified is inactive. This field only accepts active prices.")
        if price["recurring"] is None:
            raise Refusal(400, "The price specified is set to `type=one_time` but this field only accepts recurring.")
        return price


def _checked(items: list[Doc], currency: str) -> None:
    if not items:
        raise Refusal(400, "A subscription needs at least one item.", param="items")
    if len(items) > ITEMS_MAX:
        raise Refusal(400, f"A subscription has at most {ITEMS_MAX} items.", param="items")
    ids = [item["price"]["id"] for item in items]
    again = next((id for id in ids if ids.count(id) > 1), None)
    if again:
        raise Refusal(400, f"Cannot add multiple subscription items with the same plan: {again}", param="items")
    if any(currency not in item["price"]["currency_options"] for item in items):
        raise Refusal(400, "All prices on a subscription must use the same currency.", param="items")


def _line(subscription: str, item: Doc, currency: str) -> Doc:
    price = item["price"]
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": sold_in(price, currency, item["quantity"]),
        "currency": currency,
        "metadata": item["metadata"],
        "parent": {
            "type": "subscription_item_details",
            "subscription_item_details": {"subscription": subscription, "subscription_item": item["id"]},
        },
        "period": {"start": item["current_period_end"], "end": _after(item["current_period_end"], item)},
        "pricing": {
            "type": "price_details",
            "price_details": {"price": price["id"], "product": price["product"]},
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
    }


def _period(doc: Doc, item: Doc, at: int) -> Doc:
    start, end = doc["start_date"], doc["billing_cycle_anchor"]
    if end <= start:
        end = _after(start, item)
    while end <= at:
        start, end = end, _after(end, item)
    return {"current_period_start": start, "current_period_end": end}


def _after(at: int, item: Doc) -> int:
    interval, count = _often(item)
    moment = datetime.fromtimestamp(at, UTC)
    if interval in ("day", "week"):
        return int((moment + timedelta(days=count * (7 if interval == "week" else 1))).timestamp())
    months = moment.month - 1 + count * (12 if interval == "year" else 1)
    year, month = moment.year + months // 12, months % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return int(moment.replace(year=year, month=month, day=day).timestamp())


def _often(item: Doc) -> tuple[str, int]:
    recurring = item["price"]["recurring"]
    return recurring["interval"], recurring["interval_count"]


def _later(body: Doc, name: str, at: int) -> int | None:
    if not body.get(name):
        return None
    if int(body[name]) <= at:
        raise Refusal(400, f"{name} must be a timestamp in the future", param=name)
    return int(body[name])
