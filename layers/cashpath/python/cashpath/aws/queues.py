"""The flows' queues: where receivers, sweeps and waiting flows put notices, and where a flow gives a notice up.

The receiver depends on it, so it imports nothing but boto3, and that on first use.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Self

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cashpath.bulk.message import MOST, packed
from cashpath.masking import masked
from cashpath.notice import Notice

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH = 10  # Amazon SQS, "SendMessageBatch": at most ten messages a request
# A webhook must be answered within five seconds (Shopify), so one try and one retry have to fit.
PATIENCE = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})

DEPTHS: "list[QueueAttributeNameType]" = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
]


class Queues:
    """One queue, one for bulk messages and one for dead letters for each flow. `urls`, `dead_letters` and `bulk` are
    by the flow's name."""

    def __init__(
        self,
        urls: Mapping[str, str],
        dead_letters: Mapping[str, str] | None = None,
        client: "SQSClient | None" = None,
        *,
        bulk: Mapping[str, str] | None = None,
    ) -> None:
        self._urls = urls
        self._dead_letters = dead_letters or {}
        self._bulk = bulk or {}
        if client is not None:
            self.client = client

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The queues that the function was deployed with."""
        return cls(
            json.loads(environment["CASHPATH_QUEUES"]),
            json.loads(environment.get("CASHPATH_DEAD_LETTERS", "{}")),
            bulk=json.loads(environment.get("CASHPATH_BULK_QUEUES", "{}")),
        )

    @cached_property
    def client(self) -> "SQSClient":
        """SQS, opened on first use and kept for the life of the warm Lambda."""
        import boto3

        return boto3.client("sqs", config=PATIENCE)

    def send(self, notices: Sequence[Notice], *, delay: int = 0) -> Sequence[Notice]:
        """Put each notice into the queue of its flow, to be delivered after `delay` seconds (at most 900); those of a
        backfill into its bulk queue, up to a hundred in one message, so that a backlog never delays live ones.

        Answers the notices that their queue did not take, or may not have taken: send those again.
        """
        flows: dict[tuple[str, bool], list[Notice]] = defaultdict(list)
        for notice in notices:
            flows[notice.flow, notice.trigger == "backfill"].append(notice)
        left: list[Notice] = []
        for (flow, in_bulk), of_flow in flows.items():
            for batch in _batches(of_flow, MOST if in_bulk else BATCH):
                send = self._send_bulk if in_bulk else self._send
                left += send(flow, batch, delay)
        return left

    def backlog(self, flow: str) -> int:
        """How many bulk messages of a flow wait, rest or are at work. Raises what boto3 raises."""
        said = self.client.get_queue_attributes(QueueUrl=self._bulk[flow], AttributeNames=DEPTHS)["Attributes"]
        return sum(int(said.get(name, 0)) for name in DEPTHS)

    def give_up(self, notice: Notice, cause: Mapping[str, str], since: int) -> None:
        """Put a notice that needs a person into the dead-letter queue of its flow, with the cause, which names nobody,
        and `since` (epoch ms) when it counts: a pass that began later may have settled it.

        Raises what boto3 raises: a notice that could not be given up is still in its queue, and comes back.
        """
        told = {name: masked(text) for name, text in cause.items()}
        letter = {"notice": json.loads(notice.to_json()), "cause": told, "since": since}
        body = json.dumps(letter, separators=(",", ":"))
        self.client.send_message(QueueUrl=self._dead_letters[notice.flow], MessageBody=body)

    def _send_bulk(self, flow: str, batch: Sequence[Notice], delay: int) -> Sequence[Notice]:
        try:
            self.client.send_message(QueueUrl=self._bulk[flow], MessageBody=packed(batch), DelaySeconds=delay)
        except (BotoCoreError, ClientError):
            return batch
        return ()

    def _send(self, flow: str, batch: Sequence[Notice], delay: int) -> Sequence[Notice]:
        url = self._urls[flow]
        try:
            if len(batch) == 1:
                self.client.send_message(QueueUrl=url, MessageBody=batch[0].to_json(), DelaySeconds=delay)
                return ()
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(i), "MessageBody": notice.to_json(), "DelaySeconds": delay} for i, notice in enumerate(batch)
            ]
            answer = self.client.send_message_batch(QueueUrl=url, Entries=entries)
        except (BotoCoreError, ClientError):
            return batch
        return [batch[int(failed["Id"])] for failed in answer.get("Failed", [])]


def _batches(notices: Iterable[Notice], most: int) -> Iterable[list[Notice]]:
    rest = iter(notices)
    while batch := list(islice(rest, most)):
        yield batch
