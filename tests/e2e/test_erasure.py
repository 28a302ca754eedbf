"""Somebody is forgotten on the deployed stack, with the real connectors and a real Tryton: where they stood in every
system before, nothing of them stands anywhere after.

Looked through is every table, queue and log of the stack, and all that the vendors hold now. Left out is what the
stand-ins keep of the past, which they need to play vendors: the webhooks that they sent, and their logs of requests.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.shopify import basket
from cashpath_sandbox.traces_of_a_person import Person
from cashpath_sandbox.tryton.settled import settle
from cashpath_sandbox.world import SHOP, World

from .agreement import agree
from .everywhere import Everywhere
from .merchant import Draft, Merchant, Placed
from .stack import Stack
from .until import until

pytestmark = pytest.mark.xdist_group("e2e")
CUSTOMERS = "sync_customers"
Proof = Callable[[str], dict[str, Any]]
ALL = frozenset({"email", "name", "phone", "street"})
WILMA = Person(
    email="wilma.quillfeather@example.com",
    name="Quillfeather",
    phone="+493055510017",
    street="17 Larkspur Passage",
)
OSWIN = Person(
    email="oswin.thistlewick@example.com",
    name="Thistlewick",
    phone="+493055510023",
    street="23 Gorseberry Steps",
)
HELD = {  # an account, in every system that has it
    **dict.fromkeys(("shop customers", "crm contacts", "billing customers"), ALL),
    "erp: party_party": frozenset({"name"}),
    "erp: party_address": frozenset({"name", "street"}),
    "erp: party_contact_mechanism": frozenset({"name", "email", "phone"}),
}
NAMED = {  # an order and its note, in every system that has it: the addresses of a sale are its party's
    "shop orders": ALL,
    "crm orders": frozenset({"name"}),
    "erp: sale_sale": frozenset({"name"}),
}


class Shopper:
    """Somebody with an account in the shop, whom nobody else resembles."""

    def __init__(self, world: World, person: Person, first: str) -> None:
        self.person, self.first = person, first
        self._shop = f"{world.shopify}/_sandbox"
        body = {"email": person.email, "phone": person.phone, "locale": "en", **self._name}
        self.id = str(self._post("customers", {**body, "default_address": self.address})["id"])

    @property
    def key(self) -> str:
        """Where the person began."""
        return f"shop/customer/{self.id}"

    @property
    def _name(self) -> dict[str, str]:
        return {"first_name": self.first, "last_name": self.person.name}

    @property
    def address(self) -> dict[str, Any]:
        """Where the person lives."""
        place = {"address1": self.person.street, "city": "Berlin", "zip": "10115", "country_code": "DE"}
        return {**self._name, **place, "phone": self.person.phone}

    def buys(self, merchant: Merchant) -> Placed:
        """An order of theirs, which names them and says where they live."""
        who = basket.Person(first=self.first, last=self.person.name, email=self.person.email, phone=self.person.phone)
        draft: Draft = merchant.makes("plain", who)
        body = dict(draft.made.body)
        body["customer"] = {**body["customer"], "id": int(self.id), "default_address": self.address}
        body |= {"billing_address": self.address, "shipping_address": self.address}
        body["note"] = f"Ring at {self.person.name}"
        return merchant.sends(replace(draft, made=replace(draft.made, body=body)))

    def asks_what_is_known(self, stack: Stack) -> None:
        """The shop passes on that they ask which data is held of them."""
        who = {"id": int(self.id), "email": self.person.email, "phone": self.person.phone}
        body = {"shop_id": 1, "shop_domain": SHOP, "orders_requested": [], "customer": who, "data_request": {"id": 1}}
        assert stack.from_shop(json.dumps(body).encode(), "customers/data_request").is_success

    def asks_to_be_forgotten(self) -> None:
        """The shop erases them and asks its apps to do the same."""
        self._post(f"customers/{self.id}/redact", {})

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return httpx.post(f"{self._shop}/{path}", json=body, timeout=60).raise_for_status().json()


@pytest.fixture(scope="module")
def everywhere(world: World, stack: Stack, directory: Path) -> Everywhere:
    """Where something of somebody may stand."""
    return Everywhere(world, stack, directory)


@pytest.fixture(scope="module")
def proof(stack: Stack, directory: Path) -> Proof:
    """What the operators' proof says of an erasure; it fails where anything is left."""
    settings = str(directory / "local.toml")
    return lambda key: json.loads(stack.operator("erasures", "prove", key, "--settings", settings, "--json"))


def registered(world: World, eyes: Eyes, person: Person, first: str) -> Shopper:
    """A new account in the shop, once CRM, billing and ERP have it too."""
    shopper, named = Shopper(world, person, first), [["value", "=", person.email]]

    def meets() -> bool:
        erp = eyes.asks_erp("party.contact_mechanism", named, ["party"])
        return bool(eyes.contact(person.email) and eyes.payers(person.email) and erp)

    until(meets, within=120, about="the person is in every system")
    return shopper


