"""The port: what every connector can do, the same for every role.

A connector translates, and nothing else. It raises only the kinds of `cashpath.faults` and `BadRecord`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from cashpath.records.keys import BrandId, Kind, RecordKey, Role, SystemId
from cashpath.records.record import Record


@dataclass(frozen=True, kw_only=True)
class KindFacts:
    """What a system can do with one kind, as data.

    `reads`: its own records can be read as this kind. `tells`: the canonical fields that such a reading fills; the
    rest it leaves at their defaults, which say nothing. `fields`: the canonical fields it can hold when written
    (empty: never written); what `normalised` makes of one reads back the same. `references`: the kinds of record that
    a written one must name by their id there. `matches`: the criteria that `candidates` understands (`email`,
    `tax_id`, `sku`, `number`). `merges`: two of its records can be made one.
    """

    reads: bool = False
    tells: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    references: frozenset[Kind] = frozenset()
    matches: frozenset[str] = frozenset()
    merges: bool = False


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a vendor's systems are like. `read_lag` is how far a read by id may lag behind a write; `polled` systems
    send no webhooks; `unversioned` kinds have no modification mark that notices could carry; of `unmarked` kinds
    something may change that moves no mark and sends no webhook, so that only who reads all of them finds it."""

    vendor: str
    role: Role
    kinds: Mapping[Kind, KindFacts]
    read_lag: timedelta = timedelta(0)
    polled: bool = False
    unversioned: frozenset[Kind] = frozenset()
    unmarked: frozenset[Kind] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a system said of one of its records.

    `at` names it in that system. `record` is it in canonical form: keyed by `at`, its references keyed in that
    system too. `version` is its own modification mark, epoch ms. `origin` is the canonical key that Cashpath left on
    it when it created it there; `parent` its parent in its own system; `merged_into` the survivor, where it was
    merged away; `brand_hint` what the record says of the brand where brands share a system.
    """

    at: RecordKey
    record: Record
    version: int | None = None
    origin: RecordKey | None = None
    parent: RecordKey | None = None
    merged_into: RecordKey | None = None
    brand_hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A record that changed, for a notice: its key in the system, and its version where the vendor names one."""

    key: RecordKey
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a write did: the id the record has in the system."""

    id: str
    created: bool


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One record to write, as `apply` hands it to a connector.

    `record` is canonical; `fields` are those that may be written; `id` is the record's id in the system, None to
    create it; `refs` gives the id in the system for each record that it names. `brand` chooses what a shared system
    keeps apart (an ERP's company).
    """

    record: Record
    fields: frozenset[str]
    id: str | None
    brand: BrandId
    refs: Mapping[RecordKey, str] = field(default_factory=dict)


class System(Protocol):
    """One vendor account. Synchronous; one instance is kept for the life of a warm Lambda."""

    id: SystemId
    facts: Facts

    def read(self, kind: Kind, id: str) -> Reading | None:
        """The record with this id, or None where there is none (deleted, or not there yet)."""

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        """Those of these records that exist, by the id asked for, through the vendor's batch endpoint where it has
        one."""

    def candidates(self, kind: Kind, criterion: str) -> Sequence[Reading]:
        """The records that match `criterion` exactly: `email:…`, `tax_id:…`, `sku:…`, `number:…`. Oldest
        first.

        May use a search that lags. Raises Unsupported for a criterion that the kind does not declare.
        """

    def candidates_many(self, kind: Kind, criteria: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        """What `candidates` answers for each of these, in as few requests as the vendor allows."""

    def find(self, kind: Kind, origin: RecordKey, *, since: datetime, hints: Wanted | None = None) -> str | None:
        """The id of the record that carries `origin`, through an endpoint that reads its own writes.

        Asked when a claim expired: `since` is when the claim was taken, `hints` what was to be created, where it is
        known again by then.
        """

    def normalised(self, wanted: Wanted) -> Mapping[str, object]:
        """The record as this system will hold it, restricted to `wanted.fields` that the system has: plain JSON data,
        pure, no request. Two that are equal need no write. Reading back what was written gives the same."""

    def held(self, kind: Kind, id: str, wanted: Wanted) -> Mapping[str, object] | None:
        """What the system holds now under `id`, in the shape of `normalised(wanted)`; None where it is gone."""

    def write(self, wanted: Wanted) -> Written:
        """Create or update the record, children and state included; safe to call again after a kill at any request.

        Raises Unanswered where a write got no answer, NotYet where a reference has no id, NeedsPerson where the
        target is gone or refuses what is asked.
        """

    def write_many(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        """Each as `write` would do it, through the vendor's batch endpoint where there is one; one result for each."""

    def merge(self, kind: Kind, loser: str, survivor: str) -> None:
        """Merge one record into another of the same kind; the loser's id ends or leads to the survivor.

        Safe to repeat. Raises Unsupported where the vendor cannot, NeedsPerson where it refuses.
        """

    def erase(self, kind: Kind, id: str) -> None:
        """Remove the personal data of a customer, the record itself too where the vendor allows; nothing where they are
        gone."""

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        """The records of this kind changed at or after `since`, oldest first, page by page, read on demand."""


@runtime_checkable
class Checkable(Protocol):
    """A system that can say what it lacks for what Cashpath is to do there. For `cashpath check`."""

    def check(self) -> Sequence[str]:
        """What is missing, one sentence each with its remedy: scopes, mapped fields that the vendor does not know.
        Reads only."""


@runtime_checkable
class Sells(Protocol):
    """A system that can say how much was sold, for the money at stake in a wrong price."""

    def sold_since(self, variants: Sequence[str], since: datetime) -> Mapping[str, int]:
        """Units sold since then of each of these variants, by their ids there."""


@runtime_checkable
class Moves(Protocol):
    """A system that can move those who subscribed at an older price of a variant to its present one."""

    def move_subscribers(self, variant_id: str) -> int:
        """How many subscriptions were moved: from their next period on, without proration. Safe to repeat; after a
        kill it goes on with the others."""


@runtime_checkable
class Finds(Protocol):
    """A system that can look up many records by our external id at once: after a bulk pass died, there are many."""

    def find_many(self, kind: Kind, origins: Sequence[RecordKey]) -> Mapping[RecordKey, str]:
        """What `System.find` answers for each of these, in as few requests as the vendor allows; those only that are
        found."""


@runtime_checkable
class Lists(Protocol):
    """A system that can list all that changed by an export of its vendor's: for a backfill, which asks for much."""

    def listed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        """What `changed_since` tells, oldest first, in far fewer requests where it is much. Asked again after a kill,
        from where the last one came to, it uses what the vendor still keeps.

        Raises Waits, with what is waited for in words, while the vendor is not done.
        """


@runtime_checkable
class Preparable(Protocol):
    """A system that has to be set up once before it can hold what Cashpath writes."""

    def prepare(self) -> Sequence[str]:
        """Create the custom fields that are missing; their names. Safe to repeat."""
