"""`cashpath-sandbox`: bring the sandbox up or down, place an order of your own in it, watch the demo."""

import time
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer
from botocore.exceptions import BotoCoreError, ClientError
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
def order(
    file: Annotated[Path, typer.Argument(help="An order as the JSON of Shopify's order webhook.")],
    only: Annotated[str, typer.Option(help="Of a list of orders, the one with this name or id.")] = "",
) -> None:
    """Place an order of your own in the stand-in shop, which sends its webhook, and see what becomes of it.

    Exits 0 where it ended everywhere or as an exception, 1 where it is not everywhere in time, 2 where it is no order.
    """
    from cashpath_sandbox.follow import follow
    from cashpath_sandbox.order_file.forms import printable
    from cashpath_sandbox.order_file.reading import Refused, read

    try:
        given = read(file, only)
    except Refused as refused:
        _refuse(str(refused))
    world, placed = _world(), int(time.time() * 1000)
    try:
        answer = httpx.post(f"{world.shopify}/_sandbox/orders", json=given, timeout=60)
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            _refuse(f"the shop cannot take the order of {printable(str(file), 60)}: {answer.json()['error']}")
        id = answer.raise_for_status().json()["id"]
        said = f"{printable(str(given.get('name') or 'The order'), 60)} is placed in the shop, as order {id}."
        console.print(said, markup=False, highlight=False, soft_wrap=True)
        ended = follow(world, id, placed, console)
    except (httpx.HTTPError, BotoCoreError, ClientError) as error:  # ClientError is no BotoCoreError
        does = "refuses a request" if isinstance(error, ClientError) else "does not answer"
        console.print(f"the sandbox {does} ({error}). Start it anew:", style="red", markup=False)
        console.print("  make down up", markup=False)
        raise typer.Exit(1) from error
    if not ended:
        raise typer.Exit(1)


def _refuse(why: str) -> NoReturn:
    console.print(why, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2)


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
