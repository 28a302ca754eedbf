"""What is told of each notice once its pass is over: one log line and metrics. References only, no personal data."""

from typing import TYPE_CHECKING, Any

from cashpath.notice import Notice
from cashpath.plan import described
from cashpath.runner import Outcome

if TYPE_CHECKING:
    from cashpath.bulk.handler import Ended


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
        said["plan"] = described(outcome.plan)
    logger.info(outcome.why if outcome.word in ("waits", "off", "skipped") else outcome.word, extra=said)


def report_ended(logger: Any, metrics: Any, ended: "Ended") -> None:
    """The same for a notice of a bulk message, which may have failed in a way that nobody foresaw."""
    if ended.outcome is not None:
        report(logger, metrics, ended.notice, ended.outcome)
        return
    notice = ended.notice
    said = {"record": f"{notice.system}/{notice.kind}/{notice.id}", "outcome": "failed", "trigger": notice.trigger}
    metrics.add_metric(name="NoticesFailed", unit="Count", value=1)
    logger.error("failed in a way that nobody foresaw; it is tried again by itself", exc_info=ended.failure, extra=said)
