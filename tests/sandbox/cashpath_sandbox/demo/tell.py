"""How the demo talks: named steps, each with checks that hold or do not. What did not hold is told again at the end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

from cashpath_sandbox import patience as clock

Found = TypeVar("Found")
PATIENCE = 120.0  # seconds that a shared, loaded machine may take for what usually takes two


@dataclass
class Teller:
    """Prints steps and checks to `console`, and keeps what failed."""

    console: Console
    failed: list[str] = field(default_factory=list)
    steps: int = 0

    def step(self, title: str) -> None:
        """A new step."""
        self.steps += 1
        self.console.print(f"\n[bold cyan]{self.steps}. {escape(title)}[/]")

    def say(self, text: str) -> None:
        """A line of plain text."""
        self.console.print(f"   {escape(text)}")

    def check(self, what: str, holds: bool, otherwise: str = "") -> bool:
        """Whether it holds that `what`; `otherwise` says what was found instead."""
        if holds:
            self.console.print(f"   [green]✓[/] {escape(what)}")
            return True
        self.console.print(f"   [bold red]✗ {escape(what)}[/] {escape(otherwise)}")
        self.failed.append(f"step {self.steps}: {what}{f' ({otherwise})' if otherwise else ''}")
        return False


def until(look: Callable[[], Found], patience: float = PATIENCE) -> Found:
    """What `look` finds once it finds something; what it found last, once `patience` (seconds) has passed."""
    return clock.until(look, patience)
