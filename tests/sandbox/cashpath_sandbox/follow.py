"""One order followed until it is in all systems, is a clear exception, or is known to concern nobody; and shown."""

import json
import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from cashpath_sandbox.demo.agreement import Agreement
from cashpath_sandbox.demo.stage import exceptions
from cashpath_sandbox.demo.tell import until
from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.world import World

WRITES = tuple(f"{word}:" for word in ("storefront", "crm", "billing", "erp", "person", "drift"))
PATIENCE = 180.0  # seconds; an order of many things takes several passes
SETTLING = 5.0  # seconds


def follow(world: World, order_id: str, console: Console) -> bool:
    """Follow an order of the shop. True where it ended in all systems that are to have it, or as an exception."""
    eyes = Eyes(world)
    with console.status("the shop has sent its webhook; Cashpath is at work …"):
        ended = until(lambda: _ended(world, eyes, order_id), PATIENCE)
        if ended == "exception":  # what does not depend on it still arrives
            until(lambda: Agreement.of(eyes, order_id).holds, SETTLING)
    found = Agreement.of(eyes, order_id)
    stuck = exceptions(world, f"shop/order/{order_id}")
    if found.crm or found.erp:
        found.show(console)
    for one in stuck:
        console.print("[bold yellow]A person must settle this[/]")
        console.print(f"  why         {one['cause']}", markup=False)
        console.print(f"  what to do  {one['remedy']}", markup=False)
        console.print(f"  who can     {one['owner'] or 'nobody is named'}", markup=False)
        console.print(f"  afterwards  cashpath exceptions redrive {one['id']}", markup=False)
    if stuck:
        return True
    if ended == "nowhere":
        console.print(f"Cashpath leaves this order alone: {why_not(world, order_id)}.", markup=False)
        return True
    if ended:
        console.print("[bold green]The order is in all systems that are to have it, and they agree.[/]")
        return True
    console.print(f"[bold red]The order arrived nowhere within {PATIENCE:.0f} s.[/] See `cashpath status`, and:")
    console.print(f"  cashpath trace shop/order/{order_id}", markup=False)
    return False


def _ended(world: World, eyes: Eyes, id: str) -> str:
    """`agrees`, `exception` or `nowhere`; '' while it is under way."""
    found = Agreement.of(eyes, id)
    if found.holds and (found.starts_nothing or found.billing) and found.next_charges == found.next_invoice:
        return "agrees"
    if exceptions(world, f"shop/order/{id}"):
        return "exception"
    return "nowhere" if why_not(world, id) else ""


def why_not(world: World, id: str) -> str:
    """Why Cashpath wants nothing written of an order, as the flow's own function plans it; '' where it wants any."""
    return reason(_plan(world, id))


def reason(answer: Mapping[str, Any]) -> str:
    """The same, of what the function answered. '' as well where there is no plan now."""
    if "failure" in answer or "plan" not in answer:
        return ""
    lines: list[str] = answer["plan"]
    wanted = [line for line in lines if line.startswith(WRITES)]
    return "" if wanted else "; ".join(lines) or "it is over, or from before the cutover, and was in no other system"


def _plan(world: World, id: str) -> Mapping[str, Any]:
    notice = {"flow": "create_orders", "system": "shop", "kind": "order", "id": id}
    body = {"preview": {**notice, "received": int(time.time() * 1000), "trigger": "redrive", "v": 1}}
    function = world.deployed.functions["create_orders"]
    answer = world.aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(body))
    said: Mapping[str, Any] = json.loads(answer["Payload"].read() or "{}")
    return said
