"""Fields of Tryton that a brand maps for itself: Tryton's values as the mapping knows them, and back.

A mapped field is a field of `party.party` or `product.template` by its name. Of what Tryton has, text, whole numbers,
selections, truth values and dates can be mapped (a date as ISO 8601 text).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from cashpath.systems.tryton.books import Database


def canonical(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its dates as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def theirs(database: Database, model: str, values: Mapping[str, object]) -> dict[str, Any]:
    """Values to write, as Tryton takes them."""
    if not values:
        return {}
    types = database.field_types(model)
    return {name: _theirs(types.get(name, ""), value) for name, value in values.items()}


def _theirs(type: str, value: object) -> object:
    return date.fromisoformat(value) if type == "date" and isinstance(value, str) and value else value
