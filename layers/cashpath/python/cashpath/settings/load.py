"""Reads a stage's TOML. Every error names the line's meaning and what to write instead; all of one kind at once."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from cashpath.settings.checks import problems
from cashpath.settings.stage import Stage
from cashpath.settings.wording import plain


class StageError(Exception):
    """The stage's TOML cannot be deployed. The message has one line for each thing to put right."""


def load(path: Path) -> Stage:
    """The stage in a file. Raises StageError where the file is no TOML, or describes nothing that could run."""
    try:
        stage = Stage.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise StageError(f"{path}: there is no such file; infra/stages/example.toml shows what it says") from error
    except tomllib.TOMLDecodeError as error:
        raise StageError(f"{path}: not readable as TOML: {error}") from error
    except ValidationError as error:
        raise StageError(_lines(path, plain(error))) from error
    if found := problems(stage):
        raise StageError(_lines(path, found))
    return stage


def _lines(path: Path, lines: list[str]) -> str:
    return "\n".join(f"{path}: {line}" for line in lines)
