"""The stage's TOML, for commands that need more of it than a deployed stage tells."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cashpath.settings.stage import Stage

SETTINGS = typer.Option(help="The stage's TOML.", envvar="CASHPATH_SETTINGS")


def loaded(settings: Path) -> "Stage":
    """The stage in a file. Ends the command, telling each line that is wrong, where it cannot be deployed."""
    from cashpath.settings.load import StageError, load

    try:
        return load(settings)
    except StageError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong


def system_in(stage: "Stage", settings: Path, system: str) -> str:
    """The system of this name. Ends the command where the file names no such one."""
    if system not in stage.systems:
        raise typer.BadParameter(f"{settings} names no system {system!r}; it names {', '.join(sorted(stage.systems))}")
    return system
