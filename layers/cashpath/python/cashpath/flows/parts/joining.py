"""Where a customer or company lacks: links what is there already, creates what is not, never guesses. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from cashpath.flows.parts import matching, uniting
from cashpath.flows.parts.copies import Copies, is_made, same
from cashpath.flows.parts.people import PeopleView
from cashpath.plan import Finding, Join, Put, Write
from cashpath.records import ROLES, Customer, Record, Role
from cashpath.settings.slices import Rules


def lacking(view: PeopleView, rules: Rules) -> tuple[Role, ...]:
    """The roles that the record is to go to and that are not known to have it."""
    wanted = rules.customers_to.get(view.copies.began_in, ())
    return tuple(role for role in ROLES if role in wanted and role in view.holders and not view.has(view.root, role))


def joined(view: PeopleView, rules: Rules) -> tuple[Copies, list[Write | Finding]]:
    """The copies, with those that a role turns out to have; and what links them, or says why that cannot be told."""
    of, writes = dict(view.copies.of), list[Write | Finding]()
    for role, copy in view.copies.of.items():
        survivor = copy.reading.merged_into if copy.reading else None
        if survivor is not None:
            of[role] = replace(copy, id=survivor.id)
            writes.append(Join(key=view.root, role=role, id=survivor.id, replaces=copy.id))
    for role, copy in uniting.inherited(view).items():
        of[role] = copy
        writes.append(Join(key=view.root, role=role, id=copy.id))
    for role in lacking(view, rules):
        match [] if role in of else same(view.found.get(role, ()), view.root):
            case [one] if not is_made(one, view.root):
                absorbed = one.reading and view.roots.get(one.reading.at) in {loser.root for loser in view.losers}
                of[role] = replace(one, guest=one.guest and not absorbed)
                writes.append(Join(key=view.root, role=role, id=one.id, match=_criteria(view)))
            case [_, _, *_] as several:
                readings = [copy.reading for copy in several if copy.reading]
                writes.append(matching.ambiguous(view.root, role, readings))
    return replace(view.copies, of=of), writes


def created(view: PeopleView, copies: Copies, record: Record, rules: Rules) -> Iterator[Put]:
    """The record in each role that it is to go to and that has nothing like it. A role that could not be asked waits;
    whoever has neither name nor address is nobody."""
    if isinstance(record, Customer) and not record.name and not record.phone:
        return
    for role in lacking(view, rules):
        alike = same(view.found.get(role, ()), view.root)
        if role in copies.of or role in copies.silent or role not in view.found or len(alike) > 1:
            continue
        yield Put(
            record=record,
            role=role,
            fields=rules.ownership.for_role(record, role, exists=False),
            match=matching.criteria(record),
            made=alike[0].id if alike else "",
            absent=not alike,
        )


def _criteria(view: PeopleView) -> tuple[str, ...]:
    own = view.copies.of[view.copies.began_in].record
    return matching.criteria(own) if own else ()
