"""A shop that answers Admin GraphQL as Shopify does, for what the connector reads, and sends signed webhooks.

Its state is made of bodies in the shape of Shopify's own webhooks. Honest about what it leaves out: mutations but
those of customers, goods and exports, every field that the connector does not read, what a scope lets be done, the
`query` language but for `updated_at:>=`, `email:` and `sku:`, and sorting but for the order that each query asks for.
Searches lag by `search_lag` and match words, as Shopify's do.
"""

import copy
import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from cashpath.systems.shopify.access import SCOPES
from cashpath_sandbox.shopify import consent, edits, goods, intake, mutations
from cashpath_sandbox.shopify.deliveries import Deliveries, Emitted, Target
from cashpath_sandbox.shopify.exports import Exports, Found
from cashpath_sandbox.shopify.points import Points
from cashpath_sandbox.shopify.query import Args, Node, Query, Refusal, connection
from cashpath_sandbox.shopify.store import Body, Store, derived_company, derived_customer, derived_products
from cashpath_sandbox.standin import Standin, answer_json

_TOPICS = {"orders": "Order", "customers": "Customer", "companies": "Company", "products": "Product"}


@dataclass
class ShopifyStandin(Standin):
    """One shop. `token` is the access token it lets in; `shop` its myshopify domain."""

    shop: str = "tea-house.myshopify.com"
    token: str = "shpat_sandbox"
    currency: str = "EUR"
    search_lag: timedelta = timedelta(seconds=2)
    points: Points = field(default_factory=Points)
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    definitions: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.store = Store(self.now, self.search_lag, self.currency)
        self.deliveries = Deliveries(self.shop)
        self.exports = Exports(self.now, self._found())
        self._ids = itertools.count(5_000_000_000_001)

    # What people do in the shop

    def place_order(self, given: Mapping[str, Any]) -> str:
        """Keep an order given as the JSON of Shopify's order webhook, with what it brings along, and tell of each.

        Returns its id. Raises intake.Unusable.
        """
        with self.lock:
            with intake.reading():
                body = intake.order(given, next(self._ids), self.now())
                brought = self._brought(body)
                trial = Store(self.now, timedelta(0), self.currency)
                for kind, derived in [*brought, ("orders", body)]:
                    trial.put(kind, derived)
                    trial.node(kind, derived["id"])
            known = self.store.get("orders", body["id"])
            for kind, derived in brought:
                if self.store.get(kind, derived["id"]) is None:
                    self.store.put(kind, derived)
                    self._tell(f"{kind}/create", derived)
            self.store.put("orders", body)
            self._tell("orders/updated" if known else "orders/create", body)
            return str(body["id"])

    def edit_order(self, id: str, changes: Mapping[str, Any]) -> None:
        """Set fields of an order as given; whoever edits sees to it that they add up."""
        with self.lock:
            body = {**self._held("orders", id), **copy.deepcopy(dict(changes))}
            self._changed("orders", body, "orders/edited", "orders/updated")

    def set_quantities(self, id: str, quantities: Mapping[str, int]) -> None:
        """An order edit: quantities of lines, by their id; what stands is reckoned as Shopify does."""
        with self.lock:
            body = edits.with_quantities(self._held("orders", id), quantities)
            self._changed("orders", body, "orders/edited", "orders/updated")

    def add_line(self, id: str, line: Mapping[str, Any]) -> None:
        """An order edit: one more line, of a product that the shop knows or of none."""
        with self.lock:
            body = edits.with_line(self._held("orders", id), line, next(self._ids))
            self._changed("orders", body, "orders/edited", "orders/updated")

    def cancel_order(self, id: str) -> None:
        """Cancel an order: nothing of it stands any more."""
        with self.lock:
            body = edits.cancelled(self._held("orders", id), intake.iso(self.now()))
            self._changed("orders", body, "orders/cancelled", "orders/updated")

    def fulfil_order(self, id: str) -> None:
        """All of an order is shipped."""
        with self.lock:
            body = {**self._held("orders", id), "fulfillment_status": "fulfilled"}
            self._changed("orders", body, "orders/fulfilled", "orders/updated")

    def put(self, kind: str, given: Mapping[str, Any]) -> str:
        """Create or change a customer, company or product, given in the shape of its webhook."""
        with self.lock:
            id = given.get("id") or next(self._ids)
            known = self.store.get(kind, id)
            at = intake.iso(self.now())
            body = {
                "created_at": at,
                **(known or {}),
                **copy.deepcopy(dict(given)),
                "id": id,
                "admin_graphql_api_id": f"gid://shopify/{_TOPICS[kind]}/{id}",
                "updated_at": at,
            }
            for variant in body.get("variants") or ():
                variant.setdefault("id", next(self._ids))
                variant["updated_at"] = at
            self.store.put(kind, body)
            changed = consent.told(known, body) if kind == "customers" else None
            if changed:
                self._tell(consent.TOPIC, changed)
            if not changed or not consent.is_all(known, body):
                self._tell(f"{kind}/{'update' if known else 'create'}", body)
            return str(id)

    def delete(self, kind: str, id: str) -> None:
        """Delete a record; what refers to it keeps its own words of it."""
        with self.lock:
            if self.store.drop(kind, id):
                self._tell(f"{kind}/delete", {"id": int(id)})

    def merge_customers(self, loser: str, survivor: str) -> None:
        """Make one customer of two: the survivor gets what it lacks, orders of the other are its own from now on."""
        with self.lock:
            gone, kept = self._held("customers", loser), self._held("customers", survivor)
            filled = {
                name: value for name, value in gone.items() if kept.get(name) in (None, "") and name != "metafields"
            }
            for order in self.store.all("orders"):
                if str((order.get("customer") or {}).get("id")) == loser:
                    order["customer"] = {**order["customer"], "id": int(survivor)}
            self.store.drop("customers", loser)
            self.put("customers", {**kept, **filled})
            named = {"kept": survivor, "deleted": loser}
            ids = {
                f"admin_graphql_api_customer_{which}_id": f"gid://shopify/Customer/{id}" for which, id in named.items()
            }
            self._tell("customers/merge", {**ids, "status": "completed", "errors": []})

    def redact_customer(self, id: str) -> None:
        """Erase a customer's personal data, in their orders too, and ask all apps to do the same."""
        with self.lock:
            body = self._held("customers", id)
            contact = {"id": int(id), "email": body.get("email"), "phone": body.get("phone")}
            mine = [o for o in self.store.all("orders") if str((o.get("customer") or {}).get("id")) == id]
            for order in mine:
                blank = {"email": "", **dict.fromkeys(("phone", "billing_address", "shipping_address", "note"))}
                self._changed("orders", {**order, **blank, "customer": {"id": int(id)}}, "orders/updated")
            self.put("customers", {**body, **dict.fromkeys(mutations.PERSONAL)})
            redact = {"shop_id": 1, "shop_domain": self.shop, "customer": contact}
            self._tell("customers/redact", {**redact, "orders_to_redact": [int(order["id"]) for order in mine]})

    def settle_search(self) -> None:
        """Let the search index catch up."""
        with self.lock:
            self.store.settle()

    @property
    def emitted(self) -> list[Emitted]:
        """Every event that the shop ever told of."""
        return self.deliveries.emitted

    def redeliver(self, events: Sequence[Emitted] | None = None) -> int:
        """Send events again, all that there ever were unless told which. Returns how many."""
        again = list(self.emitted if events is None else events)
        self.deliveries.send(again)
        return len(again)

    def _held(self, kind: str, id: str) -> Body:
        body = self.store.get(kind, id)
        if body is None:
            raise LookupError(f"the shop has no {kind} {id}")
        return copy.deepcopy(body)

    def _changed(self, kind: str, body: Body, *topics: str) -> None:
        body["updated_at"] = intake.iso(self.now())
        self.store.put(kind, body)
        for topic in topics:
            self._tell(topic, body)

    def _tell(self, topic: str, body: Mapping[str, Any]) -> None:
        if topic == "orders/edited":  # the one order topic whose body is about the edit
            body = {"order_edit": {"id": next(self._ids), "order_id": body["id"], "created_at": body["updated_at"]}}
        self.deliveries.emit(topic, body, self.now())

    def _brought(self, order: Body) -> list[tuple[str, Body]]:
        found = [("customers", derived_customer(order)), ("companies", derived_company(order))]
        goods = derived_products(order, self.currency)
        return [(kind, body) for kind, body in found if body] + [("products", body) for body in goods]

    # Admin GraphQL

    def answer(self, request: Request) -> Response:
        """POST /admin/api/<version>/graphql.json; GET /exports/<name>, as a host apart from the shop."""
        if request.method == "GET" and request.path.startswith("/exports/"):
            return self.exports.file(request.path.removeprefix("/exports/"))
        if request.method != "POST" or not re.fullmatch(r"/admin/api/\d{4}-\d{2}/graphql\.json", request.path):
            return answer_json({"errors": "Not Found"}, 404)
        if request.headers.get("X-Shopify-Access-Token") != self.token:
            message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return answer_json({"errors": message}, 401)
        asked = json.loads(request.get_data())
        try:
            query = Query.parse(asked["query"])
            variables = asked.get("variables") or {}
            self.points.take(query.asked(variables), self.now())
            start = self._changing(request.host_url) if query.changes else self.root()
            data, cost = query.run(start, variables)
            if query.changes:
                self.wrote()
        except Refusal as refusal:
            return answer_json({"errors": [refusal.error], **self.points.told(self.now())})
        return answer_json({"data": data, **self.points.told(self.now(), cost)})

    def _changing(self, address: str) -> Node:
        """What a mutation starts from."""
        run = {"bulkOperationRunQuery": lambda args: self.exports.run(args, address.rstrip("/"))}
        return {**mutations.root(self), **goods.root(self), **run}

    def root(self) -> Node:
        """What a query starts from."""
        return {
            "__typename": "QueryRoot",
            "shop": {"__typename": "Shop", "currencyCode": self.currency, "myshopifyDomain": self.shop},
            "order": lambda args: self.store.order(_number(args, "Order")),
            "customer": lambda args: self.store.customer(_number(args, "Customer")),
            "company": lambda args: self.store.company(_number(args, "Company")),
            "companyLocation": lambda args: self.store.location(_number(args, "CompanyLocation")),
            "product": lambda args: self.store.product(_number(args, "Product")),
            "productVariant": lambda args: self.store.variant(_number(args, "ProductVariant")),
            "nodes": lambda args: [self._node(id) for id in args["ids"]],
            "customerByIdentifier": lambda args: mutations.by_origin(self, args),
            "currentAppInstallation": {
                "__typename": "AppInstallation",
                "accessScopes": [{"__typename": "AccessScope", "handle": handle} for handle in self.scopes],
            },
            "productByIdentifier": lambda args: goods.product_by_origin(self, args),
            "productVariantByIdentifier": lambda args: goods.variant_by_origin(self, args),
            "metafieldDefinitions": self._definitions,
            "bulkOperation": self.exports.one,
            "bulkOperations": self.exports.all,
            **{name: _paged(found) for name, found in self._found().items()},
        }

    def _found(self) -> Mapping[str, Found]:
        """What each connection finds."""
        return {
            "orders": lambda args: self._list("orders", args),
            "customers": lambda args: self._list("customers", args),
            "companies": lambda args: self._list("companies", args),
            "products": lambda args: self._list("products", args),
            "productVariants": self._variants,
        }

    def _list(self, kind: str, args: Args) -> Sequence[Node]:
        """A search: what the index finds, as the records are now, in the order that the query asks for."""
        by = {"UPDATED_AT": "updated_at", "CREATED_AT": "created_at", "ID": "id"}.get(args.get("sortKey", "ID"), "id")
        found = [body for body in self.store.search(kind) if _matches(body, args.get("query") or "")]
        found.sort(key=lambda body: (_comparable(body[by]), int(body["id"])))
        return [node for body in found if (node := self.store.node(kind, body["id"]))]

    def _variants(self, args: Args) -> Sequence[Node]:
        bodies = [v for product in self.store.search("products") for v in product.get("variants") or ()]
        found = sorted((v for v in bodies if _matches(v, args.get("query") or "")), key=lambda v: int(v["id"]))
        return [node for v in found if (node := self.store.variant(v["id"]))]

    def _definitions(self, args: Args) -> Node:
        return connection([d for d in self.definitions if d["ownerType"] == args["ownerType"]])(args)

    def _node(self, id: str) -> Node | None:
        kind, _, number = id.removeprefix("gid://shopify/").partition("/")
        kept = {
            "Customer": self.store.customer,
            "Company": self.store.company,
            "Order": self.store.order,
            "Product": self.store.product,
            "ProductVariant": self.store.variant,
        }
        return kept[kind](number) if kind in kept else self._selling_plan(id)

    def _selling_plan(self, id: str) -> Node | None:
        """A selling plan, as the lines of orders tell of it: the sandbox keeps its policy on the line."""
        for order in self.store.all("orders"):
            for line in order["line_items"]:
                plan = line.get("selling_plan") or {}
                count = str(plan.get("interval_count") or 1)
                if plan.get("interval") and id == f"gid://shopify/SellingPlan/{plan.get('id')}":
                    policy = {
                        "__typename": "SellingPlanRecurringBillingPolicy",
                        "interval": plan["interval"].upper(),
                        "intervalCount": int(count) if count.isdecimal() else 1,
                    }
                    return {"__typename": "SellingPlan", "id": id, "billingPolicy": policy}
        return None

    # Routes of the sandbox

    def sandbox(self, request: Request) -> Response:
        """Below `/_sandbox`, for tests and people:

        POST orders (the JSON of an order webhook), PATCH orders/<id> (fields as given), POST orders/<id>/quantities
        ({line id: units}), /lines (a line), /cancel, /fulfil; POST customers, companies, products (create, or change
        by `id`), customers/<id>/merge ({loser}), /redact; GET and DELETE any of them by id, GET the list; POST prices
        (see `PriceLists.take`); POST webhook ({url, secret, topics}), GET webhook (how many deliveries are due), GET
        emitted, POST redeliver ({topics}); POST settle (the search index catches up), POST points ({available,
        restored}).
        """
        parts = request.path.removeprefix("/_sandbox/").strip("/").split("/")
        given: Any = request.get_json() if request.data else {}
        try:
            found = self._do(request.method, parts, given)
        except (intake.Unusable, LookupError) as error:
            return answer_json({"error": str(error)}, 422)
        return answer_json(found) if found is not None else super().sandbox(request)

    def _do(self, method: str, parts: Sequence[str], given: Any) -> Any:
        match method, parts:
            case "POST", ["orders"]:
                return {"id": self.place_order(given)}
            case "PATCH", ["orders", id]:
                self.edit_order(id, given)
                return self._held("orders", id)
            case "POST", ["orders", id, "quantities"]:
                self.set_quantities(id, given)
                return self._held("orders", id)
            case "POST", ["orders", id, "lines"]:
                self.add_line(id, given)
                return self._held("orders", id)
            case "POST", ["orders", id, "cancel"]:
                self.cancel_order(id)
                return self._held("orders", id)
            case "POST", ["orders", id, "fulfil"]:
                self.fulfil_order(id)
                return self._held("orders", id)
            case "POST", ["customers" | "companies" | "products" as kind]:
                return {"id": self.put(kind, given)}
            case "POST", ["customers", id, "merge"]:
                self.merge_customers(str(given["loser"]), id)
                return self._held("customers", id)
            case "POST", ["customers", id, "redact"]:
                self.redact_customer(id)
                return self._held("customers", id)
            case "POST", ["prices"]:
                with self.lock:
                    self.store.price_lists.take(given)
                return given
            case "DELETE", ["customers" | "companies" | "products" | "orders" as kind, id]:
                self.delete(kind, id)
                return {"deleted": id}
            case "GET", ["orders" | "customers" | "companies" | "products" as kind]:
                return list(self.store.all(kind))
            case "GET", ["orders" | "customers" | "companies" | "products" as kind, id]:
                return self._held(kind, id)
        return self._webhooks(method, parts, given)

    def _webhooks(self, method: str, parts: Sequence[str], given: Any) -> Any:
        match method, parts:
            case "POST", ["webhook"]:
                self.deliveries.target = Target(given["url"], given["secret"], tuple(given.get("topics") or ()))
                return asdict(self.deliveries.target) | {"secret": "kept"}
            case "GET", ["webhook"]:
                return {"due": self.deliveries.due()}
            case "POST", ["redeliver"]:
                topics = given.get("topics")
                return {"sent": self.redeliver([e for e in self.emitted if not topics or e.topic in topics])}
            case "GET", ["emitted"]:
                return [{**asdict(event), "body": json.loads(event.body)} for event in self.emitted]
            case "POST", ["settle"]:
                self.settle_search()
                return {"settled": True}
            case "POST", ["points"]:
                self.points.set(given["available"], given.get("restored"), self.now())
                return self.points.told(self.now())
        return None


def _paged(found: Found) -> Callable[[Args], Node]:
    return lambda args: connection(found(args))(args)


def _number(args: Args, kind: str) -> str:
    prefix, id = f"gid://shopify/{kind}/", str(args["id"])
    if not id.startswith(prefix):
        raise Refusal(f"Invalid global id '{id}'", "argumentLiteralsIncompatible")
    return id.removeprefix(prefix)


def _comparable(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) and not value.isdecimal() else int(value)


def _matches(body: Mapping[str, Any], query: str) -> bool:
    """The terms that the connector uses. Words are matched as an index does: in any order, wherever they stand."""
    if since := re.fullmatch(r"updated_at:>='([^']+)'", query):
        return datetime.fromisoformat(body["updated_at"]) >= datetime.fromisoformat(since[1])
    if len(terms := re.split(r" OR (?=(?:email|sku):\")", query)) > 1:
        return any(_matches(body, term) for term in terms)
    if term := re.fullmatch(r"(email|sku):(\".*\")", query, re.DOTALL):
        words = _words(json.loads(term[2]))
        return bool(words) and words <= _words(body.get(term[1]) or "")
    if query:
        raise Refusal(f"the stand-in does not understand the search {query!r}", "BAD_REQUEST")
    return True


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
