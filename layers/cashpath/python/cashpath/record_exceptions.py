"""Takes what landed in the flows' dead-letter queues into the exceptions: the one door, and nothing is lost in it.

A queue forgets after 14 days; this does not. Four things land there: what a flow gave up, with its cause; a notice
that SQS moved there because nobody foresaw its failure; a bulk message of which the same is true, each of whose notices
is filed by itself; and a message that no release of ours can read.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from cashpath.bulk.message import parts
from cashpath.ledger.exceptions import EVERY_FLOW, Cause, Exceptions, Subject
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.seen import SKEW, ReadMark, Seen, mark_name
from cashpath.masking import masked
from cashpath.notice import WISHES, Notice
from cashpath.records.keys import RecordKey

Event = dict[str, Any]
Recorded = Literal["opened", "counted", "covered"]

A_HUNDRED = 20_000  # ms that the notices of a bulk message may take to be filed
_REFERENCE = re.compile(r"[\w.:/#+=-]{0,200}")  # an id, a name or a number; no space and no @: nobody's address
_FIELDS = frozenset(Notice.__dataclass_fields__)


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """One message of a flow's dead-letter queue. `tries` is how often SQS had handed it out."""

    id: str
    flow: str
    body: str
    tries: int = 0


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a dead letter says. `since` (epoch ms): only a pass that began later ends what it is about."""

    about: Subject
    cause: Cause
    since: int
    notice: Notice | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)

    @property
    def record(self) -> RecordKey | None:
        """The record that it is about; None where it is about none."""
        if self.notice is None or not self.about.record:
            return None
        try:
            return RecordKey.parse(f"{self.about.system}/{self.about.record}")
        except ValueError:
            return None


class Recorder:
    """Files dead letters."""

    def __init__(self, exceptions: Exceptions, ledger: Ledger) -> None:
        self._exceptions = exceptions
        self._ledger = ledger

    def record(self, dead: DeadLetter) -> Recorded:
        """File one dead letter, unless a pass has finished its record since.

        It is asked after the filing as well: a pass that finishes in between finds nothing to close yet. And what a
        pass has finished is closed even where nothing is filed now: a recorder that died may have filed it.
        """
        letter = read(dead)
        seen = self._seen(letter)
        if self._close(letter, seen):
            return "covered"
        opened = self._exceptions.file(
            letter.about,
            letter.cause,
            letter.notice,
            since=letter.since,
            brand=seen.brand if seen else "",
            message=dead.id,
            evidence=letter.evidence,
        )
        if self._close(letter, self._seen(letter)):
            return "covered"
        return "opened" if opened else "counted"

    def _close(self, letter: Letter, seen: Seen | None) -> bool:
        """Close what a pass has finished since. False where none has finished what the letter is about."""
        if seen is not None and letter.record is not None and "erased" in seen.milestones:
            self._exceptions.redact([letter.record])  # the erasure's own pass redacts what is filed by then
        mark = _covering(letter, seen)
        if mark is None or letter.record is None:
            return False
        self._exceptions.close_ended(letter.about.flow, {letter.record: mark}, (letter.about.wish,))
        return True

    def _seen(self, letter: Letter) -> Seen | None:
        return self._ledger.peek(letter.record) if letter.record else None


def letters(dead: DeadLetter) -> list[DeadLetter]:
    """The dead letter, or one for each notice where it is a bulk message."""
    each = parts(dead.body)
    return [dead] if each is None else [replace(dead, body=body) for body in each]


def read(dead: DeadLetter) -> Letter:
    """What a dead letter says. Never fails: what cannot be read is told as such."""
    try:
        body = json.loads(dead.body)
    except ValueError:
        return _unreadable(dead, None)
    if not isinstance(body, dict):
        return _unreadable(dead, None)
    try:
        notice = Notice.from_json(json.dumps(body.get("notice", body)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return _unreadable(dead, body)
    if not _typed(notice):
        return _unreadable(dead, body)
    given, said = (body.get("cause"), body.get("since")) if "notice" in body else (None, None)
    since = said if isinstance(said, int) else notice.received + SKEW  # as Freshness.covered, where reads have no lag
    if not isinstance(given, dict):
        return Letter(about=_subject(notice), cause=_unforeseen(dead), since=since, notice=notice)
    cause = Cause(**{name: masked(str(given.get(name, ""))) for name in ("code", "cause", "remedy", "owner")})
    about = _subject(notice)
    if cause.code == "credentials_refused":
        about = Subject(flow=EVERY_FLOW, system=str(given.get("about") or notice.system))
    return Letter(about=about, cause=cause, since=since, notice=notice)


def _typed(notice: Notice) -> bool:
    """Whether a notice's fields are what they should be: JSON alone promises nothing."""
    words = all(isinstance(word, str) and word for word in (notice.flow, notice.system, notice.kind, notice.id))
    return words and isinstance(notice.received, int) and isinstance(notice.attempt, int) and notice.wish in WISHES


