"""What no webhook told of is found at night, and the comparison that operators ask for is made by the flow itself."""

import json
import time

import pytest

from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.world import World

from .people import PLACES, Town
from .stack import Stack
from .until import until

pytestmark = pytest.mark.xdist_group("e2e")


@pytest.fixture(scope="module")
def town(world: World, eyes: Eyes) -> Town:
    return Town(world, eyes)


def test_a_change_that_the_shop_never_told_of_is_found_at_night(town: Town, stack: Stack) -> None:
    run = f"night.{time.time():.0f}"
    person = town.registers(900, run)
    until(lambda: town.meets(person), within=120, about="the customer is in every system")
    stack.drains(within=120)
    stack.subscribes("customers/redact")
    try:
        town.edits(person, "storefront", "last_name", "Untold")
        stack.drains(within=120)  # by then the shop's search knows as well
    finally:
        stack.subscribes()
    later = town.registers(901, run)
    until(lambda: town.meets(later), within=120, about="who came later is in every system")
    assert town.held(person, "crm")["last_name"] != "Untold"

    said = stack.compares()
    assert said["sent"]["all/sync_customers/shop/customer"] >= 1
    assert said["left"] == {}
    until(
        lambda: all(town.held(person, place)["last_name"] == "Untold" for place in PLACES),
        within=180,
        about="the change is everywhere",
    )
    stack.drains(within=300)
    assert stack.compares()["sent"] == {"all/drifting/demo": 0}, "once a night is enough"


def test_what_disagrees_is_asked_of_the_flows_own_functions(stack: Stack) -> None:
    said = json.loads(stack.operator("drift", "--json"))
    assert said["failures"] == {}
    assert said["drift"] == []
