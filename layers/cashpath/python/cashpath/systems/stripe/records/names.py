"""A person's two names in Stripe's one. Pure.

The last word is taken for the last name. Where that is wrong, a mark in the metadata says how many of the words are
the first name, and holds as long as the name has that many words.
"""

from collections.abc import Mapping
from typing import Any

MARK = "cashpath_name"  # `1/3`: one word of three is the first name; says nothing of who it is
NAME_MAX = 256  # https://docs.stripe.com/api/customers/create, name


def joined(first: str, last: str) -> tuple[str, str]:
    """Stripe's `name` for the two, and its mark, '' where none is needed."""
    words = _words(first, last)
    count = min(len(first.split()), len(words))
    return " ".join(words), "" if count == _usual(words) else f"{count}/{len(words)}"


def kept(first: str, last: str) -> tuple[str, str]:
    """The two as they come back from Stripe."""
    words = _words(first, last)
    count = min(len(first.split()), len(words))
    return " ".join(words[:count]), " ".join(words[count:])


def split(theirs: Mapping[str, Any]) -> tuple[str, str]:
    """The two names of a customer in Stripe."""
    words = (theirs["name"] or "").split()
    first, _, total = theirs["metadata"].get(MARK, "").partition("/")
    marked = first.isdigit() and total == str(len(words)) and int(first) <= len(words)
    count = int(first) if marked else _usual(words)
    return " ".join(words[:count]), " ".join(words[count:])


def _words(first: str, last: str) -> list[str]:
    return " ".join(f"{first} {last}".split())[:NAME_MAX].split()


def _usual(words: list[str]) -> int:
    return max(len(words) - 1, min(len(words), 1))
