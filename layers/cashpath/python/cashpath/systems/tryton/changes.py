"""What changed since, oldest first: several streams, each paged by its own date and id, merged.

Tryton sends nothing; it stamps each record with `create_date`, and `write_date` from the first edit on (both UTC). A
child edited by itself does not stamp its parent, so children have streams of their own.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cashpath.systems.tryton.books import Database, Row

PAGE = 200


@dataclass(frozen=True)
class Source:
    """A model whose changes count, and the field that names the record they count for."""

    model: str
    names: str


def millis(at: datetime) -> int:
    """Epoch milliseconds."""
    return int(at.timestamp() * 1000)


def newest(*rows: Row) -> int | None:
    """The latest modification of any of these records; None where none has a date."""
    dates = [date for row in rows for date in (row.get("write_date"), row.get("create_date")) if date]
    return max(map(millis, dates), default=None)


def changes(
    database: Database, sources: Sequence[Source], since: datetime, company: int | None
) -> Iterator[tuple[int, datetime]]:
    """The id and date of each change at or after `since`, oldest first; a record comes once for each change."""
    streams = [
        _stream(database, source, date, since, company) for source in sources for date in ("create_date", "write_date")
    ]
    for date, id in heapq.merge(*streams):
        yield id, date


def _stream(
    database: Database, source: Source, date: str, since: datetime, company: int | None
) -> Iterator[tuple[datetime, int]]:
    """Changes by one date. Records never written have no `write_date`; written ones are told by it alone."""
    after: list[Any] = [(date, ">=", since)]
    never_written = [("write_date", "=", None)] if date == "create_date" else []
    while True:
        rows = database.search(
            source.model,
            [*never_written, *after],
            (source.names, date),
            order=[[date, "ASC"], ["id", "ASC"]],
            limit=PAGE,
            company=company,
        )
        for row in rows:
            if named := _named(row, source.names):
                yield row[date], named
        if len(rows) < PAGE:
            return
        last: Mapping[str, Any] = rows[-1]
        after = [["OR", (date, ">", last[date]), [(date, "=", last[date]), ("id", ">", last["id"])]]]


def _named(row: Row, names: str) -> int | None:
    value = row[names]
    return value if isinstance(value, int) else None
