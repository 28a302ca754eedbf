"""The stand-in's search: tokenised, and behind the writes, as the real one is ("CRM search")."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

TOKEN = re.compile(r"[^\W_]+")


def found(properties: Mapping[str, str], groups: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a record answers a search: all filters of any group."""
    return not groups or any(all(_holds(properties, f) for f in group["filters"]) for group in groups)


def _holds(properties: Mapping[str, str], asked: Mapping[str, Any]) -> bool:
    held = properties.get(asked["propertyName"], "")
    match asked["operator"]:
        case "HAS_PROPERTY":
            return bool(held)
        case "NOT_HAS_PROPERTY":
            return not held
        case "EQ":
            return _says(held, asked["value"])
        case "IN":
            return any(_says(held, value) for value in asked["values"])
        case "GT":
            return bool(held) and _number(held) > _number(asked["value"])
        case "GTE":
            return bool(held) and _number(held) >= _number(asked["value"])
        case "LT":
            return bool(held) and _number(held) < _number(asked["value"])
        case "LTE":
            return bool(held) and _number(held) <= _number(asked["value"])
    raise ValueError(f"the stand-in does not know the operator {asked['operator']}")


def _says(held: str, value: str) -> bool:
    """Tokens, not strings, are compared: `MUG-RED` is found by `mug`."""
    tokens = set(TOKEN.findall(value.lower()))
    return bool(tokens) and tokens <= set(TOKEN.findall(held.lower()))


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(round(datetime.fromisoformat(text).timestamp() * 1000))
