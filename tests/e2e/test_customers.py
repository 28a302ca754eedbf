"""One customer in four systems, on the deployed stack: what is decided in one shows wherever it has a place; a storm
of edits by hand ends at each owner's last word."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cashpath.records import Money
from cashpath_sandbox.demo.traffic import Webhooks
from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.tryton.person import Person as Accountant
from cashpath_sandbox.tryton.setup import CONTACT, FURTHER
from cashpath_sandbox.world import World

from .people import LOYALTY, OWNERS, PLACES, SHOWN, TERMS, Name, Place, Somebody, Town
from .stack import Stack
from .until import until

pytestmark = pytest.mark.xdist_group("e2e")
PEOPLE, EDITS = 40, 500


@pytest.fixture(scope="module")
def town(world: World, eyes: Eyes) -> Town:
    return Town(world, eyes)


def value_of(name: Name, chance: random.Random, person: Somebody) -> str:
    """Something that a person could enter."""
    n = chance.randrange(10**6)
    match name:
        case "phone":
            return f"+49402{person.n:02}{n % 10**5:05}"
        case "loyalty":
            return chance.choice(list(LOYALTY))
        case "terms":
            return chance.choice(TERMS)
        case "tax_id":
            return chance.choice(("DE136695976", "DE129273398", "DE811907980"))
    return f"{name} {n}"


def divergences(town: Town, people: list[Somebody]) -> Iterator[str]:
    """Where a system shows otherwise than the owner said last."""
    for person in people:
        for place in PLACES:
            held = town.held(person, place)
            for name, value in person.last.items():
                if place in SHOWN[name] and held[name] != value:
                    yield f"{place} shows {name} {held[name]!r} of {person.email}, {OWNERS[name]} said {value!r}"


def test_what_accounting_decides_in_the_erp_shows_wherever_there_is_a_place_for_it(
    town: Town, stack: Stack, world: World
) -> None:
    person = arrived(town, stack, 951)
    accountant = Accountant(world.tryton)
    for exempt, limit, shown in ((True, Money.of("1500", "EUR"), "1500.00 EUR"), (False, None, "")):
        accountant.edit("customer", person.ids["erp"], "tax_exempt", exempt)
        accountant.edit("customer", person.ids["erp"], "credit_limit", limit)
        stack.asks_what_changed("tryton")
        want = {f"{place} exempt": exempt for place in ("storefront", "crm", "billing")} | {"crm limit": shown}
        until(lambda: town.accounted(person) == want, within=120, about=f"all show {want}")  # noqa: B023 - called at once
        stack.drains(within=120)
        assert town.accounted(person) == want


def test_whom_a_customer_buys_for_in_the_crm_is_whom_they_are_a_contact_of_in_the_erp(town: Town, stack: Stack) -> None:
    person = arrived(town, stack, 952)
    names = [f"{each} of {person.email}" for each in ("Wholesale", "Retail")]
    wants = [(CONTACT, names[0])], [(FURTHER, names[0]), (CONTACT, names[1])]
    for name, want in zip(names, wants, strict=True):
        town.joins(person, town.founds(name))
        until(lambda: town.related(person) == want, within=120, about=f"the ERP has {want}")  # noqa: B023 - called at once
        stack.drains(within=120)
        assert town.related(person) == want


def arrived(town: Town, stack: Stack, n: int) -> Somebody:
    """A customer who registered in the shop and is in every system."""
    person = town.registers(n, f"{time.time():.0f}")
    until(lambda: town.meets(person), within=120, about="the customer is in every system")
    stack.drains(within=120)
    return person


def test_after_a_storm_of_edits_every_field_is_as_its_owner_last_had_it(town: Town, stack: Stack, world: World) -> None:
    chance, webhooks = random.Random(4), Webhooks(world)
    with ThreadPoolExecutor(max_workers=4) as pool:
        people = list(pool.map(lambda n: town.registers(n, f"{time.time():.0f}"), range(PEOPLE)))
    until(lambda: all(town.meets(person) for person in people), within=180, about="all are in every system")
    stack.drains(within=180)
    assert list(divergences(town, people)) == []
    for edit in range(EDITS):
        person, name = chance.choice(people), chance.choice(list(OWNERS))
        place: Place = chance.choice(SHOWN[name])
        town.edits(person, place, name, value_of(name, chance, person))
        if edit % 100 == 50:
            webhooks.again(1, chance)
    stack.asks_what_changed("tryton")
    stack.drains(within=600)
    assert [filed.cause.cause for filed in stack.stuck() if filed.about.flow == "sync_customers"] == []
    wrong = list(divergences(town, people))
    assert wrong == [], f"{len(wrong)} fields"
    before = stack.written()
    webhooks.again(1, chance)
    stack.drains(within=300)
    assert {name: len(log) for name, log in stack.written().items()} == {n: len(log) for n, log in before.items()}
