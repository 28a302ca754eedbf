"""What follows when a person asks for erasure of their data, or for access to it. Pure, but for `with_absorbed`."""

from collections.abc import Iterator
from dataclasses import replace

from cashpath.flows.parts import matching
from cashpath.flows.parts.people import Loser, PeopleView
from cashpath.ledger.seen import LISTED, erased_name
from cashpath.plan import Erase, Finding, Plan
from cashpath.records import RecordKey, Role
from cashpath.systems.desk import Desk


def plan(view: PeopleView) -> Plan:
    """The erasure in every system that has the person but the one that told of it, which does so itself, and those
    that have done so before; of a wish for access, that somebody has to answer it."""
    if view.wish == "access":
        return Plan.of(_access(view))
    if view.root.kind != "customer":
        return Plan(skipped="a company, which is no person")
    return Plan.of(*_erasures(view))


def _erasures(view: PeopleView) -> Iterator[Erase]:
    records = [copy.record for copy in view.copies.of.values() if copy.record]
    match = tuple(dict.fromkeys(criterion for record in records for criterion in matching.criteria(record)))
    every = [(key, role, id) for (key, role), id in view.links.items() if key == view.root]
    every += [(loser.root, role, id) for loser in view.losers for role, id in loser.ids.items()]
    listed = [RecordKey.parse(name.removeprefix(LISTED)) for name in view.done if name.startswith(LISTED)]
    every += [(key, view.roles[key.system], key.id) for key in sorted(listed) if key.system in view.roles]
    systems = {role: system for system, role in view.roles.items()}
    for role, id in dict.fromkeys((role, id) for _, role, id in every):
        if role == view.told_by or erased_name(RecordKey(systems[role], view.root.kind, id)) in view.done:
            continue
        if role in view.holders or role in view.copies.told():
            yield Erase(key=view.root, role=role, id=id, match=match)


def _access(view: PeopleView) -> Finding:
    return Finding(
        kind="person",
        about=view.root,
        cause=f"{view.root} asks which data is held of them",
        remedy=f"`cashpath customers report {view.root}` gathers it from all systems: send it to the shop, then close "
        "this",
        owner=view.copies.began_in,
        code="data_request",
    )


def with_absorbed(view: PeopleView, desk: Desk) -> PeopleView:
    """With the ids of all that was absorbed: a second record in a system that cannot merge is a person's too."""
    losers = [Loser(root=root, ids=_ids(desk, root)) for root in view.absorbed]
    return replace(view, losers=tuple(losers))


def _ids(desk: Desk, root: RecordKey) -> dict[Role, str]:
    return {role: id for (_, role), id in desk.links([root]).items()}
