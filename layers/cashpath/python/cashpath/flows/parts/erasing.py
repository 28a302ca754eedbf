"""What follows when a person asks for erasure of their data, or for access to it. Pure, but for what is `with_…`."""

from collections.abc import Iterator
from dataclasses import replace

from cashpath.flows.parts import matching
from cashpath.flows.parts.people import Loser, PeopleView
from cashpath.ledger.seen import LISTED, erased_name
from cashpath.plan import Erase, Finding, Plan
from cashpath.records import RecordKey, Role
from cashpath.systems.desk import Desk
from cashpath.systems.port import Reading, System


def plan(view: PeopleView) -> Plan:
    """The erasure in every system that has the person but the one that told of it, which does so itself, and those
    that have done so before; of a wish for access, that somebody has to answer it."""
    if view.wish == "access":
        return Plan.of(_access(view))
    if view.root.kind != "customer":
        return Plan(skipped="a company, which is no person")
    return Plan.of(*_erasures(view), *_namesakes(view))


def _erasures(view: PeopleView) -> Iterator[Erase]:
    records = [copy.record for copy in view.copies.of.values() if copy.record]
    match = tuple(dict.fromkeys(criterion for record in records for criterion in matching.criteria(record)))
    systems = {role: system for system, role in view.roles.items()}
    ours = [(role, r.at.id) for role, found in view.namesakes.items() for r in found if r.origin == view.root]
    for role, id in dict.fromkeys((*_everywhere(view), *ours)):
        if role == view.told_by or erased_name(RecordKey(systems[role], view.root.kind, id)) in view.done:
            continue
        if role in view.holders or role in view.copies.told():
            yield Erase(key=view.root, role=role, id=id, match=match)


def _everywhere(view: PeopleView) -> list[tuple[Role, str]]:
    """Each record that is known to be the person's, by role and id."""
    every = [(role, id) for (key, role), id in view.links.items() if key == view.root]
    every += [(role, id) for loser in view.losers for role, id in loser.ids.items()]
    listed = [RecordKey.parse(name.removeprefix(LISTED)) for name in view.done if name.startswith(LISTED)]
    return every + [(view.roles[key.system], key.id) for key in sorted(listed) if key.system in view.roles]


def _namesakes(view: PeopleView) -> Iterator[Finding]:
    """What has the same email address may be somebody else's, so it is not erased unseen."""
    for role, found in view.namesakes.items():
        if others := [reading.at.id for reading in found if reading.origin != view.root]:
            yield Finding(
                kind="person",
                about=view.root,
                cause=f"{view.root} is erased, and {', '.join(others)} of the {role} had the same email address",
                remedy="erase there what is the same person's, then redrive, which leaves the rest alone",
                owner=role,
                code="erase_namesakes",
            )


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


def with_namesakes(view: PeopleView, desk: Desk) -> PeopleView:
    """With what has the person's email address and was never linked to them, by role. Raises what a connector raises:
    once they are erased, nobody knows the address any more."""
    return replace(
        view, namesakes={role: found for role in desk.systems if (found := namesakes(view, desk.role(role)))}
    )


def namesakes(view: PeopleView, system: System) -> tuple[Reading, ...]:
    """What a system has with the person's email address, and not as one of theirs."""
    if system.facts.kinds.get(view.root.kind) is None:
        return ()
    known = {id for role, id in _everywhere(view) if role == system.facts.role}
    records = [copy.record for copy in view.copies.of.values() if copy.record]
    found = {reading.at: reading for record in records for reading in matching.looked_up(system, record)}
    return tuple(r for r in found.values() if r.at.id not in known and r.merged_into is None)
