"""A file read as one order, or refused in sentences that name the line and the field."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cashpath_sandbox.order_file import forms, lines
from cashpath_sandbox.order_file.forms import Body, NoOrder
from cashpath_sandbox.order_file.shape import Order

COMMAND = ".venv/bin/cashpath-sandbox order"
LARGEST = 64_000_000  # bytes of a file that is read at all
TAKEN = 6_000_000  # bytes: AWS Lambda, "Quotas", invocation payload; a larger webhook reaches no function
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
    text = _text(file)
    try:
        whole = _parsed(text)
        _check_can_be_sent(whole)
        body, path = forms.order_in(whole, only, f"{COMMAND} {shlex.quote(str(file))}")
    except NoOrder as no:
        raise Refused(f"{file} {no}") from no
    if problems := _problems(file, text, body, path):
        raise Refused("\n".join(problems))
    _check_size(file, body)
    return body


def _text(file: Path) -> str:
    if file.is_dir():
        raise Refused(f"{file} is a folder; give one file in it")
    try:
        raw = file.read_bytes() if file.stat().st_size <= LARGEST else None
    except FileNotFoundError:
        raise Refused(f"there is no file {file}") from None
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from error
    if raw is None:
        raise Refused(f"{file} is larger than {LARGEST // 1_000_000} MB, which no order is; give the JSON of one order")
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Refused(
            f"{file} is no text, but a picture, an archive or the like; give the order's JSON, saved as UTF-8"
        )
    if not text.strip():
        raise Refused(f"{file} is empty; save the order's JSON in it")
    return text


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
        raise forms.not_json(text, where) from error
    except RecursionError as error:
        raise NoOrder("is nested too deeply; no order is") from error
    except ValueError as error:  # a number of thousands of digits, NaN
        raise NoOrder(f"is not valid JSON: {error}") from error


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _problems(file: Path, text: str, body: Body, path: lines.Path) -> Sequence[str]:
    """One sentence for each field that says what it may not, with its line."""
    try:
        Order.model_validate(body, context={"currency": body.get("currency")})
    except ValidationError as wrong:
        found = wrong.errors(include_url=False)
    else:
        return []
    numbered = [(lines.line_of(text, [*path, *error["loc"]]), error) for error in found[:SHOWN]]
    numbered.sort(key=lambda each: each[0])
    told = [f"{file}, line {number}: {_name(error['loc'])} {_what(error)}" for number, error in numbered]
    more = len(found) - SHOWN
    return [*told, *([f"{file}: {more} more fields like these"] if more > 0 else [])]


def _name(path: lines.Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".") or "the order"


def _what(error: Any) -> str:
    if error["type"] != "shape":
        return WORDS.get(error["type"]) or error["msg"]
    value = json.dumps(error["input"], ensure_ascii=False)
    shown = value if len(value) <= LONG else f"{value[:LONG]}…"
    return f"is {shown}: {error['ctx']['why']}"


def _check_can_be_sent(whole: Any) -> None:
    try:
        json.dumps(whole, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start].encode("unicode-escape").decode()
        raise NoOrder(f"holds half a character, {half}; save it anew as UTF-8") from error
    except ValueError as error:  # 1e999 is read as infinity
        raise NoOrder("holds a number that is too large; write amounts in quotes") from error


def _check_size(file: Path, body: Body) -> None:
    size = len(json.dumps(body, ensure_ascii=False).encode())
    if size > TAKEN:
        mega = f"{size / 1_000_000:.1f} MB; AWS takes no webhook above {TAKEN // 1_000_000} MB"
        raise Refused(f"{file} is {mega}. Give an order with fewer lines")
