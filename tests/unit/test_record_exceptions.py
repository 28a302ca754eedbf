"""What lands in a dead-letter queue ends as an exception, whatever it is."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cashpath.bulk.message import packed
from cashpath.ledger.answers import Changes, Held
from cashpath.ledger.exceptions import Exceptions, Filed
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.seen import SKEW, ReadMark, Seen, mark_name
from cashpath.ledger.tables import EXCEPTIONS, LEDGER
from cashpath.notice import WISHES, Notice, Wish
from cashpath.record_exceptions import DeadLetter, Recorder, open_recorder
from cashpath.records.keys import RecordKey, SystemId
from cashpath.systems.registry import VENDORS, facts

RECEIVED = 1_790_000_000_000
ORDER = RecordKey.parse("shop/order/1001")
NOTICE = Notice(flow="create_orders", system="shop", kind="order", id="1001", received=RECEIVED)
CAUSE = {"code": "bad_record", "cause": "it does not add up", "remedy": "map the fee", "owner": "storefront"}
DEAD_LETTERS = {"create_orders": "https://sqs.example/1/test-create_orders-dead"}


def now() -> datetime:
    return datetime.fromtimestamp(RECEIVED / 1000 + 60, UTC)


@dataclass
class Office:
    """Both tables and the recorder between them."""

    ledger: Ledger
    exceptions: Exceptions

    def record(self, body: str, id: str = "m1", tries: int = 6) -> str:
        dead = DeadLetter(id=id, flow="create_orders", body=body, tries=tries)
        return Recorder(self.exceptions, self.ledger).record(dead)

    def open(self) -> list[Filed]:
        return list(self.exceptions.open())

    def finish_a_pass(self, began: int, version: int | None = None) -> None:
        held = self.ledger.begin_root(ORDER, owner="first", until=RECEIVED + 99_000, brand="eu")
        assert isinstance(held, Held)
        mark = {mark_name("create_orders", SystemId("shop"), ORDER): ReadMark(began=began, version=version)}
        self.ledger.release(held, Changes(reads=mark))


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb")
        for definition in (LEDGER, EXCEPTIONS):
            client.create_table(**definition.create_request(definition.name))
        ledger = Ledger("ledger", now=now, client=client, match_key=lambda: b"a secret")
        yield Office(ledger, Exceptions("exceptions", now=now, client=client))


def given_up(notice: Notice = NOTICE, since: int = RECEIVED, **cause: str) -> str:
    said = {"notice": json.loads(notice.to_json()), "cause": CAUSE | {"about": str(ORDER)} | cause}
    return json.dumps(said | {"since": since})


def test_a_notice_that_a_flow_gave_up_is_filed_with_its_cause_and_its_replay(office: Office) -> None:
    assert office.record(given_up()) == "opened"
    (filed,) = office.open()
    assert filed.id == "create_orders:shop/order/1001"
    assert (filed.cause.code, filed.cause.remedy, filed.cause.owner) == ("bad_record", "map the fee", "storefront")
    assert filed.notice == NOTICE


def test_a_known_order_is_filed_under_its_brand(office: Office) -> None:
    office.finish_a_pass(began=RECEIVED - 5)
    office.record(given_up())
    assert [filed.brand for filed in office.open()] == ["eu"]


def test_a_notice_that_nobody_foresaw_to_fail_is_filed_with_where_to_look(office: Office) -> None:
    office.record(NOTICE.to_json(), tries=5)
    (filed,) = office.open()
    assert filed.cause.code == "unforeseen"
    assert "failed 5 times" in filed.cause.cause
    assert "create_orders" in filed.cause.remedy


def test_an_order_that_a_later_pass_finished_is_not_filed(office: Office) -> None:
    office.finish_a_pass(began=RECEIVED + 1)
    assert office.record(given_up()) == "covered"
    assert office.open() == []


def test_a_pass_that_began_before_the_one_that_failed_does_not_end_what_is_wrong(office: Office) -> None:
    office.finish_a_pass(began=RECEIVED + 5)
    assert office.record(given_up(since=RECEIVED + 5)) == "opened"


def test_a_pass_that_saw_an_older_version_does_not_end_what_is_wrong(office: Office) -> None:
    office.finish_a_pass(began=RECEIVED + 5, version=6)
    assert office.record(given_up(replace(NOTICE, version=6))) == "covered"
    assert office.record(given_up(replace(NOTICE, version=7))) == "opened"


def test_what_nobody_foresaw_is_ended_by_a_pass_that_has_surely_seen_what_the_notice_tells(office: Office) -> None:
    office.finish_a_pass(began=RECEIVED + SKEW)
    assert office.record(NOTICE.to_json()) == "opened"


def test_the_recorder_need_know_no_read_lag_as_long_as_no_connector_declares_one() -> None:
    assert {vendor: facts(vendor, {}).read_lag for vendor in VENDORS} == dict.fromkeys(VENDORS, timedelta(0))


def test_a_recorder_that_died_after_it_had_filed_closes_it_when_the_letter_comes_again(office: Office) -> None:
    office.record(given_up())
    office.finish_a_pass(began=RECEIVED + 5)
    assert office.record(given_up()) == "covered"
    assert office.open() == []


def test_a_pass_that_made_systems_agree_covers_nothing_that_the_person_asked_for(office: Office) -> None:
    person = RecordKey.parse("shop/customer/7")
    held = office.ledger.begin_root(person, owner="first", until=RECEIVED + 99_000, brand="eu")
    assert isinstance(held, Held)
    mark = mark_name("sync_customers", person.system, person)
    office.ledger.release(held, Changes(reads={mark: ReadMark(began=RECEIVED + 1)}, milestones={"erasing": RECEIVED}))
    asked = replace(NOTICE, flow="sync_customers", kind="customer", id="7")
    assert office.record(given_up(asked), id="m1") == "covered"
    wishes: tuple[Wish, ...] = ("access", "erase")
    for wish in wishes:
        assert office.record(given_up(replace(asked, wish=wish)), id=wish) == "opened"
    assert sorted(filed.id for filed in office.open()) == [f"sync_customers:shop/customer/7:{wish}" for wish in wishes]


def test_what_a_person_asked_for_is_hidden_by_no_later_trouble_of_the_same_record(office: Office) -> None:
    asked = replace(NOTICE, flow="sync_customers", kind="customer", id="7", wish="access")
    later = replace(asked, received=RECEIVED + 5, wish="agree")
    office.record(given_up(asked, code="data_request"), id="m1")
    office.record(given_up(later, code="ambiguous_match"), id="m2")
    customer = RecordKey.parse("shop/customer/7")
    mark = {customer: ReadMark(began=RECEIVED + 9)}
    assert office.exceptions.close_ended("sync_customers", mark)
    assert [filed.cause.code for filed in office.open()] == ["data_request"]
    assert office.exceptions.close_ended("sync_customers", mark, WISHES)
    assert office.open() == []


def test_a_wish_that_nobody_knows_is_told_as_unreadable(office: Office) -> None:
    office.record(given_up(replace(NOTICE, wish="forgive")))  # type: ignore[arg-type]
    assert [filed.cause.code for filed in office.open()] == ["unreadable"]


def test_a_pass_that_finishes_while_the_exception_is_being_filed_closes_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = office.exceptions.file

    def file_as_a_pass_finishes(*args: Any, **named: Any) -> bool:
        office.finish_a_pass(began=RECEIVED + 1)
        office.exceptions.close_ended("create_orders", {ORDER: ReadMark(began=RECEIVED + 1)})
        return file(*args, **named)

    monkeypatch.setattr(office.exceptions, "file", file_as_a_pass_finishes)
    peeks: list[Seen | None] = [Seen(root=ORDER)]
    peek = office.ledger.peek
    monkeypatch.setattr(office.ledger, "peek", lambda at: peeks.pop() if peeks else peek(at))
    assert office.record(given_up()) == "covered"
    assert office.open() == []


def test_refused_credentials_of_many_notices_are_one_exception_of_the_system(office: Office) -> None:
    for n in range(3):
        notice = replace(NOTICE, id=str(n))
        office.record(given_up(notice, code="credentials_refused", about="crm"), id=f"m{n}")
    assert [(filed.id, filed.count) for filed in office.open()] == [("all:crm", 3)]


def test_a_message_that_comes_twice_counts_once(office: Office) -> None:
    assert office.record(given_up(), id="m1") == "opened"
    assert office.record(given_up(), id="m1") == "counted"
    assert [filed.count for filed in office.open()] == [1]


@pytest.mark.parametrize(
    "body",
    [
        "{ not json",
        "[]",
        "7",
        '""',
        "{}",
        '{"v":99,"flow":"create_orders"}',
        '{"notice":null,"cause":{}}',
        '{"notice":{"v":"1"}}',
        '{"v":1,"flow":"create_orders","system":"shop","kind":"order","id":7,"received":"soon"}',
        '{"v":1,"flow":"create_orders","system":"shop","kind":"order","id":"7","received":1,"waited":{"x":1}}',
    ],
)
def test_a_message_that_is_no_notice_is_filed_too(office: Office, body: str) -> None:
    assert office.record(body, id="m-7") == "opened"
    (filed,) = office.open()
    assert (filed.cause.code, filed.id) == ("unreadable", "create_orders:message/m-7")
    assert filed.evidence["message"] == "m-7"
    assert len(filed.evidence["sha256"]) == 64


def test_an_unreadable_message_of_references_is_kept_as_it_is(office: Office) -> None:
    body = NOTICE.to_json().replace('"v":1', '"v":99')
    office.record(body)
    assert office.open()[0].evidence["body"] == body


@pytest.mark.parametrize(
    "body",
    [
        '{"v":99,"flow":"create_orders","id":"zoe@example.com"}',
        '{"v":99,"email":"zoe"}',
        '{"v":99,"id":"Zoe Tester"}',
        '{"v":99,"id":{"name":"zoe"}}',
        "zoe@example.com",
    ],
)
def test_an_unreadable_message_that_may_name_a_person_leaves_no_trace_of_its_text(office: Office, body: str) -> None:
    office.record(body)
    assert "body" not in office.open()[0].evidence
    assert "zoe" not in str(office.open()).lower()


def test_a_notice_of_a_kind_that_this_release_does_not_know_is_filed_with_its_replay(office: Office) -> None:
    notice = replace(NOTICE, kind="dispute")
    office.record(given_up(notice))
    assert [filed.notice for filed in office.open()] == [notice]


def event(*bodies: str) -> dict[str, Any]:
    arn = "arn:aws:sqs:eu-central-1:1:test-create_orders-dead"
    return {
        "Records": [
            {
                "messageId": f"m{n}",
                "receiptHandle": "r",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "6"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": "eu-central-1",
            }
            for n, body in enumerate(bodies)
        ]
    }


def test_the_function_takes_a_batch_and_counts_what_it_opened(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {
        "CASHPATH_LEDGER": "ledger",
        "CASHPATH_EXCEPTIONS": "exceptions",
        "CASHPATH_DEAD_LETTERS": json.dumps(DEAD_LETTERS),
    }
    handler = open_recorder(environment)
    answer = handler(event(given_up(), "{ not json", given_up()), SimpleNamespace(function_name="record_exceptions"))
    assert answer == {"batchItemFailures": []}
    assert sorted(filed.id for filed in office.open()) == [
        "create_orders:message/m1",
        "create_orders:shop/order/1001",
    ]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["ExceptionsOpened"] for line in lines if "_aws" in line] == [[0.0, 1.0, 1.0]]


def test_a_message_that_cannot_be_filed_now_stays_in_its_queue(office: Office) -> None:
    environment = {
        "CASHPATH_LEDGER": "ledger",
        "CASHPATH_EXCEPTIONS": "no such table",
        "CASHPATH_DEAD_LETTERS": json.dumps(DEAD_LETTERS),
    }
    handler = open_recorder(environment)
    with pytest.raises(Exception, match="All records failed processing"):
        handler(event(given_up()), SimpleNamespace(function_name="record_exceptions"))


@dataclass
class Context:
    """What Lambda tells a function of its time."""

    left: int
    function_name: str = "record_exceptions"

    def get_remaining_time_in_millis(self) -> int:
        return self.left


@pytest.fixture
def deployed(office: Office) -> Any:
    """The handler of the recorder's function."""
    return open_recorder(
        {
            "CASHPATH_LEDGER": "ledger",
            "CASHPATH_EXCEPTIONS": "exceptions",
            "CASHPATH_DEAD_LETTERS": json.dumps(DEAD_LETTERS),
        }
    )


