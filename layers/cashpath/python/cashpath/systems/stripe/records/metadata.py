"""Metadata: what Stripe has no field for, as text. Pure.

Stripe, "Metadata", https://docs.stripe.com/metadata: a value is text of at most 500 characters; an empty one unsets
its key.
"""

import json
from collections.abc import Collection, Mapping

from cashpath.records import BadRecord, Record
from cashpath.records.keys import Kind
from cashpath.records.record import CUSTOM
from cashpath.systems.mapping import FieldMap

VALUE_MAX = 500


def custom_state(record: Record, fields: Collection[str], mapping: FieldMap) -> dict[str, object]:
    """The mapped fields of `record` among `fields`, by canonical name, as they come back from Stripe."""
    texts = {key: text for key, text in custom_texts(record, fields, mapping).items() if text}
    return custom_held(texts, record, fields, mapping)


def custom_held(
    theirs: Mapping[str, str], record: Record, fields: Collection[str], mapping: FieldMap
) -> dict[str, object]:
    """The same of metadata in Stripe. What cannot be read as its field, since somebody mistyped it, is given as it
    stands: it differs, and is put right."""
    kind = record.key.kind
    mapped = {f"{CUSTOM}{one.name}": one for one in mapping.of(kind)}
    return {name: _read(FieldMap({kind: (one,)}), kind, theirs) for name, one in mapped.items() if name in fields}


def custom_texts(
    record: Record, fields: Collection[str], mapping: FieldMap, now: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What the mapped fields of `record` among `fields` are in the metadata. Raises BadRecord for one that is too
    long."""
    kind = record.key.kind
    return {key: _text(key, value) for key, value in mapping.write(kind, record.custom, fields, now or {}).items()}


def _read(mapping: FieldMap, kind: Kind, theirs: Mapping[str, str]) -> object:
    (one,) = mapping.of(kind)
    try:
        return mapping.read(kind, theirs)[one.name]
    except BadRecord:
        return f"{one.field}={theirs.get(one.field)}"


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
