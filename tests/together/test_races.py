"""Races of eight processes with the real handler end once, at the last state; without their guard they do not.

Where a guard is out, workers are held at the critical request until another one is as far, so that what goes wrong
without it goes wrong each time.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from cashpath.notice import Notice
from cashpath_sandbox.shopify.basket import Basket, Item, Person
from cashpath_sandbox.shopify.placed import order
from cashpath_sandbox.together_found import rows

from .position import BILLED
from .track import Track, track

pytestmark = pytest.mark.xdist_group("races")
LONG = 40.0  # seconds that a worker waits at a gate for one that will come


@pytest.fixture(scope="module")
def races(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Races"]:
    with track(tmp_path_factory.mktemp("races")) as made:
        yield Races(made)


@dataclass
class Races:
    """The shop's side of a race, and what came of it in the other systems."""

    track: Track
    count: int = 0

    def places(self, email: str, *, account: str = "", care: bool = False, guest: bool = False) -> tuple[str, Notice]:
        """Somebody orders: the order's id and its notice. A guest has no account; others may share an address."""
        self.count += 1
        items = [Item(title="Mug", sku="MUG", price=1490, quantity=1)]
        if care:
            items.append(Item(title="Care", sku="CARE", price=1900, shipped=False, metafields=BILLED))
        person = Person(first="Ada", last=account or "Brandt", email=email)
        body = order(Basket(items=items, buyer=person), self.count, self.track.shop.now()).body
        id = self.track.shop.place_order({**body, "customer": None} if guest else body)
        return id, self.track.notice(id)

    def edits(self, id: str, quantity: int) -> Notice:
        """The order is changed to so many mugs."""
        body = next(o for o in self.track.shop.store.all("orders") if str(o["id"]) == id)
        self.track.shop.set_quantities(id, {str(body["line_items"][0]["id"]): quantity})
        return self.track.notice(id)

    def sales(self, id: str) -> list[int]:
        """How many mugs each sale of the order is about."""
        query = "select l.quantity as q from sale_line l join sale_sale s on s.id = l.sale"
        query += f" where s.reference = 'shop/order/{id}' and l.note like '%cashpath:line/{id}000%'"
        return [int(row["q"]) for row in rows(self.track.erp, query)]

    def parties(self, email: str) -> int:
        """How many parties have the address."""
        query = f"select count(distinct party) as n from party_contact_mechanism where value = '{email}'"
        return int(rows(self.track.erp, query)[0]["n"])

    def payers(self, email: str) -> int:
        """How many customers in billing have the address."""
        kept = self.track.billing.kept
        return sum(kept.customer(id)["email"] == email for id in kept.added if id.startswith("cus_"))

    def contacts(self, email: str) -> int:
        """How many contacts of the CRM have the address."""
        return sum(i.properties.get("email") == email for i in self._crm("contacts"))

    def bought(self, id: str) -> int:
        """How often the CRM holds the order."""
        origin = f"shop/order/{id}"
        return sum(i.properties.get("cashpath_origin") == origin for t in ("deals", "orders") for i in self._crm(t))

    def subscriptions(self, id: str) -> int:
        """How many subscriptions the order started."""
        docs: Sequence[Any] = list(self.track.billing.subscriptions.docs.values())
        return sum(f"/{id}-" in doc["metadata"].get("cashpath_origin", "") for doc in docs)

    def _crm(self, type: str) -> list[Any]:
        items = self.track.portal.store.items.values()
        return [item for item in items if item.type.name == type and not item.archived]

    def asked(self) -> int:
        """How many requests the shop was sent so far."""
        return len(self.track.shop.log)

    def told(self) -> int:
        """How many requests the CRM was sent so far."""
        return len(self.track.portal.log)


def test_an_order_sent_ten_times_at_once_and_edits_sent_in_every_order_end_once_at_the_last_state(
    races: Races,
) -> None:
    races.track.billing.saves_cards = True
    races.track.billing.checked_out("ten@example.com", "Ada")
    ten, notice = races.places("ten@example.com", care=True)
    told, edited = [notice] * 10, []
    for n, sequence in enumerate(itertools.permutations(range(3))):
        id, first = races.places(f"edits{n}@example.com")
        notices = [first, races.edits(id, 2), races.edits(id, 3 + n)]
        told += [notices[i] for i in sequence]
        edited.append(id)
    assert races.track.race(told) == []
    assert (races.sales(ten), races.bought(ten), races.subscriptions(ten)) == ([1], 1, 1)
    assert (races.parties("ten@example.com"), races.contacts("ten@example.com")) == (1, 1)
    assert races.payers("ten@example.com") == 1
    assert [races.sales(id) for id in edited] == [[3 + n] for n in range(len(edited))]
    assert [races.bought(id) for id in edited] == [1] * len(edited)


