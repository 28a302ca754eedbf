"""`[fields.…]` and `[systems.<id>.fields.…]`: the fields that brands map for themselves, and what is wrong with them.

Whatever cannot be right is told at synthesis, in the words of the file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cashpath.records.keys import Kind, Role
from cashpath.settings.wording import known_as
from cashpath.systems.mapping import Type

FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
DOTTED = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")
MAPPABLE: tuple[Kind, ...] = ("customer", "company", "product", "variant")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class CustomField(_Part):
    """`[fields.<kind>.<name>]`: a canonical field of the brand's own. `values`: all that it can be, where that is
    known."""

    type: Type
    owner: Role
    values: tuple[str, ...] = ()


class FieldHolder(_Part):
    """`[systems.<id>.fields.<kind>.<name>]`: which of the vendor's fields holds it there, and how."""

    field: Annotated[str, Field(min_length=1)]
    path: str = ""
    values: dict[str, str] = Field(default_factory=dict)
    write: bool = True

    @property
    def writes(self) -> bool:
        """Whether it can be written: what is read by more than a dotted path cannot."""
        return self.write and (not self.path or bool(DOTTED.match(self.path)))


Custom = Mapping[Kind, Mapping[str, CustomField]]
Holders = Mapping[str, tuple[Role, Mapping[Kind, Mapping[str, FieldHolder]]]]  # by system, with its role


def problems(custom: Custom, holders: Holders) -> Iterator[str]:
    """What is wrong with the mapped fields of a stage."""
    for kind, fields in custom.items():
        if kind not in MAPPABLE:
            yield f"fields.{kind}: only {', '.join(MAPPABLE)} can have fields of your own"
        for name, declared in fields.items():
            yield from _declared(kind, name, declared, holders)
    for system, (role, kinds) in holders.items():
        for kind, mapped in kinds.items():
            for name, holder in mapped.items():
                yield from _held(system, role, kind, name, holder, custom)
            yield from _twice(system, kind, mapped)
    yield from _cycles(custom, holders)


def _declared(kind: Kind, name: str, declared: CustomField, holders: Holders) -> Iterator[str]:
    place = f"fields.{kind}.{name}"
    if declared.values and declared.type != "text":
        yield f"{place}.values: only a field of type text can be one of a list; this one is a {declared.type}"
    owners = [id for id, (role, kinds) in holders.items() if role == declared.owner and name in kinds.get(kind, {})]
    if not owners:
        yield (
            f"{place}: its owner is the {declared.owner}, and no system of that role holds it; add "
            f"[systems.<id>.fields.{kind}.{name}] there, or name another owner"
        )


def _held(system: str, role: Role, kind: Kind, name: str, holder: FieldHolder, custom: Custom) -> Iterator[str]:
    place = f"systems.{system}.fields.{kind}.{name}"
    declared = custom.get(kind, {}).get(name)
    if declared is None:
        yield (
            f"{place}: there is no such field of yours; declare it as [fields.{kind}.{name}]"
            f"{known_as(name, custom.get(kind, {}))}"
        )
        return
    if holder.path:
        yield from _path(place, holder.path)
    if not holder.writes and role != declared.owner:
        yield (
            f"{place}: it cannot be written there, so the {role} would have to own it, and the {declared.owner} does; "
            "write `path` as plain names with dots between them, or leave the line out"
        )
    if holder.values and declared.type != "text":
        yield f"{place}.values: only text is translated, and {name} is a {declared.type}"
    for value in holder.values:
        if declared.values and value not in declared.values:
            yield f"{place}.values: {value!r} is none of {', '.join(declared.values)} (fields.{kind}.{name}.values)"
    if missing := [v for v in declared.values if holder.values and v not in holder.values]:
        yield f"{place}.values: {', '.join(missing)} has no translation; say what the vendor calls it"
    theirs = list(holder.values.values())
    if double := sorted({value for value in theirs if theirs.count(value) > 1}):
        yield f"{place}.values: {double[0]!r} would mean two things; each value needs a translation of its own"


def _path(place: str, path: str) -> Iterator[str]:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        jmespath.compile(path)
    except JMESPathError as error:
        yield f"{place}.path: {path!r} is no JMESPath: {str(error).splitlines()[0]}"


def _twice(system: str, kind: Kind, mapped: Mapping[str, FieldHolder]) -> Iterator[str]:
    used: dict[tuple[str, str], str] = {}
    for name, holder in mapped.items():
        at = (holder.field, holder.path)
        if at in used:
            yield (
                f"systems.{system}.fields.{kind}.{name}: {holder.field!r} already holds {used[at]!r}; one field of the "
                "vendor's can hold one of yours"
            )
        used[at] = name


def _cycles(custom: Custom, holders: Holders) -> Iterator[str]:
    """A change must not come back to where it began as a change of another field."""
    for kind, fields in custom.items():
        leads: dict[str, list[str]] = {}
        for name, declared in fields.items():
            at = {id: kinds[kind][name] for id, (_, kinds) in holders.items() if name in kinds.get(kind, {})}
            owners = [id for id in at if holders[id][0] == declared.owner]
            for owner in owners:
                for other in at:
                    if other != owner and at[other].writes:
                        leads.setdefault(_spot(owner, at[owner]), []).append(_spot(other, at[other]))
        if cycle := _first_cycle(leads):
            yield f"fields.{kind}: {' → '.join(cycle)} is a circle: each change would cause the next; end it somewhere"


def _spot(system: str, holder: FieldHolder) -> str:
    return f"{system}.{holder.field}" + (f".{holder.path}" if holder.path else "")


def _first_cycle(leads: Mapping[str, Sequence[str]]) -> list[str]:
    def walk(here: str, trail: list[str]) -> list[str]:
        if here in trail:
            return [*trail[trail.index(here) :], here]
        for after in leads.get(here, ()):
            if found := walk(after, [*trail, here]):
                return found
        return []

    return next((found for start in leads if (found := walk(start, []))), [])
