"""The record that somebody names on a command line."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cashpath.records import RecordKey


def key_of(text: str) -> "RecordKey":
    """The key that somebody typed. Ends the command where it is none."""
    from cashpath.records import RecordKey

    try:
        return RecordKey.parse(text)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong


def person_of(text: str) -> "RecordKey":
    """The key that somebody typed. Ends the command where it is none of a person or company."""
    key = key_of(text)
    if key.kind not in ("customer", "company"):
        raise typer.BadParameter(f"{key} is no customer and no company")
    return key
