"""The line items of one deal or order, brought to what its lines say. Found by line key, never by position.

Each is created in one request with its key and its place in the order, so whatever request a pass dies after, the
next one finds what is there: no line item is ever without its order, and none twice.
"""

from collections.abc import Mapping, Sequence

from cashpath.systems.hubspot.calls import Calls
from cashpath.systems.hubspot.deals import LINE_PROPERTIES
from cashpath.systems.hubspot.objects import LINE_ITEM_TO, LINE_ITEMS, ObjectType, Theirs
from cashpath.systems.hubspot.orders import line_key
from cashpath.systems.hubspot.properties import LINE
from cashpath.systems.hubspot.values import canonical

Lines = Mapping[str, Mapping[str, str]]


def read(calls: Calls, ids: Sequence[str]) -> list[Theirs]:
    """The line items with these ids, oldest first."""
    return sorted(calls.read_many(LINE_ITEMS, ids, LINE_PROPERTIES), key=lambda item: int(item.id))


def write(calls: Calls, parent: ObjectType, parent_id: str, there: Sequence[Theirs], wanted: Lines) -> None:
    """Create, change and archive line items until those of the parent are exactly `wanted`, by line key."""
    held = {line_key(item.get(LINE)): item for item in reversed(there) if line_key(item.get(LINE))}
    kept = {item.id for key, item in held.items() if key in wanted}
    changes = {}
    for key, item in held.items():
        different = {n: v for n, v in wanted.get(key, {}).items() if canonical(n, v) != canonical(n, item.get(n))}
        if different:
            changes[item.id] = different
    calls.archive_many(LINE_ITEMS, [item.id for item in there if item.id not in kept])
    calls.update_many(LINE_ITEMS, changes)
    missing = [properties for key, properties in wanted.items() if key not in held]
    calls.create_many(LINE_ITEMS, missing, parent_id, LINE_ITEM_TO[parent])


def held(there: Sequence[Theirs], wanted: Lines) -> dict[str, dict[str, str]]:
    """The line items that are there, as `compared` says what is wanted; one without a key by its own id."""
    names = {name for properties in wanted.values() for name in properties} or set(LINE_PROPERTIES)
    return {
        line_key(item.get(LINE)) or item.id: {name: canonical(name, item.get(name)) for name in sorted(names)}
        for item in there
    }


def compared(wanted: Lines) -> dict[str, dict[str, str]]:
    """The wanted line items as two states of them are compared."""
    return {key: {n: canonical(n, v) for n, v in sorted(p.items())} for key, p in wanted.items()}
