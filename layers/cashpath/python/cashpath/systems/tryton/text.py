"""How Tryton keeps text. Pure.

A Char field refuses tabs and line ends and loses surrounding space (trytond 8.2, `model/fields/char.py`); a Text field
keeps line ends. Both are compared as they are kept.
"""

import re
import unicodedata

LONGEST = 10_000  # characters of one text that we write: a note, not a book


def line(text: str) -> str:
    """`text` as a Char field keeps it: one line, no control characters, no space around it."""
    return re.sub(r"\s+", " ", _printable(text)).strip()[:LONGEST]


def lines(text: str) -> str:
    """`text` as a Text field keeps it: each line as `line` gives it, empty ones left out."""
    kept = (line(part) for part in text.splitlines())
    return "\n".join(part for part in kept if part)[:LONGEST]


def _printable(text: str) -> str:
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