@pytest.mark.parametrize(
    ("without", "patience", "sales"),
    [pytest.param((), 5.0, 1, id="guarded"), pytest.param(("lease", "claim"), LONG, 2, id="without lease and claim")],
)
def test_an_order_sent_ten_times_at_once_makes_one_sale(
    races: Races, without: Sequence[str], patience: float, sales: int
) -> None:
    id, notice = races.places(f"sale{len(without)}@example.com")
    told = [notice] * (2 if without else 10)  # each of ten would make one, and only two can be held at a gate
    races.track.race(told, without=without, gates=["a sale is created"], patience=patience)
    assert len(races.sales(id)) == sales


def test_ten_notices_at_once_cost_the_shop_few_requests_and_the_crm_none(races: Races) -> None:
    id, notice = races.places("ten-times@example.com")
    assert races.track.race([notice]) == []
    spent = {}
    for without in ((), ("covered",), ("fingerprint",)):
        asked, told = races.asked(), races.told()
        races.track.race([races.track.notice(id)] * 10, without=without)
        spent[without] = races.asked() - asked, races.told() - told
    each = spent["covered",][0] // 10
    assert each >= 1
    assert spent[()][0] <= 3 * each
    assert (spent[()][1], spent["covered",][1]) == (0, 0)
    assert spent["fingerprint",][1] > 0


@pytest.mark.parametrize(
    ("without", "patience", "parties"),
    [
        pytest.param((), 5.0, 1, id="guarded"),
        pytest.param(("claim_on_match",), LONG, 2, id="without the claim on what she is matched by"),
    ],
)
def test_two_orders_of_one_new_customer_under_two_accounts_make_one_party(
    races: Races, without: Sequence[str], patience: float, parties: int
) -> None:
    email = f"two{len(without)}@example.com"
    races.track.billing.saves_cards = True
    (one, first), (two, second) = (races.places(email, account=name, care=True) for name in ("Brandt", "Brandt-Byron"))
    gates = ["a party is created"]
    given_up = races.track.race([first, second], without=without, gates=gates, patience=patience)
    assert {given["cause"]["code"] for given in given_up} <= {"no_payment_method"}
    assert without or races.payers(email) == 1
    assert (races.parties(email), races.contacts(email)) == (parties, 1)
    assert bool(races.track.gate.overtaken) is bool(without)
    assert (races.sales(one), races.sales(two)) == ([1], [1])


def test_two_orders_of_one_guest_make_one_party(races: Races) -> None:
    (one, first), (two, second) = (races.places("guest@example.com", guest=True) for _ in range(2))
    assert races.track.race([first, second], gates=["a party is created"], patience=5.0) == []
    assert (races.parties("guest@example.com"), races.contacts("guest@example.com")) == (1, 1)
    assert (races.sales(one), races.sales(two)) == ([1], [1])


@pytest.mark.parametrize(
    ("without", "patience", "parties"),
    [pytest.param((), 5.0, 1, id="guarded"), pytest.param(("claim",), LONG, 2, id="without the claim")],
)
def test_two_orders_of_one_new_account_make_one_party(
    races: Races, without: Sequence[str], patience: float, parties: int
) -> None:
    email = f"one{len(without)}@example.com"
    (_, first), (_, second) = races.places(email), races.places(email)
    races.track.race([first, second], without=without, gates=["a party is created"], patience=patience)
    assert races.parties(email) == parties
    assert bool(races.track.gate.overtaken) is bool(without)


@pytest.mark.parametrize(
    ("without", "patience", "mugs"),
    [pytest.param((), 8.0, 5, id="guarded"), pytest.param(("lease",), LONG, 4, id="without the lease")],
)
def test_an_edit_that_comes_while_an_older_one_is_written_is_the_last_to_be_written(
    races: Races, without: Sequence[str], patience: float, mugs: int
) -> None:
    """Without the lease the older one lands last, and nobody looks again."""
    id, notice = races.places(f"late{len(without)}@example.com")
    assert races.track.race([notice]) == []
    older = races.edits(id, 4)
    gates, newer = ["a sale is changed"], lambda: [races.edits(id, 5)]
    races.track.race([older], without=without, gates=gates, patience=patience, then=newer)
    assert races.sales(id) == [mugs]
    assert bool(races.track.gate.overtaken) is bool(without)
