"""The last word: all that any vendor ever told is told again, and nothing comes of it."""

import httpx
import pytest

from cashpath_sandbox.eyes import Eyes

from .stack import Stack

pytestmark = pytest.mark.xdist_group("e2e")


def test_all_that_was_ever_emitted_delivered_again_writes_nothing_anywhere(stack: Stack, eyes: Eyes) -> None:
    stack.drains(within=120)
    stack.asks_what_changed("tryton")  # or the minute's sweep finds in between what is new there
    stack.drains(within=120)
    written, touched = stack.written(), eyes.touched()
    world = stack.world
    for address in (world.shopify, world.hubspot, world.stripe):
        httpx.post(f"{address}/_sandbox/redeliver", json={}, timeout=60).raise_for_status()
    stack.drains(within=240)
    more = {system: now[len(written[system]) :] for system, now in stack.written().items()}
    assert not any(more.values()), more
    assert eyes.touched() == touched
