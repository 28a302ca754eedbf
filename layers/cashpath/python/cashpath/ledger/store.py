"""One DynamoDB table, by the few requests that the ledger makes: read, write on a condition, write together.

A condition that fails is an answer, not an error: it comes back with the item that stood in the way.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from cashpath.ledger.values import Values, packed_item, unpacked_item

T = TypeVar("T")

CONFLICTS = 6  # how often a write is tried that meets another one's transaction on the same item
REST = 0.03  # seconds between such tries, growing
BATCH = 100  # keys; DynamoDB API Reference, BatchGetItem


@dataclass(frozen=True, kw_only=True)
class Op:
    """One write. `#name` in an expression is the attribute `name`, unless `names` says otherwise."""

    verb: Literal["Put", "Update", "Delete"]
    pk: str
    item: Values = field(default_factory=dict)
    update: str = ""
    condition: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    values: Values = field(default_factory=dict)

    def request(self, table: str) -> dict[str, Any]:
        """The parameters of the write, the same for a single request and for a transaction."""
        asked: dict[str, Any] = {"TableName": table}
        if self.verb == "Put":
            asked["Item"] = packed_item({"pk": self.pk, **self.item})
        else:
            asked["Key"] = packed_item({"pk": self.pk})
        if self.update:
            asked["UpdateExpression"] = self.update
        if self.condition:
            asked["ConditionExpression"] = self.condition
            asked["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        named = {f"#{name}": name for name in re.findall(r"#(\w+)", f"{self.update} {self.condition}")}
        if named:
            asked["ExpressionAttributeNames"] = {n: self.names.get(word, word) for n, word in named.items()}
        if self.values:
            asked["ExpressionAttributeValues"] = packed_item({f":{k}": v for k, v in self.values.items()})
        return asked


@dataclass(frozen=True)
class Refused:
    """A condition did not hold. `item` is what stands there; None where nothing does."""

    item: Values | None


class Store:
    """A table and its client, which is made on first use."""

    def __init__(self, table: str, client: Any = None) -> None:
        self.table = table
        self._given = client

    @cached_property
    def client(self) -> Any:
        """boto3's DynamoDB client."""
        if self._given is not None:
            return self._given
        import boto3

        return boto3.client("dynamodb")

    def get(self, pk: str) -> Values | None:
        """The item, read consistently."""
        found = self.client.get_item(TableName=self.table, Key=packed_item({"pk": pk}), ConsistentRead=True)
        return unpacked_item(found["Item"]) if "Item" in found else None

    def get_many(self, pks: Iterable[str]) -> dict[str, Values]:
        """The items that are there, read consistently: one request for each hundred."""
        wanted = list(dict.fromkeys(pks))
        found: dict[str, Values] = {}
        while wanted:
            page, wanted = wanted[:BATCH], wanted[BATCH:]
            asked = {self.table: {"Keys": [packed_item({"pk": pk}) for pk in page], "ConsistentRead": True}}
            answer = self.client.batch_get_item(RequestItems=asked)
            for item in answer["Responses"].get(self.table, []):
                values = unpacked_item(item)
                found[values["pk"]] = values
            left = answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", [])
            wanted = [key["pk"]["S"] for key in left] + wanted
        return found

    def write(self, op: Op) -> Values | Refused | None:
        """Make one write: the item as it was before (None where there was none), or Refused."""
        request = op.request(self.table) | {"ReturnValues": "ALL_OLD"}
        call = {"Put": self.client.put_item, "Update": self.client.update_item, "Delete": self.client.delete_item}
        try:
            answer = self._undisturbed(lambda: call[op.verb](**request))
        except self.client.exceptions.ConditionalCheckFailedException as failed:
            item = failed.response.get("Item")
            return Refused(unpacked_item(item) if item else None)
        return unpacked_item(answer["Attributes"]) if answer.get("Attributes") else None

    def write_together(self, ops: Sequence[Op]) -> dict[int, Refused]:
        """Make all writes or none: empty where they were made, else which of them were refused, by position."""
        items = [{op.verb: op.request(self.table)} for op in ops]
        for times in range(1, CONFLICTS + 1):
            try:
                self._undisturbed(lambda: self.client.transact_write_items(TransactItems=items))
                return {}
            except self.client.exceptions.TransactionCanceledException as failed:
                reasons = failed.response["CancellationReasons"]
                refused = {
                    i: Refused(unpacked_item(reason["Item"]) if reason.get("Item") else None)
                    for i, reason in enumerate(reasons)
                    if reason.get("Code") == "ConditionalCheckFailed"
                }
                if refused:
                    return refused
                if times == CONFLICTS or not any(reason.get("Code") == "TransactionConflict" for reason in reasons):
                    raise
                time.sleep(REST * times)
        raise AssertionError("unreachable")

    def query(self, index: str, condition: str, values: Values) -> Iterator[Values]:
        """The items of one partition of an index, in its order, page by page."""
        asked: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": index,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in re.findall(r"#(\w+)", condition)},
            "ExpressionAttributeValues": packed_item({f":{k}": v for k, v in values.items()}),
        }
        while True:
            page = self.client.query(**asked)
            yield from map(unpacked_item, page["Items"])
            if not page.get("LastEvaluatedKey"):
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _undisturbed(self, request: Callable[[], T]) -> T:
        """Try again, a little later, where another transaction holds the item at this very moment.

        DynamoDB API Reference, "TransactionConflictException": the SDKs do not retry it.
        """
        for times in range(1, CONFLICTS):
            try:
                return request()
            except self.client.exceptions.TransactionConflictException:
                time.sleep(REST * times)
        return request()
