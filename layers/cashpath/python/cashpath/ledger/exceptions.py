"""Exceptions, in a table of their own: what is stuck now, why, and its replay. A storm of them throttles no order.

One item for each flow, system and record, with a count; open ones in a sparse, sharded index; totals kept as counters.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zlib import crc32

from cashpath.flows.manifest import FLOWS
from cashpath.ledger.filed import EVERY_FLOW, Cause, Filed, Subject
from cashpath.ledger.seen import ReadMark
from cashpath.ledger.store import Op, Store
from cashpath.ledger.tables import OPEN
from cashpath.notice import WISHES, Notice, Wish
from cashpath.records.keys import RecordKey, SystemId

__all__ = ["EVERY_FLOW", "Cause", "Exceptions", "Filed", "Subject"]

SHARDS = 8  # partitions of what is open, and of the totals
AGREE: tuple[Wish, ...] = ("agree",)
ERASED = "erased"  # what stands where something personal may have stood
KEPT = 90 * 24 * 3600  # seconds for which a closed exception can still be read


class Exceptions:
    """The table `table`. `now` is the clock; `client` is boto3's DynamoDB client, made on first use where none is
    given. All times are epoch ms."""

    def __init__(self, table: str, *, now: Callable[[], datetime], client: Any = None) -> None:
        self._store = Store(table, client)
        self._clock = now

    def file(
        self,
        about: Subject,
        cause: Cause,
        notice: Notice | None,
        *,
        since: int,
        brand: str = "",
        message: str = "",
        evidence: Mapping[str, str] | None = None,
    ) -> bool:
        """Open an exception, or count it once more where it is open. True where it was not open before.

        `since` (epoch ms) is when the pass that failed had taken its lease: only one that began later ends the
        exception. `message` is the id of the queue's message: one that comes twice counts once.
        """
        now = self._now()
        while True:
            before = self.get(about.id)
            if before and before.closed is None and message and before.message == message:
                return False
            opened = before is None or before.closed is not None
            versions = [each.version for each in (None if opened else before, notice if about.record else None) if each]
            after = Filed(
                about=about,
                cause=cause,
                notice=_newest(before, notice),
                brand=brand or (before.brand if before else ""),
                count=1 if before is None or opened else before.count + 1,
                first_seen=now if before is None or opened else before.first_seen,
                last_seen=now,
                since=since if before is None or opened else max(before.since, since),
                version=max((version for version in versions if version is not None), default=None),
                message=message,
                evidence=evidence or {},
                edition=(before.edition if before else 0) + 1,
            )
            if self._save(before, after):
                return opened

    def get(self, id: str) -> Filed | None:
        """The exception of that name, open or closed; None where there is none."""
        item = self._store.get(_pk(id))
        return Filed.of(item) if item else None

    def open(self, flow: str = "", code: str = "") -> Iterator[Filed]:
        """What is stuck now, of a flow and of a cause where they are named; newest last within a shard. The index does
        not carry `since` and `version`."""
        for shard in range(SHARDS):
            for item in self._store.query(OPEN.name, "#open = :open", {"open": _shard_name(shard)}):
                filed = Filed.of(item)
                if flow in ("", filed.about.flow) and code in ("", filed.cause.code):
                    yield filed

    def totals(self) -> Mapping[tuple[str, str], int]:
        """How many are open, by flow and cause."""
        sums: dict[tuple[str, str], int] = {}
        for item in self._store.get_many(_totals_pk(shard) for shard in range(SHARDS)).values():
            for name, count in item.items():
                match name.split("|"):
                    case ["open", flow, code]:
                        sums[flow, code] = sums.get((flow, code), 0) + count
        return {of: count for of, count in sorted(sums.items()) if count}

    def close_ended(
        self,
        flow: str,
        marks: Mapping[RecordKey, ReadMark],
        wishes: Collection[Wish] = AGREE,
        answered: Mapping[SystemId, int] | None = None,
    ) -> int:
        """Close what live, finished passes of the flow have ended, by the `marks` that they left on the records of one
        root; how many exceptions were closed. One request for each hundred that there may be.

        `wishes` are those that such a pass met. What a person asked for stays open until a pass has done just that:
        one that makes systems agree skips who is being erased. An erasure leaves nothing open. Refused credentials of
        a system are over where it `answered` a request of later (epoch ms) than the refusal.
        """
        ended = {
            Subject(flow=flow, system=at.system, record=f"{at.kind}/{at.id}", wish=wish).id: mark
            for at, mark in marks.items()
            for wish in wishes
        }
        ended |= {Subject(flow=EVERY_FLOW, system=id).id: ReadMark(began=at) for id, at in (answered or {}).items()}
        found = [Filed.of(item) for item in self._store.get_many(map(_pk, ended)).values()]
        return sum(self._close(filed, lambda now: now.ended_by(ended[now.id])) for filed in found)

    def close(self, id: str) -> bool:
        """Close an exception because a person says so. False where it is not open."""
        return self._close(self.get(id), lambda _: True)

    def redact(self, records: Iterable[RecordKey]) -> int:
        """Clear what may be personal from all exceptions of these records, of every flow, open or closed; how many
        were cleared. Each stays, with its code and its count: for one that is open, a redrive still says why."""
        return sum(self._redacted(filed) for filed in self.about(records))

    def about(self, records: Iterable[RecordKey]) -> list[Filed]:
        """All exceptions of these records, of every flow, open or closed."""
        subjects = [
            Subject(flow=flow, system=record.system, record=f"{record.kind}/{record.id}", wish=wish)
            for record in records
            for flow in FLOWS
            for wish in WISHES
        ]
        return [Filed.of(item) for item in self._store.get_many(_pk(subject.id) for subject in subjects).values()]

    def _redacted(self, filed: Filed) -> bool:
        now: Filed | None = filed
        while now is not None:
            cause = replace(now.cause, cause=ERASED, remedy=ERASED)
            clear = replace(now, cause=cause, evidence={}, edition=now.edition + 1)
            if replace(clear, edition=now.edition) == now:
                return False
            if self._save(now, clear):
                return True
            now = self.get(filed.id)
        return False

    def _close(self, filed: Filed | None, over: Callable[[Filed], bool]) -> bool:
        while filed is not None and filed.closed is None and over(filed):
            if self._save(filed, replace(filed, closed=self._now(), edition=filed.edition + 1)):
                return True
            filed = self.get(filed.id)
        return False

    def _save(self, before: Filed | None, after: Filed) -> bool:
        """Write the exception and move the totals with it. False where somebody else was faster."""
        item = after.item()
        shard = crc32(after.id.encode()) % SHARDS
        if after.closed is None:
            item["open"] = _shard_name(shard)
        else:
            item["expires"] = after.closed // 1000 + KEPT
        condition, values = "attribute_not_exists(#pk)", {}
        if before is not None:
            condition, values = "#edition = :before", {"before": before.edition}
        ops = [Op(verb="Put", pk=_pk(after.id), item=item, condition=condition, values=values)]
        moved = _moved(before, after)
        if moved:
            ops.append(_adding(shard, moved))
        return not self._store.write_together(ops)

    def _now(self) -> int:
        return int(self._clock().timestamp() * 1000)


def _newest(before: Filed | None, notice: Notice | None) -> Notice | None:
    """The notice to replay: the one received last."""
    if before is None or before.notice is None or notice is None:
        return notice
    return notice if notice.received >= before.notice.received else before.notice


def _moved(before: Filed | None, after: Filed) -> dict[str, int]:
    """By how much each total changes."""
    moved: dict[str, int] = {}
    for filed, by in ((before, -1), (after, 1)):
        if filed is not None and filed.closed is None:
            name = f"open|{filed.about.flow}|{filed.cause.code}"
            moved[name] = moved.get(name, 0) + by
    return {name: by for name, by in moved.items() if by}


def _adding(shard: int, moved: Mapping[str, int]) -> Op:
    named = {f"t{i}": name for i, name in enumerate(moved)}
    return Op(
        verb="Update",
        pk=_totals_pk(shard),
        update="ADD " + ", ".join(f"#{short} :{short}" for short in named),
        names=named,
        values={short: moved[name] for short, name in named.items()},
    )


def _pk(id: str) -> str:
    return f"X#{id}"


def _shard_name(shard: int) -> str:
    return f"open|{shard}"


def _totals_pk(shard: int) -> str:
    return f"T#{shard}"
