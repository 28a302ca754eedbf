"""Canonical records as an in-memory vendor keeps and shows them: keyed by its own ids, told as plain JSON. Pure."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, cast

from cashpath.records import Money, Record, RecordKey, SystemId
from cashpath.records.customer import normal_email

R = TypeVar("R", bound=Record)


@cache
def _fields_of(kind: Hashable) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cast("Any", kind)))


def _names(of: type) -> tuple[str, ...]:
    return _fields_of(cast("Hashable", of))


def rekeyed(value: Any, key: Callable[[RecordKey], RecordKey | None]) -> Any:
    """`value` with every record key in it replaced."""
    match value:
        case RecordKey():
            return key(value)
        case Money() | datetime() | Decimal() | str() | int() | None:
            return value
        case tuple():
            return tuple(rekeyed(part, key) for part in value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{name: rekeyed(getattr(value, name), key) for name in _names(type(value))})
    return value


def kept(record: R, system: SystemId, refs: Mapping[RecordKey, str]) -> R:
    """The record as the system keeps it: what it names is named by the system's own ids, where it was told them."""

    def key(canonical: RecordKey) -> RecordKey | None:
        return RecordKey(system, canonical.kind, refs[canonical]) if canonical in refs else None

    values = {name: rekeyed(getattr(record, name), key) for name in _names(type(record)) if name != "key"}
    if "email" in values:
        values["email"] = normal_email(values["email"])
    return replace(record, **values)


def told(record: Record, names: frozenset[str]) -> dict[str, object]:
    """The fields `names` of a kept record, as plain JSON data."""
    return {name: _told(getattr(record, name)) for name in sorted(names)}


def _told(value: Any) -> object:
    match value:
        case str() | int() | None:
            return value
        case RecordKey():
            return value.id
        case Money() | Decimal():
            return str(value)
        case datetime():
            return value.isoformat()
        case tuple():
            return [_told(part) for part in value]
        case Mapping():
            return dict(value)
    return {name: _told(getattr(value, name)) for name in _names(type(value))}
