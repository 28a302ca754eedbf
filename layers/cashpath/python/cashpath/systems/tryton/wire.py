"""Tryton's JSON: decimals and dates travel as objects that name their class. Pure.

Source: trytond 8.2, `trytond/protocols/jsonrpc.py` (JSONEncoder, JSONDecoder).
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any


def dumps(value: Any) -> str:
    """`value` as Tryton's JSON. Datetimes travel in UTC, as Tryton keeps them."""
    return json.dumps(value, default=_encoded, separators=(",", ":"))


def loads(text: str) -> Any:
    """What Tryton's JSON says, with Decimal, date and (aware) datetime in it. Raises ValueError where it is none."""
    return json.loads(text, object_hook=_decoded)


def _encoded(value: object) -> dict[str, Any]:
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case datetime():
            utc = value.astimezone(UTC)
            clock = {"hour": utc.hour, "minute": utc.minute, "second": utc.second, "microsecond": utc.microsecond}
            return {"__class__": "datetime", "year": utc.year, "month": utc.month, "day": utc.day, **clock}
        case date():
            return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"{type(value).__name__} does not travel to Tryton")


def _decoded(value: dict[str, Any]) -> Any:
    match value.get("__class__"):
        case "Decimal":
            return Decimal(value["decimal"])
        case "date":
            return date(value["year"], value["month"], value["day"])
        case "datetime":
            day, clock = (
                (value["year"], value["month"], value["day"]),
                (value["hour"], value["minute"], value["second"]),
            )
            return datetime(*day, *clock, value["microsecond"], UTC)
    return value
