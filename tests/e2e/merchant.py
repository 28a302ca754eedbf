"""What merchants and their customers do in these tests: place orders of every kind, edit and cancel them.

Each order has a number and a buyer of its own, so that no test touches another's; products are shared, as in a shop.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from cashpath_sandbox.shopify.basket import Basket, Made, Person
from cashpath_sandbox.shopify.orders import CASES
from cashpath_sandbox.shopify.placed import order
from cashpath_sandbox.world import World

MORE: dict[str, Callable[[], Basket]] = {
    "care": lambda: replace(CASES["plain"](), items=[*CASES["plain"]().items, CASES["mixed subscription"]().items[-1]])
}
Amounts = tuple[Decimal, Decimal, str, Mapping[str, tuple[int, Decimal]]]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An order that was placed: what the generator knows of it, and when its webhook was sent (epoch seconds)."""

    case: str
    n: int
    basket: Basket
    made: Made
    id: str
    at: float

    @property
    def origin(self) -> str:
        """What all that was made of it carries."""
        return f"shop/order/{self.id}"

    @property
    def email(self) -> str:
        """Its buyer's address."""
        assert self.basket.buyer is not None
        return self.basket.buyer.email or ""

    @property
    def name(self) -> str:
        """Its buyer's name."""
        assert self.basket.buyer is not None
        return f"{self.basket.buyer.first} {self.basket.buyer.last}"

    def line(self, i: int = 0) -> str:
        """The id of its i-th line."""
        return str(self.made.body["line_items"][i]["id"])

    @property
    def amounts(self) -> Amounts:
        """Total, tax, currency and each line without tax, as the generator reckoned them."""
        return self._reckoned(self.made)

    def amounts_of(self, *quantities: int) -> Amounts:
        """The same, had these quantities been ordered from the start."""
        items = [replace(item, quantity=n) for item, n in zip(self.basket.items, quantities, strict=True)]
        return self._reckoned(order(replace(self.basket, items=items), self.n, datetime.now(UTC)))

    def _reckoned(self, made: Made) -> Amounts:
        expected, bodies = made.expected, made.body["line_items"]
        lines = {
            str(body["id"]): (
                line.quantity,
                (line.amount - (line.tax if self.basket.included else line.tax * 0)).decimal,
            )
            for body, line in zip(bodies, expected.lines, strict=False)
            if line.quantity
        }
        return expected.total.decimal, expected.total_tax.decimal, expected.total.currency, lines


@dataclass(frozen=True)
class Draft:
    """An order that is yet to be placed."""

    case: str
    n: int
    basket: Basket
    made: Made


class Merchant:
    """The people around one shop. `placed` keeps all orders, for who looks for traces of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = itertools.count(1)
        self.placed: list[Placed] = []

    def places(self, case: str, buyer: Person | None = None) -> Placed:
        """An order of one of the generator's cases, by `buyer` or by somebody of its own."""
        return self.sends(self.makes(case, buyer))

    def makes(self, case: str, buyer: Person | None = None) -> Draft:
        """The same, before it is placed."""
        n = next(self._numbers)
        basket = {**CASES, **MORE}[case]()
        if basket.buyer:
            basket = replace(basket, buyer=buyer or own(basket.buyer, n))
        return Draft(case, n, basket, order(basket, n, datetime.now(UTC)))

    def sends(self, draft: Draft) -> Placed:
        """Put an order into the shop, which tells of it."""
        at = datetime.now(UTC).timestamp()
        id = self._shop("orders", draft.made.body)["id"]
        placed = Placed(case=draft.case, n=draft.n, basket=draft.basket, made=draft.made, id=id, at=at)
        self.placed.append(placed)
        return placed

    def sets_quantities(self, placed: Placed, quantities: Mapping[str, int]) -> None:
        """Edit an order: quantities by line id."""
        self._shop(f"orders/{placed.id}/quantities", quantities)

    def adds_line(self, placed: Placed, line: Mapping[str, Any]) -> str:
        """Edit an order: one more line, whose id is returned."""
        return str(self._shop(f"orders/{placed.id}/lines", line)["line_items"][-1]["id"])

    def cancels(self, placed: Placed) -> None:
        """Cancel an order."""
        self._shop(f"orders/{placed.id}/cancel", {})

    def releases(self, placed: Placed) -> None:
        """Call an order of high risk fine after all."""
        self._shop(f"orders/{placed.id}", {"risk": None}, method="PATCH")

    def saves_card(self, buyer: Person) -> None:
        """A checkout saved the customer's card in billing."""
        body = {"email": buyer.email, "name": f"{buyer.first} {buyer.last}"}
        httpx.post(f"{self._world.stripe}/_sandbox/customers", json=body, timeout=20).raise_for_status()

    def adds_card(self, payer: str) -> None:
        """A customer that billing knows adds a card there, as the one to charge."""
        with httpx.Client(base_url=f"{self._world.stripe}/v1", headers=self._key, timeout=20) as billing:
            path = "/payment_methods/pm_card_visa/attach"
            card = billing.post(path, data={"customer": payer}).raise_for_status().json()["id"]
            default = {"invoice_settings[default_payment_method]": card}
            billing.post(f"/customers/{payer}", data=default).raise_for_status()

    def buyer(self, first: str, last: str) -> Person:
        """Somebody who has bought nothing yet."""
        return own(Person(first=first, last=last), next(self._numbers))

    @property
    def _key(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._world.tokens['stripe']}"}

    def wins(self, deal: Mapping[str, Any]) -> str:
        """A person wins a deal in the CRM; its id."""
        answer = httpx.post(f"{self._world.hubspot}/_sandbox/deals", json=deal, timeout=20)
        return str(answer.raise_for_status().json()["deal"])

    def _shop(self, path: str, body: Mapping[str, Any], method: str = "POST") -> Any:
        answer = httpx.request(method, f"{self._world.shopify}/_sandbox/{path}", json=body, timeout=20)
        return answer.raise_for_status().json()


def own(person: Person, n: int) -> Person:
    """The n-th such person, with an address, a name and a company of their own."""
    email = f"buyer{n}.{person.email}" if person.email else None
    phone = f"{person.phone}{n:03}" if person.phone else None
    company = dict(person.company) if person.company else None
    if company:
        company |= {"id": 910_000 + n, "location_id": 920_000 + n}
        company |= {"name": f"{company['name']} {n}", "tax_registration_id": vat_number(n)}
    return replace(person, last=f"{person.last} {n}th", email=email, phone=phone, company=company)


def vat_number(n: int) -> str:
    """A German VAT number with its check digit (ISO 7064, MOD 11,10), the n-th of these tests."""
    digits, product = f"{81_156_000 + n:08}", 10
    for digit in digits:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return f"DE{digits}{(11 - product) % 10}"
