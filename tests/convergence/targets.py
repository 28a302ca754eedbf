"""What the checks of a history see of a target, behind its connector's back; and the person who edits it by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from cashpath.records import Kind, RecordKey
from cashpath.systems.port import System
from cashpath_sandbox.memory import Books

BY_HAND: Sequence[Mapping[str, Any]] = (
    {"note": "by hand"},
    {"lines": ()},
    {"state": "cancelled"},
    {"email": "other@example.com"},
)


class Target(Protocol):
    """One target system."""

    @property
    def writes(self) -> int:
        """How many requests changed anything so far."""

    def made_for(self, kind: Kind, origin: RecordKey) -> Sequence[str]:
        """The ids of the records that carry this origin."""

    def like(self, kind: Kind, field: str, value: str) -> Sequence[str]:
        """The ids of the records whose field says this: `email`, `sku`."""

    def edit_by_hand(self, kind: Kind, rng: Random) -> RecordKey | None:
        """Somebody edits one of its records. The record, where the target tells nobody of it."""


class SystemTarget(Target, Protocol):
    """A target with a connector of its own."""

    system: System


@dataclass
class MemoryTarget:
    """An in-memory vendor."""

    books: Books

    @property
    def writes(self) -> int:
        return self.books.writes

    def made_for(self, kind: Kind, origin: RecordKey) -> Sequence[str]:
        return [row.record.key.id for row in self.books.of(kind) if row.origin == origin]

    def like(self, kind: Kind, field: str, value: str) -> Sequence[str]:
        return [row.record.key.id for row in self.books.of(kind) if getattr(row.record, field) == value]

    def edit_by_hand(self, kind: Kind, rng: Random) -> RecordKey | None:
        if rows := self.books.of(kind):
            values = {"items": ()} if kind == "subscription" else rng.choice(BY_HAND)
            self.books.change(rng.choice(rows).record.key, **values)
        return None
