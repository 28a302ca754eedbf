"""The bulk message: up to a hundred notices of one flow, on a queue of its own beside the flow's.

References only, as in a notice. Imports nothing but the standard library: queues and recorder read it.
"""

import json
from collections.abc import Sequence

from cashpath.notice import VERSION, Notice

# What vendors' batch endpoints take at once. As JSON 25 kB, far below the 1 MiB of Amazon SQS, "Amazon SQS message
# quotas" (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html).
MOST = 100


def packed(notices: Sequence[Notice]) -> str:
    """The body of a message that carries these notices."""
    return json.dumps({"v": VERSION, "bulk": [json.loads(n.to_json()) for n in notices]}, separators=(",", ":"))


def parts(body: str) -> list[str] | None:
    """The notices of a bulk message, each as the message that it would be by itself; None where it is no such one."""
    try:
        read = json.loads(body)
    except ValueError:
        return None
    if not isinstance(read, dict) or not isinstance(read.get("bulk"), list):
        return None
    return [json.dumps(each, separators=(",", ":")) for each in read["bulk"]]


def unpacked(body: str) -> list[Notice] | None:
    """The notices of a bulk message; None where it is no such one. Raises ValueError where one cannot be read."""
    each = parts(body)
    return None if each is None else [Notice.from_json(text) for text in each]
