"""Two roots that turn out to be one customer or company: who goes on, what is merged where. Pure.

The root that began in the storefront goes on, else the CRM's, then billing's, then the ERP's. Of two in one system that
system's own merge decides; without one they stay two, and whoever came first speaks for what they share.
"""

from collections.abc import Iterator, Mapping

from cashpath.faults import Elsewhere, SystemDown
from cashpath.flows.parts.copies import Copies, Copy
from cashpath.flows.parts.people import Loser, PeopleView
from cashpath.plan import Absorb, Merge
from cashpath.records import ROLES, RecordKey, Role


def rivals(view: PeopleView) -> tuple[RecordKey, ...]:
    """Roots of other systems that match this one, one candidate each, and come after it."""
    return tuple(other for other in _others(view) if _rank(view, other) > _rank(view, view.root))


def check_is_first(view: PeopleView) -> None:
    """Raises Elsewhere where the record was merged into one that another root has, or a root that comes first is the
    same."""
    for role, copy in view.copies.of.items():
        survivor = copy.reading.merged_into if copy.reading else None
        if survivor is not None and (role == view.copies.began_in or view.roots.get(survivor, view.root) != view.root):
            raise Elsewhere(f"{view.root} was merged into {survivor}", at=survivor)
    for other in _others(view):
        if _rank(view, other) < _rank(view, view.root):
            raise Elsewhere(f"{view.root} is {other}, which comes first", at=other)


def check_can_unite(view: PeopleView) -> None:
    """Raises SystemDown where a system that has both cannot be asked: a root is absorbed only once all is merged."""
    for loser in view.losers:
        silent = [r for r in loser.ids if r in view.holders and (r in view.copies.silent or r not in loser.copies)]
        if silent:
            raise SystemDown(f"{loser.root} is {view.root}, and {', '.join(silent)} cannot be asked now")


def inherited(view: PeopleView) -> Mapping[Role, Copy]:
    """The copies of losers in roles where this root has none."""
    found: dict[Role, Copy] = {}
    for loser in view.losers:
        for role, copy in loser.copies.items():
            if role not in view.copies.of and not view.has(view.root, role) and copy.record is not None:
                found.setdefault(role, copy)
    return found


def merges(view: PeopleView, copies: Copies) -> Iterator[Merge]:
    """What has to be merged in each role that can: elsewhere both stay, and both lead to this root."""
    for loser in view.losers:
        for role, id in loser.ids.items():
            ours, theirs = copies.of.get(role), loser.copies.get(role)
            if ours is None or theirs is None or not ours.facts.merges or not _stands(theirs):
                continue
            if id != ours.id:
                yield Merge(key=view.root, role=role, id=ours.id, loser=id)


def absorbs(view: PeopleView) -> Iterator[Absorb]:
    """Each loser leads to this root, once all else is done."""
    for loser in view.losers:
        yield Absorb(key=view.root, other=loser.root, role=_role(view, loser))


def _role(view: PeopleView, loser: Loser) -> Role:
    return view.roles[loser.root.system]


def _stands(copy: Copy) -> bool:
    return copy.reading is not None and copy.reading.merged_into is None


def _others(view: PeopleView) -> tuple[RecordKey, ...]:
    """The other roots of what alone matches in some role."""
    single = [copies[0] for copies in view.found.values() if len(copies) == 1]
    found = (view.roots.get(copy.reading.at) for copy in single if copy.reading)
    return tuple(dict.fromkeys(root for root in found if root is not None and root != view.root))


def _rank(view: PeopleView, root: RecordKey) -> int:
    role = view.roles.get(root.system)
    return ROLES.index(role) if role else len(ROLES)
