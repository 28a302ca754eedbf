"""For which companies a person buys, as Tryton's relations between parties: theirs -> ours, ours -> theirs. Pure.

The type of relation that the option `contact_relation` names leads to the company that they buy for, that of
`further_relation` to those they buy for besides, so that people see in Tryton which is which, and may change it. A
relation is read from the person's side, whichever side it was entered from, and counts while its dates say so; one that
has ended stays, as do those of other types. Of several of the first type the oldest is the company, the others are
further ones. Tryton's merging leaves relations with the party that was merged away: they are read as its survivor's.
Source: trytond_party_relationship 8.2, `party.py` (RelationAll); trytond_party 8.2, `party.py` (fields_to_replace).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from cashpath.faults import NeedsPerson, NotYet
from cashpath.records import Customer, RecordKey
from cashpath.systems.port import Wanted
from cashpath.systems.tryton.contacts import Row
from cashpath.systems.tryton.facts import RELATIONS

MODEL = "party.relation.all"
FIELDS = ("type", "to", "to.replaced_by", "active")
Types = Mapping[str, int]  # the type of relation that holds each canonical field


def check_are_there(wanted: Wanted, fields: Collection[str]) -> None:
    """Raises NotYet where a company that the wanted fields name is not in Tryton."""
    missing = [str(key) for key in _named(wanted, fields) if key not in wanted.refs]
    if missing:
        raise NotYet(f"{wanted.record.key}: {', '.join(missing)} not in Tryton yet")


def _named(wanted: Wanted, fields: Collection[str]) -> list[RecordKey]:
    record = wanted.record
    if not isinstance(record, Customer):
        return []
    first = [record.company] if record.company and "company" in fields else []
    return [*first, *(record.also_for if "also_for" in fields else ())]


def shown(wanted: Wanted, fields: Collection[str]) -> dict[str, object]:
    """What `normalised` says of the companies: their ids. What names one that is not there yet says nothing."""
    record, refs = wanted.record, wanted.refs
    result: dict[str, object] = {}
    if not isinstance(record, Customer):
        return result
    own = refs.get(record.company, "") if record.company else ""
    if "company" in fields and (own or not record.company):
        result["company"] = own
    if "also_for" in fields and all(key in refs for key in record.also_for):
        result["also_for"] = sorted({refs[key] for key in record.also_for} - {own})
    return result


def told(rows: Sequence[Row], types: Types) -> tuple[str, tuple[str, ...]]:
    """The id of the company that a person buys for, '' for none, and those of further ones."""
    counted = _counted(rows, types)
    first = [_to(row) for row in counted if row["type"] == types.get("company")]
    company = first[0] if first else ""
    further = [_to(row) for row in counted if row["type"] == types.get("also_for")]
    others = [*first[1:], *further] if "also_for" in types else []
    return company, tuple(dict.fromkeys(id for id in others if id != company))


def held(rows: Sequence[Row], types: Types) -> dict[str, object]:
    """What Tryton holds of the companies."""
    company, further = told(rows, types)
    return {"company": company, "also_for": sorted(further)}


def values(
    rows: Sequence[Row], wanted: Mapping[str, object], now: Mapping[str, object], types: Types
) -> dict[str, Any]:
    """The value of a party's `relations` that makes them those that are wanted; none where they are (`now`).

    Raises NeedsPerson where Tryton lacks a type that it takes.
    """
    if all(name not in wanted or wanted[name] == now.get(name) for name in RELATIONS):
        return {}
    is_now = held(rows, types)
    company, further = (wanted.get(name, is_now[name]) for name in ("company", "also_for"))
    assert isinstance(company, str)
    assert isinstance(further, list)
    counted = _counted(rows, types)
    if "also_for" not in types and company and counted:  # further relations of the one type are nobody's to take away
        return {"relations": [["write", [counted[0]["id"]], {"to": int(company)}]]}
    goals = {(_type("company", types), company)} if company else set()
    goals |= {(_type("also_for", types), id) for id in further}
    ends = []
    for row in counted:
        if (goal := (row["type"], _to(row))) in goals:
            goals.remove(goal)
        else:
            ends.append(row["id"])
    created = [{"type": type, "to": int(id)} for type, id in sorted(goals)]
    changes = [*([["delete", ends]] if ends else []), *([["create", created]] if created else [])]
    return {"relations": changes} if changes else {}


def changed_alone(types: Types, since: datetime) -> list[Any]:
    """The domain of such relations that changed at or after `since`, and whose person did not. Tryton lets their dates
    be searched for, but tells none of them (ModelSQL.read of a model made by a query)."""
    own = ["OR", ("from_.write_date", "<", since), [("from_.write_date", "=", None), ("from_.create_date", "<", since)]]
    changed = ["OR", ("create_date", ">=", since), ("write_date", ">=", since)]
    return [("type", "in", sorted(types.values())), changed, own]


def _counted(rows: Sequence[Row], types: Types) -> list[Row]:
    """The relations that say now for whom a person buys, oldest first."""
    counted = (row for row in rows if row["active"] and row["type"] in types.values())
    return sorted(counted, key=lambda row: int(row["id"]))


def _to(row: Row) -> str:
    return str(row["to."]["replaced_by"] or row["to"])


def _type(name: str, types: Types) -> int:
    if name not in types:
        option = RELATIONS[name]
        raise NeedsPerson(
            f"Tryton has no type of relation between parties with the name that {option} gives",
            remedy="create it (Party, Configuration, Relation Types) or correct the system's settings, then redrive",
            owner="erp",
            code="no_relation_type",
        )
    return types[name]