def settles(stack: Stack) -> None:
    """Wait for all that is under way, what the ERP tells of when asked included."""
    stack.drains(within=180)
    stack.asks_what_changed("tryton")
    stack.drains(within=180)


def waiting(everywhere: Everywhere, shopper: Shopper) -> list[str]:
    """The messages in the queue of customers, once the wish to be forgotten is among them."""
    texts = [text for where, text in everywhere.queues() if where.endswith(CUSTOMERS)]
    return texts if any(shopper.id in text and '"erase"' in text for text in texts) else []


def listed(stack: Stack) -> set[str]:
    """Whose erasure is finished, by the operators' list."""
    return {wish["asked"] for wish in json.loads(stack.operator("erasures", "list", "--json")) if wish["finished_at"]}


def test_who_asks_the_shop_to_be_forgotten_is_found_in_every_system_before_and_nowhere_after(
    world: World, stack: Stack, eyes: Eyes, merchant: Merchant, everywhere: Everywhere, directory: Path, proof: Proof
) -> None:
    wilma = registered(world, eyes, WILMA, "Wilma")
    order = wilma.buys(merchant)
    agree(eyes, order.origin, order.amounts, within=120)
    wilma.asks_what_is_known(stack)
    until(lambda: stack.stuck_for("data_request", wilma.key), within=60, about="somebody is to answer")
    settles(stack)
    assert everywhere.of(WILMA) == {**HELD, **NAMED}
    known = {where.rpartition("/")[2] for where, text in everywhere.ours() if wilma.id in text}
    assert known >= {"cashpath-local-ledger", "cashpath-local-exceptions", "cashpath-local-sync_customers"}, (
        "the same search finds her id where Cashpath keeps it: two tables and a log"
    )
    assert stack.stuck_for("data_request", wilma.key), "no pass answers that"

    stack.operator("pause", CUSTOMERS)
    wilma.asks_to_be_forgotten()
    told = until(lambda: waiting(everywhere, wilma), within=60, about="the wish waits in its queue")
    assert [what for text in told if (what := WILMA.in_text(text))] == []
    stack.operator("resume", CUSTOMERS)
    until(lambda: stack.stuck_for("erase_refused"), within=120, about="the ERP has an open sale of hers")
    settles(stack)
    refused = f"{CUSTOMERS}:{wilma.key}:erase"
    assert refused in [filed.id for filed in stack.stuck_for("erase_refused")], "no other notice closes it"
    assert {place.partition(":")[0] for place in everywhere.of(WILMA)} == {"erp"}

    settle(directory / "tryton", order.origin)
    stack.operator("exceptions", "redrive", refused)
    until(lambda: wilma.key in listed(stack), within=120, about="the erasure is finished")
    settles(stack)
    assert everywhere.of(WILMA) == {}
    assert [(sale.amounts, sale.state) for sale in eyes.in_erp(order.origin)] == [(order.amounts, "done")]
    assert proof(wilma.key)["proved"]
    assert [filed.id for filed in stack.stuck() if wilma.id in filed.id or "erase" in filed.cause.code] == []


def test_an_edit_of_a_forgotten_buyers_order_brings_nobody_back(
    world: World, stack: Stack, eyes: Eyes, merchant: Merchant, everywhere: Everywhere, proof: Proof
) -> None:
    (order,) = [placed for placed in merchant.placed if placed.basket.buyer and placed.email == WILMA.email]
    before = (eyes.stock(), len(eyes.asks_erp("party.party", [], ["id"])))
    edited = f"{world.shopify}/_sandbox/orders/{order.id}"
    httpx.patch(edited, json={"note": f"{WILMA.name} rings twice"}, timeout=60).raise_for_status()
    settles(stack)
    assert everywhere.of(WILMA) == {"shop orders": {"name"}}, "which somebody in the shop has just written there"
    assert (eyes.stock(), len(eyes.asks_erp("party.party", [], ["id"]))) == before
    assert proof(f"shop/customer/{order.made.body['customer']['id']}")["proved"]
    assert [filed.cause for filed in stack.stuck() if order.id in filed.id] == []


def test_who_is_deleted_for_good_in_the_crm_is_forgotten_by_all_others(
    world: World, stack: Stack, eyes: Eyes, everywhere: Everywhere, proof: Proof
) -> None:
    oswin = registered(world, eyes, OSWIN, "Oswin")
    settles(stack)
    assert everywhere.of(OSWIN) == HELD
    contact = eyes.contact(OSWIN.email)
    assert contact is not None
    by_hand = f"{world.hubspot}/_sandbox/objects/contacts/{contact['id']}/gdpr-delete"
    httpx.post(by_hand, timeout=60).raise_for_status()
    asked = f"hubspot/customer/{contact['id']}"
    until(lambda: asked in listed(stack), within=120, about="the erasure is finished")
    settles(stack)
    assert everywhere.of(OSWIN) == {}
    assert proof(asked)["proved"]
    assert proof(oswin.key)["proved"]
    assert [filed.cause for filed in stack.stuck() if contact["id"] in filed.id or oswin.id in filed.id] == []
