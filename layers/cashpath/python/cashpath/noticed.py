"""A notice and the record that it tells of. Apart from `notice`, which imports nothing but the standard library."""

from cashpath.notice import Notice, Trigger
from cashpath.records.keys import RecordKey


def record_of(notice: Notice) -> RecordKey:
    """The record that a notice tells of."""
    return RecordKey.parse(f"{notice.system}/{notice.kind}/{notice.id}")


def notice_of(
    flow: str, record: RecordKey, *, received: int, trigger: Trigger, version: int | None = None, attempt: int = 0
) -> Notice:
    """The notice for a flow that a record changed, or is to be looked at. See `Notice`."""
    return Notice(
        flow=flow,
        system=record.system,
        kind=record.kind,
        id=record.id,
        received=received,
        version=version,
        trigger=trigger,
        attempt=attempt,
    )
