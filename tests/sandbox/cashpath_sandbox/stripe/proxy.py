"""The stand-in of Stripe: routes, idempotency keys and events in front of localstripe, which keeps customers, their
payment methods and products.

Added here, as Stripe documents it, because localstripe 1.15 lacks or ignores it: idempotency keys with their stored
answers and stored errors; prices, subscriptions, previews (`books`); own errors (`resource_missing`, what a deleted
customer leaves, 400 for a product id that is taken); `created` filters and newest-first lists; unsetting by an empty
value; `tax_exempt`, `default_price`, expanding it; the search, which lags; events as of the pinned version, their list
and signed webhooks; the check of `Stripe-Version`. Left out: authentication beyond 'a secret key', restricted keys,
rate limits (inject a fault), `previous_attributes` of events, 409 for a key whose first request still runs.

As people use it: `POST /_sandbox/customers {"email", "name"}` makes a customer whose card checkout saved;
everything else is edited through the API itself. `POST /_sandbox/webhooks {"url", "secrets"}` names the endpoint,
`POST /_sandbox/redeliver` sends all again, `POST /_sandbox/errors {"path", "status"}` lets the next write to a path
fail after it began, stored for its key; `POST /_sandbox/settings {"saves_cards": true}` gives each new customer a
card.
"""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from werkzeug.wrappers import Request, Response

from cashpath_sandbox.standin import Standin, answer_json
from cashpath_sandbox.stripe.books import Prices, Subscriptions
from cashpath_sandbox.stripe.hooks import Outbox
from cashpath_sandbox.stripe.shapes import Doc, Refusal, known, merged, missing, page, parsed

VERSION = "2026-10-28.endive"
API_KEY = "sk_test_cashpath"
KEYS_KEPT = timedelta(hours=24)  # https://docs.stripe.com/api/idempotent_requests
SEARCH_LAG = timedelta(seconds=60)  # https://docs.stripe.com/search: up to a minute under normal conditions
DECLINED = ("0341", "0002")  # https://docs.stripe.com/testing: cards that attach, and are declined when charged

_CUSTOMER = "address balance created currency default_source delinquent description email id invoice_settings livemode "
_CUSTOMER += "metadata name object phone preferred_locales shipping tax_exempt"
_PRODUCT = "active created default_price description id images livemode metadata name object shippable tax_code "
_PRODUCT += "unit_label updated url"


@dataclass
class StoredAnswer:
    """What was answered to the first request with a key."""

    request: str
    status: int
    body: Doc
    until: float


