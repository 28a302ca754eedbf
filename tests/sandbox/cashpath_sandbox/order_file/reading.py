"""A file read as one order, or refused in sentences that name the line and the field."""

import json
import math
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from cashpath_sandbox.order_file import forms, lines
from cashpath_sandbox.order_file.forms import Body, NoOrder
from cashpath_sandbox.order_file.shape import Order

COMMAND = ".venv/bin/cashpath-sandbox order"
LARGEST = 64_000_000  # bytes of a file that is read at all
TAKEN = 6_000_000  # bytes: AWS Lambda, "Quotas", invocation payload; a larger webhook reaches no function
DEEPEST = 64  # lists and objects in each other; orders have seven, and Python takes some hundred
DIGITS = 640  # of a whole number: docs.python.org, "Integer string conversion length limitation", the lowest limit
SHOWN = 10  # problems of one file
LONG = 60  # characters of a value that are shown
WORDS = {
    "missing": "is missing; give the order as Shopify writes it",
    "list_type": "is no list; write it in [ ]",
    "model_type": "is no object; write it in { }",
    "dict_type": "is no object; write it in { }",
    "too_short": "is empty; an order sells something",
    "string_type": "is no text; write it in quotes",
}


class Refused(ValueError):
    """The file holds no order that can be placed. The message is whole sentences, each naming the file."""


def read(file: Path, only: str = "") -> Body:
    """The order in `file`; of a list, the one that is named `only`. Raises Refused."""
    name = forms.printable(str(file), LONG)
    text = _text(file, name)
    try:
        whole = _parsed(text)
        _check_can_be_sent(whole)
        body, path = forms.order_in(whole, only, f"{COMMAND} {_quoted(file)}")
    except NoOrder as no:
        raise Refused(f"{name} {no}") from no
    if problems := _problems(name, text, body, path):
        raise Refused("\n".join(problems))
    _check_size(name, body)
    return body


def _quoted(file: Path) -> str:
    """The file's name as a shell takes it, also where no terminal could show it."""
    shown = str(file)
    return shlex.quote(shown) if shown.isprintable() else "$'" + "".join(map(_escaped, os.fsencode(file))) + "'"


def _escaped(byte: int) -> str:
    return f"\\x{byte:02x}" if byte > 126 or byte < 32 or byte in b"'\\" else chr(byte)


def _text(file: Path, name: str) -> str:
    raw = _bytes(file, name)
    if len(raw) > LARGEST:
        raise Refused(f"{name} is larger than {LARGEST // 1_000_000} MB, which no order is; give the JSON of one order")
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Refused(
            f"{name} is no text, but a picture, an archive or the like; give the order's JSON, saved as UTF-8"
        )
    if not text.strip():
        raise Refused(f"{name} is empty; save the order's JSON in it")
    return text


def _bytes(file: Path, name: str) -> bytes:
    """What it holds, at most one byte more than is taken: a device has no end."""
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except IsADirectoryError:
        raise Refused(f"{name} is a folder; give one file in it") from None
    except (OSError, ValueError) as error:  # ValueError: NUL or half a character in the name
        if str(file).lstrip().startswith(("{", "[")):
            raise Refused("that is JSON itself; save it in a file, and give the file's name") from None
        if isinstance(error, FileNotFoundError | ValueError):
            raise Refused(f"there is no file {name}") from None
        raise Refused(f"{name} cannot be read: {error.strerror}") from error


def _parsed(text: str) -> Any:
    try:
        whole = json.loads(text, parse_constant=_no_number, parse_int=_whole, parse_float=_fraction)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
        raise forms.not_json(text, where) from error
    except _Number as number:
        raise NoOrder(str(number).format(line=f"line {_line_of_number(text, number.digits)}")) from number
    except RecursionError:
        whole = None
    if line := _too_deep(text):
        raise NoOrder(f"is nested more than {DEEPEST} deep on line {line}; no order is. Give the order's JSON")
    return whole


class _Number(ValueError):
    """A number that no order has. The message leaves a place for its line."""

    def __init__(self, digits: str, why: str) -> None:
        super().__init__(why)
        self.digits = digits


def _no_number(name: str) -> NoReturn:
    raise _Number(name, f"is not valid JSON: {name} on {{line}} is no number; write null, or leave the field out")


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        count = len(digits.removeprefix("-"))
        raise _Number(digits, f"holds a number of {count} digits on {{line}}; no order has one. Correct it there")
    return int(digits)


def _fraction(digits: str) -> float:
    if math.isinf(value := float(digits)):
        shown = forms.printable(digits, LONG)
        raise _Number(digits, f"holds a number on {{line}} that is larger than any in an order: {shown}")
    return value


_TEXT = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_TEXT_OR_BRACKET = re.compile(rf"{_TEXT}|[\[{{\]}}]")


def _line_of_number(text: str, digits: str) -> int:
    """The line on which a number first stands outside of texts."""
    found = re.finditer(f"{_TEXT}|{re.escape(digits)}", text)
    at = next((each.start() for each in found if each[0] == digits), 0)
    return text.count("\n", 0, at) + 1


def _too_deep(text: str) -> int:
    """The line of a JSON text on which it is nested too deeply; 0 where it never is."""
    depth = 0
    for found in _TEXT_OR_BRACKET.finditer(text):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if depth > DEEPEST:
            return text.count("\n", 0, found.start()) + 1
    return 0


def _problems(name: str, text: str, body: Body, path: lines.Path) -> Sequence[str]:
    """One sentence for each field that says what it may not, with its line."""
    try:
        Order.model_validate(body, context={"currency": body.get("currency")})
    except ValidationError as wrong:
        found = wrong.errors(include_url=False)
    else:
        return []
    numbered = [(lines.line_of(text, [*path, *error["loc"]]), error) for error in found[:SHOWN]]
    numbered.sort(key=lambda each: each[0])
    told = [f"{name}, line {number}: {_name(error['loc'])} {_what(error)}" for number, error in numbered]
    more = len(found) - SHOWN
    return [*told, *([f"{name}: {more} more fields like these"] if more > 0 else [])]


def _name(path: lines.Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".") or "the order"


def _what(error: Any) -> str:
    if error["type"] != "shape":
        return WORDS.get(error["type"]) or error["msg"]
    shown = forms.printable(json.dumps(error["input"], ensure_ascii=False), LONG)
    return f"is {shown}: {error['ctx']['why']}"


def _check_can_be_sent(whole: Any) -> None:
    try:
        json.dumps(whole, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start].encode("unicode-escape").decode()
        raise NoOrder(f"holds half a character, {half}; save it anew as UTF-8") from error


def _check_size(name: str, body: Body) -> None:
    size = len(json.dumps(body, ensure_ascii=False).encode())
    if size > TAKEN:
        mega = f"{size / 1_000_000:.1f} MB; AWS takes no webhook above {TAKEN // 1_000_000} MB"
        raise Refused(f"{name} is {mega}. Give an order with fewer lines")
