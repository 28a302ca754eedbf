"""One record wherever it is: as each role holds it, and as its owners together say it is. What the sync flows share.

`read_copies` asks; all else is pure. A field is compared as the system that holds it spells it: it disagrees where
what the system would hold of the owner's value is not what it holds.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from cashpath.faults import RateLimited, SystemDown
from cashpath.flows.parts import matching
from cashpath.ownership import Ownership
from cashpath.plan import Finding, Put
from cashpath.records import ROLES, BrandId, Record, RecordKey, Role, SystemId
from cashpath.records.record import CUSTOM
from cashpath.settings.slices import Rules
from cashpath.systems.desk import Desk
from cashpath.systems.port import KindFacts, Reading, System, Wanted

Spell = Callable[[Wanted], Mapping[str, object]]


@dataclass(frozen=True, kw_only=True)
class Copy:
    """The record as the system of one role holds it, under `id`. `reading` is as the system said it, None where it has
    none by that id; `record` is the same with canonical keys. `named` are the ids there of what the record names.
    `spell` is the connector's `normalised`. `guest`: another root speaks for it, this one only shares it."""

    system: SystemId
    id: str
    facts: KindFacts
    spell: Spell
    reading: Reading | None = None
    record: Record | None = None
    named: Mapping[RecordKey, str] = field(default_factory=dict)
    guest: bool = False


@dataclass(frozen=True, kw_only=True)
class Copies:
    """All copies of the record of one root, by role. `silent`: the roles that have one and could not be asked."""

    key: RecordKey
    brand: BrandId
    began_in: Role
    of: Mapping[Role, Copy]
    silent: frozenset[Role] = frozenset()

    @property
    def source(self) -> Reading | None:
        """The root's own record."""
        own = self.of.get(self.began_in)
        return own.reading if own else None

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What was read, the root's own first."""
        roles = (self.began_in, *(role for role in ROLES if role != self.began_in))
        found = (self.of[role].reading for role in roles if role in self.of)
        return tuple(reading for reading in found if reading is not None)

    def told(self) -> frozenset[Role]:
        """The roles whose reading says something of the record."""
        return frozenset(role for role, copy in self.of.items() if copy.record is not None)


def read_copies(desk: Desk, root: RecordKey, began_in: Role, links: Mapping[tuple[RecordKey, Role], str]) -> Copies:
    """The record of a root in every system of the brand that has it. Raises what the root's own system raises; any
    other that cannot answer is `silent`."""
    asked: dict[Role, tuple[System, str, Reading | None]] = {}
    silent: set[Role] = set()
    for role in desk.systems:
        system, id = desk.role(role), links.get((root, role))
        facts = system.facts.kinds.get(root.kind)
        if id is None or facts is None or not facts.reads:
            continue
        try:
            asked[role] = system, id, system.read(root.kind, id)
        except (RateLimited, SystemDown):
            if role == began_in:
                raise
            silent.add(role)
    known = canonical(desk, [reading for _, _, reading in asked.values() if reading])
    of = {role: copied(root, *answer, known) for role, answer in asked.items()}
    return Copies(key=root, brand=desk.brand, began_in=began_in, of=of, silent=frozenset(silent))


def canonical(desk: Desk, readings: Collection[Reading]) -> Mapping[RecordKey, RecordKey]:
    """The canonical keys of what was read, and of all that it names: one question for all of it."""
    keys = dict.fromkeys(key for reading in readings for key in (reading.at, *reading.record.references()))
    return desk.canonical(keys) if keys else {}


def copied(
    root: RecordKey, system: System, id: str, reading: Reading | None, known: Mapping[RecordKey, RecordKey]
) -> Copy:
    """A reading of a system as the copy that it is of the record of `root`; `known` are canonical keys."""
    copy = Copy(system=system.id, id=id, facts=system.facts.kinds[root.kind], spell=system.normalised, reading=reading)
    if reading is None:
        return copy
    named = {key: known.get(key, key) for key in reading.record.references()}
    return replace(
        copy,
        record=replace(reading.record.renamed(named), key=root),
        named={ours: key.id for key, ours in named.items()},
        guest=known.get(reading.at, root) != root,
    )


def same(found: Iterable[Copy], key: RecordKey) -> list[Copy]:
    """Those of a role's records that may be the one of `key`."""
    copies = {copy.reading.at: copy for copy in found if copy.reading}
    readings = tuple(copy.reading for copy in copies.values() if copy.reading)
    return [copies[reading.at] for reading in matching.same(readings, key)]


def is_made(copy: Copy, key: RecordKey) -> bool:
    """Whether a pass of ours made it, and died before it was linked."""
    return copy.reading is not None and copy.reading.origin == key


