"""`[fields.…]` and `[systems.<id>.fields.…]`: the fields that brands map for themselves, and what is wrong with them.

Whatever cannot be right is told at synthesis, in the words of the file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, kw_only=True)
class Seller:
    """What mapped fields depend on in a brand: its systems, and the owners that it changed, `custom.<name>` by kind."""

    systems: Mapping[Role, str]
    owners: Mapping[Kind, Mapping[str, Role]] = field(default_factory=dict)

    def owner(self, kind: Kind, name: str, declared: CustomField) -> Role:
        """The one role that decides a mapped field for this brand."""
        return self.owners.get(kind, {}).get(f"custom.{name}", declared.owner)

    def holding(self, kind: Kind, name: str, holders: Holders) -> Mapping[Role, str]:
        """Those of the brand's systems that hold a mapped field."""
        return {role: id for role, id in self.systems.items() if name in holders[id][1].get(kind, {})}


Sellers = Mapping[str, Seller]  # by brand


def problems(custom: Custom, holders: Holders, sellers: Sellers) -> Iterator[str]:
    """What is wrong with the mapped fields of a stage."""
    for kind, fields in custom.items():
        if kind not in MAPPABLE:
            yield f"fields.{kind}: only {', '.join(MAPPABLE)} can have fields of your own"
        for name, declared in fields.items():
            yield from _declared(kind, name, declared, holders, sellers)
    for system, (role, kinds) in holders.items():
        for kind, mapped in kinds.items():
            for name, holder in mapped.items():
                yield from _held(system, role, kind, name, holder, custom, sellers)
            yield from _twice(system, kind, mapped)
    for brand, seller in sellers.items():
        yield from _cycles(brand, seller, custom, holders)


def _declared(kind: Kind, name: str, declared: CustomField, holders: Holders, sellers: Sellers) -> Iterator[str]:
    place = f"fields.{kind}.{name}"
    if declared.values and declared.type != "text":
        yield f"{place}.values: only a field of type text can be one of a list; this one is a {declared.type}"
    using = {brand: seller for brand, seller in sellers.items() if seller.holding(kind, name, holders)}
    if not using:
        yield f"{place}: no system of a brand holds it; add [systems.<id>.fields.{kind}.{name}], or remove it"
    for brand, seller in using.items():
        owner = seller.owner(kind, name, declared)
        if owner not in seller.systems:
            yield f"{place}: its owner is the {owner}, and the brand {brand} has none; name another owner"
        elif owner not in seller.holding(kind, name, holders):
            yield (
                f"{place}: its owner is the {owner}, and that of the brand {brand}, {seller.systems[owner]!r}, does "
                f"not hold it; add [systems.{seller.systems[owner]}.fields.{kind}.{name}], or name another owner"
            )


def _held(
    system: str, role: Role, kind: Kind, name: str, holder: FieldHolder, custom: Custom, sellers: Sellers
) -> Iterator[str]:
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
    owners = {s.owner(kind, name, declared) for s in sellers.values() if system in s.systems.values()}
    if not holder.writes and (others := sorted(owners - {role})):
        yield (
            f"{place}: it cannot be written there, so the {role} would have to own it, and the {others[0]} does; "
            "write `path` as plain names with dots between them, or leave the line out"
        )
    yield from _values(place, kind, name, holder, declared)


def _values(place: str, kind: Kind, name: str, holder: FieldHolder, declared: CustomField) -> Iterator[str]:
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
    """Fields in different places of one JSON are fine; one inside the other is not, where either is written."""
    before: dict[str, FieldHolder] = {}
    for name, holder in mapped.items():
        for other, held in before.items():
            if _same_place(holder, held):
                yield (
                    f"systems.{system}.fields.{kind}.{name}: {holder.field!r} already holds {other!r}; one place of "
                    "the vendor's can hold one field of yours"
                )
        before[name] = holder


def _same_place(one: FieldHolder, other: FieldHolder) -> bool:
    if one.field != other.field:
        return False
    if one.path == other.path:
        return True
    outer, inner = sorted((one.path, other.path), key=len)
    return (one.writes or other.writes) and (not outer or inner.startswith(f"{outer}."))


def _cycles(brand: str, seller: Seller, custom: Custom, holders: Holders) -> Iterator[str]:
    """A change must not come back to where it began as a change of another field. Brands that share a system do not
    lead to each other: a record is of one brand."""
    for kind, fields in custom.items():
        leads: dict[str, list[str]] = {}
        for name, declared in fields.items():
            at = seller.holding(kind, name, holders)
            owner = seller.owner(kind, name, declared)
            spots = {role: (id, holders[id][1][kind][name]) for role, id in at.items()}
            for role, (id, holder) in spots.items():
                if role != owner and owner in spots and holder.writes:
                    leads.setdefault(_spot(*spots[owner]), []).append(_spot(id, holder))
        if cycle := _first_cycle(leads):
            yield (
                f"fields.{kind}: {' → '.join(cycle)} is a circle for the brand {brand}: each change would cause the "
                "next; end it somewhere"
            )


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
