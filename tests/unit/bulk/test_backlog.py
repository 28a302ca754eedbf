"""A backlog goes through batch endpoints, and ends as if each notice had come alone."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from cashpath.faults import CredentialsRefused, RateLimited
from cashpath.flows import sync_customers
from cashpath.records import RecordKey, SystemId
from cashpath_sandbox.backlog import BILLING, BULK, CRM, DEAD, ERP, LIVE, SHOP, Backlog, Process

FLOW = "sync_customers"
TARGETS = (CRM, BILLING, ERP)


@pytest.fixture
def backlog() -> Backlog:
    return Backlog(sync_customers, FLOW)


def people(backlog: Backlog) -> list[int]:
    """How many customers each target has."""
    return [len(backlog.books[target].of("customer")) for target in TARGETS]


def origins(backlog: Backlog, target: SystemId) -> Counter[RecordKey | None]:
    return Counter(row.origin for row in backlog.books[target].of("customer"))


def test_a_hundred_customers_cost_one_request_for_each_step(backlog: Backlog) -> None:
    backlog.tell(backlog.customers(100))
    backlog.drain()
    assert backlog.words() == {"done": 100}
    assert people(backlog) == [100, 100, 100]
    assert backlog.asked == {
        (SHOP, "read_many", "customer"): 2,  # to find the root, and again under its lease
        **{(target, "candidates_many", "customer"): 1 for target in TARGETS},
        **{(target, "write_many", "customer"): 1 for target in TARGETS},
    }


def test_a_second_backfill_of_what_is_in_agreement_writes_nothing(backlog: Backlog) -> None:
    keys = backlog.customers(100)
    backlog.tell(keys)
    backlog.drain()
    written = backlog.asked.copy()
    backlog.clock.move(timedelta(minutes=1))
    backlog.tell(keys)
    backlog.drain()
    asked = {what: count - written[what] for what, count in backlog.asked.items() if count != written[what]}
    assert not [what for what in asked if what[1] == "write_many"]
    assert sum(asked.values()) <= 5


def test_one_record_that_fails_in_a_way_nobody_foresaw_fails_alone(backlog: Backlog) -> None:
    def broken(system: SystemId, method: str, asked: Sequence[Any]) -> None:
        if system == SHOP and "c7" in asked:
            raise ValueError("an answer that nobody foresaw")

    backlog.spoil = broken
    backlog.tell(backlog.customers(100))
    backlog.drain()
    assert people(backlog) == [99, 99, 99]
    assert [notice.id for notice in backlog.queue.notices(DEAD)] == ["c7"]


def test_a_batch_that_fails_though_each_of_its_records_can_be_read_is_told_in_the_log(backlog: Backlog) -> None:
    def broken(system: SystemId, method: str, asked: Sequence[Any]) -> None:
        if system == SHOP and method == "read_many":
            raise KeyError("nora@example.com")

    backlog.spoil = broken
    backlog.tell(backlog.customers(20))
    backlog.drain()
    assert people(backlog) == [20, 20, 20]
    assert backlog.warned
    assert set(backlog.warned) == {"a batch of 20 in shop failed (KeyError); each is read by itself"}


def test_a_write_that_fails_in_a_way_nobody_foresaw_is_tried_again_one_by_one_and_doubles_nobody(
    backlog: Backlog,
) -> None:
    def broken(system: SystemId, method: str, asked: Sequence[Any]) -> None:
        keys = [getattr(getattr(each, "record", None), "key", None) for each in asked]
        if system == ERP and any(key and key.id == "c7" for key in keys):
            raise ValueError("an answer that nobody foresaw")

    backlog.spoil = broken
    backlog.tell(backlog.customers(20))
    backlog.drain()
    assert people(backlog) == [20, 20, 19]
    assert set(origins(backlog, ERP).values()) == {1}
    assert [notice.id for notice in backlog.queue.notices(DEAD)] == ["c7"]


def test_a_rate_limit_reaches_all_who_asked_and_all_wait_in_the_bulk_queue_together(backlog: Backlog) -> None:
    refused: list[str] = []

    def limited(system: SystemId, method: str, asked: Sequence[Any]) -> None:
        if system == CRM and method == "write_many" and len(refused) < 1:
            refused.append(method)
            raise RateLimited("crm asks for fewer requests", system=CRM, retry_after=timedelta(seconds=30))

    backlog.spoil = limited
    backlog.tell(backlog.customers(100))
    queue = backlog.queue
    backlog.one(backlog.bulk(Process()))
    assert backlog.words() == {"waits": 100}
    assert people(backlog) == [0, 100, 100], "the other systems are written meanwhile"
    assert len(queue.messages[BULK]) <= 3
    assert len(queue.notices(BULK)) == 100
    assert queue.messages[LIVE] == []
    assert backlog.asked[CRM, "write_many", "customer"] == 1
    backlog.drain()
    assert people(backlog) == [100, 100, 100]


def test_refused_credentials_are_one_dead_letter_for_a_message(backlog: Backlog) -> None:
    def refused(system: SystemId, method: str, asked: Sequence[Any]) -> None:
        if system == SHOP:
            raise CredentialsRefused("the shop refuses our credentials", remedy="renew them", system=SHOP)

    backlog.spoil = refused
    backlog.tell(backlog.customers(100))
    backlog.one(backlog.bulk(Process()))
    assert backlog.words() == {"waits": 100}
    (letter,) = [json.loads(body) for _, body in backlog.queue.messages[DEAD]]
    assert letter["cause"]["about"] == SHOP


def test_notices_of_records_that_are_not_there_and_of_one_twice_hold_nobody_up(backlog: Backlog) -> None:
    keys = backlog.customers(30)
    unknown = [RecordKey(SHOP, "customer", f"unknown{n}") for n in range(30)]
    backlog.tell([*keys, *unknown, *keys[:10]])
    backlog.one(backlog.bulk(Process()))
    assert len(backlog.ended) == 70
    assert {each.notice.id for each in backlog.ended if each.outcome and each.outcome.word == "done"} == {
        key.id for key in keys
    }
    assert people(backlog) == [30, 30, 30]


def test_what_does_not_fit_into_the_functions_time_is_left_to_the_next_message(backlog: Backlog) -> None:
    """Each target takes forty seconds for a hundred; nothing is begun that the function would not live to save."""
    began = backlog.clock()
    asked_at: list[timedelta] = []

    def slow(system: SystemId, method: str, asked: Sequence[Any]) -> None:
        asked_at.append(backlog.clock() - began)
        if method == "write_many":
            backlog.clock.move(timedelta(seconds=0.4 * len(asked)))

    backlog.spoil = slow
    backlog.tell(backlog.customers(100))
    backlog.one(backlog.bulk(Process()))
    assert max(asked_at) < timedelta(seconds=48)
    assert backlog.words()["waits"] > 0
    backlog.drain()
    assert people(backlog) == [100, 100, 100]


@pytest.mark.parametrize(
    ("many", "kills"),
    [(1000, (900, 40, 2600)), (300, (350, 1201, 750)), (300, (5, 1400, 1111)), (300, (600, 600, 600))],
)
def test_customers_are_all_there_and_nobody_twice_after_three_kills_on_the_way(
    backlog: Backlog, many: int, kills: Sequence[int]
) -> None:
    backlog.tell(backlog.customers(many))
    backlog.drain(kills)
    for target in TARGETS:
        assert len(backlog.books[target].of("customer")) == many
        assert set(origins(backlog, target).values()) == {1}
        assert backlog.asked[target, "write_many", "customer"] <= many / 100 + 6
        assert backlog.asked[target, "candidates_many", "customer"] <= many / 100 + 6
    assert backlog.queue.messages[DEAD] == []
