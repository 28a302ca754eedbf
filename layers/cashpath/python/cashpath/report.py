"""What is told of each notice once its pass is over: one log line and metrics. References only, no personal data."""

import json
from typing import TYPE_CHECKING, Any

from cashpath.masking import masked
from cashpath.notice import Notice
from cashpath.plan import described
from cashpath.runner import Outcome

if TYPE_CHECKING:
    from cashpath.bulk.handler import Ended


def as_log_line(line: Any) -> str:
    """A log line, as Powertools writes it, without what a library may have put into it of a person: an error's text
    may hold the address that was looked for."""
    return masked(json.dumps(line, default=str))


def report(logger: Any, metrics: Any, notice: Notice, outcome: Outcome) -> None:
    """Log the outcome and count it, by word. A plan made in shadow is recorded line by line."""
    metrics.add_metric(name=f"Notices{outcome.word.capitalize()}", unit="Count", value=1)
    metrics.add_metric(name="RecordsWritten", unit="Count", value=outcome.written)
    said = {
        "record": f"{notice.system}/{notice.kind}/{notice.id}",
        "outcome": outcome.word,
        "brand": outcome.brand,
        "written": outcome.written,
        "trigger": notice.trigger,
        "event": notice.event,
    }
    if outcome.word == "shadow" and outcome.plan is not None:
        said["plan"] = [masked(line) for line in described(outcome.plan)]
    logger.info(masked(outcome.why) if outcome.word in ("waits", "off", "skipped") else outcome.word, extra=said)


def report_ended(logger: Any, metrics: Any, ended: "Ended") -> None:
    """The same for a notice of a bulk message, which may have failed in a way that nobody foresaw."""
    if ended.outcome is not None:
        report(logger, metrics, ended.notice, ended.outcome)
        return
    notice = ended.notice
    said = {"record": f"{notice.system}/{notice.kind}/{notice.id}", "outcome": "failed", "trigger": notice.trigger}
    metrics.add_metric(name="NoticesFailed", unit="Count", value=1)
    logger.error("failed in a way that nobody foresaw; it is tried again by itself", exc_info=ended.failure, extra=said)
