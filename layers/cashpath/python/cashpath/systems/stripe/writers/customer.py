"""How a customer is written, erased and found payable. Every step may be the last one of a killed pass."""

from collections.abc import Mapping
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.systems.mapping import FieldMap
from cashpath.systems.port import Wanted, Written
from cashpath.systems.stripe.api import StripeApi, at
from cashpath.systems.stripe.records import customer as customers
from cashpath.systems.stripe.records.tax_ids import typed
from cashpath.systems.stripe.writers.compare import difference, present

PATH = "/v1/customers"
BAD_TAX_ID = "tax_id_invalid"  # https://docs.stripe.com/error-codes: not a number of that type


class Customers:
    """Creates, updates and erases customers."""

    def __init__(self, api: StripeApi, mapping: FieldMap) -> None:
        self._api = api
        self._mapping = mapping

    def get(self, id: str) -> dict[str, Any] | None:
        """The customer with its tax numbers, in one request."""
        return self._api.get(at(PATH, id), expand=[*customers.EXPANDED])

    def write(self, wanted: Wanted) -> Written:
        """One request to create, tax number included; to update one to look, and one where something differs, with
        one more for each tax number that comes or goes."""
        if wanted.id is None:
            made, before = self._create(wanted)
            if before:
                self._agree(made, wanted)
            return Written(id=made["id"], created=True)
        self._agree(present(self.get(wanted.id), wanted.id, "customer"), wanted)
        return Written(id=wanted.id, created=False)

    def payable(self, theirs: Mapping[str, Any]) -> bool:
        """Whether Stripe holds a payment method that it may charge; asks only where no default says so already."""
        return customers.default_method(theirs) or self.card(theirs["id"]) is not None

    def card(self, customer: str) -> str | None:
        """A card attached to the customer that is nobody's default: Stripe charges it for a subscription that names
        it (https://docs.stripe.com/api/subscriptions/create, default_payment_method)."""
        page = self._api.get("/v1/payment_methods", customer=customer, type="card", limit=1)
        return str(page["data"][0]["id"]) if page and page["data"] else None

    def method(self, customer: str) -> str | None:
        """The payment method that a subscription must name: None where the customer's default does. Raises
        NeedsPerson where there is none that Stripe may charge."""
        found = present(self._api.get(at(PATH, customer)), customer, "customer")
        if customers.default_method(found):
            return None
        card = self.card(customer)
        if card is None:
            raise NeedsPerson(
                f"Stripe holds no payment method of customer {customer} that it may charge",
                remedy="ask the customer to save a payment method in Stripe (customer portal), then redrive",
                owner="billing",
                code="no_payment_method",
            )
        return card

    def erase(self, id: str) -> None:
        """Unset all that is personal, tax numbers included, then delete the customer, which detaches its payment
        methods. Deleting ends subscriptions at once and for good (https://docs.stripe.com/api/customers/delete), so
        one that still runs is for a person to end first. Invoices keep what Stripe printed on them: only Stripe can
        redact a finalised one (https://docs.stripe.com/privacy/redaction)."""
        found = self.get(id)
        if found is None:
            return
        running = next((s for s in self._api.list("/v1/subscriptions", customer=id)), None)
        if running:
            raise NeedsPerson(
                f"customer {id} is to be erased and still has the subscription {running['id']}",
                remedy="cancel the subscription in Stripe or settle it with the customer, then redrive",
                owner="billing",
                code="erase_subscribed",
            )
        for number, _ in customers.tax_ids(found):
            self._api.delete(at(f"{at(PATH, id)}/tax_ids", number))
        self._api.update(at(PATH, id), customers.erased_body(), about=f"erase {id}")
        self._api.delete(at(PATH, id))

    def _create(self, wanted: Wanted) -> tuple[dict[str, Any], bool]:
        about = str(wanted.record.key)
        try:
            return self._api.create(PATH, customers.create_body(wanted, self._mapping), about=about)
        except NeedsPerson as refused:
            if refused.code != BAD_TAX_ID:
                raise
        body = customers.create_body(wanted, self._mapping, typed_tax_id=False)
        return self._api.create(PATH, body, about=about)

    def _agree(self, found: Mapping[str, Any], wanted: Wanted) -> None:
        changes = difference(customers.state(wanted, self._mapping), customers.held(found, wanted, self._mapping))
        body = customers.update_body(changes, found, wanted, self._mapping)
        if body:
            self._api.update(at(PATH, found["id"]), body, about=str(wanted.record.key))
        if "tax_id" in changes:
            self._number(found, str(changes["tax_id"]), about=str(wanted.record.key))

    def _number(self, found: Mapping[str, Any], number: str, *, about: str) -> None:
        """Make `number` the oldest that Stripe has: add it, then take away what came before it. What people added
        later stays, and where a pass dies between the two, the number is still read as the one before."""
        path = at(PATH, found["id"])
        before = list(customers.tax_ids(found))
        known = typed(number)
        if known and number not in {text for _, text in before}:
            try:
                self._api.create(f"{path}/tax_ids", {"type": known.type, "value": known.value}, about=about)
            except NeedsPerson as refused:
                if refused.code != BAD_TAX_ID:
                    raise
                self._api.update(path, customers.untyped_tax_id(number), about=about)
        for id, text in before:
            if text == number:
                return
            self._api.delete(at(f"{path}/tax_ids", id))
