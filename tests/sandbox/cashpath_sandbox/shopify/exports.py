"""Bulk operations of the stand-in shop: a query is run over all that the shop has, its result waits at an address.

As Shopify's ("Perform bulk operations with the GraphQL Admin API", 2026-07): an app runs five at a time, one is done
after some looks, and its result works for seven days. Lines come in an order of their own. Left out: nested
connections, bulk mutations, cancelling by the API, and what a running one has already found.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from werkzeug.wrappers import Response

from cashpath_sandbox.shopify import intake
from cashpath_sandbox.shopify.query import Args, Node, Query, Refusal, connection

AT_ONCE = 5
KEPT = timedelta(days=7)
Found = Callable[[Args], Sequence[Node]]


@dataclass
class Operation:
    """One bulk operation. `looks` counts how often somebody still has to look until it is done."""

    id: str
    query: str
    lines: Sequence[str]
    created: datetime
    looks: int
    status: str = "CREATED"
    error: str | None = None
    done: datetime | None = None


@dataclass
class Exports:
    """`found` is what each connection of the shop finds; `host` where results lie, else the shop's own address.

    `looks`: how many a new one takes. `ends`: how the next ones end, status and error, instead of well. `refusal`: how
    one too many is refused. `forgets`: an operation is gone when it is looked at. `denied`: the error by which any is
    refused.
    """

    now: Callable[[], datetime]
    found: Mapping[str, Found]
    host: str = ""
    looks: int = 3
    ends: list[tuple[str, str | None]] = field(default_factory=list)
    refusal: str = "LIMIT_REACHED"
    forgets: bool = False
    denied: str = ""
    operations: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = count(700_001)

    def run(self, args: Args, host: str) -> Node:
        """`bulkOperationRunQuery`. The query sees the shop as it is now."""
        if self.denied:
            raise Refusal("Access denied for bulkOperationRunQuery field.", self.denied)
        self.host = self.host or host
        if sum(each.done is None for each in self.operations) >= AT_ONCE:
            return self._refused(self.refusal, "A bulk query operation for this app and shop is already in progress")
        try:
            data, _ = Query.parse(args["query"]).run(self._root(), {})
        except Refusal as refusal:
            return self._refused("INVALID", str(refusal))
        (answered,) = data.values()
        lines = [json.dumps(edge["node"]) for edge in reversed(answered["edges"])]
        id = f"gid://shopify/BulkOperation/{next(self._ids)}"
        made = Operation(id=id, query=args["query"], lines=lines, created=self.now(), looks=self.looks)
        self.operations.append(made)
        return {"__typename": "BulkOperationRunQueryPayload", "bulkOperation": self._node(made), "userErrors": []}

    def one(self, args: Args) -> Node | None:
        """`bulkOperation(id:)`. A look brings it on."""
        if self.forgets:
            self.operations.clear()
        looked = next((each for each in self.operations if each.id == args["id"]), None)
        if looked is None:
            return None
        self._look(looked)
        return self._node(looked)

    def all(self, args: Args) -> Node:
        """`bulkOperations`, the newest first; of a query there is no other type here."""
        return connection([self._node(each) for each in reversed(self.operations)])(args)

    def file(self, name: str) -> Response:
        """A result, which anybody may fetch who knows its address."""
        kept = next((each for each in self.operations if name == f"{each.id.rsplit('/', 1)[-1]}.jsonl"), None)
        if kept is None or kept.done is None or self._is_over(kept):
            return Response("<Error><Code>ExpiredToken</Code></Error>", 400, content_type="application/xml")
        return Response("".join(f"{line}\n" for line in kept.lines), content_type="application/jsonl")

    def _look(self, looked: Operation) -> None:
        if looked.done is not None:
            return
        looked.looks -= 1
        looked.status = "RUNNING"
        if looked.looks <= 0:
            looked.status, looked.error = self.ends.pop(0) if self.ends else ("COMPLETED", None)
            looked.done = self.now()

    def _is_over(self, operation: Operation) -> bool:
        return operation.done is not None and self.now() - operation.done > KEPT

    def _node(self, operation: Operation) -> Node:
        good = operation.status == "COMPLETED"
        over = good and self._is_over(operation)
        number = operation.id.rsplit("/", 1)[-1]
        return {
            "__typename": "BulkOperation",
            "id": operation.id,
            "status": "EXPIRED" if over else operation.status,
            "errorCode": operation.error,
            "objectCount": str(len(operation.lines) if good else 0),
            "url": f"{self.host}/exports/{number}.jsonl" if good and not over and operation.lines else None,
            "query": operation.query,
            "createdAt": intake.iso(operation.created),
        }

    def _root(self) -> Node:
        """What an export starts from: connections without pages."""
        return {"__typename": "QueryRoot", **{name: _whole(found) for name, found in self.found.items()}}

    def _refused(self, code: str, message: str) -> Node:
        error = {"__typename": "BulkOperationUserError", "field": ["query"], "message": message, "code": code}
        return {"__typename": "BulkOperationRunQueryPayload", "bulkOperation": None, "userErrors": [error]}


def _whole(found: Found) -> Callable[[Args], Node]:
    return lambda args: {"edges": [{"node": node} for node in found(args)]}
