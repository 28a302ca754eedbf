"""What people do in the demo: buyers register, order and save cards, staff edit, cancel, win deals, set prices: by the
sandbox's routes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.shopify.basket import Basket, Person
from cashpath_sandbox.shopify.orders import CASES
from cashpath_sandbox.shopify.placed import order
from cashpath_sandbox.world import World


@dataclass
class People:
    """The people of one run. `run` is in all their names and numbers, so that a second run meets nobody again."""

    world: World
    run: int
    placed: int = 0

    def email(self, name: str) -> str:
        """An address of this run."""
        return f"{name}.{self.run}@example.com"

    def buyer(self, first: str, last: str) -> Person:
        """A consumer."""
        return Person(first=first, last=f"{last} {self.run}", email=self.email(f"{first}.{last}".lower()))

    def registers(self, buyer: Person) -> str:
        """Somebody makes an account in the shop. Answers the customer's id there."""
        name = {"first_name": buyer.first, "last_name": buyer.last}
        home = {**name, "id": self.run, "address1": "12 Elbchaussee", "city": "Hamburg", "country_code": "DE"}
        phone = f"+4940{self.run % 10_000_000:07}"
        body = {**name, "email": buyer.email, "phone": phone, "locale": "de", "default_address": home}
        return str(self._post(f"{self.world.shopify}/_sandbox/customers", body)["id"])

    def edits_contact(self, eyes: Eyes, email: str, properties: Mapping[str, str]) -> Mapping[str, str]:
        """Sales edit a contact of the CRM by hand. Answers what it then showed of these properties."""
        found = eyes.contact(email)
        if found is None:
            raise LookupError(f"the CRM has no contact {email}")
        address = f"{self.world.hubspot}/_sandbox/objects/contacts/{found['id']}"
        answer = httpx.patch(address, json={"properties": properties}, timeout=60).raise_for_status()
        shown: Mapping[str, str] = answer.json()["properties"]
        return shown

    def sets_terms(self, eyes: Eyes, party: int, name: str) -> None:
        """Accounting gives a party of the ERP other payment terms."""
        (term,) = eyes.asks_erp("account.invoice.payment_term", [["name", "=", name]], ["id"])
        eyes.changes_erp("party.party", party, {"customer_payment_term": term["id"]})

    def offers(self, title: str, sku: str, price: str, id: str = "") -> str:
        """Somebody puts up for sale in the shop, or changes there, what billing charges each month. Answers its id."""
        number = int(id or 8_000_000_000_000 + self.run)
        said = {"biller": "billing", "interval": "month", "interval_count": "1"}
        body = {
            "id": number,
            "title": title,
            "status": "active",
            "metafields": [{"namespace": "cashpath", "key": key, "value": value} for key, value in said.items()],
            "variants": [
                {"id": number + 1, "product_id": number, "sku": sku, "price": price, "requires_shipping": False}
            ],
        }
        return str(self._post(f"{self.world.shopify}/_sandbox/products", body)["id"])

    def company(self) -> Mapping[str, Any]:
        """A company, with a tax number that a tax office could have given."""
        number = self.run % 10_000_000
        name = f"Kontor Nord {self.run} GmbH"
        ids = {"id": 910_000_000_000 + self.run, "location_id": 920_000_000_000 + self.run}
        return {**ids, "name": name, "tax_registration_id": german_vat(10_000_000 + number)}

    def saves_card(self, email: str, name: str) -> str:
        """Checkout saved a card. Answers the customer's id in billing."""
        answer = self._post(f"{self.world.stripe}/_sandbox/customers", {"email": email, "name": name})
        return str(answer["id"])

    def adds_card(self, customer: str) -> None:
        """A customer of billing adds a card, as its own pages let them: two calls to billing's API."""
        key = {"Authorization": f"Bearer {self.world.tokens['stripe']}"}
        api = f"{self.world.stripe}/v1"
        attached = httpx.post(
            f"{api}/payment_methods/pm_card_visa/attach", data={"customer": customer}, headers=key, timeout=60
        )
        card = attached.raise_for_status().json()["id"]
        default = {"invoice_settings[default_payment_method]": card}
        httpx.post(f"{api}/customers/{customer}", data=default, headers=key, timeout=60).raise_for_status()

    def orders(self, case: str, buyer: Person, **changes: Any) -> str:
        """Somebody orders. Answers the order's id in the shop."""
        self.placed += 1
        basket: Basket = replace(CASES[case](), buyer=buyer, **changes)
        body = order(basket, self.run * 100 + self.placed, datetime.now(UTC)).body
        return str(self._post(f"{self.world.shopify}/_sandbox/orders", body)["id"])

    def sets_quantities(self, id: str, units: Mapping[str, int]) -> None:
        """Staff edit an order: so many units of each line."""
        self._post(f"{self.world.shopify}/_sandbox/orders/{id}/quantities", units)

    def cancels(self, id: str) -> None:
        """Staff cancel an order."""
        self._post(f"{self.world.shopify}/_sandbox/orders/{id}/cancel", {})

    def wins(self, deal: Mapping[str, Any]) -> str:
        """Sales win a deal. Answers its id in the CRM."""
        return str(self._post(f"{self.world.hubspot}/_sandbox/deals", deal)["deal"])

    @staticmethod
    def _post(address: str, body: Any) -> Any:
        return httpx.post(address, json=body, timeout=60).raise_for_status().json()


def german_vat(digits: int) -> str:
    """A German VAT number of eight digits and the check digit they ask for (ISO 7064, MOD 11,10)."""
    product = 10
    for digit in f"{digits:08}":
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return f"DE{digits:08}{(11 - product) % 10}"
