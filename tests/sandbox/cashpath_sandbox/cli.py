"""`cashpath-sandbox`: bring the sandbox up or down, place an order of your own in it, watch the demo."""

import json
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from cashpath_sandbox import standing
from cashpath_sandbox.addresses import addresses
from cashpath_sandbox.world import World

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
console = Console()


@app.command()
def up() -> None:
    """Start everything on this machine and say how to poke it."""
    console.print(addresses(_world()), soft_wrap=True, highlight=False)


@app.command()
def down() -> None:
    """End what `up` or `demo` left running."""
    ended = standing.down()
    console.print("The sandbox is down." if ended else "No sandbox was up.")


@app.command()
def order(file: Annotated[Path, typer.Argument(help="An order as the JSON of Shopify's order webhook.")]) -> None:
    """Place an order of your own in the stand-in shop, which sends its webhook, and see what becomes of it."""
    from cashpath_sandbox.follow import follow

    world = _world()
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        console.print(f"{file} cannot be read: {error}", style="red", markup=False)
        raise typer.Exit(2) from error
    if not isinstance(given, dict):
        console.print(f"{file} holds no order: it must be one JSON object", style="red", markup=False)
        raise typer.Exit(2)
    answer = httpx.post(f"{world.shopify}/_sandbox/orders", json=given, timeout=60)
    if answer.is_error:
        console.print(f"the shop cannot take this order: {answer.json()['error']}", style="red", markup=False)
        raise typer.Exit(2)
    if not follow(world, answer.json()["id"], console):
        raise typer.Exit(1)


@app.command()
def demo() -> None:
    """Watch orders become cash, step by step."""
    from cashpath_sandbox.demo import show

    began = time.monotonic()
    world = _world()
    if not show(world, console, time.monotonic() - began):
        raise typer.Exit(1)


def _world() -> World:
    """The sandbox, started where it is not up."""
    with console.status("starting the stand-ins, a real Tryton and AWS on this machine, deploying Cashpath …"):
        try:
            return standing.up()
        except standing.NotUp as problem:
            console.print(str(problem), style="red", markup=False)
            raise typer.Exit(1) from problem


def main() -> None:
    """The command."""
    app()