def _subject(notice: Notice) -> Subject:
    return Subject(flow=notice.flow, system=notice.system, record=f"{notice.kind}/{notice.id}", wish=notice.wish)


def _unforeseen(dead: DeadLetter) -> Cause:
    return Cause(
        code="unforeseen",
        cause=f"{dead.flow} failed {dead.tries or 'several'} times in a way that nobody foresaw",
        remedy=f"look for the error in the log of {dead.flow} by the record's id, correct its cause, then redrive",
    )


def _unreadable(dead: DeadLetter, body: Mapping[str, Any] | None) -> Letter:
    """A message that is no notice: filed under its own id, its text kept only where it is references and no more."""
    digest = hashlib.sha256(dead.body.encode()).hexdigest()
    evidence = {"message": dead.id, "sha256": digest, "bytes": str(len(dead.body.encode()))}
    if body is not None and _references_only(body.get("notice", body)):
        evidence["body"] = dead.body
    cause = Cause(
        code="unreadable",
        cause="a message in the dead-letter queue is no notice that this release can read",
        remedy="find who sent it by its message id; deploy the release that writes such notices; then close this one",
    )
    about = Subject(flow=dead.flow, system="message", record=dead.id or digest[:16])
    return Letter(about=about, cause=cause, since=0, evidence=evidence)


def _references_only(body: Any) -> bool:
    """Whether a message holds nothing but what notices hold: ids, names and numbers."""
    if not isinstance(body, dict) or not set(body) <= _FIELDS:
        return False
    waited = body.get("waited") or {}
    if not isinstance(waited, dict) or not set(waited) <= {"kind", "times", "since"}:
        return False
    plain = [value for name, value in body.items() if name != "waited"] + list(waited.values())
    return all(value is None or (isinstance(value, int | str) and _REFERENCE.fullmatch(str(value))) for value in plain)


def _covering(letter: Letter, seen: Seen | None) -> ReadMark | None:
    """What a live, finished pass that ends what the letter is about has left on its record; None where there was none.
    Such a pass skips who is being erased, and answers nobody who asks for access: what they asked for it does not end.
    """
    at = letter.record
    if seen is None or at is None or letter.notice is None:
        return None
    wish = letter.notice.wish
    if wish == "access" or (wish == "erase" and at.kind == "customer" and "erased" not in seen.milestones):
        return None
    mark = seen.reads.get(mark_name(letter.about.flow, at.system, at), ReadMark())
    return mark if mark.ends(letter.since, letter.notice.version) else None


def open_recorder(environment: Mapping[str, str] = os.environ) -> Callable[[Event, Any], Any]:
    """The handler of record_exceptions' Lambda. It needs two tables and no settings.

    A message that cannot be filed now is reported as failed, so that it stays in its queue (Powertools, "Batch
    processing", partial failure reporting).
    """
    from aws_lambda_powertools import Logger, Metrics
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

    logger, metrics = Logger(service="record_exceptions"), Metrics(namespace="Cashpath", service="record_exceptions")
    metrics.set_default_dimensions(stage=environment.get("CASHPATH_STAGE", "local"))  # the alarm is of one stage
    processor = BatchProcessor(event_type=EventType.SQS)
    urls: Mapping[str, str] = json.loads(environment["CASHPATH_DEAD_LETTERS"])
    flows = {url.rpartition("/")[2]: flow for flow, url in urls.items()}
    ledger = Ledger(environment["CASHPATH_LEDGER"], now=_now, match_key=_no_match_key)
    recorder = Recorder(Exceptions(environment["CASHPATH_EXCEPTIONS"], now=_now), ledger)

    def one(record: SQSRecord, lambda_context: Any = None) -> None:
        queue = record.event_source_arn.rpartition(":")[2]
        tries = int(record.attributes.approximate_receive_count or 0)
        dead = DeadLetter(id=record.message_id, flow=flows.get(queue, queue), body=record.body, tries=tries)
        each = letters(dead)
        if len(each) > 1 and lambda_context and lambda_context.get_remaining_time_in_millis() < A_HUNDRED:
            raise TimeoutError("a bulk message is left to the next batch, which has time for it")
        for letter in each:
            word = recorder.record(letter)
            if word == "opened":
                metrics.add_metric(name="ExceptionsOpened", unit="Count", value=1)
            logger.info(word, extra={"message_id": dead.id, "flow": dead.flow, "exception": read(letter).about.id})

    def handler(event: Event, context: Any) -> Any:
        metrics.add_metric(name="ExceptionsOpened", unit="Count", value=0)  # so that the alarm has data
        return process_partial_response(event=event, record_handler=one, processor=processor, context=context)

    return metrics.log_metrics(handler)


def _now() -> datetime:
    return datetime.now(UTC)


def _no_match_key() -> bytes:
    raise RuntimeError("the recorder only looks at roots; it matches nobody")