def test_every_notice_of_a_bulk_message_that_failed_is_an_exception_of_its_own(office: Office, deployed: Any) -> None:
    bulk = [replace(NOTICE, id=str(id), trigger="backfill") for id in range(1001, 1004)]
    assert deployed(event(packed(bulk)), Context(60_000)) == {"batchItemFailures": []}
    filed = {each.id: each for each in office.open()}
    assert sorted(filed) == [f"create_orders:shop/order/{id}" for id in range(1001, 1004)]
    assert filed["create_orders:shop/order/1002"].notice == bulk[1]
    assert {each.cause.code for each in filed.values()} == {"unforeseen"}


def test_of_a_bulk_message_only_what_no_pass_has_finished_since_is_filed(office: Office, deployed: Any) -> None:
    office.finish_a_pass(began=RECEIVED + SKEW + 1)
    deployed(event(packed([NOTICE, replace(NOTICE, id="1002")])), Context(60_000))
    assert [each.id for each in office.open()] == ["create_orders:shop/order/1002"]


def test_a_bulk_message_for_which_there_is_no_time_any_more_stays_in_its_queue(office: Office, deployed: Any) -> None:
    bulk = packed([replace(NOTICE, id=str(id)) for id in range(100)])
    answer = deployed(event(given_up(), bulk), Context(5_000))
    assert len(answer["batchItemFailures"]) == 1
    assert [each.id for each in office.open()] == ["create_orders:shop/order/1001"]
