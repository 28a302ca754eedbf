"""An in-memory DynamoDB for tests that need hundreds of thousands of requests: boto3's client, as the ledger calls it.

Every request is one step, so nothing conflicts: `TransactionConflictException` is there and never raised. A test runs
the ledger's operations against this and against moto and compares all that is answered and kept.
"""

import marshal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from cashpath.ledger.tables import Index, TableDefinition
from cashpath_sandbox.memory_expressions import BadExpression, Item, Scope, condition, update, used_in

Request = Mapping[str, Any]
EXPRESSIONS = ("ConditionExpression", "UpdateExpression", "KeyConditionExpression")


class ConditionalCheckFailed(ClientError):
    """The condition does not hold."""


class TransactionCanceled(ClientError):
    """One of a transaction's conditions does not hold."""


class TransactionConflict(ClientError):
    """Another transaction holds the item. Never raised here."""


EXCEPTIONS = SimpleNamespace(
    ConditionalCheckFailedException=ConditionalCheckFailed,
    TransactionCanceledException=TransactionCanceled,
    TransactionConflictException=TransactionConflict,
)


@dataclass
class Tables:
    """Tables by name and what they hold. `requests` counts what was asked, by operation."""

    definitions: Mapping[str, TableDefinition]
    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    exceptions: Any = field(default_factory=lambda: EXCEPTIONS)

    def get_item(self, **request: Any) -> dict[str, Any]:
        self._count("get_item")
        item = self._table(request).get(self._key(request, request["Key"]))
        return {"Item": _copy(item)} if item is not None else {}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        self._count("batch_get_item")
        found: dict[str, list[Item]] = {}
        for table, asked in request["RequestItems"].items():
            keys = [self._key({"TableName": table}, key) for key in asked["Keys"]]
            held = self.items.get(table, {})
            found[table] = [_copy(held[key]) for key in keys if key in held]
        return {"Responses": found, "UnprocessedKeys": {}}

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._single("Put", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._single("Update", request)

    def delete_item(self, **request: Any) -> dict[str, Any]:
        return self._single("Delete", request)

    def _single(self, verb: str, request: Request) -> dict[str, Any]:
        self._count(f"{verb.lower()}_item")
        _checked(request)
        before = self._standing(verb, request)
        if not self._holds(request, before):
            raise ConditionalCheckFailed(_refusal(request, before), verb)
        after = self._make(verb, request, before)
        match request.get("ReturnValues", "NONE"):
            case "ALL_OLD" if before is not None:
                return {"Attributes": _copy(before)}
            case "ALL_NEW" if after is not None:
                return {"Attributes": _copy(after)}
        return {}

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        self._count("transact_write_items")
        writes = [next(iter(each.items())) for each in request["TransactItems"]]
        for _, write in writes:
            _checked(write)
        standing = [self._standing(verb, write) for verb, write in writes]
        reasons = [_reason(w, s, self._holds(w, s)) for (_, w), s in zip(writes, standing, strict=True)]
        if any(reason["Code"] != "None" for reason in reasons):
            body: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise TransactionCanceled(body, "TransactWriteItems")
        for (verb, write), before in zip(writes, standing, strict=True):
            if verb != "ConditionCheck":
                self._make(verb, write, before)
        return {}

    def query(self, **request: Any) -> dict[str, Any]:
        """Of an index only, which the ledger alone queries; in one page."""
        self._count("query")
        _checked(request)
        definition = self.definitions[request["TableName"]]
        index = next(index for index in definition.indexes if index.name == request["IndexName"])
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        asked = condition(request["KeyConditionExpression"])
        found = [
            _projected(item, index, definition)
            for item in self._table(request).values()
            if index.partition in item and index.sort in item and asked(Scope(item, names, values))
        ]
        found.sort(key=lambda item: _sort(item[index.sort]), reverse=not request.get("ScanIndexForward", True))
        return {"Items": found[: request.get("Limit")]}

    def _count(self, operation: str) -> None:
        self.requests[operation] = self.requests.get(operation, 0) + 1

    def _table(self, request: Request) -> dict[str, Item]:
        return self.items.setdefault(request["TableName"], {})

    def _key(self, request: Request, item: Request) -> str:
        key: str = item[self.definitions[request["TableName"]].partition]["S"]
        return key

    def _standing(self, verb: str, request: Request) -> Item | None:
        return self._table(request).get(self._key(request, request["Item" if verb == "Put" else "Key"]))

    def _holds(self, request: Request, item: Item | None) -> bool:
        if "ConditionExpression" not in request:
            return True
        return condition(request["ConditionExpression"])(_scope(request, item))

    def _make(self, verb: str, request: Request, before: Item | None) -> Item | None:
        table = self._table(request)
        match verb:
            case "Put":
                new: Item = _copy(request["Item"])
            case "Delete":
                table.pop(self._key(request, request["Key"]), None)
                return None
            case _:
                new = _copy(before if before is not None else request["Key"])
                if "UpdateExpression" in request:
                    update(request["UpdateExpression"])(_scope(_copy(request), before), new)
        table[self._key(request, new)] = new
        return new


def _scope(request: Request, item: Item | None) -> Scope:
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    return Scope(item or {}, names, values)


def _checked(request: Request) -> None:
    """Every name and value that an expression uses is given, and none besides, or DynamoDB refuses the request."""
    used = used_in(" ".join(request.get(expression, "") for expression in EXPRESSIONS))
    given = {*request.get("ExpressionAttributeNames", ()), *request.get("ExpressionAttributeValues", ())}
    if used != given:
        raise BadExpression(f"given and unused, or used and not given: {sorted(used ^ given)}")


def _reason(request: Request, item: Item | None, holds: bool) -> dict[str, Any]:
    if holds:
        return {"Code": "None"}
    return _told(request, item) | {"Code": "ConditionalCheckFailed"}


def _refusal(request: Request, item: Item | None) -> Any:
    return {"Error": {"Code": "ConditionalCheckFailedException"}, **_told(request, item)}


def _told(request: Request, item: Item | None) -> dict[str, Any]:
    wanted = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and item is not None
    return {"Item": _copy(item)} if wanted else {}


def _projected(item: Item, index: Index, definition: TableDefinition) -> Item:
    names = {definition.partition, index.partition, index.sort, *index.carries}
    return {name: _copy(value) for name, value in item.items() if name in names}


def _sort(value: Mapping[str, Any]) -> Any:
    return int(value["N"]) if "N" in value else value["S"]


def _copy(value: Any) -> Any:
    """What goes over a wire and comes from it: nothing of it is anybody else's, its text included."""
    return marshal.loads(marshal.dumps(value))


def dump(tables: Tables, name: str) -> Iterable[Item]:
    """All items of a table, by key: for comparison with another."""
    return [item for _, item in sorted(tables.items.get(name, {}).items())]
