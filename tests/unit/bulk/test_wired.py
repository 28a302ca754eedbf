"""The function of a flow takes both: live notices one by one, and bulk messages."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cashpath.aws.queues import Queues
from cashpath.flows import sync_customers
from cashpath.wiring import Handler, Parts, wire
from cashpath_sandbox.backlog import BULK, CRM, DEAD, LIVE, SHOP, SYSTEMS, Backlog, BatchSystem, Process, settings

FLOW = "sync_customers"
CONTEXT = SimpleNamespace(
    function_name=FLOW, memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="1", function_version="1"
)


@pytest.fixture
def backlog() -> Backlog:
    return Backlog(sync_customers, FLOW)


@pytest.fixture
def handler(backlog: Backlog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Handler:
    """The handler as Lambda loads it, over in-memory vendors and AWS."""
    process = Process()
    systems = {id: BatchSystem(backlog, role, process) for role, id in SYSTEMS.items()}
    (tmp_path / "settings.json").write_text(_written(), encoding="utf-8")
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    for name in ("CASHPATH_LEDGER", "CASHPATH_EXCEPTIONS"):
        monkeypatch.setenv(name, name.removeprefix("CASHPATH_").lower())
    aws: dict[str, Callable[[Parts], Any]] = {
        "dynamodb": lambda _: process.aws(backlog.tables),
        "queues": lambda _: Queues({FLOW: LIVE}, {FLOW: DEAD}, process.aws(backlog.queue), bulk={FLOW: BULK}),
        "_match_key": lambda _: lambda: b"the key of the hashes",
    }
    for name, made in aws.items():
        monkeypatch.setattr(Parts, name, property(made))
    monkeypatch.setattr(Parts, "connect", lambda _, id: systems[id])
    monkeypatch.setattr("cashpath.wiring.now", backlog.clock)
    return wire(FLOW)


def _written() -> str:
    """The settings as they ship with the function."""
    made = settings(FLOW)
    brands = []
    for brand in made.brands.values():
        told = asdict(brand)
        ownership = told["rules"]["ownership"]
        told["rules"]["ownership"] = {"owners": ownership["owners"], "raised": sorted(ownership["raised"])}
        brands.append(told)
    systems = [asdict(system) for system in made.systems.values()]
    return json.dumps({"stage": "test", "flow": FLOW, "systems": systems, "brands": brands})


def event(body: str) -> dict[str, Any]:
    """What Lambda hands over for one message."""
    record = {"messageId": "m1", "receiptHandle": "r", "body": body, "attributes": {}, "messageAttributes": {}}
    return {"Records": [{**record, "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu:1:q"}]}


def test_a_bulk_message_is_one_item_of_the_batch_and_each_notice_a_line_of_the_log(
    backlog: Backlog, handler: Handler, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    backlog.tell(backlog.customers(100))
    ((_, body),) = backlog.queue.messages[BULK]
    assert handler(event(body), CONTEXT) == {"batchItemFailures": []}
    assert len(backlog.books[CRM].of("customer")) == 100
    told = [vars(line) for line in caplog.records if hasattr(line, "outcome")]
    assert {line["record"] for line in told} == {f"shop/customer/c{n}" for n in range(100)}
    assert {(line["outcome"], line["trigger"]) for line in told} == {("done", "backfill")}
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert sum(sum(line.get("NoticesDone", [])) for line in metrics) == 100


def test_a_live_notice_takes_the_other_way(backlog: Backlog, handler: Handler) -> None:
    (key,) = backlog.customers(1)
    live = {"flow": FLOW, "system": SHOP, "kind": "customer", "id": key.id, "received": 5, "v": 1}
    assert handler(event(json.dumps(live)), CONTEXT) == {"batchItemFailures": []}
    assert len(backlog.books[CRM].of("customer")) == 1
    assert not [what for what in backlog.asked if what[1] == "write_many"]


def test_a_notice_that_fails_in_a_way_nobody_foresaw_is_told_in_the_log_with_its_record(
    backlog: Backlog, handler: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(system: str, method: str, asked: Any) -> None:
        if "c1" in asked:
            raise ValueError("an answer that nobody foresaw")

    backlog.spoil = broken
    backlog.tell(backlog.customers(3))
    ((_, body),) = backlog.queue.messages[BULK]
    assert handler(event(body), CONTEXT) == {"batchItemFailures": []}
    (failed,) = [line for line in caplog.records if line.levelname == "ERROR"]
    assert vars(failed)["record"] == "shop/customer/c1"
    assert failed.exc_info
    assert str(failed.exc_info[1]) == "an answer that nobody foresaw"
    assert [notice.id for notice in backlog.queue.notices(BULK)][-1] == "c1"


def test_an_operator_is_told_what_disagrees_of_the_records_that_are_named(backlog: Backlog, handler: Handler) -> None:
    backlog.tell(backlog.customers(1))
    answer = handler({"drift": ["shop/customer/c0", "shop/customer/nobody"]}, CONTEXT)
    assert {(row["record"], row["field"]) for row in answer["drift"]} == {("shop/customer/c0", "(missing)")}
    assert list(answer["failures"]) == ["shop/customer/nobody"]
    assert answer["brands"] == list(settings(FLOW).brands)
