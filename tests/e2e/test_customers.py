"""One customer in four systems, on the deployed stack: a storm of edits by hand ends at each owner's last word."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cashpath_sandbox.demo.traffic import Webhooks
from cashpath_sandbox.eyes import Eyes
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
