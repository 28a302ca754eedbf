"""What localstripe keeps for the stand-in, customers, payment methods and products, with what it lacks laid over it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from cashpath_sandbox.stripe.numbers import checked
from cashpath_sandbox.stripe.prices import Prices
from cashpath_sandbox.stripe.shapes import Doc, Refusal, known, merged, missing, new_id, page

API_KEY = "sk_test_cashpath"

_CUSTOMER = "address balance created currency default_source delinquent description email id invoice_settings livemode "
_CUSTOMER += "metadata name object phone preferred_locales shipping tax_exempt"
_NAMES = ("individual_name", "business_name")
_GOODS = ("tax_code", "shippable")
CLAUSES_MAX = 10  # https://docs.stripe.com/search
_PRODUCT = "active created default_price description id images livemode metadata name object shippable tax_code "
_PRODUCT += "unit_label updated url"


@dataclass
class Kept:
    """One account's part of a localstripe. `added` holds what localstripe cannot, by the object's id, oldest first."""

    backend: httpx.Client
    now: Callable[[], datetime]
    prices: Prices
    livemode: bool
    added: dict[str, Doc] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    emails: dict[str, list[tuple[float, str]]] = field(default_factory=dict)  # what a search may see, and since when
    typed: dict[str, dict[str, None]] = field(default_factory=dict)  # whose email is this now, letter case included
    ever: dict[str, dict[str, None]] = field(default_factory=dict)  # whose email was this ever, in lower case
    tax_ids: dict[str, list[Doc]] = field(default_factory=dict)  # by customer, oldest first
    account: str = field(default_factory=lambda: new_id("acct"))  # a product's id is unique in its account only

    def create_customer(self, body: Doc) -> Doc:
        """https://docs.stripe.com/api/customers/create"""
        numbers = [checked(number) for number in body.get("tax_id_data", [])]
        mine = {
            "tax_exempt": body.get("tax_exempt", "none"),
            "metadata": merged({}, body.get("metadata")),
            "shipping": body.get("shipping") or None,
            "currency": None,
        }
        rest = {k: v for k, v in body.items() if k not in {*mine, *_NAMES, "expand", "tax_id_data"} and v != ""}
        id = self.forward("POST", "/v1/customers", rest)["id"]
        self.added[id] = mine | {"created": self.seconds()} | {k: body[k] or None for k in _NAMES if k in body}
        self.tax_ids[id] = [self._numbered(id, number) for number in numbers]
        return self._indexed(id)

    def update_customer(self, id: str, body: Doc) -> Doc:
        """https://docs.stripe.com/api/customers/update"""
        self.customer(id)
        mine = self.added[id]
        mine["metadata"] = merged(mine["metadata"], body.get("metadata"))
        mine["tax_exempt"] = body.get("tax_exempt") or mine["tax_exempt"]
        mine |= {k: body[k] or None for k in ("shipping", *_NAMES) if k in body}
        rest = {k: v for k, v in body.items() if k not in {"metadata", "tax_exempt", "shipping", "expand", *_NAMES}}
        if rest:
            self.forward("POST", f"/v1/customers/{id}", rest)
        return self._indexed(id)

    def add_tax_id(self, customer: str, body: Doc) -> Doc:
        """https://docs.stripe.com/api/tax_ids/customer_create"""
        known(body, "type", "value")
        self.customer(customer)
        number = self._numbered(customer, checked(body))
        self.tax_ids[customer].append(number)
        return number

    def tax_id(self, customer: str, id: str) -> Doc:
        """One tax number of a customer."""
        self.customer(customer)
        found = next((number for number in self.tax_ids[customer] if number["id"] == id), None)
        if found is None:
            raise missing("tax id", id, status=404)
        return found

    def with_tax_ids(self, customer: Doc) -> Doc:
        """The customer with `tax_ids`, which Stripe shows only where it is asked to expand them."""
        numbers = self.tax_ids.get(customer["id"], [])[::-1]
        url = f"/v1/customers/{customer['id']}/tax_ids"
        return customer | {"tax_ids": {"object": "list", "data": numbers, "has_more": False, "url": url}}

    def _numbered(self, customer: str, number: Doc) -> Doc:
        return {
            "id": new_id("txi"),
            "object": "tax_id",
            "country": number["value"][:2] if number["value"][:2].isalpha() else None,
            "created": self.seconds(),
            "customer": customer,
            "livemode": self.livemode,
            "owner": {"customer": customer, "type": "customer"},
            "type": number["type"],
            "value": number["value"],
            "verification": {"status": "pending", "verified_address": None, "verified_name": None},
        }

    def create_product(self, body: Doc) -> Doc:
        """https://docs.stripe.com/api/products/create"""
        known(body, "id", "name", "metadata", "description", "active", "url", *_GOODS)
        mine = {"default_price": None, "metadata": merged({}, body.get("metadata")), "created": self.seconds()}
        mine |= {"tax_code": None, "shippable": None} | _goods(body)
        id = body.get("id") or new_id("prod")
        rest = {k: v for k, v in body.items() if k not in ("metadata", "expand", *_GOODS)} | {"id": self.theirs(id)}
        try:
            self.forward("POST", "/v1/products", rest)
        except Refusal as refusal:
            if refusal.status != 409:
                raise
            raise Refusal(400, "Product already exists.", code="resource_already_exists", param="id") from refusal
        self.added[id] = mine | {"updated": self.seconds()}
        return self.product(id)

    def update_product(self, id: str, body: Doc) -> Doc:
        """https://docs.stripe.com/api/products/update"""
        known(body, "name", "metadata", "description", "active", "url", "default_price", *_GOODS)
        self.product(id)
        mine = self.added[id]
        if body.get("default_price"):
            price = self.prices.get(body["default_price"], param="default_price")
            if price["product"] != id or not price["active"]:
                raise Refusal(400, "default_price must be an active price of the product", param="default_price")
            mine["default_price"] = price["id"]
        mine["metadata"] = merged(mine["metadata"], body.get("metadata"))
        mine |= {"updated": self.seconds()} | _goods(body)
        rest = {k: v for k, v in body.items() if k in ("name", "description", "url", "active")}
        if "active" in rest:
            rest["active"] = rest["active"] == "true"
        if rest:
            self.forward("POST", f"/v1/products/{self.theirs(id)}", rest)
        return self.product(id)

    def customers(self, query: Doc, url: str) -> Doc:
        """https://docs.stripe.com/api/customers/list: `email` is exact, letter case included."""
        email = query.get("email")
        ids = [id for id in self.added if id.startswith("cus_")] if email is None else [*self.typed.get(email, ())]
        shells = ({"id": id, "created": self.added[id]["created"]} for id in reversed(ids))
        found = page(shells, query, url)
        return found | {"data": [self.customer(shell["id"]) for shell in found["data"]]}

    def search(self, query: Doc, url: str, lag: timedelta) -> Doc:
        """https://docs.stripe.com/search: by `email:'…'`, at most ten of them with OR, ignoring case, as things stood
        a while ago."""
        emails = {_email_of(clause) for clause in query.get("query", "").split(" OR ")}
        if len(emails) > CLAUSES_MAX:
            raise Refusal(400, f"A query has at most {CLAUSES_MAX} clauses", param="query")
        until = self.now().timestamp() - lag.total_seconds()
        ever = [id for email in emails for id in self.ever.get(email, ()) if id in self.added]
        visible = {id: [seen for at, seen in self.emails[id] if at <= until][-1:] for id in ever}
        newest_first = sorted((id for id in visible if set(visible[id]) & emails), key=self._age)
        found = [self.customer(id) for id in newest_first[:100]]
        more = len(newest_first) > 100
        return {"object": "search_result", "url": url, "data": found, "has_more": more, "next_page": None}

    def _age(self, id: str) -> int:
        return -int(self.added[id]["created"])

    def _indexed(self, id: str) -> Doc:
        customer = self.customer(id)
        email = customer["email"] or ""
        before = self.added[id].get("email_typed")
        if before is not None:
            del self.typed[before][id]
        self.added[id]["email_typed"] = email
        self.typed.setdefault(email, {})[id] = None
        self.ever.setdefault(email.lower(), {})[id] = None
        self.emails.setdefault(id, []).append((self.now().timestamp(), email.lower()))
        return customer

    def forget(self, id: str) -> None:
        """The customer was deleted."""
        self.deleted.add(id)
        del self.typed[self.added.pop(id)["email_typed"]][id], self.tax_ids[id]

    def customer(self, id: str, *, param: str = "") -> Doc:
        """The customer as Stripe shows it, named in a path or in `param`."""
        if id not in self.added:
            raise missing("customer", id, param=param or "id", status=400 if param else 404)
        return self._as_customer(self.forward("GET", f"/v1/customers/{id}"))

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

    def product(self, id: str, *, param: str = "") -> Doc:
        """The product as Stripe shows it, named in a path or in `param`."""
        if id not in self.added or id.startswith("cus_"):
            raise missing("product", id, param=param or "id", status=400 if param else 404)
        theirs = self.forward("GET", f"/v1/products/{self.theirs(id)}")
        ours: Doc = {"id": id, "images": [], "livemode": self.livemode}
        return _only(theirs | ours | self.added[id], _PRODUCT)

    def theirs(self, product: str) -> str:
        """The id of a product within localstripe."""
        return f"{self.account}.{product.encode().hex()}"

    def forward(self, method: str, path: str, body: Doc | None = None) -> Doc:
        """Ask localstripe; its refusals as Stripe words them."""
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

    def seconds(self) -> int:
        """The account's time as Stripe writes it."""
        return int(self.now().timestamp())


def _only(doc: Doc, names: str) -> Doc:
    return {name: doc.get(name) for name in names.split()}


def _goods(body: Doc) -> Doc:
    """Tax code and whether it is shipped, as a body gives them. The stand-in knows every code of the right form
    (https://docs.stripe.com/tax/tax-codes)."""
    given: Doc = {}
    if "tax_code" in body:
        given["tax_code"] = body["tax_code"] or None
        if body["tax_code"] and not re.fullmatch(r"txcd_\d{8}", body["tax_code"]):
            raise missing("tax code", body["tax_code"], param="tax_code")
    if "shippable" in body:
        given["shippable"] = body["shippable"] == "true"
    return given


def _email_of(clause: str) -> str:
    name, _, value = clause.partition(":")
    if name != "email" or not value.startswith("'") or not value.endswith("'"):
        raise Refusal(400, "This stand-in searches by email:'…' only", param="query")
    return value[1:-1].replace("\\'", "'").replace("\\\\", "\\").lower()
