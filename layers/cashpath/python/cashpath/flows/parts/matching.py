"""Brings a record that another root owns into a role, once: links what is there, creates what is not, never guesses."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from cashpath.plan import Finding, Join, Put
from cashpath.records import Company, Customer, Record, RecordKey, Role, Variant
from cashpath.records.customer import normal_email
from cashpath.settings.slices import Rules
from cashpath.systems.port import Reading, System

Ensured = Put | Join | Finding


class Matched(Protocol):
    """What a view must have read so that a record can be brought into a role."""

    @property
    def records(self) -> Mapping[RecordKey, Record]: ...
    @property
    def candidates(self) -> Mapping[tuple[RecordKey, Role], tuple[Reading, ...]]: ...
    def has(self, key: RecordKey, role: Role) -> bool: ...


def criteria(record: Record) -> tuple[str, ...]:
    """What a record is matched by, as `System.candidates` spells it. Empty: by nothing, so it is never joined."""
    match record:
        case Customer(email=email) if email.strip():
            return (f"email:{normal_email(email)}",)
        case Company(tax_id=tax_id) if tax_id.strip():
            return (f"tax_id:{tax_id.strip()}",)
        case Variant(sku=sku) if sku.strip():
            return (f"sku:{sku.strip()}",)
    return ()


def ensure(key: RecordKey, role: Role, view: Matched, rules: Rules) -> Ensured | None:
    """What it takes to have the record in `role`. None where it is there, or where that cannot be told yet: then what
    names it waits for it."""
    if view.has(key, role) or key not in view.records or (key, role) not in view.candidates:
        return None
    record = view.records[key]
    put = Put(
        record=record,
        role=role,
        fields=rules.ownership.for_role(record, role, exists=False),
        when="ensure",
        match=criteria(record),
    )
    match same(view.candidates[key, role], key):
        case []:
            return put
        case [one] if one.origin == key:  # ours, and never linked
            return replace(put, made=one.at.id)
        case [one]:
            return Join(key=key, role=role, id=one.at.id, match=criteria(record))
        case several:
            return ambiguous(key, role, several)


def looked_up(system: System, record: Record) -> tuple[Reading, ...]:
    """What a system has that matches the record, by each criterion that it understands. Asks."""
    matches = system.facts.kinds[record.key.kind].matches
    asked = [criterion for criterion in criteria(record) if criterion.partition(":")[0] in matches]
    found = {reading.at: reading for c in asked for reading in system.candidates(record.key.kind, c)}
    return tuple(found.values())


def same(candidates: tuple[Reading, ...], key: RecordKey) -> list[Reading]:
    """The candidates that may be the record: the one that carries its key, else all that were not merged away."""
    ours = [c for c in candidates if c.origin == key]
    return ours[:1] or [c for c in candidates if c.merged_into is None]


def ambiguous(key: RecordKey, role: Role, several: list[Reading]) -> Finding:
    """That several records may be this one."""
    system, first = several[0].at.system, several[0].at.id
    command = "customers link" if key.kind in ("customer", "company") else "link"
    return Finding(
        kind="person",
        about=key,
        cause=f"{key} matches {len(several)} records of {system}: {', '.join(c.at.id for c in several)}",
        remedy=f"`cashpath {command} {key} {system} {first}` says that it is {first}, or name another of them; "
        "or merge them there and redrive",
        owner=role,
        code="ambiguous_match",
    )
