"""Queues, against moto's SQS."""

import json
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_sqs import SQSClient

from cashpath.aws.queues import Queues
from cashpath.bulk.message import unpacked
from cashpath.notice import Notice


@pytest.fixture
def sqs() -> Iterator[SQSClient]:
    with mock_aws():
        yield boto3.client("sqs", region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def queues(sqs: SQSClient) -> Queues:
    urls = {flow: sqs.create_queue(QueueName=flow)["QueueUrl"] for flow in ("create_orders", "settle_invoices")}
    dead = {"create_orders": sqs.create_queue(QueueName="dead")["QueueUrl"]}
    return Queues(urls, dead, sqs, bulk={"create_orders": sqs.create_queue(QueueName="bulk")["QueueUrl"]})


def notice(id: int = 1, flow: str = "create_orders") -> Notice:
    return Notice(flow=flow, system="shop", kind="order", id=str(id), received=1_700_000_000_000)


def waiting(sqs: SQSClient, name: str) -> list[str]:
    """The bodies of all messages that can be received now."""
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    bodies: list[str] = []
    while page := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in page]
    return bodies


@pytest.mark.parametrize("count", [1, 10, 23])
def test_every_notice_is_in_its_queue_once_however_many_there_are(sqs: SQSClient, queues: Queues, count: int) -> None:
    notices = [notice(id) for id in range(count)]
    assert list(queues.send(notices)) == []
    found = [Notice.from_json(body) for body in waiting(sqs, "create_orders")]
    assert sorted(found, key=lambda n: int(n.id)) == notices


def test_each_flow_finds_its_own_notices(sqs: SQSClient, queues: Queues) -> None:
    queues.send([notice(1), notice(1, "settle_invoices"), notice(2, "settle_invoices")])
    assert len(waiting(sqs, "create_orders")) == 1
    assert len(waiting(sqs, "settle_invoices")) == 2


def test_how_much_a_flow_has_before_it_counts_what_waits_rests_and_is_at_work(sqs: SQSClient, queues: Queues) -> None:
    backlog = [replace(notice(id), trigger="backfill") for id in range(250)]
    queues.send(backlog)
    queues.send(backlog[:1], delay=900)
    sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="bulk")["QueueUrl"])
    assert queues.backlog("create_orders") == 4


@pytest.mark.parametrize("count", [1, 2])
def test_a_notice_that_waits_is_not_delivered_before_its_time(sqs: SQSClient, queues: Queues, count: int) -> None:
    queues.send([notice(id) for id in range(count)], delay=900)
    assert waiting(sqs, "create_orders") == []
    url = sqs.get_queue_url(QueueName="create_orders")["QueueUrl"]
    delayed = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
    assert delayed["Attributes"]["ApproximateNumberOfMessagesDelayed"] == str(count)


@pytest.mark.parametrize("count", [1, 12])
def test_notices_that_a_queue_does_not_take_are_named_and_the_others_are_sent(
    sqs: SQSClient, queues: Queues, count: int
) -> None:
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="settle_invoices")["QueueUrl"])
    lost = [notice(id, "settle_invoices") for id in range(count)]
    assert list(queues.send([notice(7), *lost, notice(8)])) == lost
    assert len(waiting(sqs, "create_orders")) == 2


def test_a_message_that_is_refused_out_of_a_batch_is_the_only_one_named(sqs: SQSClient, queues: Queues) -> None:
    too_long = Notice(flow="create_orders", system="shop", kind="order", id="9", received=0, event="x" * 1_100_000)
    left = list(queues.send([notice(1), too_long]))
    assert too_long in left
    assert len(waiting(sqs, "create_orders")) + len(left) == 2


@pytest.mark.parametrize(("count", "messages"), [(1, 1), (100, 1), (230, 3)])
def test_notices_of_a_backfill_share_messages_of_the_bulk_queue_and_delay_no_live_one(
    sqs: SQSClient, queues: Queues, count: int, messages: int
) -> None:
    backlog = [replace(notice(id), trigger="backfill") for id in range(count)]
    assert list(queues.send([notice(7), *backlog])) == []
    assert [Notice.from_json(body) for body in waiting(sqs, "create_orders")] == [notice(7)]
    bodies = waiting(sqs, "bulk")
    assert len(bodies) == messages
    assert max(len(body) for body in bodies) < 256 * 1024
    found = [each for body in bodies for each in unpacked(body) or ()]
    assert sorted(found, key=lambda n: int(n.id)) == backlog


def test_notices_of_a_backfill_that_the_bulk_queue_does_not_take_are_named(sqs: SQSClient, queues: Queues) -> None:
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="bulk")["QueueUrl"])
    backlog = [replace(notice(id), trigger="backfill") for id in range(3)]
    assert list(queues.send([notice(7), *backlog])) == backlog


def test_a_live_notice_is_no_bulk_message() -> None:
    assert unpacked(notice(1).to_json()) is None


def test_a_notice_given_up_is_in_the_dead_letter_queue_with_its_cause(sqs: SQSClient, queues: Queues) -> None:
    cause = {"code": "totals", "cause": "lines make 118.00 EUR, its total says 120.00 EUR", "owner": "storefront"}
    queues.give_up(notice(1), cause, 7)
    (body,) = waiting(sqs, "dead")
    assert json.loads(body)["cause"] == cause
    assert json.loads(body)["since"] == 7
    assert Notice.from_json(json.dumps(json.loads(body)["notice"])) == notice(1)


def test_the_queues_of_a_function_are_those_it_was_deployed_with(sqs: SQSClient, queues: Queues) -> None:
    url = sqs.get_queue_url(QueueName="create_orders")["QueueUrl"]
    deployed = Queues.from_environment({"CASHPATH_QUEUES": json.dumps({"create_orders": url})})
    deployed.client = sqs
    deployed.send([notice(3)])
    assert len(waiting(sqs, "create_orders")) == 1
