"""Commands as they are printed: complete, so that pasting one into the same shell runs it."""

import os
import re
from pathlib import Path

from cashpath.cli.stage import Stage

COMMAND = re.compile(r"`cashpath ([^`]+)`")


def pasted(text: str, stage: Stage, settings: Path | None = None) -> str:
    """A text whose commands, in backticks, name the stage and the settings that the shell itself does not choose.

    `settings` is the stage's TOML where the operator has named it; else it is looked for where stages are kept.
    """
    return COMMAND.sub(lambda found: f"`{_whole(found[1], stage, settings)}`", text)


def _whole(words: str, stage: Stage, settings: Path | None) -> str:
    chosen = os.environ.get("CASHPATH_STAGE") or "local"
    named = "" if chosen == stage.name else f"--stage {stage.name} "
    known = "CASHPATH_SETTINGS" in os.environ or "--settings" in words
    file = settings or f"infra/stages/{stage.name}.toml"
    return f"cashpath {named}{words}" + (f" --settings {file}" if _takes_settings(words) and not known else "")


def _takes_settings(words: str) -> bool:
    """Whether the command that these words call is one that reads the stage's TOML."""
    import typer

    from cashpath.cli.app import app

    command = typer.main.get_command(app)
    for word in words.split():
        command = getattr(command, "commands", {}).get(word, command)
    return any(parameter.name == "settings" for parameter in command.params)
