"""The ledger as a pass uses it: take the root's lease, save what was learnt, claim, link, look up. On DynamoDB.

Every rule of the protocol that two passes could race for is decided by one conditional write here. Which requests each
operation makes stands in docs/ledger.md.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from cashpath.ledger import names, roots
from cashpath.ledger.answers import (
    Busy,
    Changes,
    Claimed,
    Held,
    Known,
    LeaseLost,
    Linked,
    LinkedElsewhere,
    Pointer,
    Taken,
)
from cashpath.ledger.controls import Brake, Controls, ControlsItem
from cashpath.ledger.creating import Link, claiming, dropping, expiring, in_the_way, linking, unlinking
from cashpath.ledger.due import DueClaims
from cashpath.ledger.seen import OpenClaim, Seen
from cashpath.ledger.store import Op, Refused, Store
from cashpath.ledger.tables import DUE
from cashpath.ledger.trace import Trace, trace
from cashpath.records.keys import RecordKey, SystemId
from cashpath.settings.slices import Mode

__all__ = [
    "Brake",
    "Busy",
    "Changes",
    "Claimed",
    "Controls",
    "Held",
    "LeaseLost",
    "Ledger",
    "Linked",
    "LinkedElsewhere",
    "Pointer",
    "Taken",
]

SHARED = frozenset({"customer", "company", "product", "variant"})  # several keys may be one record in a system


class Ledger:
    """The table `table`. `now` is the clock, `match_key` the key of the hashes that records are matched by; `client`
    is boto3's DynamoDB client, made on first use where none is given. All times are epoch ms."""

    def __init__(
        self, table: str, *, now: Callable[[], datetime], client: Any = None, match_key: Callable[[], bytes]
    ) -> None:
        self._store = Store(table, client)
        self._clock = now
        self._match_key = match_key
        self._controls = ControlsItem(self._store, self._now)
        self._due = DueClaims(self._store)

    # --- roots and their lease
    def acquire(self, key: RecordKey, *, owner: str, until: int) -> Held | Busy | Pointer | None:
        """Take the lease of the root at `key`: one request. None where the ledger knows nothing of the key.

        Whoever takes over a lease that was never released trusts no fingerprint: what its holder wrote is unknown.
        """
        now = self._now()
        answer = self._store.write(roots.acquiring(key, owner, until, now))
        if isinstance(answer, Refused):
            return roots.refused(key, owner, answer.item, now)
        return roots.held(key, owner, until, answer or {}, now)

    def begin_root(self, key: RecordKey, *, owner: str, until: int, brand: str) -> Held | Busy | Pointer:
        """Make the record at `key` a root, its lease taken; what is there where somebody was faster."""
        now = self._now()
        answer = self._store.write(roots.beginning(key, owner, until, brand))
        if not isinstance(answer, Refused):
            return Held(root=key, owner=owner, until=until, taken=now, seen=Seen(root=key, brand=brand))
        there = roots.refused(key, owner, answer.item, now)
        if isinstance(there, Busy):
            there = self.acquire(key, owner=owner, until=until)
        if there is None:
            raise LeaseLost(f"{key} was removed from the ledger at this very moment")
        return there

    def release(self, held: Held, changes: Changes) -> bool:
        """Save what the pass learnt and give the lease back: one request. False where the lease was lost."""
        answer = self._store.write(roots.releasing(held, changes))
        if not isinstance(answer, Refused):
            return True
        item = answer.item or {}  # our own release may have landed before, its answer lost
        return "lease_owner" not in item and item.get("released_by") == held.owner

    def point(self, key: RecordKey, root: RecordKey, origin: RecordKey) -> bool:
        """Note that the record at `key` belongs to `root`. False where it is a root, or belongs to another one."""
        return not isinstance(self._store.write(roots.pointing(key, root, origin)), Refused)

    def absorb(self, held: Held, other: RecordKey, systems: Iterable[SystemId]) -> Busy | None:
        """Let the root `other` lead to the one that is held, which it turned out to be, and so all that it was linked
        to in `systems`. Busy where somebody works on it, until when at most; also where one of its claims is open,
        which its own next pass settles."""
        root = held.root
        refused = self._store.write_together(roots.absorbing(other, held, self._now()))
        if refused:
            return Busy(until=int((refused[0].item or {}).get("lease_until", 0)) if 0 in refused else 0)
        for (_, system), id in self.links([other], systems).items():
            if (at := RecordKey(system, other.kind, id)) not in (root, other):
                self._store.write(roots.repointing(at, other, root))
        return None

    def drifting(self, *brands: str) -> Iterator[RecordKey]:
        """The roots of these brands of which some field disagrees with its owner's, longest known first."""
        return self._longest_known_first(names.drift, brands)

    def lacking(self, *brands: str) -> Iterator[RecordKey]:
        """Those of which no field disagrees, but a record is missing in some system, longest known first."""
        return self._longest_known_first(names.missing, brands)

    def _longest_known_first(self, day: Callable[[str, int], str], brands: Iterable[str]) -> Iterator[RecordKey]:
        shards = [
            self._store.query(DUE.name, "#due = :due", {"due": day(brand, shard)})
            for brand in brands
            for shard in range(names.SHARDS)
        ]
        for item in heapq.merge(*shards, key=lambda item: int(item["due_at"])):
            yield RecordKey.parse(item["root"])

    def peek(self, at: RecordKey) -> Seen | None:
        """What is known of the root of the record at `at`, without a lease. None where nothing is."""
        root, item = at, self._store.get(names.record(at))
        while item and "points_to" in item:  # more than once where the root has been absorbed since
            root = RecordKey.parse(item["points_to"])
            item = self._store.get(names.record(root))
        return roots.seen(root, item, trusted=item.get("lease_until", self._now()) >= self._now()) if item else None

    def trace(self, at: RecordKey, also: Iterable[SystemId] = ()) -> Trace | None:
        """All that is known of the record at `at` and of its root, for a person; None where nothing is."""
        return trace(self._store, at, also)

    # --- links
    def links(self, keys: Iterable[RecordKey], systems: Iterable[SystemId]) -> Mapping[tuple[RecordKey, SystemId], str]:
        """The ids of these records in these systems, where they are known; a record is linked to its own system."""
        wanted, systems = list(dict.fromkeys(keys)), list(dict.fromkeys(systems))
        pairs = {names.link(key, system): (key, system) for key in wanted for system in systems if key.system != system}
        found: dict[tuple[RecordKey, SystemId], str] = {
            (k, k.system): k.id for k in wanted if k.system in systems and not k.is_described
        }
        if pairs:
            items = self._store.get_many(pairs)
            found.update({pairs[pk]: item["id"] for pk, item in items.items() if "id" in item})
        return found

    def origin(self, at: RecordKey) -> RecordKey | None:
        """The canonical key of the record that a system knows by `at`, where that is another key or a root."""
        item = self._store.get(names.record(at))
        if item is None:
            return None
        return RecordKey.parse(item["origin"]) if "origin" in item else at

    def origins(self, keys: Iterable[RecordKey]) -> Mapping[RecordKey, RecordKey]:
        """The canonical key of each of these records, for those that the ledger knows by another key."""
        return self.known(keys).origins

    def knows(self, keys: Iterable[RecordKey]) -> frozenset[RecordKey]:
        """Those of these records that some pass has looked at: roots, and what leads to one."""
        wanted = {names.record(key): key for key in keys}
        return frozenset(wanted[pk] for pk in (self._store.get_many(wanted) if wanted else ()))

    def known(self, keys: Iterable[RecordKey]) -> Known:
        """What the ledger says of these records themselves: their canonical keys, and who of them is forgotten."""
        wanted = {names.record(key): key for key in keys}
        items = self._store.get_many(wanted) if wanted else {}
        origins = {wanted[pk]: RecordKey.parse(item["origin"]) for pk, item in items.items() if "origin" in item}
        return Known(
            origins={at: key for at, key in origins.items() if at != key},
            erased=frozenset(wanted[pk] for pk, item in items.items() if "erasing" in item.get("milestones", {})),
        )

    # --- creating once
    def claim(
        self,
        held: Held,
        key: RecordKey,
        system: SystemId,
        *,
        until: int,
        match: tuple[str, ...],
        expired: OpenClaim | None = None,
    ) -> Claimed | Linked | Taken:
        """Claim the record before it is created: one request.

        `expired` is a claim that ran out, which the caller looked up and did not find. Any other claim that ran out
        is still Taken: its root settles it. Raises LeaseLost where the root's lease is not ours any more.
        """
        link, now = self._link(key, system, match, held.root), self._now()
        self._due.note(held.seen.brand, until)
        ops = claiming(link, held, now=now, until=until, expired=expired)
        refused = self._store.write_together(ops)
        if not refused:
            return Claimed(until=until)
        if refused.pop(len(ops) - 1, None) and not refused:
            raise LeaseLost(f"{held.root} was taken over by another pass")
        return in_the_way(link, refused.values())

    def link(
        self, held: Held, key: RecordKey, system: SystemId, id: str, *, match: tuple[str, ...], root: RecordKey
    ) -> None:
        """Save which id the record has in the system, in both directions, and end its claim: one request.

        Raises LinkedElsewhere where the id belongs to another key already, for kinds that are never shared.
        Customers, companies, products and variants may have several keys that are one record there: the way back
        leads to the first.
        """
        link, now = self._link(key, system, match, root), self._now()
        itself = link.at(id) in (root, held.root)
        ops = linking(link, held, id, now=now, reverse=not itself)
        refused = self._store.write_together(ops)
        back = refused.get(len(ops) - 1) if not itself else None
        if back and key.kind in SHARED:
            refused = self._store.write_together(linking(link, held, id, now=now, reverse=False))
        elif back:
            other = RecordKey.parse((back.item or {}).get("origin", str(link.at(id))))
            raise LinkedElsewhere(other, f"{link.at(id)} belongs to {other}, so it cannot be {key} too")
        if refused:
            known = (refused[0].item or {}).get("id") if 0 in refused else None
            raise LinkedElsewhere(key, f"{key} is {known} in {system} already, so it cannot be {id} too")

    def unlink(self, key: RecordKey, system: SystemId) -> str | None:
        """Forget which id the record has in the system, for a record that a person deleted there: the next pass
        creates it anew. The id that is forgotten; None where there was no link, or another key shares the record."""
        id = self.links([key], [system]).get((key, system)) if key.system != system else None
        if id is None:
            return None
        return None if self._store.write_together(unlinking(self._link(key, system, (), key), id)) else id

    def forget_match(self, match: Iterable[str], system: SystemId) -> None:
        """Forget what a person was matched by: it would go by itself within a day."""
        for criterion in match:
            hashed = names.hashed(criterion, system, self._match_key())
            self._store.write(Op(verb="Delete", pk=names.match(hashed), condition="attribute_exists(#id)"))

    def expire_claim(self, held: Held, key: RecordKey, system: SystemId) -> None:
        """Let a claim run out now: its create was answered with a refusal, so nothing is under way."""
        self._store.write_together(expiring(self._link(key, system, (), held.root), held, now=self._now()))

    def drop_claim(self, held: Held, claim: OpenClaim) -> None:
        """Give a claim up: it ran out, and the record was looked up and is not there. What has been linked or claimed
        anew in the meantime stays."""
        ops = dropping(self._link(claim.key, claim.system, claim.match, held.root), held, claim)
        while ops:
            refused = self._store.write_together(ops)
            if not refused:
                return
            ops = [op for i, op in enumerate(ops) if i not in refused]

    def due_claims(self, before: int) -> Iterator[RecordKey]:
        """The roots with a claim that ran out before `before` (epoch ms) and that nobody settled, each once."""
        return self._due.before(before)

    def _link(self, key: RecordKey, system: SystemId, match: tuple[str, ...], root: RecordKey) -> Link:
        secret = self._match_key() if match else b""
        hashes = tuple(dict.fromkeys(names.hashed(criterion, system, secret) for criterion in match))
        return Link(key=key, system=system, matches=hashes, root=root)

    # --- controls
    def controls(self, max_age: float = 5.0) -> Controls:
        """Modes and brakes, not older than `max_age` seconds."""
        return self._controls.read(max_age)

    def set_brake(self, system: SystemId, until: int, why: str) -> None:
        """Leave a system alone until `until` (epoch ms)."""
        self._controls.set_brake(system, until, why)

    def clear_brake(self, system: SystemId) -> None:
        """The system answered: everybody may call it again."""
        self._controls.clear_brake(system)

    def may_probe(self, system: SystemId, brake: Brake, until: int) -> bool:
        """Whether this pass is the one that tries a system whose brake ran out; the rest wait until `until`."""
        return self._controls.may_probe(system, brake, until)

    def set_mode(self, flow: str, brand: str, mode: Mode) -> int | None:
        """Set what a flow does for a brand; when it was last live (epoch ms), None where it is not known to have."""
        return self._controls.set_mode(flow, brand, mode)

    def set_paused(self, flow: str, since: int | None) -> int | None:
        """Note since when a flow is paused, or that it is not any more; since when it was before."""
        return self._controls.set_paused(flow, since)

    # --- sweeps
    def cursor(self, name: str) -> int | None:
        """How far (epoch ms) a sweep has come."""
        item = self._store.get(names.cursor(name))
        return item["at"] if item else None

    def set_cursor(self, name: str, at: int) -> None:
        """A sweep has come as far as `at` (epoch ms)."""
        self._store.write(Op(verb="Put", pk=names.cursor(name), item={"at": at}))

    def _now(self) -> int:
        return int(self._clock().timestamp() * 1000)
