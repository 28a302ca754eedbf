"""What a flow wants done: writes and findings, as plain data. `apply` performs it; a preview prints it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cashpath.records.keys import RecordKey, Role
from cashpath.records.record import Record

When = Literal["agree", "ensure", "update"]
Milestone = Literal["deal_won", "ordered", "subscribed", "unsubscribed", "cancelled", "erasing", "erased"]


@dataclass(frozen=True, kw_only=True)
class Put:
    """Bring `record` into the system that plays `role`.

    `fields` are those that may be written; `seeds` those that only a create writes besides, since the target decides
    them from then on. `when` says how far it goes: `agree` creates or updates, `ensure` creates
    where it is absent and never updates (a record that another root owns), `update` never creates. `match` is what
    the record is matched by (`email:ada@example.com`, `sku:MUG`): two roots that create one person meet there.
    `milestone` is recorded once this write is made. `made` is the id under which a pass of ours that died left the
    record, perhaps without its last parts: it is completed there, under the claim that a create needs.
    `differing` are the fields that this pass has found to be otherwise there; None where it has not compared, which
    leaves the question to the fingerprint. `absent`: it has found that the record is not there, nor anything like it.
    A put with `watch` writes that one field, whose change by others is not put
    right but raised.
    """

    record: Record
    role: Role
    fields: frozenset[str]
    seeds: frozenset[str] = frozenset()
    when: When = "agree"
    match: tuple[str, ...] = ()
    milestone: Milestone | None = None
    made: str = ""
    differing: frozenset[str] | None = None
    absent: bool = False
    watch: str = ""


@dataclass(frozen=True, kw_only=True)
class Join:
    """The record is already there, under `id`: link it, write nothing. `replaces` is the id that it was linked to, and
    which has been merged into this one. `milestones` (epoch ms) are what is known of it from before Cashpath was."""

    key: RecordKey
    role: Role
    id: str
    match: tuple[str, ...] = ()
    replaces: str = ""
    milestones: Mapping[Milestone, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Merge:
    """Merge the record `loser` of the system that plays `role` into `id`, which is linked to `key` there."""

    key: RecordKey
    role: Role
    id: str
    loser: str


@dataclass(frozen=True, kw_only=True)
class Absorb:
    """The root `other` turned out to be this same record: from now on it leads to this root."""

    key: RecordKey
    other: RecordKey
    role: Role


@dataclass(frozen=True, kw_only=True)
class Erase:
    """Remove the personal data of the record that is `id` in the system that plays `role`, and what it was matched by
    there from the ledger."""

    key: RecordKey
    role: Role
    id: str
    match: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Move:
    """Move those who subscribed at an older price of the variant that is `id` in the system that plays `role` to its
    present one. `at` says what that is: a price to which all were moved before is left alone, unless this pass found
    another there (`anew`), at which somebody may have subscribed since."""

    key: RecordKey
    role: Role
    id: str
    at: str
    anew: bool = False


Write = Put | Join | Merge | Absorb | Erase | Move


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something a person should know. `drift` is reported; `person` makes the notice an exception once all writes
    that do not depend on it are made. `about` is the record concerned, `owner` the role whose people can fix it.
    Of drift, `field` is the field that disagrees with its owner's, and `role` where it does."""

    kind: Literal["drift", "person"]
    about: RecordKey
    cause: str
    remedy: str
    owner: Role
    code: str = "needs_person"
    field: str = ""
    role: Role | None = None


@dataclass(frozen=True)
class Plan:
    """Writes, in the order in which they are to be made, and findings. `skipped` says why nothing is wanted at all."""

    writes: tuple[Write, ...] = ()
    findings: tuple[Finding, ...] = ()
    skipped: str = field(default="", kw_only=True)

    @classmethod
    def of(cls, *parts: "Write | Finding") -> "Plan":
        """A plan of writes and findings, each kind in the order given."""
        return cls(
            tuple(p for p in parts if not isinstance(p, Finding)), tuple(p for p in parts if isinstance(p, Finding))
        )


def described(plan: Plan) -> list[str]:
    """The plan, line by line, for logs and previews: keys and kinds, no personal data."""
    lines = [_line(write) for write in plan.writes]
    lines += [f"{f.kind}: {f.cause} ({f.remedy})" for f in plan.findings]
    return [plan.skipped, *lines] if plan.skipped else lines


def _line(write: Write) -> str:
    match write:
        case Join(key=key, role=role, id=id):
            return f"{role}: {key} is there already, as {id}"
        case Merge(key=key, role=role, id=id, loser=loser):
            return f"{role}: merge {loser} into {id}, which is {key}"
        case Absorb(key=key, other=other):
            return f"{other} is {key}: both are one from now on"
        case Erase(key=key, role=role, id=id):
            return f"{role}: erase the personal data of {id}, which is {key}"
        case Move(key=key, role=role):
            return f"{role}: move who subscribed at an older price of {key} to its present one"
        case Put(record=record, role=role, when="ensure"):
            return f"{role}: create {record.key} unless it is there"
        case Put(record=record, role=role, when="update"):
            return f"{role}: bring {record.key} up to date where it exists"
        case Put(record=record, role=role):
            return f"{role}: bring {record.key} up to date, or create it"
