"""The in-memory DynamoDB answers the ledger as moto does: each request of whole histories is asked of both."""

import os
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from cashpath.ledger.tables import EXCEPTIONS, LEDGER
from cashpath.records import RecordKey, SystemId
from cashpath_sandbox.memory_dynamo import Tables, dump

from .clockwork import Clock
from .histories import History
from .tables import ledger_over

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-central-1"}


class Both:
    """A client that asks moto and the in-memory tables the same, and fails where they answer otherwise."""

    def __init__(self, moto: Any, memory: Tables) -> None:
        self.moto = moto
        self.memory = memory
        self.exceptions = memory.exceptions
        self.asked: set[str] = set()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def ask(**request: Any) -> Any:
            self.asked.add(operation)
            theirs = _answer(lambda: getattr(self.moto, operation)(**request))
            ours = _answer(lambda: getattr(self.memory, operation)(**request))
            assert _told(ours) == _told(theirs), f"{operation} {request}"
            if isinstance(ours, Exception):
                raise ours
            return ours

        return ask


def _answer(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except ClientError as error:
        return error


def _told(answer: Any) -> Any:
    """What the ledger reads of an answer."""
    if isinstance(answer, ClientError):
        body: Any = answer.response
        reasons = [(reason["Code"], reason.get("Item")) for reason in body.get("CancellationReasons", ())]
        return body["Error"]["Code"], body.get("Item"), reasons
    found = {table: sorted(map(str, items)) for table, items in answer.get("Responses", {}).items()}
    return answer.get("Item"), answer.get("Attributes"), answer.get("Items"), found


@pytest.fixture
def both() -> Iterator[Both]:
    """Both, with an empty table each."""
    with patch.dict(os.environ, CREDENTIALS), mock_aws():
        moto: Any = boto3.client("dynamodb")
        for table in (LEDGER, EXCEPTIONS):
            moto.create_table(**table.create_request(table.name))
        yield Both(moto, Tables({"ledger": LEDGER, "exceptions": EXCEPTIONS}))


def test_a_whole_history_is_answered_alike(both: Both) -> None:
    assert History(7, tables=both).run().wrong == []
    assert list(dump(both.memory, "ledger")) == _held(both)
    assert {"get_item", "batch_get_item", "update_item", "put_item", "transact_write_items"} <= both.asked


def test_what_operators_and_sweeps_ask_is_answered_alike(both: Both) -> None:
    clock = Clock()
    ledger = ledger_over(both, clock.now)
    shop = SystemId("shop")
    for _ in range(2):
        ledger.set_mode("create_orders", "mugs", "shadow")
        ledger.set_mode("create_orders", "mugs", "live")
        ledger.set_paused("create_orders", clock.ms)
        ledger.set_paused("create_orders", None)
        ledger.set_cursor("shop/order", clock.ms)
        ledger.set_brake(shop, clock.ms + 5_000, "busy")
        ledger.set_brake(shop, clock.ms + 9_000, "busy")
        clock.ms += 10_000
        assert ledger.may_probe(shop, ledger.controls(0).brakes[shop], clock.ms + 60_000)
        ledger.clear_brake(shop)
    assert ledger.cursor("shop/order") == clock.ms - 10_000
    _claims(ledger, clock)
    assert list(dump(both.memory, "ledger")) == _held(both)
    assert "query" in both.asked


def _claims(ledger: Any, clock: Clock) -> None:
    order, erp = RecordKey(SystemId("shop"), "order", "1"), SystemId("erp")
    held = ledger.begin_root(order, owner="me", until=clock.ms + 75_000, brand="mugs")
    for name in ("2", "3"):
        key = RecordKey(SystemId("shop"), "customer", name)
        ledger.claim(held, key, erp, until=clock.ms + 1_000, match=("email:ada@example.com",))
    clock.ms += 2_000
    assert list(ledger.due_claims(clock.ms)) == [order]
    ledger.expire_claim(held, RecordKey(SystemId("shop"), "customer", "2"), erp)
    seen = ledger.peek(order)
    for claim in seen.claims:
        ledger.drop_claim(held, claim)
    assert ledger.point(RecordKey(erp, "order", "9"), order, order)


def _held(both: Both) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = both.moto.scan(TableName="ledger")["Items"]
    return sorted(items, key=lambda item: str(item["pk"]["S"]))
