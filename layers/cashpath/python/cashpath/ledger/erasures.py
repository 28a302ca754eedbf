"""The list of erasures: who asked to be forgotten, ids only. It outlives the ledger, and is applied to backups again.

A table of its own, so that a restore of the ledger takes nothing off it. It has no personal data and never forgets.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from cashpath.ledger.store import Op, Store
from cashpath.ledger.tables import LISTED
from cashpath.ledger.values import Values
from cashpath.records.keys import RecordKey

ALL = "all"  # the partition of the index that lists them: a shop has some a day


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """One wish. `asked` is the record that was named, `root` its root; `where` are all records of the person by
    system, and when each was erased (epoch ms; 0: not yet). `finished_at` is None until nothing is left."""

    asked: RecordKey
    root: RecordKey
    brand: str
    asked_at: int
    finished_at: int | None = None
    where: Mapping[RecordKey, int] = field(default_factory=dict)

    @property
    def erased(self) -> Mapping[RecordKey, int]:
        """The records that are erased, and since when."""
        return {key: at for key, at in self.where.items() if at}

    def item(self) -> dict[str, Any]:
        """The wish as its table keeps it."""
        return {
            "root": str(self.root),
            "brand": self.brand,
            "listed": ALL,
            "asked_at": self.asked_at,
            "finished_at": self.finished_at,
            "where": {str(key): at for key, at in self.where.items()},
        }

    @classmethod
    def of(cls, item: Values) -> Self:
        """The wish behind an item."""
        return cls(
            asked=RecordKey.parse(item["pk"]),
            root=RecordKey.parse(item["root"]),
            brand=item["brand"],
            asked_at=item["asked_at"],
            finished_at=item["finished_at"],
            where={RecordKey.parse(key): at for key, at in item["where"].items()},
        )


class Erasures:
    """The table `table`. `now` is the clock; `client` is boto3's DynamoDB client, made on first use where none is
    given. A root's wishes are written under its lease only, but for `again`."""

    def __init__(self, table: str, *, now: Callable[[], datetime], client: Any = None) -> None:
        self._store = Store(table, client)
        self._clock = now

    def accept(self, asked: RecordKey, root: RecordKey, brand: str, told: RecordKey | None = None) -> Erasure:
        """List a wish, or give the one that is listed. `told` is the record whose own system told of it, and so has
        erased it itself."""
        now = self._now()
        by_itself = {told: now} if told else {}
        new = Erasure(asked=asked, root=root, brand=brand, asked_at=now, where=by_itself)
        known = self.get(asked)
        if known is None:
            self._save(new)
            return new
        if told and not known.where.get(told):
            known = self._saved(known, {**known.where, **by_itself}, known.finished_at)
        return known

    def note(self, wish: Erasure, records: Iterable[RecordKey], erased: Iterable[RecordKey], *, done: bool) -> Erasure:
        """Note where the person is, what is erased by now, and whether that was all."""
        now = self._now()
        where = {**dict.fromkeys(records, 0), **wish.where, **dict.fromkeys(erased, now)}
        return self._saved(wish, where, (wish.finished_at or now) if done else None)

    def again(self, wish: Erasure) -> Erasure:
        """Open a wish once more, as if nothing of it were done: what was restored may hold the person again."""
        return self._saved(wish, dict.fromkeys(wish.where, 0), None)

    def get(self, asked: RecordKey) -> Erasure | None:
        """The wish that named this record; None where there is none."""
        item = self._store.get(str(asked))
        return Erasure.of(item) if item else None

    def all(self) -> Iterator[Erasure]:
        """Every wish, the oldest first."""
        for item in self._store.query(LISTED.name, "#listed = :listed", {"listed": ALL}):
            yield Erasure.of(item)

    def about(self, record: RecordKey) -> Erasure | None:
        """The wish that named this record, or whose root or one of whose records it is."""
        found = self.get(record)
        return found or next((wish for wish in self.all() if record == wish.root or record in wish.where), None)

    def _saved(self, wish: Erasure, where: Mapping[RecordKey, int], finished_at: int | None) -> Erasure:
        new = Erasure(
            asked=wish.asked,
            root=wish.root,
            brand=wish.brand,
            asked_at=wish.asked_at,
            finished_at=finished_at,
            where=where,
        )
        if new != wish:
            self._save(new)
        return new

    def _save(self, wish: Erasure) -> None:
        self._store.write(Op(verb="Put", pk=str(wish.asked), item=wish.item()))

    def _now(self) -> int:
        return int(self._clock().timestamp() * 1000)
