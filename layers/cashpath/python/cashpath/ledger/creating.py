"""Claims and links as transactions: the writes that make sure a record is created once. Pure, no request.

A claim is the link item before its id is known. It stands together with one item for each thing that the record is
matched by, so that two roots that need one new person, under whatever keys, meet there; and its root lists it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cashpath.ledger import names
from cashpath.ledger.answers import Held, Linked, Taken
from cashpath.ledger.seen import OpenClaim
from cashpath.ledger.store import Op, Refused
from cashpath.records.keys import RecordKey, SystemId

MATCH_KEPT = 24 * 3600  # seconds for which a match still knows the id, so that a lagging search cannot create twice


@dataclass(frozen=True, kw_only=True)
class Link:
    """One record in one system: its key, the system, what it is matched by (hashed), under which root."""

    key: RecordKey
    system: SystemId
    matches: tuple[str, ...]
    root: RecordKey

    @property
    def pk(self) -> str:
        """The item of the link and of the claim."""
        return names.link(self.key, self.system)

    def at(self, id: str) -> RecordKey:
        """The record as its new system names it."""
        return RecordKey(self.system, self.key.kind, id)


def claiming(link: Link, held: Held, *, now: int, until: int, expired: OpenClaim | None) -> list[Op]:
    """The claim, its matches and its place in the root: all of them, or none.

    `expired` is a claim that the caller looked up and did not find: it may be taken over, and no other.
    """
    free, values = "attribute_not_exists(#pk)", {}
    free_match = f"{free} OR #expires < :seconds OR (#claim_of = :link AND attribute_not_exists(#id))"
    match_values = {"seconds": now // 1000, "link": link.pk}
    if expired is not None and (expired.key, expired.system) == (link.key, link.system):
        free += " OR (attribute_not_exists(#id) AND #since = :since AND #until < :now)"
        values = {"since": expired.since, "now": now}
    if expired is not None:
        free_match += " OR (#claim_of = :old AND #since = :since AND attribute_not_exists(#id))"
        match_values |= {"old": names.link(expired.key, expired.system), "since": expired.since}
    claim = {"since": now, "until": until}
    due = names.due(names.day(held.seen.brand, until), names.shard(held.root))
    item = {**claim, "matches": link.matches, "root": str(held.root), "due": due, "due_at": until}
    return [
        Op(verb="Put", pk=link.pk, item=item, condition=free, values=values),
        *(
            Op(
                verb="Put",
                pk=names.match(match),
                item={**claim, "claim_of": link.pk},
                condition=free_match,
                values=match_values,
            )
            for match in link.matches
        ),
        Op(
            verb="Update",
            pk=names.record(held.root),
            update="SET #claims.#claim = :claim",
            condition="#lease_owner = :me",
            names={"claim": names.claim(link.key, link.system)},
            values={"claim": {**claim, "matches": link.matches}, "me": held.owner},
        ),
    ]


def in_the_way(link: Link, refused: Iterable[Refused]) -> Linked | Taken:
    """Why a record may not be claimed: it is there, or somebody is creating it."""
    items = [refusal.item or {} for refusal in refused]
    for item in items:
        if "id" in item:
            return Linked(id=item["id"])
    standing = max(items, key=lambda item: int(item.get("until", 0)))
    if "since" not in standing:
        return Taken(until=0)
    key = names.link_key(standing["claim_of"]) if "claim_of" in standing else link.key
    claim = OpenClaim(key=key, system=link.system, until=standing["until"], since=standing["since"])
    return Taken(until=claim.until, by=claim)


def linking(link: Link, held: Held, id: str, *, now: int, reverse: bool) -> list[Op]:
    """The link in both directions, its matches, and the end of the open claim. `reverse` asks for the way back."""
    forward = Op(
        verb="Put",
        pk=link.pk,
        item={"id": id, "root": str(link.root)},
        condition="attribute_not_exists(#id) OR #id = :id",
        values={"id": id},
    )
    back = Op(
        verb="Update",
        pk=names.record(link.at(id)),
        update="SET #points_to = :root, #origin = :key",
        condition="attribute_not_exists(#pk) OR #origin = :key",
        values={"root": str(link.root), "key": str(link.key)},
    )
    known = {"id": id, "claim_of": link.pk, "expires": now // 1000 + MATCH_KEPT}
    return [
        forward,
        *(Op(verb="Put", pk=names.match(match), item=known) for match in link.matches),
        _unlisted(link, held),
        *([back] if reverse else []),
    ]


def unlinking(link: Link, id: str) -> list[Op]:
    """The link removed in both directions, if it still names that id."""
    back = names.record(link.at(id))
    known = {"id": id}
    return [
        Op(verb="Delete", pk=link.pk, condition="#id = :id", values=known),
        Op(verb="Delete", pk=back, condition="#origin = :key", values={"key": str(link.key)}),
    ]


def dropping(link: Link, held: Held, claim: OpenClaim) -> list[Op]:
    """The claim, its matches and its place in the root, each removed only where it is still that claim."""
    mine = "#since = :since AND attribute_not_exists(#id)"
    return [
        Op(verb="Delete", pk=link.pk, condition=mine, values={"since": claim.since}),
        *(
            Op(
                verb="Delete",
                pk=names.match(match),
                condition=f"{mine} AND #claim_of = :link",
                values={"since": claim.since, "link": link.pk},
            )
            for match in link.matches
        ),
        _unlisted(link, held),
    ]


def expiring(link: Link, held: Held, *, now: int) -> list[Op]:
    """The claim's end moved to `now`: its create was answered, so nothing is under way."""
    return [
        Op(
            verb="Update",
            pk=link.pk,
            update="SET #until = :now",
            condition="attribute_exists(#until) AND #root = :root",
            values={"now": now, "root": str(held.root)},
        ),
        Op(
            verb="Update",
            pk=names.record(held.root),
            update="SET #claims.#claim.#until = :now",
            condition="attribute_exists(#claims.#claim)",
            names={"claim": names.claim(link.key, link.system)},
            values={"now": now},
        ),
    ]


def _unlisted(link: Link, held: Held) -> Op:
    """No lease is asked for: what is known of a record is true whoever holds the root by now."""
    return Op(
        verb="Update",
        pk=names.record(held.root),
        update="REMOVE #claims.#claim",
        condition="attribute_exists(#claims)",
        names={"claim": names.claim(link.key, link.system)},
    )
