"""The fields that a brand maps for itself: which of a vendor's own fields holds which canonical `custom.<name>`.

Given to a connector when it is built. Pure: values in, values out. A connector asks the vendor for the fields in
`asked`, hands what came to `read`, and writes what `write` answers.
"""

import dataclasses
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, cast

from cashpath.records.keys import Kind
from cashpath.records.money import BadRecord
from cashpath.records.record import CUSTOM, Custom
from cashpath.systems.port import Facts

Type = Literal["text", "number", "boolean", "date"]
YES_NO: Mapping[str, bool] = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """One mapped field: the vendor's `field` holds the canonical field `name`.

    `path` is where in the vendor's value it stands, where that is JSON: a JMESPath to read, and as long as it is a
    plain dotted one also to write. `values` translates canonical values to the vendor's, where they differ.
    `writes`: whether the vendor's field may be written at all.
    """

    name: str
    field: str
    type: Type = "text"
    path: str = ""
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    writes: bool = True

    def read(self, theirs: object) -> Custom:
        """The canonical value of the vendor's. Raises BadRecord where it is not of the type or has no translation."""
        found = _inside(theirs, self.path, self.field) if self.path else theirs
        if found is None or found == "":
            return None
        if self.values:
            back = {theirs: ours for ours, theirs in self.values.items()}
            if str(found) not in back:
                raise BadRecord(f"{self.field} is {found!r}, which is mapped to nothing; known are {', '.join(back)}")
            found = back[str(found)]
        return self._typed(found)

    def write(self, value: Custom, now: object) -> object:
        """The vendor's value for a canonical one; what is nested is changed inside `now`, the rest of it stays."""
        theirs: object = value
        if value is not None and self.values:
            if str(value) not in self.values:
                raise BadRecord(f"{self.name} is {value!r}, which has no translation to {self.field}")
            theirs = self.values[str(value)]
        return _within(now, self.path.split("."), theirs) if self.path else theirs

    def _typed(self, found: object) -> Custom:
        match self.type:
            case "number":
                whole, _, part = str(found).strip().partition(".")
                if whole.removeprefix("-").isdecimal() and not part.strip("0"):
                    return int(whole)
                raise BadRecord(f"{self.field} is {found!r}, and {self.name} is a whole number")
            case "boolean":
                if isinstance(found, bool):
                    return found
                if str(found).strip().lower() in YES_NO:
                    return YES_NO[str(found).strip().lower()]
                raise BadRecord(f"{self.field} is {found!r}, and {self.name} is yes or no: write true or false")
            case "date":
                from datetime import datetime

                try:
                    return datetime.fromisoformat(str(found).strip()).date().isoformat()
                except ValueError as error:
                    raise BadRecord(f"{self.field} is {found!r}, and {self.name} is a day: 2026-12-31") from error
        if isinstance(found, Mapping | list):
            raise BadRecord(f"{self.field} holds a whole structure; say with `path` what of it {self.name} is")
        return str(found).lower() if isinstance(found, bool) else str(found)


@dataclass(frozen=True)
class FieldMap:
    """The mapped fields of one system, by kind."""

    kinds: Mapping[Kind, tuple[Mapped, ...]] = dataclasses.field(default_factory=dict)

    @classmethod
    def of_settings(cls, fields: Mapping[str, Any]) -> Self:
        """The map that a function's slice holds as plain JSON: by kind and canonical name (settings/slices.py)."""
        return cls(
            {
                cast("Kind", kind): tuple(Mapped(name=name, **how) for name, how in sorted(mapped.items()))
                for kind, mapped in fields.items()
            }
        )

    def of(self, kind: Kind) -> tuple[Mapped, ...]:
        """What is mapped for a kind."""
        return self.kinds.get(kind, ())

    def asked(self, kind: Kind) -> tuple[str, ...]:
        """The vendor's own names of the fields that a read must ask for."""
        return tuple(dict.fromkeys(mapped.field for mapped in self.of(kind)))

    def names(self, kind: Kind) -> frozenset[str]:
        """The canonical names, `custom.<name>`, as the ownership matrix has them."""
        return frozenset(f"{CUSTOM}{mapped.name}" for mapped in self.of(kind))

    def writable(self, kind: Kind) -> frozenset[str]:
        """Those of them that may be written."""
        return frozenset(f"{CUSTOM}{mapped.name}" for mapped in self.of(kind) if mapped.writes)

    def read(self, kind: Kind, theirs: Mapping[str, object]) -> dict[str, Custom]:
        """The canonical values, by `record.custom`'s names, of the vendor's values by the vendor's field names.

        Raises BadRecord, naming field and value, where one is not of its type or has no translation.
        """
        return {mapped.name: mapped.read(theirs.get(mapped.field)) for mapped in self.of(kind)}

    def write(
        self, kind: Kind, custom: Mapping[str, Custom], fields: Collection[str], now: Mapping[str, object]
    ) -> dict[str, object]:
        """The vendor's values to write, by the vendor's field names, for those canonical `fields` that are mapped.

        `now` are the vendor's values as they stand (empty where unknown): what is nested is changed inside them.
        """
        values = dict(now)
        written: dict[str, object] = {}
        for mapped in self.of(kind):
            if mapped.writes and f"{CUSTOM}{mapped.name}" in fields:
                value = mapped.write(custom.get(mapped.name), values.get(mapped.field))
                values[mapped.field] = written[mapped.field] = value
        return written

    def added_to(self, facts: Facts) -> Facts:
        """The facts of a connector, with what it can hold besides."""
        kinds = {
            kind: replace(
                known,
                fields=known.fields | self.writable(kind) if known.fields else known.fields,
                tells=known.tells | self.names(kind),
            )
            for kind, known in facts.kinds.items()
        }
        return replace(facts, kinds=kinds)


def _inside(theirs: object, path: str, field: str) -> Any:
    import jmespath  # Powertools ships it; a cold start that maps nothing nested does without
    from jmespath.exceptions import JMESPathError

    whole = _json(theirs)
    if whole is None and theirs not in (None, "", "null"):
        raise BadRecord(f"{field} is {theirs!r}, which is no JSON, and {path} is to be read inside it")
    try:
        return jmespath.search(path, whole)
    except JMESPathError as error:
        raise BadRecord(f"{field} is {theirs!r}, in which {path} cannot be read: {error}") from error


def _within(now: object, path: list[str], value: object) -> str:
    """The JSON that stands there, with the value put where the dotted path leads."""
    whole = _json(now)
    top = here = dict(whole) if isinstance(whole, Mapping) else {}
    for name in path[:-1]:
        below = here.get(name)
        here[name] = dict(below) if isinstance(below, Mapping) else {}
        here = here[name]
    here[path[-1]] = value
    return json.dumps(top, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _json(value: object) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


NOTHING_MAPPED = FieldMap()
