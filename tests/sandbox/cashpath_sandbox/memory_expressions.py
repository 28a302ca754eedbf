"""DynamoDB's condition, key and update expressions, over items in DynamoDB's own JSON: as much as the ledger uses.

After "Condition and filter expressions, operators, and functions" and "Using update expressions in DynamoDB" (Amazon
DynamoDB Developer Guide). An expression is parsed once, into functions of an item and the request's names and values.
A test compares it with moto, over every operation of the ledger.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

Value = Mapping[str, Any]  # one attribute value: {"S": "text"}
Item = dict[str, Any]
TOKEN = re.compile(r"\s*(<>|<=|>=|[()=<>,+\-.\[\]]|[#:]?\w+)")
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class BadExpression(ValueError):
    """DynamoDB would answer ValidationException, or this reading of its expressions ends here."""


@dataclass(frozen=True)
class Scope:
    """What an expression is evaluated in."""

    item: Mapping[str, Any]
    names: Mapping[str, str]
    values: Mapping[str, Value]


Operand = Callable[[Scope], Value | None]
Condition = Callable[[Scope], bool]
Path = tuple[str, ...]
Change = Callable[[Scope, Item], None]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = TOKEN.findall(text)
        if "".join(self.tokens) != "".join(text.split()):
            raise BadExpression(f"cannot read {text!r}")
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def word(self) -> str:
        return self.peek().upper()

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token.upper() != expected):
            raise BadExpression(f"{expected or 'more'} expected at word {self.at + 1} of {self.text!r}")
        self.at += 1
        return token

    def path(self) -> Path:
        parts = [self.take()]
        while self.peek() == ".":
            self.take()
            parts.append(self.take())
        return tuple(parts)

    def either(self) -> Condition:
        left = self.both()
        while self.word() == "OR":
            self.take()
            left = _or(left, self.both())
        return left

    def both(self) -> Condition:
        left = self.single()
        while self.word() == "AND":
            self.take()
            left = _and(left, self.single())
        return left

    def single(self) -> Condition:
        match self.word():
            case "NOT":
                self.take()
                inner = self.single()
                return lambda scope: not inner(scope)
            case "(":
                self.take()
                inside = self.either()
                self.take(")")
                return inside
            case "ATTRIBUTE_EXISTS" | "ATTRIBUTE_NOT_EXISTS" as function:
                path = self.argument()
                wanted = function == "ATTRIBUTE_EXISTS"
                return lambda scope: (_at(path, scope) is not None) is wanted
            case "BEGINS_WITH":
                self.take()
                self.take("(")
                whole, _, start = self.operand(), self.take(","), self.operand()
                self.take(")")
                return lambda scope: _text(whole(scope)).startswith(_text(start(scope)))
        left = self.operand()
        compare = COMPARISONS.get(self.take())
        if compare is None:
            raise BadExpression(f"a comparison is expected in {self.text!r}")
        return _compared(left, compare, self.operand())

    def argument(self) -> Path:
        self.take()
        self.take("(")
        path = self.path()
        self.take(")")
        return path

    def operand(self) -> Operand:
        if self.peek().startswith(":"):
            name = self.take()
            return lambda scope: scope.values[name]
        if self.word() == "IF_NOT_EXISTS":
            self.take()
            self.take("(")
            path, _, other = self.path(), self.take(","), self.operand()
            self.take(")")
            return lambda scope: found if (found := _at(path, scope)) is not None else other(scope)
        path = self.path()
        return lambda scope: _at(path, scope)

    def sum(self) -> Operand:
        left = self.operand()
        while self.peek() in ("+", "-"):
            left = _summed(left, 1 if self.take() == "+" else -1, self.operand())
        return left

    def changes(self) -> list[Change]:
        changes: list[Change] = []
        while self.peek():
            clause = self.take().upper()
            changes.append(self._change(clause))
            while self.peek() == ",":
                self.take()
                changes.append(self._change(clause))
        return changes

    def _change(self, clause: str) -> Change:
        path = self.path()
        match clause:
            case "SET":
                self.take("=")
                value = self.sum()
                return lambda scope, new: _set(new, path, scope, value(scope))
            case "REMOVE":
                return lambda scope, new: _remove(new, path, scope)
            case "ADD":
                old, more = _path_operand(path), self.operand()
                return lambda scope, new: _set(new, path, scope, _added(old(scope), more(scope), 1))
        raise BadExpression(f"no clause {clause} in {self.text!r}")


def _path_operand(path: Path) -> Operand:
    return lambda scope: _at(path, scope)


def _or(left: Condition, right: Condition) -> Condition:
    return lambda scope: left(scope) or right(scope)


def _and(left: Condition, right: Condition) -> Condition:
    return lambda scope: left(scope) and right(scope)


def _compared(left: Operand, compare: Callable[[Any, Any], bool], right: Operand) -> Condition:
    def holds(scope: Scope) -> bool:
        a, b = left(scope), right(scope)
        if a is None or b is None:
            return compare is COMPARISONS["<>"] and (a is None) is not (b is None)
        ((kind, x),), ((other, y),) = a.items(), b.items()
        if kind != other:
            return compare is COMPARISONS["<>"]
        return compare(int(x), int(y)) if kind == "N" else compare(x, y)

    return holds


def _summed(left: Operand, sign: int, right: Operand) -> Operand:
    return lambda scope: _added(left(scope), right(scope), sign)


def _added(a: Value | None, b: Value | None, sign: int) -> Value:
    if b is None or "N" not in b or (a is not None and "N" not in a):
        raise BadExpression("only numbers are added")
    return {"N": str((int(a["N"]) if a is not None else 0) + sign * int(b["N"]))}


def _text(value: Value | None) -> str:
    return str(value["S"]) if value is not None and "S" in value else ""


def _named(path: Path, scope: Scope) -> list[str]:
    return [scope.names[part] if part.startswith("#") else part for part in path]


def _at(path: Path, scope: Scope) -> Value | None:
    first, *rest = _named(path, scope)
    value = scope.item.get(first)
    for part in rest:
        value = value["M"].get(part) if value is not None and "M" in value else None
    return value


def _place(item: Item, path: Path, scope: Scope) -> tuple[Item, str] | None:
    *above, last = _named(path, scope)
    place = item
    for part in above:
        if part not in place or "M" not in place[part]:
            return None
        place = place[part]["M"]
    return place, last


def _set(item: Item, path: Path, scope: Scope, value: Value | None) -> None:
    found = _place(item, path, scope)
    if found is None or value is None:
        raise BadExpression(f"the document path {'.'.join(_named(path, scope))} is invalid for update")
    found[0][found[1]] = value


def _remove(item: Item, path: Path, scope: Scope) -> None:
    found = _place(item, path, scope)
    if found is None:
        raise BadExpression(f"the document path {'.'.join(_named(path, scope))} is invalid for update")
    found[0].pop(found[1], None)


@cache
def condition(text: str) -> Condition:
    """The condition written in `text`. Raises BadExpression where it is none."""
    reader = _Reader(text)
    parsed = reader.either()
    if reader.peek():
        raise BadExpression(f"{reader.peek()!r} is left over in {text!r}")
    return parsed


@cache
def update(text: str) -> Callable[[Scope, Item], None]:
    """The update written in `text`: values are taken from the scope's item, and set in another, a copy of it."""
    changes = _Reader(text).changes()

    def make(scope: Scope, new: Item) -> None:
        for change in changes:
            change(scope, new)

    return make


@cache
def used_in(text: str) -> frozenset[str]:
    """The names (`#root`) and values (`:now`) that expressions use."""
    return frozenset(re.findall(r"[#:]\w+", text))
