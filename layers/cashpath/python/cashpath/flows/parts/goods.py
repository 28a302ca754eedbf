"""What sync_catalog has read of one product, and the pure pieces of its plan: where a variant belongs, what it takes to
have it there. Plain data, passed from `read` to `plan`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from cashpath.flows.parts import matching
from cashpath.flows.parts.copies import Copies, Copy, is_made, same
from cashpath.plan import Finding, Join, Move, Put, Write
from cashpath.records import ROLES, Record, RecordKey, Role, Variant
from cashpath.settings.slices import Rules
from cashpath.systems.desk import Links
from cashpath.systems.port import Reading

TERMS = frozenset({"price", "prices", "tiers", "recurring"})  # what subscribers pay, and how often


@dataclass(frozen=True, kw_only=True)
class Good:
    """A product, or one variant of it: its `copies`, and by role what is there that matches it, where it is not known
    to be there. `record` is what its owners together say of it. `twins` are the other variants with the same SKU where
    it began."""

    copies: Copies
    record: Record | None = None
    found: Mapping[Role, tuple[Copy, ...]] = field(default_factory=dict)
    twins: tuple[RecordKey, ...] = ()

    @property
    def key(self) -> RecordKey:
        return self.copies.key

    @property
    def own(self) -> Record | None:
        """The record as the system where it began has it."""
        copy = self.copies.of.get(self.copies.began_in)
        return copy.record if copy else None


@dataclass(frozen=True, kw_only=True)
class GoodsView:
    """`source`: the root's own record. `goods`: the product, then its variants; `lost`: variants that it had once.

    `links`: the ids of all of them in each role. `holders`: by kind, the roles that can hold such a record. `at`: the
    record of the catalogue's owner that goes on with it, where the root began elsewhere; `why` is why nothing is
    wanted.
    """

    root: RecordKey
    source: Reading | None
    goods: tuple[Good, ...] = ()
    lost: tuple[Good, ...] = ()
    links: Links = field(default_factory=dict)
    holders: Mapping[str, tuple[Role, ...]] = field(default_factory=dict)
    at: RecordKey | None = None
    why: str = ""

    @property
    def readings(self) -> tuple[Reading, ...]:
        """All readings of the product and its variants, wherever they are."""
        copies = [reading for good in (*self.goods, *self.lost) for reading in good.copies.readings]
        return tuple({r.at: r for r in (*((self.source,) if self.source else ()), *copies)}.values())

    def has(self, key: RecordKey, role: Role) -> bool:
        """Whether the system that plays `role` is known to have the record."""
        return (key, role) in self.links


def goes_to(record: Record, role: Role, began_in: Role) -> bool:
    """Whether a role is to have the record: all but billing, which has what it bills. What is archived is created
    nowhere."""
    if role == began_in or getattr(record, "archived", False):
        return False
    if role == "billing":
        recurring = getattr(record, "recurring", None)
        return recurring is not None and recurring.biller == "billing"
    return True


def lacking(good: Good, view: GoodsView) -> tuple[Role, ...]:
    """The roles that a record is to go to and that are not known to have it."""
    record, began_in = good.record, good.copies.began_in
    if record is None:
        return ()
    return tuple(
        role
        for role in view.holders.get(record.key.kind, ())
        if not view.has(good.key, role) and goes_to(record, role, began_in)
    )


def joined(good: Good, view: GoodsView) -> tuple[Good, list[Join | Finding]]:
    """With the copies that a role turns out to have; and what links them, or says why that cannot be told."""
    of, parts = dict(good.copies.of), list[Join | Finding]()
    for role, copy in good.copies.of.items():
        survivor = copy.reading.merged_into if copy.reading else None
        if survivor is not None and role != good.copies.began_in:
            of[role] = replace(copy, id=survivor.id)
            parts.append(Join(key=good.key, role=role, id=survivor.id, replaces=copy.id))
    for role in lacking(good, view):
        match same(good.found.get(role, ()), good.key):
            case [one] if not is_made(one, good.key) and not good.twins:
                of[role] = one
                parts.append(Join(key=good.key, role=role, id=one.id, match=criteria(good)))
            case [_, _, *_] as several if not good.twins:
                parts.append(_ambiguous(good, role, several))
    return replace(good, copies=replace(good.copies, of=of)), parts


def created(good: Good, record: Record, view: GoodsView, rules: Rules) -> Iterator[Put]:
    """The record in each role that it is to go to and that has nothing like it."""
    for role in lacking(good, view):
        found = same(good.found.get(role, ()), good.key)
        if role in good.copies.of or role in good.copies.silent or good.twins or len(found) > 1:
            continue
        yield Put(
            record=record,
            role=role,
            fields=rules.ownership.for_role(record, role, exists=False),
            match=criteria(good),
            made=found[0].id if found else "",
            absent=not found,
        )


def criteria(good: Good) -> tuple[str, ...]:
    """What the record is matched by."""
    return matching.criteria(good.own) if good.own else ()


def moved(good: Good, record: Record, writes: list[Write | Finding], rules: Rules) -> Iterator[Move]:
    """Whoever subscribed at an older price moves to the present one, where the brand says so and billing bills it. Not
    where billing's price is somebody else's and left to a person."""
    copy = good.copies.of.get("billing")
    if not rules.move_subscribers or not isinstance(record, Variant) or not record.recurring:
        return
    if copy is None or copy.record is None or copy.guest:
        return
    puts = [write for write in writes if isinstance(write, Put) and write.role == "billing"]
    if any(put.watch == "price" and put.differing for put in puts):
        return
    at = f"{record.price} {record.prices} {record.tiers} {record.recurring}"
    anew = any(TERMS & (put.differing or frozenset()) for put in puts)
    yield Move(key=good.key, role="billing", id=copy.id, at=at, anew=anew)


def archived(good: Good) -> Iterator[Put]:
    """What became of a record that its owner deleted: archived wherever else it is. Nothing is deleted: documents name
    it."""
    for role in ROLES:
        copy = good.copies.of.get(role)
        if copy is None or copy.record is None or copy.guest or "archived" not in copy.facts.fields:
            continue
        if getattr(copy.record, "archived", False):
            continue
        record = replace(copy.record, archived=True)  # type: ignore[call-arg]  # both kinds have it
        only = frozenset({"archived"})
        yield Put(record=record, role=role, fields=only, when="update", differing=only)


def twins(good: Good) -> Finding:
    """Two variants of the catalogue's owner under one SKU: which one another system's product is, nobody can tell."""
    others = ", ".join(map(str, good.twins))
    return Finding(
        kind="person",
        about=good.key,
        cause=f"{good.key} has the same SKU as {others}",
        remedy="give each variant its own SKU; that alone tells which product of another system it is",
        owner=good.copies.began_in,
        code="duplicate_sku",
    )


def _ambiguous(good: Good, role: Role, several: list[Copy]) -> Finding:
    return Finding(
        kind="person",
        about=good.key,
        cause=f"{good.key} matches {len(several)} products of the {role}: {', '.join(copy.id for copy in several)}",
        remedy=f"archive all but one of them in the {role}, or give them SKUs of their own; then redrive",
        owner=role,
        code="ambiguous_match",
    )
