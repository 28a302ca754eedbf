"""How the command line prints: tables for people, JSON for scripts, times in UTC with how long ago."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

WIDE = 240  # columns where nobody watches: a file or a pipe gets whole lines


def _console() -> "Console":
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDE
    return Console(highlight=False, markup=False, emoji=False, width=width)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; what does not fit is folded, never cut: an id must be there to copy."""
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    _console().print(made)


def as_json(value: Any) -> None:
    """Print a value as JSON."""
    import typer

    typer.echo(json.dumps(value, indent=2))


def moment(at: int, now: int) -> str:
    """A time (epoch ms) as a person reads it: `2026-11-24 06:30:05Z, 3m ago`."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%SZ}, {_distance(now - at)}"


def _distance(ms: int) -> str:
    seconds = abs(ms) // 1000
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit} ago" if ms >= 0 else f"in {seconds // size}{unit}"
    return f"{seconds}s ago" if ms >= 0 else f"in {seconds}s"
