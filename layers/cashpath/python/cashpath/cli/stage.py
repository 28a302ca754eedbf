"""The deployed stage that an operator works on: found by its name, through the outputs of its two stacks."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cashpath.aws.queues import Queues
    from cashpath.ledger.erasures import Erasures
    from cashpath.ledger.exceptions import Exceptions
    from cashpath.ledger.ledger import Ledger


class NotDeployed(Exception):
    """The stage, or a part of it, is not there. Says what is missing."""


@dataclass
class Stage:
    """`outputs` are looked up where they are not given. `now` and `sleep` are the clock."""

    name: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep

    @property
    def millis(self) -> int:
        """Now, as epoch ms."""
        return int(self.now().timestamp() * 1000)

    def client(self, service: str) -> Any:
        """boto3's client of a service."""
        import boto3

        client: Any = boto3.client(service)  # type: ignore[call-overload]  # the service's name is a variable
        return client

    @cached_property
    def ledger(self) -> "Ledger":
        """The ledger. Operators create nothing in vendors' systems, so it has no key to match people by."""
        from cashpath.ledger.ledger import Ledger

        return Ledger(self._output("LedgerTable"), now=self.now, client=self.client("dynamodb"), match_key=_no_key)

    @cached_property
    def exceptions(self) -> "Exceptions":
        """What is stuck."""
        from cashpath.ledger.exceptions import Exceptions

        return Exceptions(self._output("ExceptionsTable"), now=self.now, client=self.client("dynamodb"))

    @cached_property
    def erasures(self) -> "Erasures":
        """Who asked to be forgotten."""
        from cashpath.ledger.erasures import Erasures

        return Erasures(self._output("ErasuresTable"), now=self.now, client=self.client("dynamodb"))

    @cached_property
    def queues(self) -> "Queues":
        """The flows' queues."""
        from cashpath.aws.queues import Queues

        return Queues(self.urls, self.dead_letters, client=self.client("sqs"), bulk=self.bulk_urls)

    @property
    def urls(self) -> Mapping[str, str]:
        """Each flow's queue."""
        return self._table("Queues")

    @property
    def bulk_urls(self) -> Mapping[str, str]:
        """Each flow's bulk queue."""
        return self._table("BulkQueues")

    @property
    def dead_letters(self) -> Mapping[str, str]:
        """Each flow's dead-letter queue."""
        return self._table("DeadLetters")

    def function(self, name: str) -> str:
        """The ARN of a function's alias."""
        return _known(name, self._table("Functions"), "function")

    def mapping(self, flow: str) -> str:
        """The id of the mapping that feeds a flow from its queue."""
        return _known(flow, self._table("Mappings"), "flow")

    def bulk_mapping(self, flow: str) -> str:
        """The id of the mapping that feeds a flow from its bulk queue."""
        return _known(flow, self._table("BulkMappings"), "flow")

    def _table(self, output: str) -> Mapping[str, str]:
        table: Mapping[str, str] = json.loads(self._output(output))
        return table

    def _output(self, name: str) -> str:
        if not self.outputs:
            self.outputs = {**self._stack("kept"), **self._stack("released")}
        if name not in self.outputs:
            raise NotDeployed(f"the stacks of stage {self.name!r} have no output {name}; deploy this release first")
        return self.outputs[name]

    def _stack(self, part: str) -> dict[str, str]:
        from botocore.exceptions import ClientError

        name = f"cashpath-{self.name}-{part}"
        cloud = self.client("cloudformation")
        try:
            (stack,) = cloud.describe_stacks(StackName=name)["Stacks"]
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ValidationError":
                raise
            where = cloud.meta.endpoint_url
            raise NotDeployed(f"there is no stack {name} at {where}; name another --stage, or deploy it") from refused
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _known(name: str, table: Mapping[str, str], what: str) -> str:
    if name not in table:
        raise NotDeployed(f"this stage has no {what} {name!r}; it has {', '.join(sorted(table)) or 'none'}")
    return table[name]


def _no_key() -> bytes:
    raise RuntimeError("operators match nobody")
