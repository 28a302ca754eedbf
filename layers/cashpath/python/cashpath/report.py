"""What is told of each notice once its pass is over: one log line and metrics. References only, no personal data."""

from typing import Any

from cashpath.notice import Notice
from cashpath.plan import described
from cashpath.runner import Outcome


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
