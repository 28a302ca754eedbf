"""The item of a root: its lease, and what passes learnt under it. Pure: writes as data, items as what was seen."""

from collections.abc import Mapping
from dataclasses import replace

from cashpath.ledger import names
from cashpath.ledger.answers import Busy, Changes, Held, Pointer
from cashpath.ledger.seen import OpenClaim, ReadMark, Seen, is_missing
from cashpath.ledger.store import Op
from cashpath.ledger.values import Values
from cashpath.records.keys import RecordKey, SystemId


def acquiring(key: RecordKey, owner: str, until: int, now: int) -> Op:
    """Take the lease of a root that nobody holds, or whose lease ran out."""
    return Op(
        verb="Update",
        pk=names.record(key),
        update="SET #lease_owner = :me, #lease_until = :until",
        condition="attribute_exists(#fingerprints) AND (attribute_not_exists(#lease_owner) OR #lease_until <= :now)",
        values={"me": owner, "until": until, "now": now},
    )


def beginning(key: RecordKey, owner: str, until: int, brand: str) -> Op:
    """A new root, its lease taken."""
    return Op(
        verb="Put",
        pk=names.record(key),
        item={
            "lease_owner": owner,
            "lease_until": until,
            "brand": brand,
            "fingerprints": {},
            "reads": {},
            "claims": {},
            "milestones": {},
        },
        condition="attribute_not_exists(#pk)",
    )


def pointing(key: RecordKey, root: RecordKey, origin: RecordKey) -> Op:
    """A record that belongs to a root."""
    return Op(
        verb="Update",
        pk=names.record(key),
        update="SET #points_to = :root, #origin = if_not_exists(#origin, :origin)",
        condition="attribute_not_exists(#pk) OR #points_to = :root",
        values={"root": str(root), "origin": str(origin)},
    )


def absorbing(other: RecordKey, held: Held, now: int) -> list[Op]:
    """A root that turned out to be the one that is held: from now on it leads there, and is remembered there. Not
    while somebody works on it, nor while a record that it began to create may still appear."""
    root = str(held.root)
    return [
        Op(
            verb="Put",
            pk=names.record(other),
            item={"points_to": root, "origin": root},
            condition="attribute_not_exists(#pk) OR #points_to = :root OR (attribute_exists(#fingerprints) AND "
            "#claims = :none AND (attribute_not_exists(#lease_owner) OR #lease_until <= :now))",
            values={"root": root, "none": {}, "now": now},
        ),
        Op(
            verb="Update",
            pk=names.record(held.root),
            update="SET #absorbed = :absorbed",
            condition="#lease_owner = :me",
            values={"absorbed": sorted({*map(str, held.seen.absorbed), str(other)}), "me": held.owner},
        ),
    ]


def repointing(at: RecordKey, other: RecordKey, root: RecordKey) -> Op:
    """A record that led to the root `other` leads to `root`, which absorbed it."""
    return Op(
        verb="Update",
        pk=names.record(at),
        update="SET #points_to = :root, #origin = :root",
        condition="#origin = :other",
        values={"root": str(root), "other": str(other)},
    )


def releasing(held: Held, changes: Changes) -> Op:
    """What changed, and the end of the lease. Maps are written whole: under the lease nobody else writes them, and
    an order of 250 lines has more marks than an update expression has room for (4 KB, DynamoDB quotas)."""
    seen = held.seen
    last = max([held.taken, *(mark.began for mark in changes.reads.values())])
    values: dict[str, object] = {"me": held.owner, "last_pass": last}
    sets = ["#released_by = :me"]
    if changes.fingerprints or not seen.trusted:
        known = seen.fingerprints if seen.trusted else {}
        values["fingerprints"] = {n: mark for n, mark in {**known, **changes.fingerprints}.items() if mark is not None}
    if changes.reads or not seen.trusted:
        values["reads"] = _reads_packed({**seen.reads, **newest(seen.reads, changes.reads)})
    if changes.milestones:
        values["milestones"] = {**changes.milestones, **seen.milestones}
    if changes.brand:
        values["brand"] = changes.brand
    if changes.drift:
        values |= {"drift": changes.drift, "root": str(held.root)}
        values |= _listed(changes.drift, changes.brand or seen.brand, held.root)
    sets += [f"#{name} = :{name}" for name in values if name != "me"]
    removed = [] if changes.keep_lease else ["#lease_owner", "#lease_until"]
    if changes.drift is not None and not changes.drift and seen.drift:
        removed += ["#drift", "#due", "#due_at"]
    ends = f" REMOVE {', '.join(removed)}" if removed else ""
    return Op(
        verb="Update",
        pk=names.record(held.root),
        update=f"SET {', '.join(sets)}{ends}",
        condition="#lease_owner = :me",
        values=values,
    )


