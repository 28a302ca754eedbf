"""`make demo`: a merchant watches orders become cash and customers stay one, each step read by plain HTTP, checked."""

import subprocess
import time

import httpx
from rich.console import Console

from cashpath_sandbox.addresses import addresses
from cashpath_sandbox.demo import customers, guards, orders
from cashpath_sandbox.demo.people import People
from cashpath_sandbox.demo.rest import Rest
from cashpath_sandbox.demo.stage import Stage
from cashpath_sandbox.demo.tell import Teller
from cashpath_sandbox.demo.traffic import Webhooks
from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.world import World

STEPS = (
    orders.what_is_up,
    orders.mixed_order,
    orders.company_order,
    orders.won_deal,
    orders.edit_and_cancellation,
    customers.registered,
    customers.each_field_has_its_owner,
    customers.price_follows,
    guards.sent_ten_times,
    guards.forged,
    guards.no_card,
    guards.traced,
)


def show(world: World, console: Console, came_up: float) -> bool:
    """All steps, on a sandbox that came up in `came_up` seconds. Answers whether every check held."""
    began = time.monotonic()
    teller = Teller(console)
    stage = Stage(
        world=world,
        eyes=Eyes(world),
        people=People(world, int(time.time())),
        teller=teller,
        rest=Rest.of(world),
        webhooks=Webhooks(world),
        came_up=came_up,
    )
    for step in STEPS:
        try:
            step(stage)
        except (httpx.HTTPError, LookupError, ValueError, subprocess.SubprocessError) as error:
            teller.check("the step can be shown to its end", False, f"{type(error).__name__}: {error}")
    console.print(addresses(world), soft_wrap=True, highlight=False)
    took = f"{came_up:.0f} s to come up, {time.monotonic() - began:.0f} s to show"
    if teller.failed:
        console.print(f"[bold red]{len(teller.failed)} checks failed[/] ({took}):")
        for line in teller.failed:
            console.print(f"  {line}", markup=False)
    else:
        console.print(f"[bold green]Every check held[/] ({took}). `make down` stops the sandbox.")
    return not teller.failed
