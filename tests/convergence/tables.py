"""The ledger's table behind a wire: each of its requests is a moment at which a worker may be killed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from cashpath.ledger.ledger import Ledger
from cashpath_sandbox.memory import Wire
from cashpath_sandbox.memory_dynamo import Tables

MATCH_KEY = b"the key that emails are hashed with"
READS = ("get_item", "batch_get_item", "query")


class Wired:
    """A DynamoDB client whose requests go over a wire, named by operation and the items that they are about."""

    def __init__(self, tables: Tables, wire: Wire) -> None:
        self._tables = tables
        self._wire = wire
        self.exceptions = tables.exceptions

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        do = getattr(self._tables, operation)

        def request(**asked: Any) -> Any:
            return self._wire(_named(operation, asked), lambda: do(**asked), writes=operation not in READS)

        return request


def _named(operation: str, asked: dict[str, Any]) -> str:
    """`update_item R#shop/order/1001`, `transact_write_items Put L#erp|… Update R#…`."""
    if operation == "batch_get_item":
        keys = [key["pk"]["S"] for of_table in asked["RequestItems"].values() for key in of_table["Keys"]]
        return f"{operation} {' '.join(keys)}"
    if operation != "transact_write_items":
        item = asked.get("Key") or asked.get("Item") or {}
        return f"{operation} {item.get('pk', {}).get('S', '')}"
    writes = [(verb, each) for item in asked["TransactItems"] for verb, each in item.items()]
    pks = [f"{verb} {(each.get('Key') or each.get('Item'))['pk']['S']}" for verb, each in writes]
    return f"{operation} {' '.join(pks)}"


def ledger_over(client: Any, now: Callable[[], datetime]) -> Ledger:
    """The real ledger with a client of ours."""
    return Ledger("ledger", now=now, match_key=lambda: MATCH_KEY, client=client)
