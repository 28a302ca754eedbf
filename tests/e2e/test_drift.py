"""What no webhook told of is found at night, and the comparison that operators ask for is made by the flow itself."""

import json
import threading
import time
from typing import Any

import pytest

from cashpath.cli.switch import CACHED
from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.world import World

from .people import PLACES, Somebody, Town
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
    with stack.nobody_sweeps():
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


def test_an_edit_by_hand_is_listed_with_both_values_and_its_age_while_the_flow_only_looks(
    town: Town, stack: Stack
) -> None:
    person = town.registers(902, f"seen.{time.time():.0f}")
    until(lambda: town.meets(person), within=120, about="the customer is in every system")
    stack.drains(within=120)
    stack.operator("mode", "sync_customers", "demo", "shadow")
    try:
        threading.Event().wait(CACHED + 1)  # by then no warm function goes by the old mode
        edited = time.time() * 1000
        town.edits(person, "crm", "phone", "+493039999902")
        [row] = until(lambda: listed(stack, person), within=120, about="the edit is listed")
        assert (row["field"], row["role"], row["owner"], row["mode"]) == ("phone", "crm", "storefront", "shadow")
        assert (row["value"], row["other"]) == (person.last["phone"], "+493039999902")
        assert edited - 1000 <= row["since"] <= time.time() * 1000
        assert town.held(person, "crm")["phone"] == "+493039999902"
    finally:
        stack.operator("mode", "sync_customers", "demo", "live")
    until(lambda: town.held(person, "crm")["phone"] == person.last["phone"], within=180, about="it is put right")
    stack.drains(within=120)
    assert json.loads(stack.operator("drift", "--json")) == {"drift": [], "failures": {}, "not_compared": 0}


def test_a_fix_shows_and_then_puts_right_an_edit_that_no_webhook_told_of(town: Town, stack: Stack) -> None:
    person = town.registers(903, f"fix.{time.time():.0f}")
    until(lambda: town.meets(person), within=120, about="the customer is in every system")
    with stack.nobody_sweeps():
        stack.drains(within=120)
        with stack.crm_tells_nothing():
            town.edits(person, "crm", "phone", "+493039999903")
            shown = stack.operator("drift", "fix", named(person), "--dry-run")
            assert person.last["phone"] in shown
            assert "+493039999903" in shown
            assert town.held(person, "crm")["phone"] == "+493039999903"
            assert stack.operator("drift", "fix", named(person), "--yes").endswith("all that were sent agree\n")
            assert town.held(person, "crm")["phone"] == person.last["phone"]
    stack.drains(within=120)


def named(person: Somebody) -> str:
    """The customer, as operators name them."""
    return f"shop/customer/{person.ids['storefront']}"


def listed(stack: Stack, person: Somebody) -> list[Any]:
    """What `cashpath drift` lists of a customer."""
    rows: list[Any] = json.loads(stack.operator("drift", "--json"))["drift"]
    return [row for row in rows if row["record"] == named(person)]
