"""What the ledger answers, and what a pass gives back to it. Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cashpath.faults import NeedsPerson, NotYet
from cashpath.ledger.seen import OpenClaim, ReadMark, Seen
from cashpath.records.keys import RecordKey


@dataclass(frozen=True, kw_only=True)
class Held:
    """The lease is ours: `root` for `owner` until `until` (epoch ms), and what was seen when it was taken.

    `taken` (epoch ms) is when: by our clock, but later than whatever a pass before it has noted of this root, so that
    the passes of a root are in order whatever their clocks say.
    """

    root: RecordKey
    owner: str
    until: int
    taken: int
    seen: Seen


@dataclass(frozen=True, kw_only=True)
class Busy:
    """Another pass has the lease, until `until` (epoch ms) at most."""

    until: int


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """The record is not itself a root: `root` is; `origin` is the record's canonical key."""

    root: RecordKey
    origin: RecordKey


@dataclass(frozen=True, kw_only=True)
class Known:
    """Of records that were asked about: the canonical keys of those that are known by another, and those roots whose
    personal data is erased, or being erased."""

    origins: Mapping[RecordKey, RecordKey]
    erased: frozenset[RecordKey]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a pass learnt. A fingerprint of None is forgotten. With `keep_lease` the lease is left to run out, since
    a write got no answer and may still land: who takes over trusts no fingerprint. `drift` is all that is known of it
    now, None where the pass has not compared."""

    fingerprints: Mapping[str, str | None] = field(default_factory=dict)
    reads: Mapping[str, ReadMark] = field(default_factory=dict)
    milestones: Mapping[str, int] = field(default_factory=dict)
    drift: Mapping[str, int] | None = None
    brand: str = ""
    keep_lease: bool = False


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """The record may be created now, by this pass alone, until `until` (epoch ms)."""

    until: int


@dataclass(frozen=True, kw_only=True)
class Linked:
    """The record is there already, as `id`: under this key, or under another that is matched by the same."""

    id: str


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Somebody else's claim stands, until `until` (epoch ms); in the past where nobody has settled it yet.

    `by` is that claim, which may be of another key: who takes it over once it ran out looks that record up first.
    """

    until: int
    by: OpenClaim | None = field(default=None, compare=False)


class LeaseLost(NotYet):
    """Another pass took the root over: nothing was changed."""


class LinkedElsewhere(NeedsPerson):
    """The id already belongs to another key (`other`), of a kind that is never shared; or the key has another id."""

    def __init__(self, other: RecordKey, cause: str) -> None:
        super().__init__(
            cause,
            remedy=f"see it with `cashpath trace {other}`, keep one record, delete or cancel the other, then redrive",
            code="linked_elsewhere",
        )
        self.other = other