@dataclass
class StripeStandin(Standin):
    """One Stripe account. `backend` is a client of localstripe. `saves_cards`: each new customer gets a test card at
    once, as a checkout that saved it would have done."""

    backend: httpx.Client = field(default_factory=httpx.Client)
    search_lag: timedelta = SEARCH_LAG
    saves_cards: bool = False
    livemode: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.outbox = Outbox(self.now, VERSION, self.livemode)
        self.prices = Prices()
        self.subscriptions = Subscriptions(self.prices)
        self.added: dict[str, Doc] = {}  # what localstripe cannot hold, by the object's id; oldest first
        self.deleted: set[str] = set()
        self.changed_at: dict[str, float] = {}
        self.stored: dict[str, StoredAnswer] = {}
        self.failing: list[tuple[str, int]] = []

    def answer(self, request: Request) -> Response:
        """Any request to the API."""
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not key.startswith("sk_"):
            return answer_json({"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}, 401)
        if request.headers.get("Stripe-Version", VERSION) != VERSION:
            return _refused(Refusal(400, f"This stand-in speaks {VERSION} only"))
        token = request.headers.get("Idempotency-Key", "")
        once = request.method == "POST" and token
        response = self._once(request, token) if once else self._answered(request)
        response.headers.pop("X-Stored", None)
        return response

    def sandbox(self, request: Request) -> Response:
        """See the module."""
        match request.method, request.path:
            case "POST", "/_sandbox/webhooks":
                body = request.get_json()
                self.outbox.url, self.outbox.secrets = body["url"], tuple(body["secrets"])
                return answer_json({"url": self.outbox.url})
            case "POST", "/_sandbox/redeliver":
                return answer_json({"events": self.outbox.redeliver()})
            case "GET", "/_sandbox/emitted":
                return answer_json(self.outbox.emitted)
            case "POST", "/_sandbox/customers":
                return answer_json(self.checked_out(**request.get_json()))
            case "POST", "/_sandbox/errors":
                self.failing.append((request.get_json()["path"], request.get_json()["status"]))
                return answer_json({"failing": self.failing})
            case "POST", "/_sandbox/settings":
                self.saves_cards = bool(request.get_json()["saves_cards"])
                return answer_json({"saves_cards": self.saves_cards})
        return super().sandbox(request)

    def checked_out(self, email: str, name: str = "", card: str = "pm_card_visa") -> Doc:
        """A customer as a checkout leaves it: with a saved card that Stripe may charge."""
        made = self._create_customer({"email": email, "name": name})
        self.outbox.emit("customer.created", made)
        return self.save_card(made["id"], card)

    def save_card(self, customer: str, card: str = "pm_card_visa") -> Doc:
        """Attach a test card and make it the customer's default."""
        attached = self._forward("POST", f"/v1/payment_methods/{card}/attach", {"customer": customer})
        self.outbox.emit("payment_method.attached", attached)
        updated = self._update_customer(customer, {"invoice_settings": {"default_payment_method": attached["id"]}})
        self.outbox.emit("customer.updated", updated)
        return updated

    def settle_search(self) -> None:
        """Let the search catch up."""
        self.changed_at = dict.fromkeys(self.changed_at, 0.0)

    def stock(self) -> dict[str, int]:
        """How many objects there are, by type."""
        return {
            "customers": sum(id.startswith("cus_") for id in self.added),
            "products": sum(not id.startswith("cus_") for id in self.added),
            "prices": len(self.prices.docs),
            "subscriptions": len(self.subscriptions.docs),
            "subscription_items": sum(len(items) for items in self.subscriptions.items.values()),
        }

    def _once(self, request: Request, token: str) -> Response:
        asked = f"{request.path}\n{request.get_data(as_text=True)}"
        before = self.stored.get(token)
        if before and before.until > self._seconds():
            if before.request != asked:
                message = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with."
                )
                return answer_json({"error": {"type": "idempotency_error", "message": message}}, 400)
            return answer_json(before.body, before.status, {"Idempotent-Replayed": "true"})
        response = self._answered(request)
        if response.headers.get("X-Stored", "yes") == "yes":
            until = self._seconds() + KEYS_KEPT.total_seconds()
            self.stored[token] = StoredAnswer(asked, response.status_code, response.get_json(), until)
        return response

    def _answered(self, request: Request) -> Response:
        query = parsed(request.query_string.decode())
        body = parsed(request.get_data(as_text=True)) if request.method == "POST" else {}
        parts = request.path.strip("/").split("/")[1:]
        failing = next((f for f in self.failing if request.method == "POST" and f[0] == request.path), None)
        try:
            if failing:
                self.failing.remove(failing)
                raise Refusal(failing[1], "An error of the sandbox", stored=True)
            match request.method:
                case "GET":
                    return answer_json(self._get(parts, query))
                case "POST":
                    found, topic = self._post(parts, body)
                case _:
                    found, topic = self._delete(parts)
        except Refusal as refusal:
            return _refused(refusal)
        if topic:
            self.wrote()
            about = found | ({"deleted": None} if found.get("deleted") else {})
            self.outbox.emit(topic, {k: v for k, v in about.items() if k != "deleted"})
        return answer_json(self._expanded(found, body.get("expand", [])))

    def _get(self, parts: list[str], query: Doc) -> Doc:
        now, url = self._seconds(), "/v1/" + "/".join(parts)
        match parts:
            case ["customers"]:
                known(query, "email", "created", "limit", "starting_after")
                return page(self._customers(query), query, url)
            case ["customers", "search"]:
                return self._search(query, url)
            case ["customers", id]:
                return {"id": id, "object": "customer", "deleted": True} if id in self.deleted else self._customer(id)
            case ["products"]:
                ids = [id for id in self.added if not id.startswith("cus_")]
                return page((self._product(id) for id in ids), query, url)
            case ["products", id]:
                return self._expanded(self._product(id), query.get("expand", []))
            case ["prices"]:
                return page(self.prices.matching(query), query, url)
            case ["prices", id]:
                return self.prices.get(id)
            case ["subscriptions"]:
                return page(self.subscriptions.matching(query, now), query, url)
            case ["subscriptions", id]:
                return self.subscriptions.get(id, now)
            case ["subscription_items"]:
                return page(self.subscriptions.all_items(query.get("subscription", ""), now), query, url)
            case ["payment_methods"]:
                return self._forward("GET", "/v1/payment_methods", query)
            case ["events"]:
                wanted = query.get("types") or ([query["type"]] if "type" in query else None)
                events = [e for e in self.outbox.emitted if wanted is None or e["type"] in wanted]
                return page(events[::-1], query, url)
        raise Refusal(404, f"Unrecognized request URL (GET: {url})")

    def _post(self, parts: list[str], body: Doc) -> tuple[Doc, str]:
        now = self._seconds()
        match parts:
            case ["customers"]:
                return self._create_customer(body), "customer.created"
            case ["customers", id]:
                return self._update_customer(id, body), "customer.updated"
            case ["products"]:
                return self._create_product(body), "product.created"
            case ["products", id]:
                return self._update_product(id, body), "product.updated"
            case ["prices"]:
                self._product(body.get("product", ""), param="product")
                return self.prices.create(body, now), "price.created"
            case ["prices", id]:
                default = self.added[self.prices.get(id)["product"]]["default_price"] == id
                return self.prices.update(id, body, default=default), "price.updated"
            case ["subscriptions"]:
                self._pays(body)
                return self.subscriptions.create(body, now), "customer.subscription.created"
            case ["subscriptions", id]:
                return self.subscriptions.update(id, body, now), "customer.subscription.updated"
            case ["invoices", "create_preview"]:
                known(body, "customer", "subscription")
                return self.subscriptions.preview(body.get("subscription", ""), now), ""
            case ["payment_methods", id, "attach"]:
                return self._forward("POST", f"/v1/payment_methods/{id}/attach", body), "payment_method.attached"
            case ["payment_methods"]:
                return self._forward("POST", "/v1/payment_methods", body), ""
        raise Refusal(404, f"Unrecognized request URL (POST: /v1/{'/'.join(parts)})")

    def _delete(self, parts: list[str]) -> tuple[Doc, str]:
        match parts:
            case ["customers", id]:
                gone = self._customer(id)
                self._forward("DELETE", f"/v1/customers/{id}")
                self.deleted.add(id)
                for sub in [s for s in self.subscriptions.docs.values() if s["customer"] == id]:
                    if sub["status"] != "canceled":
                        ended = self.subscriptions.cancel(sub["id"], self._seconds())
                        self.outbox.emit("customer.subscription.deleted", ended)
                del self.added[id]
                return gone | {"deleted": True}, "customer.deleted"
            case ["products", id]:
                gone = self._product(id)
                if any(price["product"] == id for price in self.prices.docs.values()):
                    raise Refusal(400, "This product cannot be deleted because it has one or more user-created prices.")
                self._forward("DELETE", f"/v1/products/{id}")
                del self.added[id]
                return gone | {"deleted": True}, "product.deleted"
            case ["subscriptions", id]:
                return self.subscriptions.cancel(id, self._seconds()), "customer.subscription.deleted"
        raise Refusal(404, f"Unrecognized request URL (DELETE: /v1/{'/'.join(parts)})")

    def _create_customer(self, body: Doc) -> Doc:
        mine = {"tax_exempt": body.get("tax_exempt", "none"), "metadata": merged({}, body.get("metadata"))}
        rest = {k: v for k, v in body.items() if k not in (*mine, "expand", "shipping") and v != ""}
        id = self._forward("POST", "/v1/customers", rest)["id"]
        self.added[id] = mine | {"created": self._seconds()}
        self.changed_at[id] = self.now().timestamp()
        return self.save_card(id) if self.saves_cards else self._customer(id)

    def _update_customer(self, id: str, body: Doc) -> Doc:
        self._customer(id)
        mine = self.added[id]
        mine["metadata"] = merged(mine["metadata"], body.get("metadata"))
        mine["tax_exempt"] = body.get("tax_exempt") or mine["tax_exempt"]
        rest = {k: v for k, v in body.items() if k not in ("metadata", "tax_exempt", "expand")}
        if rest:
            self._forward("POST", f"/v1/customers/{id}", rest)
        self.changed_at[id] = self.now().timestamp()
        return self._customer(id)

    def _create_product(self, body: Doc) -> Doc:
        known(body, "id", "name", "metadata", "description", "active", "url")
        mine = {"default_price": None, "metadata": merged({}, body.get("metadata")), "created": self._seconds()}
        try:
            id = self._forward("POST", "/v1/products", {k: v for k, v in body.items() if k != "metadata"})["id"]
        except Refusal as refusal:
            if refusal.status != 409:
                raise
            raise Refusal(400, "Product already exists.", code="resource_already_exists", param="id") from refusal
        self.added[id] = mine | {"updated": self._seconds()}
        return self._product(id)

    def _update_product(self, id: str, body: Doc) -> Doc:
        known(body, "name", "metadata", "description", "active", "url", "default_price")
        self._product(id)
        mine = self.added[id]
        if body.get("default_price"):
            price = self.prices.get(body["default_price"], param="default_price")
            if price["product"] != id or not price["active"]:
                raise Refusal(400, "default_price must be an active price of the product", param="default_price")
            mine["default_price"] = price["id"]
        mine["metadata"] = merged(mine["metadata"], body.get("metadata"))
        mine["updated"] = self._seconds()
        rest = {k: v for k, v in body.items() if k in ("name", "description", "url", "active")}
        if "active" in rest:
            rest["active"] = rest["active"] == "true"
        if rest:
            self._forward("POST", f"/v1/products/{id}", rest)
        return self._product(id)

    def _pays(self, body: Doc) -> None:
        """Refuses a subscription that must charge at once and cannot, as `payment_behavior` asks."""
        customer = self._customer(body.get("customer", ""), param="customer")
        at_once = not body.get("trial_end") and not body.get("billing_cycle_anchor")
        method = body.get("default_payment_method") or customer["invoice_settings"]["default_payment_method"]
        if not at_once:
            return
        if not method:
            raise Refusal(400, "This customer has no attached payment source or default payment method.", stored=True)
        card = self._forward("GET", f"/v1/payment_methods/{method}")["card"]
        if card["last4"] in DECLINED and body.get("payment_behavior") == "error_if_incomplete":
            raise Refusal(402, "Your card was declined.", code="card_declined", stored=True)

    def _customers(self, query: Doc) -> list[Doc]:
        if "email" in query:
            found = self._forward("GET", "/v1/customers", {"email": query["email"], "limit": 10_000})["data"]
            return [self._as_customer(theirs) for theirs in found if theirs["id"] in self.added]
        since = int((query.get("created") or {}).get("gte", 0)) if isinstance(query.get("created"), dict) else 0
        mine = [id for id, doc in self.added.items() if id.startswith("cus_") and doc["created"] >= since]
        return [self._customer(id) for id in reversed(mine)]

    def _search(self, query: Doc, url: str) -> Doc:
        field_, _, value = query.get("query", "").partition(":")
        if field_ != "email" or not value.startswith("'") or not value.endswith("'"):
            raise Refusal(400, "This stand-in searches by email:'…' only", param="query")
        email = value[1:-1].replace("\\'", "'").replace("\\\\", "\\").lower()
        seen = self.now().timestamp() - self.search_lag.total_seconds()
        ids = [id for id, at in self.changed_at.items() if at <= seen and id in self.added]
        found = [c for c in map(self._customer, reversed(ids)) if (c["email"] or "").lower() == email]
        return {"object": "search_result", "url": url, "data": found[:100], "has_more": len(found) > 100}

    def _customer(self, id: str, *, param: str = "") -> Doc:
        if id not in self.added:
            raise missing("customer", id, param=param or "id", status=400 if param else 404)
        return self._as_customer(self._forward("GET", f"/v1/customers/{id}"))

    def _as_customer(self, theirs: Doc) -> Doc:
        address = theirs["address"] or {}
        cleaned = {name: value or None for name, value in address.items()}
        whole = {k: None if v == "" else v for k, v in theirs.items()} | {
            "address": cleaned if any(cleaned.values()) else None,
            "balance": 0,
            "preferred_locales": theirs["preferred_locales"] or [],
            "livemode": self.livemode,
        }
        return _only(whole | self.added[theirs["id"]], _CUSTOMER)

    def _product(self, id: str, *, param: str = "") -> Doc:
        if id not in self.added or id.startswith("cus_"):
            raise missing("product", id, param=param or "id", status=400 if param else 404)
        theirs = self._forward("GET", f"/v1/products/{id}")
        return _only(theirs | {"images": [], "shippable": None, "livemode": self.livemode} | self.added[id], _PRODUCT)

    def _expanded(self, found: Doc, expand: Any) -> Doc:
        if "default_price" in expand and found.get("default_price"):
            return found | {"default_price": self.prices.get(found["default_price"])}
        return found

    def _forward(self, method: str, path: str, body: Doc | None = None) -> Doc:
        headers = {"Authorization": f"Bearer {API_KEY}"}
        if method == "GET":
            response = self.backend.get(path, params=body, headers=headers)
        else:
            response = self.backend.request(method, path, json=body, headers=headers)
        found: Doc = response.json() if response.content else {}
        if response.is_success:
            return found
        if response.status_code == 404:
            raise missing(path.split("/")[2], path.rsplit("/", 1)[-1], status=404)
        error = found.get("error", {})
        raise Refusal(response.status_code, error.get("message", "localstripe failed"), code=error.get("code", ""))

    def _seconds(self) -> int:
        return int(self.now().timestamp())


def _refused(refusal: Refusal) -> Response:
    stored = "yes" if refusal.stored else "no"
    return Response(
        json.dumps({"error": refusal.error}), refusal.status, {"X-Stored": stored}, content_type="application/json"
    )


def _only(doc: Doc, names: str) -> Doc:
    return {name: doc.get(name) for name in names.split()}