def _listed(drift: Mapping[str, int], brand: str, root: RecordKey) -> dict[str, object]:
    """Where the index lists a root, and since when: with those of which a field disagrees, if any of its own does."""
    fields, shard = [at for name, at in drift.items() if not is_missing(name)], names.shard(root)
    if fields:
        return {"due": names.drift(brand, shard), "due_at": min(fields)}
    return {"due": names.missing(brand, shard), "due_at": min(drift.values())}


def newest(known: Mapping[str, ReadMark], learnt: Mapping[str, ReadMark]) -> dict[str, ReadMark]:
    """The marks of `learnt`, none older than what is known: reads never go back."""
    marks = {}
    for name, mark in learnt.items():
        before = known.get(name, ReadMark())
        versions = [v for v in (before.version, mark.version) if v is not None]
        marks[name] = replace(mark, began=max(before.began, mark.began), version=max(versions, default=None))
    return marks


def refused(key: RecordKey, owner: str, item: Values | None, now: int) -> Held | Busy | Pointer | None:
    """Why the lease was not given. Where it is ours by now, an answer was lost on its way: what the lease before it
    left behind was lost with it, so no fingerprint is trusted."""
    if item is None:
        return None
    if "points_to" in item:
        return Pointer(root=RecordKey.parse(item["points_to"]), origin=RecordKey.parse(item["origin"]))
    if item.get("lease_owner") == owner:
        return held(key, owner, item["lease_until"], item, now)
    return Busy(until=item.get("lease_until", 0))


def held(key: RecordKey, owner: str, until: int, before: Values, now: int) -> Held:
    """The lease, and what was seen: `before` is the item as it was when the lease was taken."""
    taken = max(now, before.get("last_pass", 0) + 1)
    found = seen(key, before, trusted="lease_owner" not in before)
    return Held(root=key, owner=owner, until=until, taken=taken, seen=found)


def seen(root: RecordKey, item: Values, *, trusted: bool) -> Seen:
    """What the item says. In doubt, no fingerprint is trusted and no pass before this one covers any notice, until one
    has finished: else what is unknown of a target stays unknown, and is written again without a difference."""
    return Seen(
        root=root,
        fingerprints=item["fingerprints"] if trusted else {},
        reads={
            name: ReadMark(began=mark["began"] if trusted else 0, version=mark.get("version"), unread="unread" in mark)
            for name, mark in item["reads"].items()
        },
        claims=tuple(_claim(name, body) for name, body in sorted(item["claims"].items())),
        milestones=item["milestones"],
        drift=item.get("drift", {}),
        absorbed=tuple(map(RecordKey.parse, item.get("absorbed", ()))),
        trusted=trusted,
        brand=item["brand"],
    )


def _claim(name: str, body: Values) -> OpenClaim:
    system, _, key = name.partition("|")
    return OpenClaim(
        key=RecordKey.parse(key),
        system=SystemId(system),
        until=body["until"],
        since=body["since"],
        match=tuple(body["matches"]),
    )


def _reads_packed(marks: Mapping[str, ReadMark]) -> dict[str, Mapping[str, int]]:
    return {
        name: {"began": mark.began}
        | ({} if mark.version is None else {"version": mark.version})
        | ({"unread": 1} if mark.unread else {})
        for name, mark in marks.items()
    }
