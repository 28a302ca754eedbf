"""Customers as people see and edit them in each system, by each system's own routes: nothing of a connector takes part.

A field has one of a few names here; each system says how it spells it. `EDITED` are those that every system shows.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.world import World

Place = Literal["storefront", "crm", "billing", "erp"]
Name = Literal["last_name", "phone", "city", "loyalty", "terms", "tax_id"]
PLACES: tuple[Place, ...] = ("storefront", "crm", "billing", "erp")
# Who decides each, on the local stage, and where it is shown at all.
OWNERS: Mapping[Name, Place] = {
    "last_name": "storefront",
    "phone": "storefront",
    "city": "storefront",
    "loyalty": "crm",
    "terms": "erp",
    "tax_id": "erp",
}
SHOWN: Mapping[Name, tuple[Place, ...]] = {
    "last_name": PLACES,
    "phone": PLACES,
    "city": PLACES,
    "loyalty": ("storefront", "crm", "billing"),
    "terms": ("crm", "erp"),
    "tax_id": ("crm", "billing", "erp"),
}
TERMS = ("Net 10 days", "Net 30 days", "Net 60 days")
LOYALTY = {"bronze": "Bronze", "silver": "Silver", "gold": "Gold"}
PATIENCE = 60.0  # seconds


@dataclass
class Somebody:
    """A customer: their number, their email address, the ids that systems gave them, each owner's last word."""

    n: int
    email: str
    ids: dict[Place, str] = field(default_factory=dict)
    last: dict[Name, str] = field(default_factory=dict)


