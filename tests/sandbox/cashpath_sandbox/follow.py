"""One order followed until it is in all systems, is a clear exception, or is known to concern nobody; and shown."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import httpx
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from cashpath_sandbox.demo.agreement import Agreement
from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.left_alone import why_not
from cashpath_sandbox.patience import until
from cashpath_sandbox.progress import arrived, obstacles, progress, silence
from cashpath_sandbox.shell import export_line
from cashpath_sandbox.stuck import Operator, Stuck
from cashpath_sandbox.world import World

PATIENCE = 180.0  # seconds; an order of many things takes several passes
SETTLING = 5.0  # seconds in which what does not depend on the order's own exception still arrives
HELD_UP = 30.0  # seconds without a change, while another record has an exception, after which that holds the order up
LOOK = 10.0  # seconds that a system may take for one answer
PLANNED = 5.0  # seconds between two questions what Cashpath plans for an order that is nowhere

Ending = Literal["agrees", "exception", "held up", "nowhere"]


def follow(world: World, order_id: str, placed: int, console: Console) -> bool:
    """Follow an order of the shop that was placed at `placed` (epoch ms), and print how it ended.

    False where it is not everywhere within patience, and nobody was told why.
    """
    with console.status("the shop has sent its webhook; Cashpath is at work …") as status:
        watch = Watch(world, order_id, placed, console, status)
        ended = until(watch.look, PATIENCE)
        if ended == "exception":
            until(watch.arrived, SETTLING)
    return watch.tell(ended)


def ending(found: Agreement, *, own: Sequence[str], others: Sequence[str], quiet: float) -> Ending | None:
    """How an order ended, by what the systems have of it; None while it is under way.

    `own` and `others` are open exceptions, of the order and of other records; nothing changed for `quiet` seconds.
    """
    if arrived(found):
        return "agrees"
    if own:
        return "exception"
    return "held up" if others and quiet >= HELD_UP else None


@dataclass
class Change:
    """What was seen last, and when it began to be so (seconds of the monotonic clock)."""

    what: object = None
    since: float = 0.0

    def still(self, what: object) -> float:
        """For how many seconds it has been so."""
        if what != self.what:
            self.what, self.since = what, time.monotonic()
        return time.monotonic() - self.since


class Watch:
    """Looks at one order again and again, and says what it waits for."""

    def __init__(self, world: World, id: str, placed: int, console: Console, status: Status) -> None:
        self._world, self._id = world, id
        self._console, self._status = console, status
        self._eyes = Eyes(world, LOOK)
        self._operator = Operator(world)
        self._stuck = Stuck(self._operator, self._eyes.order(id), placed, console)
        self._began = time.monotonic()
        self._change, self._asked = Change(), 0.0
        self._reason = self._said = ""
        self._found: Agreement | None = None
        self._obstacles: set[str] = set()

    def look(self) -> Ending | None:
        """How it ended; None while it is under way."""
        open_now = self._stuck.look()
        self._tell_obstacles()
        own = [filed.id for filed in open_now if self._stuck.is_own(filed)]
        others = [filed.id for filed in open_now if filed.id not in own]
        try:
            found = self._found = Agreement.of(self._eyes, self._id)
        except (httpx.HTTPError, LookupError) as error:
            self._say(silence(self._world, error))
            return "exception" if own else None
        self._say(progress(found))
        quiet = self._change.still((progress(found), own, others))
        if ended := ending(found, own=own, others=others, quiet=quiet):
            return ended
        return "nowhere" if not (found.crm or found.erp) and self._left_alone() else None

    def arrived(self) -> bool:
        """Whether all that is to have the order has it; False as well where a system does not answer."""
        with suppress(httpx.HTTPError, LookupError):
            self._found = Agreement.of(self._eyes, self._id)
            return arrived(self._found)
        return False

    def tell(self, ended: Ending | None) -> bool:
        """Print how it ended, and what to do. False where it did not end within patience."""
        if self._found and (self._found.crm or self._found.erp):
            self._found.show(self._console)
        still_open = self._stuck.look()
        match ended:
            case "agrees":
                self._print("[bold green]The order is in all systems that are to have it, and they agree.[/]")
            case "exception":
                self._print(
                    "[bold yellow]The order waits for a person:[/] settle what is named above, then redrive it."
                )
            case "held up":
                self._print(f"[bold yellow]The order is held up:[/] {escape(self._said)}.")
                self._print(
                    "Settle what is named above, then redrive it. The order follows within 15 minutes by itself."
                )
            case "nowhere":
                self._print(f"Cashpath leaves this order alone: {self._reason}.", markup=False)
            case None:
                self._tell_unfinished()
        if still_open or self._obstacles or ended is None:
            self._print("The commands above work in a shell that has this line:")
            self._print(f"  {export_line(self._world)}", markup=False)
        return ended is not None

    def _tell_unfinished(self) -> None:
        self._print(f"[bold red]After {PATIENCE:.0f} s the order is not everywhere:[/] {escape(self._said)}.")
        self._print("Once nothing keeps it waiting, it goes on by itself. See how far it is, and what waits:")
        self._print(f"  cashpath trace shop/order/{self._id}", markup=False)
        self._print("  cashpath status")

    def _tell_obstacles(self) -> None:
        """Print at once, and once, what keeps Cashpath itself from working."""
        for obstacle in obstacles(self._operator.ledger.controls(max_age=0)):
            if obstacle not in self._obstacles:
                self._print(f"[bold yellow]This keeps orders waiting:[/] {escape(obstacle)}")
                self._obstacles.add(obstacle)

    def _say(self, what: str) -> None:
        """What is waited for: in the status line, or where nobody watches, a line for each change."""
        waited = time.monotonic() - self._began
        self._status.update(f"{waited:.0f} s of {PATIENCE:.0f}: {what} …")
        if what != self._said and not self._console.is_terminal:
            self._print(f"{waited:3.0f} s: {what}", markup=False)
        self._said = what

    def _left_alone(self) -> bool:
        """Whether Cashpath wants nothing written of the order. Asked seldom: each answer costs a pass's reads."""
        if time.monotonic() - self._asked >= PLANNED:
            self._reason = why_not(self._world, self._id)
            self._asked = time.monotonic()
        return bool(self._reason)

    def _print(self, text: str, *, markup: bool = True) -> None:
        self._console.print(text, markup=markup, highlight=False, soft_wrap=True)
