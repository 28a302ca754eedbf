"""The tables as data: the one definition that the infrastructure, the tests and docs/ledger.md read."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Index:
    """A sparse index: an item is in it while it has the partition attribute. `carries` are copied beside the keys."""

    name: str
    partition: str
    sort: str
    sort_type: Literal["S", "N"]
    carries: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TableDefinition:
    """A table, paid by request. `ttl` names the attribute (epoch seconds) after which an item may be removed; '' where
    nothing ever is."""

    name: str
    partition: str
    indexes: tuple[Index, ...]
    ttl: str

    def create_request(self, table: str) -> dict[str, Any]:
        """The parameters of boto3's `create_table`, for tests and local tables."""
        typed = {self.partition: "S"}
        for index in self.indexes:
            typed |= {index.partition: "S", index.sort: index.sort_type}
        return {
            "TableName": table,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in typed.items()],
            "KeySchema": [{"AttributeName": self.partition, "KeyType": "HASH"}],
            "GlobalSecondaryIndexes": [_index_request(index) for index in self.indexes],
        }


def _index_request(index: Index) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": "KEYS_ONLY"}
    if index.carries:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.carries)}
    return {
        "IndexName": index.name,
        "KeySchema": [
            {"AttributeName": index.partition, "KeyType": "HASH"},
            {"AttributeName": index.sort, "KeyType": "RANGE"},
        ],
        "Projection": projection,
    }


DUE = Index(name="due", partition="due", sort="due_at", sort_type="N", carries=("root",))
OPEN = Index(
    name="open",
    partition="open",
    sort="last_seen",
    sort_type="N",
    carries=(
        "flow",
        "system",
        "record",
        "code",
        "cause",
        "remedy",
        "owner",
        "notice",
        "brand",
        "count",
        "first_seen",
        "received",  # of exceptions that 0.1.0 filed; DynamoDB changes no index in place
        "closed",
        "message",
        "evidence",
        "edition",
    ),
)
LISTED = Index(
    name="listed",
    partition="listed",
    sort="asked_at",
    sort_type="N",
    carries=("root", "brand", "finished_at", "where"),
)

LEDGER = TableDefinition(name="ledger", partition="pk", indexes=(DUE,), ttl="expires")
EXCEPTIONS = TableDefinition(name="exceptions", partition="pk", indexes=(OPEN,), ttl="expires")
ERASURES = TableDefinition(name="erasures", partition="pk", indexes=(LISTED,), ttl="")
