"""What is due and not done: claims that nobody settled, found through a sparse index by brand, day and shard.

An item remembers which brand's days have any, so a sweep asks for those only: its cost follows what is due.
"""

from collections.abc import Iterator

from cashpath.ledger import names
from cashpath.ledger.store import Op, Store
from cashpath.ledger.tables import DUE
from cashpath.records.keys import RecordKey

DAY = 24 * 3600 * 1000


class DueClaims:
    """The index, as the claims fill it and the sweep reads it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._noted: set[str] = set()

    def note(self, brand: str, until: int) -> None:
        """Remember that the brand's day of `until` has claims: one request, once a day for a warm function."""
        day = names.day(brand, until)
        if day not in self._noted:
            self._store.write(
                Op(
                    verb="Update",
                    pk=names.DUE_DAYS,
                    update="SET #day = :until",
                    names={"day": day},
                    values={"until": until},
                )
            )
            self._noted.add(day)

    def before(self, before: int) -> Iterator[RecordKey]:
        """The roots with a claim that ran out before `before` (epoch ms), each once. Forgets days that are empty."""
        days = self._store.get(names.DUE_DAYS) or {}
        given: set[str] = set()
        for day, noted in days.items():
            if day == "pk" or noted - DAY > before:
                continue
            empty = True
            for shard in range(names.SHARDS):
                values = {"due": names.due(day, shard), "before": before}
                for item in self._store.query(DUE.name, "#due = :due AND #due_at <= :before", values):
                    empty = False
                    if item["root"] not in given:
                        given.add(item["root"])
                        yield RecordKey.parse(item["root"])
            if empty and noted + 2 * DAY < before:
                self._store.write(
                    Op(verb="Update", pk=names.DUE_DAYS, update="REMOVE #day", names={"day": day}),
                )
