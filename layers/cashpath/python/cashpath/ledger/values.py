"""Plain values as DynamoDB spells them, and back. The ledger keeps strings, whole numbers, lists and maps only."""

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]


def packed(value: Any) -> dict[str, Any]:
    """One value in DynamoDB's JSON. Raises TypeError for what the ledger does not keep (a float, a date)."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case Mapping():
            return {"M": {str(k): packed(v) for k, v in value.items()}}
        case list() | tuple():
            return {"L": [packed(v) for v in value]}
    raise TypeError(f"the ledger does not keep a {type(value).__name__}")


def unpacked(value: Mapping[str, Any]) -> Any:
    """The value behind DynamoDB's JSON."""
    ((kind, held),) = value.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return int(held)
        case "M":
            return {k: unpacked(v) for k, v in held.items()}
        case "L":
            return [unpacked(v) for v in held]
    return held


def packed_item(item: Values) -> dict[str, Any]:
    """A whole item in DynamoDB's JSON."""
    return {name: packed(value) for name, value in item.items()}


def unpacked_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A whole item as plain values."""
    return {name: unpacked(value) for name, value in item.items()}
