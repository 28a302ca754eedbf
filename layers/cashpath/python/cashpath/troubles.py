"""What of a pass is for a person, in their words: about which record, all causes as one, naming nobody. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cashpath.faults import NeedsPerson
from cashpath.masking import masked
from cashpath.notice import Notice
from cashpath.noticed import record_of
from cashpath.plan import Finding
from cashpath.records import Record
from cashpath.records.keys import RecordKey
from cashpath.records.personal import personal


def of_root(root: RecordKey, notice: Notice) -> Notice:
    """The notice as one of the root's own record: what is wrong with a root is one exception, whoever told of it. But
    an erasure goes on as it was asked for: who told of it has no more to erase."""
    if record_of(notice) == root or notice.wish == "erase":
        return notice
    return replace(notice, system=root.system, kind=root.kind, id=root.id, version=None)


def naming_nobody(fault: NeedsPerson, read: Iterable[Record | None]) -> NeedsPerson:
    """The same without what was `read` of the person: vendors name people in what they say."""
    known = personal(read)
    cause, remedy = masked(fault.cause, known), masked(fault.remedy, known)
    return NeedsPerson(cause, remedy=remedy, owner=fault.owner, code=fault.code)


def all_of(findings: Sequence[Finding]) -> NeedsPerson:
    """All that a person is to settle, as one cause with its remedies; owner and code are the first one's."""
    causes, remedies = (dict.fromkeys(values) for values in zip(*((f.cause, f.remedy) for f in findings), strict=True))
    first = findings[0]
    return NeedsPerson("; ".join(causes), remedy="; ".join(remedies), owner=first.owner, code=first.code)
