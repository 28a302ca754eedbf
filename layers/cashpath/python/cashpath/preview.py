"""What a pass would do for a notice, without doing it: for `redrive --dry-run`. Takes no lease, writes nothing."""

import json
from typing import Any

from cashpath.faults import Fault
from cashpath.notice import Notice
from cashpath.plan import described
from cashpath.records.money import BadRecord
from cashpath.runner import Runner


def preview(runner: Runner, body: dict[str, Any]) -> dict[str, Any]:
    """The plan for the notice in `body`, as lines that a person can read, or why there can be none now."""
    notice = Notice.from_json(json.dumps(body))
    try:
        return {"plan": described(runner.preview(notice))}
    except (Fault, BadRecord) as failure:
        return {"plan": [], "failure": str(failure)}
