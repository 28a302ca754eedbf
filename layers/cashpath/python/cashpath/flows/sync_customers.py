"""sync_customers: a customer or company is the same in storefront, CRM, billing and ERP, each field as its owner says.

`read` asks for the record wherever it is; `plan` agrees field by field, links what matches, creates what lacks, carries
merges over and erases. Two records that turn out to be one end as one root: that of the storefront first, then the
CRM's.
"""

from dataclasses import replace

from cashpath.faults import RateLimited, SystemDown
from cashpath.flows.parts import erasing, joining, matching, uniting
from cashpath.flows.parts.copies import Copies, Copy, agreed, canonical, copied, lost, puts, read_copies, undecided
from cashpath.flows.parts.people import Loser, PeopleView
from cashpath.ledger.seen import Seen
from cashpath.notice import Notice
from cashpath.plan import Finding, Plan, Put, Write
from cashpath.records import Record, RecordKey, Role, SystemId
from cashpath.settings.slices import Rules
from cashpath.systems.desk import Desk
from cashpath.systems.port import Reading, System

KINDS = frozenset({"customer", "company"})


def plan(view: PeopleView, rules: Rules) -> Plan:
    """The writes that bring all roles into agreement with the record's owners.

    Raises Elsewhere where another root is to go on with it, SystemDown where a role that decides a field is silent.
    """
    if reason := goes_nowhere(view):
        return Plan(skipped=reason)
    if view.wish != "agree":
        return erasing.plan(view)
    uniting.check_is_first(view)
    uniting.check_can_unite(view)
    if silent := undecided(view.copies, rules.ownership):
        raise SystemDown(f"{', '.join(silent)} decides fields of {view.root} and cannot be asked now")
    joined, writes = joining.joined(view, rules)
    record = agreed(joined, rules.ownership)
    return Plan.of(
        *_companies(view, record, rules),
        *uniting.merges(view, joined),
        *writes,
        *_agreeing(view, joined, record, rules),
        *joining.created(view, joined, record, rules),
        *uniting.absorbs(view),
    )


def gone(view: PeopleView, rules: Rules) -> Plan:  # noqa: ARG001 - every flow's has them
    """What follows where the root's own record was deleted: nobody deals with it any more, unless it lives on in the
    storefront or the CRM. Nothing is deleted: the ERP needs who its documents are about."""
    if reason := goes_nowhere(view):
        return Plan(skipped=reason)
    if view.wish != "agree":
        return erasing.plan(view)
    alive = [role for role in ("storefront", "crm") if role in view.copies.told() | view.copies.silent]
    if alive:
        return Plan(skipped=f"it was deleted where it began, and lives on in the {' and the '.join(alive)}")
    return Plan.of(*(put for role, copy in view.copies.of.items() for put in _archived(role, copy)))


def _archived(role: Role, copy: Copy) -> list[Put]:
    if copy.record is None or copy.guest or "archived" not in copy.facts.fields:
        return []
    record = replace(copy.record, archived=True)  # type: ignore[call-arg]  # both kinds have it
    only = frozenset({"archived"})
    return [Put(record=record, role=role, fields=only, when="update")]


def goes_nowhere(view: PeopleView) -> str:
    """Why nothing at all is wanted; '' where something is."""
    if view.root.kind not in KINDS:
        return f"a guest, whom {view.root} alone describes"
    if "erased" in view.done:
        return "a person whose data was erased"
    if "erasing" in view.done and view.wish != "erase":
        return "a person whose data is being erased"
    return ""


def _companies(view: PeopleView, record: Record, rules: Rules) -> list[matching.Ensured]:
    """The companies that the person buys for, wherever the person is to name them."""
    named = set(record.references())
    needs = [(key, role) for key, role in view.candidates if key in named]
    return [part for key, role in needs if (part := matching.ensure(key, role, view, rules))]


def _agreeing(view: PeopleView, copies: Copies, record: Record, rules: Rules) -> list[Write | Finding]:
    """Each copy as its owners say, but those that another root speaks for, and those that are gone."""
    parts: list[Write | Finding] = []
    for role in view.holders:
        copy = copies.of.get(role)
        if role in copies.silent:
            parts += puts(copies, role, record, rules)
        elif copy is not None and copy.record is None:
            parts.append(lost(view.root, role, copy))
        elif copy is not None and not copy.guest:
            parts += puts(copies, role, record, rules)
    return parts


