"""`[brands.<id>.ownership]`: who decides which field for a brand, and what is wrong with that. Checked at synthesis."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cashpath import ownership
from cashpath.ownership import CATALOGUE, Ownership, Policy
from cashpath.records.keys import ROLES, Kind, Role
from cashpath.settings.fields import Custom
from cashpath.settings.wording import FIXED, known_as
from cashpath.systems.port import Facts

OWNABLE: tuple[Kind, ...] = ("customer", "company", "product", "variant")


class OwnershipTable(BaseModel):
    """`catalogue`: who decides products and variants as a whole. By kind, fields with another owner than usual.
    `others_changes`: what becomes of a change by a non-owner; `except_for`: fields (`customer.phone`) for which it is
    the other way."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    catalogue: Literal["storefront", "erp"] = "storefront"
    customer: dict[str, Role] = Field(default_factory=dict)
    company: dict[str, Role] = Field(default_factory=dict)
    product: dict[str, Role] = Field(default_factory=dict)
    variant: dict[str, Role] = Field(default_factory=dict)
    others_changes: Policy = "put_right"
    except_for: tuple[str, ...] = ()

    @property
    def changes(self) -> dict[Kind, dict[str, Role]]:
        """The fields with another owner than usual, by kind."""
        return {kind: getattr(self, kind) for kind in OWNABLE}


def ownership_of(table: OwnershipTable, custom: Custom) -> Ownership:
    """The brand's matrix, its own fields in it."""
    matrix = ownership.catalogue_of(table.catalogue)
    own = {kind: {f"custom.{name}": field.owner for name, field in fields.items()} for kind, fields in custom.items()}
    matrix = ownership.with_changes(ownership.with_changes(matrix, own), table.changes)
    every = {f"{kind}.{name}" for kind in OWNABLE for name in matrix[kind]}
    others = frozenset(table.except_for)
    return Ownership(owners=matrix, raised=others if table.others_changes == "put_right" else frozenset(every) - others)


def problems(
    brand: str, table: OwnershipTable, custom: Custom, facts: Mapping[Role, Facts], systems: Mapping[Role, str]
) -> Iterator[str]:
    """What is wrong with a brand's owners. `facts`: what its systems can do, mapped fields included."""
    usual = ownership_of(OwnershipTable(catalogue=table.catalogue), custom).owners
    for kind, fields in table.changes.items():
        for name in fields:
            if name not in usual[kind]:
                yield (
                    f"brands.{brand}.ownership.{kind}.{name}: a {kind} has no such field{known_as(name, usual[kind])}"
                )
    for name in table.except_for:
        yield from _exception(f"brands.{brand}.ownership.except_for", name, usual)
    for kind, fields in table.changes.items():
        for name, owner in fields.items():
            if name in usual[kind]:
                yield from _owner(brand, kind, name, owner, facts, systems)
    if table.catalogue not in systems:
        yield f"brands.{brand}.ownership.catalogue: the brand has no {table.catalogue}; name one, or the other owner"
    elif table.catalogue == "erp" and "storefront" in systems:
        yield from _unwritten(brand, facts["storefront"], systems["storefront"])


def _unwritten(brand: str, storefront: Facts, name: str) -> Iterator[str]:
    """Why the ERP cannot own the catalogue: what it decides would never reach the buyers."""
    lacking = [kind for kind in ("product", "variant") if kind not in storefront.kinds]
    lacking += [kind for kind, known in storefront.kinds.items() if kind in CATALOGUE and not known.fields]
    if lacking:
        yield (
            f"brands.{brand}.ownership.catalogue: no {' and no '.join(lacking)} can be written to {name!r} "
            f"({storefront.vendor}), so the erp cannot own the catalogue; leave it to the storefront"
        )


def _exception(place: str, name: str, usual: Mapping[Kind, Mapping[str, Role]]) -> Iterator[str]:
    kind, _, _ = name.partition(".")
    if kind in FIXED:
        yield f"{place}: the owners of {name!r} {FIXED[kind]}"
        return
    if kind not in OWNABLE:
        yield f"{place}: {name!r} must begin with a kind, as in 'customer.phone'{known_as(kind, OWNABLE)}"
        return
    known = [f"{one}.{field}" for one in OWNABLE if one == kind for field in usual[one]]
    if name not in known:
        yield f"{place}: there is no field {name!r}{known_as(name, known)}"


def _owner(
    brand: str, kind: Kind, name: str, owner: Role, facts: Mapping[Role, Facts], systems: Mapping[Role, str]
) -> Iterator[str]:
    place = f"brands.{brand}.ownership.{kind}.{name}"
    if owner not in systems:
        yield f"{place}: its owner is the {owner}, and the brand has none; name a system for it, or another owner"
        return
    known = facts[owner].kinds.get(kind)
    if known is None or name not in known.tells:
        able = " or the ".join(role for role in ROLES if role in facts and name in _tells(facts[role], kind))
        yield (
            f"{place}: {systems[owner]!r} ({facts[owner].vendor}), as its options are, cannot tell it, so the "
            f"{owner} cannot own it; " + (f"the {able} can" if able else "no system of the brand can")
        )


def _tells(facts: Facts, kind: Kind) -> frozenset[str]:
    known = facts.kinds.get(kind)
    return known.tells if known else frozenset()
