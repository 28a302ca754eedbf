"""What each endpoint of the stand-in does, over what localstripe and the stand-in keep, and what it emits."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

from cashpath_sandbox.standin import Standin
from cashpath_sandbox.stripe.books import Subscriptions
from cashpath_sandbox.stripe.hooks import Outbox
from cashpath_sandbox.stripe.kept import Kept
from cashpath_sandbox.stripe.prices import Prices, shown
from cashpath_sandbox.stripe.shapes import Doc, Refusal, known, page, parsed

VERSION = "2026-10-28.endive"
SEARCH_LAG = timedelta(seconds=60)  # https://docs.stripe.com/search: up to a minute under normal conditions
DECLINED = ("0341", "0002")  # https://docs.stripe.com/testing: cards that attach, and are declined when charged


@dataclass
class Endpoints(Standin):
    """One Stripe account. `backend` is a client of localstripe. `saves_cards`: each new customer gets a test card at
    once, as a checkout that saved it would have done. `forbidden`: what restricted keys (`rk_…`) may not touch, by the
    first part of the path (`customers`)."""

    backend: httpx.Client = field(default_factory=httpx.Client)
    search_lag: timedelta = SEARCH_LAG
    saves_cards: bool = False
    livemode: bool = False
    forbidden: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.outbox = Outbox(self.now, VERSION, self.livemode)
        self.prices = Prices()
        self.subscriptions = Subscriptions(self.prices)
        self.kept = Kept(self.backend, self.now, self.prices, self.livemode)

    def checked_out(self, email: str, name: str = "", card: str = "pm_card_visa") -> Doc:
        """A customer as a checkout leaves it: with a saved card that Stripe may charge."""
        made = self.kept.create_customer({"email": email, "name": name})
        self.outbox.emit("customer.created", made)
        return self.save_card(made["id"], card)

    def save_card(self, customer: str, card: str = "pm_card_visa") -> Doc:
        """Attach a test card and make it the customer's default."""
        attached = self.kept.forward("POST", f"/v1/payment_methods/{card}/attach", {"customer": customer})
        self.outbox.emit("payment_method.attached", attached)
        updated = self.kept.update_customer(customer, {"invoice_settings": {"default_payment_method": attached["id"]}})
        self.outbox.emit("customer.updated", updated)
        return updated

    def edit(self, path: str, form: Mapping[str, str]) -> Doc:
        """Somebody makes or edits an object in Stripe's dashboard: as the API's POST, but no request of anybody's."""
        with self.lock:
            return self.asked("POST", path, "", urlencode(form))

    def remove(self, path: str) -> Doc:
        """Somebody deletes an object in the dashboard."""
        with self.lock:
            return self.asked("DELETE", path, "", "")

    def reprice(self, product: str, amount: int, currency: str = "eur", interval: str = "") -> Doc:
        """Somebody gives a product another default price in the dashboard; the product."""
        often = {"recurring[interval]": interval} if interval else {}
        form = {"product": product, "currency": currency, "unit_amount": str(amount), **often}
        price = self.edit("/v1/prices", form)["id"]
        return self.edit(f"/v1/products/{product}", {"default_price": price})

    def settle_search(self) -> None:
        """Let the search catch up."""
        self.kept.emails = {id: [(0.0, seen[-1][1])] for id, seen in self.kept.emails.items()}

    def counts(self) -> Counter[str]:
        """How many requests came so far, by method and endpoint: `GET /v1/customers/{id}`."""
        return Counter(f"{one.method} {_endpoint(one.path)}" for one in self.log)

    def stock(self) -> dict[str, int]:
        """How many objects there are, by type."""
        return {
            "customers": sum(id.startswith("cus_") for id in self.kept.added),
            "products": sum(not id.startswith("cus_") for id in self.kept.added),
            "prices": len(self.prices.docs),
            "tax_ids": sum(len(numbers) for numbers in self.kept.tax_ids.values()),
            "subscriptions": len(self.subscriptions.docs),
            "subscription_items": sum(len(items) for items in self.subscriptions.items.values()),
        }

    def asked(self, method: str, path: str, query: str, body: str) -> Doc:
        """What the API answers to a request. Raises Refusal."""
        parts = path.strip("/").split("/")[1:]
        if method == "GET":
            return self._get(parts, parsed(query))
        form = parsed(body) if method == "POST" else {}
        found, topic = self._post(parts, form) if method == "POST" else self._delete(parts)
        if topic:
            self.wrote()
            self.outbox.emit(topic, self._expanded({k: v for k, v in found.items() if k != "deleted"}, []))
        return self._expanded(found, form.get("expand", []))

    def _get(self, parts: list[str], query: Doc) -> Doc:
        now, url = self._seconds(), "/v1/" + "/".join(parts)
        match parts:
            case ["customers"]:
                known(query, "email", "created", "limit", "starting_after")
                return self._all_expanded(self.kept.customers(query, url), query)
            case ["customers", "search"]:
                return self._all_expanded(self.kept.search(query, url, self.search_lag), query)
            case ["customers", id, "tax_ids"]:
                return page(self.kept.tax_ids[self.kept.customer(id)["id"]], query, url)
            case ["customers", id]:
                if id in self.kept.deleted:
                    return {"id": id, "object": "customer", "deleted": True}
                return self._expanded(self.kept.customer(id), query.get("expand", []))
            case ["products"]:
                known(query, "ids", "active", "created", "limit", "starting_after")
                ids = [id for id in self.kept.added if not id.startswith("cus_")]
                asked = [id for id in ids if id in query.get("ids", ids)]
                return self._all_expanded(page((self.kept.product(id) for id in asked), query, url), query)
            case ["products", id]:
                return self._expanded(self.kept.product(id), query.get("expand", []))
            case ["prices"]:
                return self._all_expanded(page(self.prices.matching(query), query, url), query)
            case ["prices", id]:
                return self._expanded(self.prices.get(id), query.get("expand", []))
            case ["subscriptions"]:
                return self._all_expanded(page(self.subscriptions.matching(query, now), query, url), query)
            case ["subscriptions", id]:
                return self._expanded(self.subscriptions.get(id, now), query.get("expand", []))
            case ["subscription_items"]:
                items = self.subscriptions.all_items(query.get("subscription", ""), now)
                return self._all_expanded(page(items, query, url), query)
            case ["payment_methods"]:
                if "customer" not in query:
                    return page([], query, url)
                return self.kept.forward("GET", "/v1/payment_methods", query)
            case ["events"]:
                wanted = query.get("types") or ([query["type"]] if "type" in query else None)
                events = [e for e in self.outbox.emitted if wanted is None or e["type"] in wanted]
                return page(events[::-1], query, url)
        raise Refusal(404, f"Unrecognized request URL (GET: {url})")

    def _post(self, parts: list[str], body: Doc) -> tuple[Doc, str]:
        now = self._seconds()
        match parts:
            case ["customers"]:
                made = self.kept.create_customer(body)
                for number in self.kept.tax_ids[made["id"]]:
                    self.outbox.emit("customer.tax_id.created", number)
                return self.save_card(made["id"]) if self.saves_cards else made, "customer.created"
            case ["customers", id, "tax_ids"]:
                return self.kept.add_tax_id(id, body), "customer.tax_id.created"
            case ["customers", id]:
                return self.kept.update_customer(id, body), "customer.updated"
            case ["products"]:
                return self.kept.create_product(body), "product.created"
            case ["products", id]:
                return self.kept.update_product(id, body), "product.updated"
            case ["prices"]:
                self.kept.product(body.get("product", ""), param="product")
                return self.prices.create(body, now), "price.created"
            case ["prices", id]:
                default = self.kept.added[self.prices.get(id)["product"]]["default_price"] == id
                return self.prices.update(id, body, default=default), "price.updated"
            case ["subscriptions"]:
                self._pays(body)
                made = self.subscriptions.create(body, now)
                self.kept.added[made["customer"]]["currency"] = made["currency"]
                return made, "customer.subscription.created"
            case ["subscriptions", id]:
                return self.subscriptions.update(id, body, now), "customer.subscription.updated"
            case ["invoices", "create_preview"]:
                known(body, "customer", "subscription")
                return self.subscriptions.preview(body.get("subscription", ""), now), ""
            case ["payment_methods", id, "attach"]:
                return self.kept.forward("POST", f"/v1/payment_methods/{id}/attach", body), "payment_method.attached"
            case ["payment_methods"]:
                return self.kept.forward("POST", "/v1/payment_methods", body), ""
        raise Refusal(404, f"Unrecognized request URL (POST: /v1/{'/'.join(parts)})")

    def _delete(self, parts: list[str]) -> tuple[Doc, str]:
        match parts:
            case ["customers", customer, "tax_ids", id]:
                number = self.kept.tax_id(customer, id)
                self.kept.tax_ids[customer].remove(number)
                return number | {"deleted": True}, "customer.tax_id.deleted"
            case ["customers", id]:
                gone = self.kept.customer(id)
                self.kept.forward("DELETE", f"/v1/customers/{id}")
                for sub in [s for s in self.subscriptions.docs.values() if s["customer"] == id]:
                    if sub["status"] != "canceled":
                        ended = self.subscriptions.cancel(sub["id"], self._seconds())
                        self.outbox.emit("customer.subscription.deleted", ended)
                self.kept.forget(id)
                return gone | {"deleted": True}, "customer.deleted"
            case ["products", id]:
                gone = self.kept.product(id)
                if any(price["product"] == id for price in self.prices.docs.values()):
                    raise Refusal(400, "This product cannot be deleted because it has one or more user-created prices.")
                self.kept.forward("DELETE", f"/v1/products/{self.kept.theirs(id)}")
                del self.kept.added[id]
                return gone | {"deleted": True}, "product.deleted"
            case ["subscriptions", id]:
                return self.subscriptions.cancel(id, self._seconds()), "customer.subscription.deleted"
        raise Refusal(404, f"Unrecognized request URL (DELETE: /v1/{'/'.join(parts)})")

    def _pays(self, body: Doc) -> None:
        """Refuses a subscription that must charge at once and cannot, as `payment_behavior` asks."""
        customer = self.kept.customer(body.get("customer", ""), param="customer")
        at_once = not body.get("trial_end") and not body.get("billing_cycle_anchor")
        method = body.get("default_payment_method") or customer["invoice_settings"]["default_payment_method"]
        if not at_once:
            return
        if not method:
            raise Refusal(400, "This customer has no attached payment source or default payment method.", stored=True)
        card = self.kept.forward("GET", f"/v1/payment_methods/{method}")["card"]
        if card["last4"] in DECLINED and body.get("payment_behavior") == "error_if_incomplete":
            raise Refusal(402, "Your card was declined.", code="card_declined", stored=True)

    def _all_expanded(self, listed: Doc, query: Doc) -> Doc:
        """A list whose objects are expanded as `expand[]=data.…` asks."""
        expand = [name.removeprefix("data.") for name in query.get("expand", [])]
        return listed | {"data": [self._expanded(found, expand) for found in listed["data"]]}

    def _expanded(self, found: Doc, expand: Any) -> Doc:
        """An object as Stripe shows it: what is not asked for stays an id, or is left out."""
        if found.get("deleted"):
            return found
        match found["object"]:
            case "customer" if "tax_ids" in expand:
                return self.kept.with_tax_ids(found)
            case "price":
                return shown(found, expand)
            case "subscription_item":
                return found | {"price": shown(found["price"], _inside(expand, "price"))}
            case "subscription":
                data = [self._expanded(item, _inside(expand, "items.data")) for item in found["items"]["data"]]
                return found | {"items": found["items"] | {"data": data}}
            case "product" if found.get("default_price") and any(e.startswith("default_price") for e in expand):
                price = self.prices.get(found["default_price"])
                return found | {"default_price": shown(price, _inside(expand, "default_price"))}
        return found

    def _seconds(self) -> int:
        return int(self.now().timestamp())


def _endpoint(path: str) -> str:
    parts = path.partition("?")[0].split("/")
    if len(parts) > 3 and parts[3] not in ("search", "create_preview"):
        parts[3] = "{id}"
    return "/".join([*parts[:5], *("{id}" for _ in parts[5:])])


def _inside(expand: Any, name: str) -> list[str]:
    return [one.removeprefix(f"{name}.") for one in expand if one.startswith(f"{name}.")]
