"""A queue and its function on a movable clock: delays, redelivery after the visibility timeout, dead letters.

One message at a time, whoever is visible first. It takes what boto3's SQS client is asked for by `aws.queues`.
"""

import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cashpath.notice import Notice
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.subject import MovableClock

VISIBILITY = timedelta(seconds=360)  # six times the function's timeout
RECEIVES = 5  # how often a message is received before it is a dead letter
QUEUE, DEAD_LETTERS = "queue", "dead-letters"


@dataclass(order=True)
class Message:
    """One message: the `first`-th that was ever sent, visible at `at`."""

    at: datetime
    first: int
    body: str = field(compare=False)
    receives: int = field(default=0, compare=False)


@dataclass
class Queue:
    """`given_up` are the bodies that the flow itself put into the dead-letter queue; `dead` what SQS moved there."""

    clock: MovableClock
    messages: list[Message] = field(default_factory=list)
    given_up: list[dict[str, Any]] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    _count: int = 0

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0) -> dict[str, Any]:
        """As SQS's own."""
        if QueueUrl == DEAD_LETTERS:
            self.given_up.append(json.loads(MessageBody))
        else:
            self._count += 1
            visible = self.clock() + timedelta(seconds=DelaySeconds)
            heapq.heappush(self.messages, Message(visible, self._count, MessageBody))
        return {}

    def put(self, notice: Notice) -> None:
        """A message that somebody else sent."""
        self.send_message(QueueUrl=QUEUE, MessageBody=notice.to_json())

    def drain(self, run: Callable[[Notice], None], *, most: int = 200) -> None:
        """Hand one message after the other to the function until none is left. Raises where `most` do not end it."""
        for _ in range(most):
            if not self.messages:
                return
            self.next(run)
        raise AssertionError(f"{len(self.messages)} messages are left after {most}: {self.messages[0].body}")

    def next(self, run: Callable[[Notice], None]) -> None:
        """Hand the message that is visible first to the function, however that ends."""
        message = heapq.heappop(self.messages)
        self.clock.at = max(self.clock.at, message.at)
        message.receives += 1
        if message.receives > RECEIVES:
            self.dead.append(message)
            return
        shown_again = self.clock.at + VISIBILITY
        try:
            run(Notice.from_json(message.body))
        except (Killed, Exception) as ended:  # the function failed or its process is gone: SQS shows the message again
            self.failures.append(ended)
            message.at = shown_again
            heapq.heappush(self.messages, message)