class Town:
    """All customers of a sandbox, in the eyes and hands of those who work with each system."""

    def __init__(self, world: World, eyes: Eyes) -> None:
        self._world = world
        self._eyes = eyes
        self._http = httpx.Client(timeout=PATIENCE)
        self._billing = {"Authorization": f"Bearer {world.tokens['stripe']}"}
        self._terms: dict[str, int] = {}

    # --- the storefront
    def registers(self, n: int, run: str) -> Somebody:
        """Somebody makes an account in the shop."""
        person = Somebody(n, f"p{n}.{run}@example.com")
        first: dict[Name, str] = {"last_name": f"Name {n}", "phone": f"+49302{n:07}", "city": f"City {n}"}
        name = {"first_name": "Pat", "last_name": first["last_name"]}
        place = {"id": 7_000 + n, "address1": f"{n} High Street", "city": first["city"], "country_code": "DE"}
        body: dict[str, Any] = {"email": person.email, "phone": first["phone"], "locale": "en", **name}
        body["default_address"] = {**name, **place}
        person.ids["storefront"] = str(self._post(f"{self._world.shopify}/_sandbox/customers", body)["id"])
        person.last |= first
        return person

    def meets(self, person: Somebody) -> bool:
        """Whether every system has the customer, exactly once; their ids are kept."""
        contact = self._eyes.contact(person.email)
        payers = self._eyes.payers(person.email)
        parties = self._parties(person)
        if not contact or len(payers) != 1 or len(parties) != 1:
            return False
        person.ids |= {"crm": contact["id"], "billing": payers[0]["id"], "erp": str(parties[0])}
        return True

    def _parties(self, person: Somebody) -> list[int]:
        rows = self._eyes.asks_erp("party.contact_mechanism", [["value", "=", person.email]], ["party"])
        return sorted({row["party"] for row in rows})

    # --- what each system shows
    def held(self, person: Somebody, place: Place) -> Mapping[Name, str]:
        """The fields as a system shows them."""
        shown = {"storefront": self._shop, "crm": self._crm, "billing": self._stripe, "erp": self._erp}
        return shown[place](person)

    def _shop(self, person: Somebody) -> dict[Name, str]:
        body = self._get(f"{self._world.shopify}/_sandbox/customers/{person.ids['storefront']}")
        kept = {f"{m['namespace']}.{m['key']}": m["value"] for m in body.get("metafields") or ()}
        return {
            "last_name": body["last_name"] or "",
            "phone": body["phone"] or "",
            "city": (body["default_address"] or {}).get("city") or "",
            "loyalty": json.loads(kept.get("loyalty.card") or "{}").get("level") or "",
        }

    def _crm(self, person: Somebody) -> dict[Name, str]:
        names = "lastname,phone,city,loyalty_tier,cashpath_payment_terms,cashpath_tax_id"
        told = self._eyes.asks_crm(f"contacts/{person.ids['crm']}?properties={names}")["properties"]
        back = {theirs: ours for ours, theirs in LOYALTY.items()}
        return {
            "last_name": told.get("lastname") or "",
            "phone": told.get("phone") or "",
            "city": told.get("city") or "",
            "loyalty": back.get(told.get("loyalty_tier") or "", ""),
            "terms": told.get("cashpath_payment_terms") or "",
            "tax_id": told.get("cashpath_tax_id") or "",
        }

    def _stripe(self, person: Somebody) -> dict[Name, str]:
        told = self._customer(person)
        ids = self._get(f"{self._world.stripe}/v1/customers/{person.ids['billing']}/tax_ids", self._billing)["data"]
        return {
            "last_name": (told["name"] or "").partition(" ")[2],
            "phone": told["phone"] or "",
            "city": (told["address"] or {}).get("city") or "",
            "loyalty": told["metadata"].get("loyalty", ""),
            "tax_id": next((row["value"] for row in ids), told["metadata"].get("cashpath_tax_id", "")),
        }

    def _customer(self, person: Somebody) -> Any:
        return self._get(f"{self._world.stripe}/v1/customers/{person.ids['billing']}", self._billing)

    def _erp(self, person: Somebody) -> dict[Name, str]:
        party = int(person.ids["erp"])
        fields = ["name", "customer_payment_term.rec_name"]
        (row,) = self._eyes.asks_erp("party.party", [["id", "=", party]], fields)
        term = row["customer_payment_term."]
        codes = self._eyes.asks_erp("party.identifier", [["party", "=", party], ["type", "!=", None]], ["code"])
        return {
            "last_name": row["name"].partition(" ")[2],
            "phone": "".join(str(self._mechanism(party)["value"]).split()),
            "city": self._address(party)["city"] or "",
            "terms": term["rec_name"] if term else "",
            "tax_id": codes[0]["code"] if codes else "",
        }

    def _mechanism(self, party: int) -> Mapping[str, Any]:
        # A number that no country has is kept as what it is, an entry of another type.
        ways = [["party", "=", party], ["type", "in", ["phone", "mobile", "other"]], ["value", "like", "+%"]]
        rows = self._eyes.asks_erp("party.contact_mechanism", ways, ["value"])
        return rows[0] if rows else {"id": 0, "value": ""}

    def _address(self, party: int) -> Mapping[str, Any]:
        rows = self._eyes.asks_erp("party.address", [["party", "=", party]], ["city"])
        return rows[0] if rows else {"id": 0, "city": ""}

    # --- what accounting decides, and whom somebody buys for
    def accounted(self, person: Somebody) -> Mapping[str, object]:
        """What each system but the ERP shows of whether the customer pays tax, and of their credit limit."""
        names = "cashpath_tax_exempt,cashpath_credit_limit"
        crm = self._eyes.asks_crm(f"contacts/{person.ids['crm']}?properties={names}")["properties"]
        shop = self._get(f"{self._world.shopify}/_sandbox/customers/{person.ids['storefront']}")
        return {
            "storefront exempt": bool(shop.get("tax_exempt")),
            "crm exempt": crm.get("cashpath_tax_exempt") == "true",
            "billing exempt": self._customer(person)["tax_exempt"] == "exempt",
            "crm limit": crm.get("cashpath_credit_limit") or "",
        }

    def founds(self, name: str) -> str:
        """Somebody enters a company in the CRM; its id."""
        url = f"{self._world.hubspot}/_sandbox/objects/companies"
        return str(self._post(url, {"properties": {"name": name}})["id"])

    def joins(self, person: Somebody, company: str) -> None:
        """The customer buys for a company of the CRM from now on, and for those of before besides."""
        url = f"{self._world.hubspot}/_sandbox/objects/contacts/{person.ids['crm']}/companies/{company}"
        self._http.put(url).raise_for_status()

    def related(self, person: Somebody) -> list[tuple[str, str]]:
        """The customer's relations in the ERP: the type of each, and to whom."""
        domain = [["from_", "=", int(person.ids["erp"])]]
        rows = self._eyes.asks_erp("party.relation.all", domain, ["type.name", "to.name"])
        return sorted((row["type."]["name"], row["to."]["name"]) for row in rows)

    # --- what people change
    def edits(self, person: Somebody, place: Place, name: Name, value: str) -> None:
        """Somebody changes one field in one system; where it is theirs to decide, it is the last word."""
        by_hand = {
            "storefront": self._edit_shop,
            "crm": self._edit_crm,
            "billing": self._edit_stripe,
            "erp": self._edit_erp,
        }
        by_hand[place](person, name, value)
        if OWNERS[name] == place:
            person.last[name] = value

    def _edit_shop(self, person: Somebody, name: Name, value: str) -> None:
        url, id = f"{self._world.shopify}/_sandbox/customers", int(person.ids["storefront"])
        body: dict[str, Any] = {"id": id}
        match name:
            case "city":
                now = self._get(f"{url}/{id}")["default_address"] or {"country_code": "DE"}
                body["default_address"] = {**now, "city": value}
            case "loyalty":
                kept = [m for m in self._get(f"{url}/{id}").get("metafields") or () if m["namespace"] != "loyalty"]
                card = {"namespace": "loyalty", "key": "card", "value": json.dumps({"level": value})}
                body["metafields"] = [*kept, card]
            case _:
                body[name] = value
        self._post(url, body)

    def _edit_crm(self, person: Somebody, name: Name, value: str) -> None:
        names = {"last_name": "lastname", "loyalty": "loyalty_tier", "terms": "cashpath_payment_terms"}
        spelled = names.get(name, "cashpath_tax_id" if name == "tax_id" else name)
        properties = {spelled: LOYALTY[value] if name == "loyalty" else value}
        url = f"{self._world.hubspot}/_sandbox/objects/contacts/{person.ids['crm']}"
        self._http.patch(url, json={"properties": properties}).raise_for_status()

    def _edit_stripe(self, person: Somebody, name: Name, value: str) -> None:
        url = f"{self._world.stripe}/v1/customers/{person.ids['billing']}"
        match name:
            case "tax_id":
                for row in self._get(f"{url}/tax_ids", self._billing)["data"]:
                    self._http.delete(f"{url}/tax_ids/{row['id']}", headers=self._billing).raise_for_status()
                given = {"type": "eu_vat", "value": value}
                self._http.post(f"{url}/tax_ids", data=given, headers=self._billing).raise_for_status()
                return
            case "last_name":
                data = {"name": f"Pat {value}"}
            case "city":
                data = {"address[city]": value, "address[country]": "DE", "address[line1]": f"{person.n} High Street"}
            case "loyalty":
                data = {"metadata[loyalty]": value}
            case _:
                data = {name: value}
        self._http.post(url, data=data, headers=self._billing).raise_for_status()

    def _edit_erp(self, person: Somebody, name: Name, value: str) -> None:
        party = int(person.ids["erp"])
        match name:
            case "last_name":
                self._eyes.changes_erp("party.party", party, {"name": f"Pat {value}"})
            case "phone":
                self._eyes.changes_erp("party.contact_mechanism", self._mechanism(party)["id"], {"value": value})
            case "city":
                self._eyes.changes_erp("party.address", self._address(party)["id"], {"city": value})
            case "terms":
                self._eyes.changes_erp("party.party", party, {"customer_payment_term": self._term(value)})
            case "tax_id":
                domain = [["party", "=", party], ["type", "!=", None]]
                rows = self._eyes.asks_erp("party.identifier", domain, ["code"])
                if rows:
                    self._eyes.changes_erp("party.identifier", rows[0]["id"], {"code": value})
                else:
                    given = [["create", [{"type": "eu_vat", "code": value}]]]
                    self._eyes.changes_erp("party.party", party, {"identifiers": given})

    def _term(self, name: str) -> int:
        """A payment term of the books, by its name."""
        if not self._terms:
            rows = self._eyes.asks_erp("account.invoice.payment_term", [], ["name"])
            self._terms = {row["name"]: row["id"] for row in rows}
        return self._terms[name]

    def _get(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
        return self._http.get(url, headers=headers).raise_for_status().json()

    def _post(self, url: str, body: Mapping[str, Any]) -> Any:
        return self._http.post(url, json=body).raise_for_status().json()