def agreed(copies: Copies, ownership: Ownership) -> Record:
    """The record as its owners say it is: each field as its owner's system holds it; where that has no such record or
    cannot tell, as the system where the record began holds it, then any other."""
    own = copies.of[copies.began_in].record
    assert own is not None
    plain: dict[str, object] = {}
    custom = dict(own.custom)
    for name, owner in ownership.owners[own.key.kind].items():
        teller = _teller(name, owner, copies)
        if teller is None:
            continue
        if name.startswith(CUSTOM):
            custom[name.removeprefix(CUSTOM)] = teller.custom.get(name.removeprefix(CUSTOM))
        else:
            plain[name] = teller.value(name)
    return replace(own, custom=custom, **plain)  # type: ignore[arg-type]  # names and values are those of one class


def _teller(name: str, owner: Role, copies: Copies) -> Record | None:
    for role in (owner, copies.began_in, *ROLES):
        copy = copies.of.get(role)
        if copy and copy.record is not None and name in copy.facts.tells:
            return copy.record
    return None


def decided(copies: Copies, ownership: Ownership) -> frozenset[str]:
    """The fields that somebody decides: not those that the owner's system has no word for. They travel with a create
    and are each system's own from then on, since no other role's value may overwrite what is there."""

    def decides(name: str, owner: Role) -> bool:
        known = copies.of.get(owner)
        teller = known if known and known.record is not None else copies.of.get(copies.began_in)
        return teller is None or owner in copies.silent or name in teller.facts.tells

    return frozenset(name for name, owner in ownership.owners[copies.key.kind].items() if decides(name, owner))


def undecided(copies: Copies, ownership: Ownership) -> tuple[Role, ...]:
    """The silent roles that decide some field: nothing can be agreed on without them."""
    owners = frozenset(ownership.owners[copies.key.kind].values())
    return tuple(role for role in ROLES if role in copies.silent and role in owners)


def puts(copies: Copies, role: Role, record: Record, rules: Rules) -> Iterable[Put]:
    """What brings the copy of one role into agreement with `record`: one put for all fields that are put right, one for
    each that is only watched."""
    copy, kind = copies.of.get(role), record.key.kind
    ownership = rules.ownership
    owned = ownership.for_role(record, role, exists=True) & decided(copies, ownership)
    if copy is None:  # it could not be read, so its fingerprint decides, and what is watched is left alone
        raised = frozenset(name for name in owned if ownership.policy(kind, name) == "raise")
        yield Put(record=record, role=role, fields=owned - raised, seeds=raised)
        return
    fields = (owned & copy.facts.fields) - _told_by(copies, role, ownership)
    watched = frozenset(name for name in fields if ownership.policy(kind, name) == "raise")
    found = differing(copies, role, record, fields)
    if fields - watched:
        yield Put(record=record, role=role, fields=fields - watched, differing=found - watched)
    for name in sorted(watched):
        only = frozenset({name})
        yield Put(record=record, role=role, fields=only, when="update", watch=name, differing=found & only)


def _told_by(copies: Copies, role: Role, ownership: Ownership) -> frozenset[str]:
    """The fields that a role tells in its owner's stead: written back to it, they would undo what it says since."""
    own, owners = copies.of[role].record, ownership.owners[copies.key.kind]
    return frozenset(name for name, owner in owners.items() if own is not None and _teller(name, owner, copies) is own)


def differing(copies: Copies, role: Role, record: Record, fields: Collection[str]) -> frozenset[str]:
    """Those of `fields` that a role's copy holds otherwise than `record` says."""
    copy = copies.of[role]
    if copy.record is None:
        return frozenset()
    named = dict(copy.named)
    for key in record.references():
        named.setdefault(key, str(key))  # unlike any id there, so what is not there yet differs

    def spelled(of: Record, name: str) -> Mapping[str, object]:
        wanted = Wanted(record=of, fields=frozenset({name}), id=copy.id, brand=copies.brand, refs=named)
        return copy.spell(wanted)

    return frozenset(name for name in fields if spelled(record, name) != spelled(copy.record, name))


def lost(key: RecordKey, role: Role, copy: Copy) -> Finding:
    """A copy that somebody deleted: a person says whether it is to be made anew."""
    return Finding(
        kind="person",
        about=key,
        cause=f"{key} is gone from the {role} (it was {copy.id})",
        remedy=f"restore it in the {role}, or `cashpath unlink {key} {copy.system}` so that it is created anew; then "
        "redrive",
        owner=role,
        code="target_gone",
    )