def read(desk: Desk, notice: Notice, seen: Seen) -> PeopleView:
    """The root's record in every system that has it, and what `plan` needs where one lacks it.

    Raises what the root's own system raises; a role that cannot answer otherwise is left out.
    """
    root, roles = seen.root, {system: role for role, system in desk.systems.items()}
    home = desk.at(root.system)
    if root.kind not in KINDS:
        return PeopleView(root=root, copies=_own(desk, root))
    links = desk.links([root])
    view = PeopleView(
        root=root,
        copies=read_copies(desk, root, home.facts.role, links),
        links=links,
        holders=tuple(role for role in desk.systems if _holds(desk.role(role), root)),
        roles=roles,
        absorbed=seen.absorbed,
        done=frozenset(seen.milestones),
        wish=notice.wish,
        told_by=roles.get(SystemId(notice.system)) if notice.is_told else None,
    )
    if view.wish == "erase" and not (notice.trigger == "redrive" and "erasing" in view.done):  # who redrives has looked
        return erasing.with_namesakes(erasing.with_absorbed(view, desk), desk)
    if view.source is None or view.wish != "agree":
        return erasing.with_absorbed(view, desk)
    return _named(_with_losers(_with_found(view, desk), desk, notice), desk)


def _own(desk: Desk, root: RecordKey) -> Copies:
    """The order of a guest: no more is asked, since nothing follows."""
    home = desk.at(root.system)
    reading, role = home.read(root.kind, root.id), home.facts.role
    facts = home.facts.kinds[root.kind]
    copy = Copy(system=home.id, id=root.id, facts=facts, spell=home.normalised, reading=reading)
    return Copies(key=root, brand=desk.brand, began_in=role, of={role: copy})


def _holds(system: System, key: RecordKey) -> bool:
    facts = system.facts.kinds.get(key.kind)
    return bool(facts and facts.fields)


def _with_found(view: PeopleView, desk: Desk) -> PeopleView:
    """With what each role that is to have the record and lacks it holds that matches, and whose root that is."""
    answers: dict[Role, tuple[Reading, ...]] = {}
    silent = set(view.copies.silent)
    record = view.copies.of[view.copies.began_in].record
    assert record is not None
    for role in joining.lacking(view, desk.rules):
        try:
            answers[role] = matching.looked_up(desk.role(role), record)
        except (RateLimited, SystemDown):
            silent.add(role)
    every = [reading for readings in answers.values() for reading in readings]
    names = canonical(desk, every)
    found = {
        role: tuple(copied(view.root, desk.role(role), reading.at.id, reading, names) for reading in readings)
        for role, readings in answers.items()
    }
    survivors = [copy.reading.merged_into for copy in view.copies.of.values() if copy.reading]
    known = {at: desk.root_of(at) for at in (*(r.at for r in every), *(at for at in survivors if at))}
    return replace(
        view,
        found=found,
        roots={at: root for at, root in known.items() if root is not None},
        copies=replace(view.copies, silent=frozenset(silent)),
    )


def _with_losers(view: PeopleView, desk: Desk, notice: Notice) -> PeopleView:
    """With the roots that turned out to be this one: told of by the notice, or found to match and to come after it."""
    told = desk.root_of(RecordKey.parse(notice.absorbs)) if notice.absorbs else None
    roots = dict.fromkeys(root for root in (told, *uniting.rivals(view)) if root and root != view.root)
    losers = []
    for root in roots:
        ids = {role: id for (_, role), id in desk.links([root]).items()}
        copies = read_copies(desk, root, view.roles[root.system], desk.links([root])) if ids else None
        losers.append(Loser(root=root, ids=ids, copies=copies.of if copies else {}))
    return replace(view, losers=tuple(losers))


def _named(view: PeopleView, desk: Desk) -> PeopleView:
    """With the companies that some copy names, where a role that is to name them lacks them."""
    named = {key for copy in view.copies.of.values() if copy.record for key in copy.record.references()}
    if not named:
        return view
    links = {**view.links, **desk.links(named)}
    records: dict[RecordKey, Record] = {}
    candidates = {}
    for key in sorted(named):
        roles = [
            role
            for role in view.holders
            if key.kind in desk.role(role).facts.kinds[view.root.kind].references and (key, role) not in links
        ]
        reading = desk.at(key.system).read(key.kind, key.id) if roles and key.system in view.roles else None
        if reading is None:
            continue
        records[key] = replace(reading.record, key=key)
        for role in roles:
            candidates[key, role] = matching.looked_up(desk.role(role), records[key])
    return replace(view, links=links, named=records, candidates=candidates)
