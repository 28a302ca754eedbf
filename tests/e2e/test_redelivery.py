"""The last word: all that any vendor ever told is told again, and nothing comes of it."""

import httpx

from cashpath_sandbox.eyes import Eyes

from .stack import Stack


def test_all_that_was_ever_emitted_delivered_again_writes_nothing_anywhere(stack: Stack, eyes: Eyes) -> None:
    stack.drains(within=120)
    writes, touched = eyes.writes(), eyes.touched()
    world = stack.world
    for address in (world.shopify, world.hubspot, world.stripe):
        httpx.post(f"{address}/_sandbox/redeliver", json={}, timeout=60).raise_for_status()
    stack.drains(within=240)
    assert eyes.writes() == writes
    assert eyes.touched() == touched
