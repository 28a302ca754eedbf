"""What sync_customers has read of one customer or company: plain data, passed from `read` to `plan`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cashpath.flows.parts.copies import Copies, Copy
from cashpath.notice import Wish
from cashpath.records import Record, RecordKey, Role, SystemId
from cashpath.systems.desk import Links
from cashpath.systems.port import Reading


@dataclass(frozen=True, kw_only=True)
class Loser:
    """A root that this one absorbs: its ids by role, and what was read of it there."""

    root: RecordKey
    ids: Mapping[Role, str]
    copies: Mapping[Role, Copy] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PeopleView:
    """`copies`: the root's record wherever it is. `links`: the ids of it and of what it names, in each role.

    `found`: what a role that lacks the record holds that matches it. `roots`: the root that the ledger knows for each
    record found, and for what a copy was merged into. `losers`: the roots that turned out to be this one. `named`: the
    companies that the person buys for, where a role lacks them, and `candidates` what such a role holds that matches.
    `holders`: the roles that can hold such a record. `roles`: the role of each of the brand's systems. `absorbed` and
    `done`: the roots that this one has absorbed before, and its milestones. `namesakes`: where it is to be erased, what
    a role has with the same email address and never linked to it; empty once somebody has looked at them.
    """

    root: RecordKey
    copies: Copies
    links: Links = field(default_factory=dict)
    found: Mapping[Role, tuple[Copy, ...]] = field(default_factory=dict)
    roots: Mapping[RecordKey, RecordKey] = field(default_factory=dict)
    losers: tuple[Loser, ...] = ()
    named: Mapping[RecordKey, Record] = field(default_factory=dict)
    candidates: Mapping[tuple[RecordKey, Role], tuple[Reading, ...]] = field(default_factory=dict)
    holders: tuple[Role, ...] = ()
    roles: Mapping[SystemId, Role] = field(default_factory=dict)
    absorbed: tuple[RecordKey, ...] = ()
    done: frozenset[str] = frozenset()
    namesakes: Mapping[Role, tuple[Reading, ...]] = field(default_factory=dict)
    wish: Wish = "agree"
    told_by: Role | None = None

    @property
    def source(self) -> Reading | None:
        """The root's own record."""
        return self.copies.source

    @property
    def readings(self) -> tuple[Reading, ...]:
        """All readings of the root."""
        return self.copies.readings

    @property
    def records(self) -> Mapping[RecordKey, Record]:
        """The companies that some role lacks."""
        return self.named

    def has(self, key: RecordKey, role: Role) -> bool:
        """Whether the system that plays `role` is known to have the record."""
        return (key, role) in self.links
