"""Metadata: what Stripe has no field for, as text. Pure.

Stripe, "Metadata", https://docs.stripe.com/metadata: a value is text of at most 500 characters; an empty one unsets
its key.
"""

import json
from collections.abc import Collection, Mapping

from cashpath.records import BadRecord, Record
from cashpath.records.record import CUSTOM
from cashpath.systems.mapping import FieldMap

VALUE_MAX = 500


def custom_state(record: Record, fields: Collection[str], mapping: FieldMap) -> dict[str, object]:
    """The mapped fields of `record` among `fields`, by canonical name, as they come back from Stripe."""
    return _named({k: v for k, v in custom_texts(record, fields, mapping).items() if v}, record, fields, mapping)


def custom_held(
    theirs: Mapping[str, str], record: Record, fields: Collection[str], mapping: FieldMap
) -> dict[str, object]:
    """The same of metadata in Stripe."""
    return _named(theirs, record, fields, mapping)


def custom_texts(
    record: Record, fields: Collection[str], mapping: FieldMap, now: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What the mapped fields of `record` among `fields` are in the metadata. Raises BadRecord for one that is too
    long."""
    kind = record.key.kind
    return {key: _text(key, value) for key, value in mapping.write(kind, record.custom, fields, now or {}).items()}


def _named(theirs: Mapping[str, str], record: Record, fields: Collection[str], mapping: FieldMap) -> dict[str, object]:
    if not mapping.names(record.key.kind) & set(fields):
        return {}
    read = mapping.read(record.key.kind, theirs)
    return {f"{CUSTOM}{name}": value for name, value in read.items() if f"{CUSTOM}{name}" in fields}


def _text(key: str, value: object) -> str:
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case str() | int():
            text = str(value).strip()
        case _:
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text) > VALUE_MAX:
        raise BadRecord(f"{key} has {len(text)} characters, Stripe's metadata takes {VALUE_MAX}; shorten it")
    return text
