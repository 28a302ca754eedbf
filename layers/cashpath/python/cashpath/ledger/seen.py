"""What the ledger knows about a root, as a pass sees it after it took the lease. Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cashpath.records.keys import RecordKey, Role, SystemId

SKEW = 2_000  # ms by which the clocks of two machines may differ


@dataclass(frozen=True, kw_only=True)
class ReadMark:
    """For one flow, system and record: when a finished pass last began to read it (epoch ms, 0 where none finished)
    and the newest version that any pass read. `unread`: that pass finished without it, since it is gone, was merged
    into another, or another record of its root speaks for it."""

    began: int = 0
    version: int | None = None
    unread: bool = False

    def ends(self, since: int, version: int | None) -> bool:
        """Whether the finished pass ends a trouble that counts from `since` (epoch ms) and whose notice names
        `version`: it began later, and did not read an older version."""
        if self.began <= since:
            return False
        return self.unread or version is None or self.version is None or self.version >= version


@dataclass(frozen=True, kw_only=True)
class OpenClaim:
    """A record that some pass of this root began to create in a system, until when the claim holds (epoch ms), when
    it was taken (epoch ms), and what it is matched by (hashed)."""

    key: RecordKey
    system: SystemId
    until: int
    since: int
    match: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """`fingerprints` by `mark_name(flow, system, canonical key)`: empty where the lease before this one was never
    released. `reads` by `mark_name(flow, system, record key)`. `milestones` by name, epoch ms. `absorbed` are the roots
    that turned out to be this one. `drift`: since when (epoch ms) a field is known to disagree with its owner's, by
    `drift_name`, or that a record is missing there (`MISSING`)."""

    root: RecordKey
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    reads: Mapping[str, ReadMark] = field(default_factory=dict)
    claims: tuple[OpenClaim, ...] = ()
    milestones: Mapping[str, int] = field(default_factory=dict)
    drift: Mapping[str, int] = field(default_factory=dict)
    absorbed: tuple[RecordKey, ...] = ()
    trusted: bool = True
    brand: str = ""

    def marks(self, flow: str) -> Mapping[RecordKey, ReadMark]:
        """The marks of one flow, by the record that was read."""
        begin = f"{flow}|"
        return {
            RecordKey.parse(name.split("|", 2)[2]): mark for name, mark in self.reads.items() if name.startswith(begin)
        }


def mark_name(flow: str, system: SystemId, key: RecordKey) -> str:
    """The name under which a root keeps what one flow knows of one record in one system."""
    return f"{flow}|{system}|{key}"


ASKED = "asked "  # how the milestones begin that say by which record an erasure was asked for


def asked_name(record: RecordKey) -> str:
    """The milestone that a person asked for erasure, and which record was named."""
    return f"{ASKED}{record}"


def erased_name(record: RecordKey) -> str:
    """The milestone that a record of a person was erased in its system."""
    return f"erased {record}"


LISTED = "listed "  # how the milestones begin that say which record of a person is yet to be erased
MISSING = "(missing)"  # what stands for the field where a record is in a system not at all


def drift_name(flow: str, role: Role, key: RecordKey, name: str) -> str:
    """The name under which a root keeps that a field of a record disagrees in a role's system."""
    return f"{flow}|{role}|{key}|{name}"


def is_missing(name: str) -> bool:
    """Whether a name of drift says that a record is missing, not that one of its fields disagrees."""
    return name.endswith(f"|{MISSING}")
