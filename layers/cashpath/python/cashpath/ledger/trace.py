"""All that the ledger knows of one record, for a person: its root, who holds it, where it is linked, what is open."""

from collections.abc import Iterable
from dataclasses import dataclass

from cashpath.ledger import names, roots
from cashpath.ledger.seen import Seen
from cashpath.ledger.store import Store
from cashpath.records.keys import RecordKey, SystemId


@dataclass(frozen=True, kw_only=True)
class Trace:
    """`at` is the record asked for, `origin` its canonical key, `seen` what its root knows (fingerprints too, trusted
    or not), `leased_until` (epoch ms) is set while a lease stands, `links` the ids of all records that the root
    knows, by key and system."""

    at: RecordKey
    origin: RecordKey
    seen: Seen
    leased_until: int | None
    links: dict[tuple[RecordKey, SystemId], str]


def trace(store: Store, at: RecordKey, also: Iterable[SystemId] = ()) -> Trace | None:
    """What the ledger knows of the record at `at`; None where it knows nothing.

    Links are looked up in every system that the root has to do with, and in those of `also`.
    """
    item = store.get(names.record(at))
    if item is None:
        return None
    origin, root = at, at
    if "points_to" in item:
        origin = RecordKey.parse(item["origin"])
    while item and "points_to" in item:  # a variant in the ERP leads to the shop's, that to its product
        root = RecordKey.parse(item["points_to"])
        item = store.get(names.record(root))
    seen = roots.seen(root, item, trusted=True) if item else Seen(root=root)
    marks = [name.split("|")[:3] for name in (*seen.fingerprints, *seen.reads)]  # some name a field besides
    systems = {SystemId(system) for _, system, _ in marks} | {claim.system for claim in seen.claims} | set(also)
    systems |= {at.system, root.system, origin.system}
    keys = {RecordKey.parse(key) for _, _, key in marks} | {claim.key for claim in seen.claims} | {at, root, origin}
    pairs = {
        names.link(key, system): (key, system) for key in keys for system in sorted(systems) if key.system != system
    }
    linked = {pairs[pk]: found["id"] for pk, found in store.get_many(pairs).items() if "id" in found}
    return Trace(
        at=at,
        origin=origin,
        seen=seen,
        leased_until=item.get("lease_until") if item else None,
        links=dict(sorted(linked.items())),
    )
