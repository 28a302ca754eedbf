"""How new a reading is: whether it has seen what a notice tells of, and whether an earlier pass has. Asks nobody.

A notice is covered, and a reading trusted, by the version that the vendor names, else by the clock; a system with a
read lag may answer with what was before (docs/architecture.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from cashpath.apply import bad_record
from cashpath.brakes import Connect
from cashpath.faults import CredentialsRefused, NeedsPerson, NotYet
from cashpath.flows.manifest import FLOWS
from cashpath.ledger.seen import SKEW, ReadMark, Seen, mark_name
from cashpath.notice import Notice
from cashpath.noticed import record_of
from cashpath.records.keys import RecordKey, SystemId
from cashpath.records.money import BadRecord
from cashpath.systems.port import Reading


class Freshness:
    """What one flow may believe of what it reads. Of `connect` it needs the systems' declared facts only."""

    def __init__(self, flow: str, connect: Connect) -> None:
        self._flow = flow
        self._connect = connect

    def covered(self, notice: Notice, seen: Seen) -> bool:
        """Whether a finished pass began to read this very record after the notice was received, and saw it as new."""
        at = record_of(notice)
        mark = seen.reads.get(mark_name(self._flow, at.system, at))
        if mark is None or notice.trigger == "redrive" or notice.absorbs or notice.wish != "agree":
            return False
        if at.system != seen.root.system and not FLOWS[self._flow].reads_all:
            return False
        if notice.version is not None and (mark.version is None or mark.version < notice.version):
            return False
        tied = notice.version is None or notice.version == mark.version
        return mark.began > notice.received + SKEW + (self.lag(notice) if tied else 0)

    def marks(
        self, seen: Seen, readings: Sequence[Reading], also: Iterable[RecordKey], began: int, *, finished: bool
    ) -> dict[str, ReadMark]:
        """What a pass that began to read at `began` (epoch ms) leaves of its `readings`, and of what `also` belongs to
        its root: the record that it was told of, the root, absorbed roots, who is erased."""
        marks = {}
        for at, reading in {**dict.fromkeys(also), **{each.at: each for each in readings}}.items():
            name = mark_name(self._flow, at.system, at)
            known = seen.reads.get(name, ReadMark())
            version = known.version if reading is None or reading.version is None else reading.version
            done = ReadMark(began=began, version=version, unread=reading is None)
            marks[name] = done if finished else replace(known, version=version)
        return marks

    def check(self, readings: Sequence[Reading], notice: Notice, seen: Seen) -> None:
        """Raises NotYet where any reading is older than what is known of its record."""
        for reading in readings:
            mark = seen.reads.get(mark_name(self._flow, reading.at.system, reading.at))
            told = notice.version if record_of(notice) == reading.at else None
            for version in (mark.version if mark else None, told):
                if version is not None and (reading.version is None or reading.version < version):
                    raise NotYet(f"{reading.at} is read older than it is known to be", system=reading.at.system)

    def ripe(self, notice: Notice, source: Reading | None, began: int) -> bool:
        """Whether a read that began at `began` (epoch ms) has surely seen what the notice tells of. A read without lag
        always has: it was begun by the pass that was sent the notice, so after it."""
        if source is not None and record_of(notice) == source.at and None not in (notice.version, source.version):
            assert notice.version is not None
            assert source.version is not None
            if source.version > notice.version:
                return True
        lag = self.lag(notice)
        return not lag or began > notice.received + SKEW + lag

    def trouble(self, fault: NeedsPerson | BadRecord, notice: Notice, began: int) -> NeedsPerson | NotYet:
        """What a read that began at `began` (epoch ms) has run into, for a person. Not where it may be older than what
        the notice tells of: then it has not ended the notice, and the trouble may be over already."""
        lag = self.lag(notice)
        if lag and began <= notice.received + SKEW + lag and not isinstance(fault, CredentialsRefused):
            return NotYet(f"{record_of(notice)} may be read late: {fault}", retry_after=timedelta(milliseconds=lag))
        return bad_record(fault) if isinstance(fault, BadRecord) else fault

    def lag(self, notice: Notice) -> int:
        """The declared read lag (ms) of the system that the notice came from."""
        return int(self._connect(SystemId(notice.system)).facts.read_lag / timedelta(milliseconds=1))
