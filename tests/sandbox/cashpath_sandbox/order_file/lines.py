"""On which line of a JSON text a field stands, so that who typed it finds it."""

import json
from collections.abc import Sequence

Path = Sequence[str | int]
_SPACE = " \t\r\n"
_decoder = json.JSONDecoder()


def line_of(text: str, path: Path) -> int:
    """The line (from 1) on which the value at `path` begins; that of what would hold it, where it is missing.

    `text` is known to be JSON. Of a name that an object has twice, the last one counts, as in Python's json.
    """
    at = _start(text, 0)
    for step in path:
        inner = _inner(text, at, step)
        if inner is None:
            break
        at = inner
    return text.count("\n", 0, at) + 1


def _inner(text: str, at: int, step: str | int) -> int | None:
    """Where the value begins that the object or list at `at` holds under `step`; None where it holds none."""
    if text[at] not in "{[":
        return None
    named, found, index = text[at] == "{", None, 0
    at = _start(text, at + 1)
    while text[at] not in "}]":
        key: str | int = index
        if named:
            key, at = _decoder.raw_decode(text, at)
            at = _start(text, _start(text, at) + 1)  # past the colon
        if key == step:
            found = at
        _, at = _decoder.raw_decode(text, at)
        at, index = _start(text, at), index + 1
        if text[at] == ",":
            at = _start(text, at + 1)
    return found


def _start(text: str, at: int) -> int:
    """The next place that is no space."""
    while text[at] in _SPACE:
        at += 1
    return at
