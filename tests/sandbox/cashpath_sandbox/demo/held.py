"""One customer or one product as each system shows it, side by side: read by plain HTTP, spelled as people see it."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cashpath.records.money import Money
from cashpath_sandbox.demo.cells import Amount, Cell, agree, amount, shown
from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.world import World

PLACES = ("storefront", "CRM", "billing", "ERP")
CONTACT = "email,firstname,lastname,phone,city,loyalty_tier,cashpath_payment_terms"
CURRENCY = "EUR"  # the demo shop's
Fields = Mapping[str, Cell]  # a field's value by its name here; a field that is not held there is left out
Held = Mapping[str, Fields]  # by place


class Sight:
    """What people see of customers and products on each system's own pages."""

    def __init__(self, world: World, eyes: Eyes) -> None:
        self._world = world
        self._eyes = eyes
        self._http = httpx.Client(timeout=60)

    # --- a customer
    def customer(self, id: str, email: str) -> Held:
        """A customer of the shop in every system that has exactly one of this email address."""
        contact, payers, party = self._contact(email), self._eyes.payers(email), self._party(email)
        held: dict[str, Fields] = {"storefront": self._account(id)}
        if contact:
            held["CRM"] = contact
        if len(payers) == 1:
            held["billing"] = _payer(payers[0])
        if party:
            held["ERP"] = party
        return held

    def party(self, email: str) -> int:
        """The one party of the ERP that is reached at an email address; 0 where there is none, or more than one."""
        rows = self._eyes.asks_erp("party.contact_mechanism", [["value", "=", email]], ["party"])
        found = {int(row["party"]) for row in rows}
        return found.pop() if len(found) == 1 else 0

    def _account(self, id: str) -> Fields:
        body = self._get(f"{self._world.shopify}/_sandbox/customers/{id}")
        kept = {f"{field['namespace']}.{field['key']}": field["value"] for field in body.get("metafields") or ()}
        return {
            "name": f"{body['first_name']} {body['last_name']}",
            "email": body["email"],
            "phone": body["phone"] or "",
            "city": body["default_address"]["city"],
            "loyalty": json.loads(kept.get("loyalty.card") or "{}").get("level") or "",
        }

    def _contact(self, email: str) -> Fields:
        body = self._eyes.asks_crm(f"contacts/{email}?idProperty=email&properties={CONTACT}")
        if not body:
            return {}
        told = {name: value or "" for name, value in body["properties"].items()}
        return {
            "name": f"{told.get('firstname', '')} {told.get('lastname', '')}",
            "email": told["email"],
            "phone": told.get("phone", ""),
            "city": told.get("city", ""),
            "loyalty": told.get("loyalty_tier", ""),
            "payment terms": told.get("cashpath_payment_terms", ""),
        }

    def _party(self, email: str) -> Fields:
        id = self.party(email)
        if not id:
            return {}
        (row,) = self._eyes.asks_erp("party.party", [["id", "=", id]], ["name", "customer_payment_term.rec_name"])
        ways = self._eyes.asks_erp("party.contact_mechanism", [["party", "=", id]], ["type", "value"])
        places = self._eyes.asks_erp("party.address", [["party", "=", id]], ["city"])
        term = row["customer_payment_term."]
        return {
            "name": row["name"],
            "email": next((way["value"] for way in ways if way["type"] == "email"), ""),
            "phone": next(("".join(way["value"].split()) for way in ways if way["type"] != "email"), ""),
            "city": next((place["city"] or "" for place in places), ""),
            "payment terms": term["rec_name"] if term else "",
        }

    # --- a product
    def product(self, id: str, sku: str) -> Held:
        """A product of one variant in every system that has it."""
        body = self._get(f"{self._world.shopify}/_sandbox/products/{id}")
        (variant,) = body["variants"]
        price = amount(variant["price"], CURRENCY)
        held: dict[str, Fields] = {"storefront": {"title": body["title"], "price": price}}
        origin = f"shop%2Fvariant%2F{variant['id']}?idProperty=cashpath_origin"
        known = self._eyes.asks_crm(f"products/{origin}&properties=name,price,hs_price_eur")
        if known:
            told = known["properties"]
            price = amount(told.get("hs_price_eur") or told.get("price") or "", CURRENCY)
            held["CRM"] = {"title": told["name"], "price": price}
        billed = self._billed(sku)
        if billed:
            held["billing"] = billed
        rows = self._eyes.asks_erp("product.product", [["suffix_code", "=", sku]], ["template.name"])
        if len(rows) == 1:
            held["ERP"] = {"title": rows[0]["template."]["name"]}
        return held

    def _billed(self, sku: str) -> Fields:
        products = self._billing("products?limit=100")["data"]
        mine = [product for product in products if product["metadata"].get("sku") == sku]
        if len(mine) != 1 or not mine[0]["default_price"]:
            return {}
        price = self._billing(f"prices/{mine[0]['default_price']}")
        charged = Money(price["unit_amount"], price["currency"].upper())
        return {"title": mine[0]["name"], "price": Amount(charged.decimal, charged.currency)}

    def _billing(self, path: str) -> Any:
        return self._get(f"{self._world.stripe}/v1/{path}", {"Authorization": f"Bearer {self._world.tokens['stripe']}"})

    def _get(self, address: str, headers: Mapping[str, str] | None = None) -> Any:
        return self._http.get(address, headers=headers).raise_for_status().json()


def _payer(told: Mapping[str, Any]) -> Fields:
    return {
        "name": told["name"] or "",
        "email": told["email"],
        "phone": told["phone"] or "",
        "city": (told["address"] or {}).get("city") or "",
        "loyalty": told["metadata"].get("loyalty", ""),
    }


def same(held: Held, field: str) -> bool:
    """Whether all that hold a field say the same; spelled `Gold` in the CRM, a tier is `gold` elsewhere."""
    return agree(fields[field] for fields in held.values() if field in fields)


def show(console: Console, title: str, held: Held, *names: str) -> None:
    """Print these fields, systems across; a dash where a system has no place for one."""
    table = Table(title=escape(title), title_justify="left", box=SIMPLE_HEAD)
    for name in ("", *PLACES, "same"):
        table.add_column(name, overflow="fold")
    for name in names:
        told = (held[place].get(name, "-") if place in held else "missing" for place in PLACES)
        cells = [escape(shown(cell, CURRENCY)) for cell in told]
        table.add_row(name, *cells, "[green]✓[/]" if same(held, name) and len(held) == len(PLACES) else "[red]✗[/]")
    console.print(table)
