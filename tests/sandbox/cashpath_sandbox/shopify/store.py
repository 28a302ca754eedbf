"""What the stand-in shop holds: bodies in the shape of webhooks, their nodes, and a search index that lags."""

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from cashpath.records.money import exponent
from cashpath_sandbox.shopify import nodes
from cashpath_sandbox.shopify.order_node import order as order_node
from cashpath_sandbox.shopify.price_lists import PriceLists
from cashpath_sandbox.shopify.query import Node

Body = dict[str, Any]
KINDS = ("orders", "customers", "companies", "products")


class Store:
    """Bodies by kind and id. Searches see a body only once `lag` has passed since it was put."""

    def __init__(self, now: Callable[[], datetime], lag: timedelta, currency: str) -> None:
        self._now = now
        self.lag = lag
        self.price_lists = PriceLists(currency)
        self._held: dict[str, dict[str, Body]] = {kind: {} for kind in KINDS}
        self._index: dict[tuple[str, str], list[tuple[datetime, Body]]] = defaultdict(list)
        self.gone_variants: set[str] = set()

    def put(self, kind: str, body: Body) -> None:
        """Keep a body; one of the same id is replaced."""
        id = str(body["id"])
        self._held[kind][id] = body
        self._index[kind, id].append((self._now() + self.lag, copy.deepcopy(body)))

    def get(self, kind: str, id: Any) -> Body | None:
        """The body with this id."""
        return self._held[kind].get(str(id))

    def drop(self, kind: str, id: Any) -> Body | None:
        """Delete; the search index forgets it as well."""
        self._index.pop((kind, str(id)), None)
        return self._held[kind].pop(str(id), None)

    def all(self, kind: str) -> Iterable[Body]:
        """Every body of a kind."""
        return list(self._held[kind].values())

    def settle(self) -> None:
        """Let the search index catch up."""
        for versions in self._index.values():
            versions[:] = [(self._now(), body) for _, body in versions]

    def search(self, kind: str) -> Iterable[Body]:
        """What the search index shows of each body, which may be what it was a moment ago."""
        now = self._now()
        for (held, id), versions in list(self._index.items()):
            seen = [body for at, body in versions if at <= now]
            if held == kind and seen and id in self._held[kind]:
                del versions[: len(seen) - 1]
                yield seen[-1]

    def node(self, kind: str, id: Any) -> Node | None:
        """A record's node, by kind."""
        read = {"orders": self.order, "customers": self.customer, "companies": self.company, "products": self.product}
        return read[kind](id)

    def order(self, id: Any) -> Node | None:
        """An order's node."""
        body = self.get("orders", id)
        return order_node(body, self) if body else None

    def customer(self, id: Any) -> Node | None:
        """A customer's node."""
        body = self.get("customers", id)
        if body is None:
            return None
        return nodes.customer(body, [c for c in self.all("companies") if str(c.get("main_contact")) == str(id)])

    def company(self, id: Any) -> Node | None:
        """A company's node."""
        body = self.get("companies", id)
        if body is None:
            return None
        contact = self.get("customers", body.get("main_contact"))
        return nodes.company(body, nodes.customer(contact) if contact else None)

    def location(self, id: Any) -> Node | None:
        """The node of a company's location, wherever its company is."""
        for body in self.all("companies"):
            if any(str(place.get("id", body["id"])) == str(id) for place in body.get("locations") or ()):
                return {"__typename": "CompanyLocation", "id": nodes.gid("CompanyLocation", id)}
        return None

    def product(self, id: Any) -> Node | None:
        """A product's node."""
        body = self.get("products", id)
        return nodes.product(body, self.price_lists.of) if body else None

    def variant(self, id: Any) -> Node | None:
        """A variant's node, wherever its product is."""
        for owner in self.all("products"):
            for variant in owner.get("variants") or ():
                if str(variant["id"]) == str(id):
                    return nodes.variant(variant, owner, self.price_lists.of)
        return None


def derived_customer(order: Mapping[str, Any]) -> Body | None:
    """The customer that an order brings along."""
    told = order.get("customer")
    if not told:
        return None
    address = told.get("default_address") or order.get("billing_address") or order.get("shipping_address")
    return {
        **told,
        "admin_graphql_api_id": f"gid://shopify/Customer/{told['id']}",
        "created_at": told.get("created_at") or order["created_at"],
        "updated_at": told.get("updated_at") or order["updated_at"],
        "locale": told.get("locale") or order.get("customer_locale"),
        "default_address": address,
    }


def derived_company(order: Mapping[str, Any]) -> Body | None:
    """The company that a B2B order brings along: a webhook gives its id, the addresses its name."""
    told = order.get("company")
    if not told or not told.get("id"):
        return None
    address = order.get("billing_address") or order.get("shipping_address") or {}
    return {
        "id": told["id"],
        "admin_graphql_api_id": f"gid://shopify/Company/{told['id']}",
        "name": told.get("name") or address.get("company") or f"Company {told['id']}",
        "created_at": order["created_at"],
        "updated_at": order["updated_at"],
        "main_contact": (order.get("customer") or {}).get("id"),
        "locations": [
            {
                "id": told.get("location_id") or told["id"],
                "tax_registration_id": told.get("tax_registration_id"),
                "phone": address.get("phone"),
                "billing_address": address or None,
            }
        ],
    }


def derived_products(order: Mapping[str, Any], currency: str) -> Iterable[Body]:
    """The products that an order's lines bring along, with the variants that it names; deleted ones have no id.

    A shop lists its goods in its own `currency`. A file of another shop may be in another one: then the list price is
    the same number, as fine as `currency` is. What the order charged is not touched.
    """
    found: dict[str, Body] = {}
    for line in order["line_items"]:
        if not line.get("product_id") or not line.get("variant_id"):
            continue
        body = found.setdefault(str(line["product_id"]), _product(line, order))
        if all(variant["id"] != line["variant_id"] for variant in body["variants"]):
            body["variants"].append({**_variant(line, order), "price": _listed(line["price"], currency)})
    return found.values()


def _listed(price: str, currency: str) -> str:
    return str(Decimal(price).quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_UP))


def _product(line: Mapping[str, Any], order: Mapping[str, Any]) -> Body:
    return {
        "id": line["product_id"],
        "admin_graphql_api_id": f"gid://shopify/Product/{line['product_id']}",
        "title": line["title"],
        "vendor": line.get("vendor"),
        "status": "active",
        "gift_card": bool(line.get("gift_card")),
        "created_at": order["created_at"],
        "updated_at": order["updated_at"],
        "metafields": line.get("product_metafields") or [],
        "variants": [],
    }


def _variant(line: Mapping[str, Any], order: Mapping[str, Any]) -> Body:
    return {
        "id": line["variant_id"],
        "product_id": line["product_id"],
        "title": line.get("variant_title") or "Default Title",
        "sku": line.get("sku"),
        "taxable": line.get("taxable"),
        "requires_shipping": line.get("requires_shipping"),
        "updated_at": order["updated_at"],
    }
