"""A vendor without a batch endpoint is asked one by one, and no more once it has said that it cannot."""

from collections.abc import Callable

import pytest

from cashpath.faults import CredentialsRefused, Fault, NeedsPerson, RateLimited, SystemDown, Unanswered
from cashpath.records import BrandId, Customer, RecordKey, SystemId
from cashpath.systems.port import Wanted, Written
from cashpath.systems.single import one_by_one

CRM = SystemId("crm")


def people(many: int) -> list[Wanted]:
    keys = [RecordKey(SystemId("shop"), "customer", str(n)) for n in range(many)]
    return [Wanted(record=Customer(key=key), fields=frozenset(), id=None, brand=BrandId("eu")) for key in keys]


def failing_at(id: str, failure: Fault) -> tuple[list[str], Callable[[Wanted], Written]]:
    asked: list[str] = []

    def write(wanted: Wanted) -> Written:
        asked.append(wanted.record.key.id)
        if wanted.record.key.id == id:
            raise failure
        return Written(id=wanted.record.key.id, created=True)

    return asked, write


def test_one_that_is_refused_keeps_none_of_the_others_from_being_written() -> None:
    asked, write = failing_at("2", NeedsPerson("it is no address", remedy="correct it"))
    results = one_by_one(write, people(5))
    assert [type(result) for result in results] == [Written, Written, NeedsPerson, Written, Written]
    assert len(asked) == 5


@pytest.mark.parametrize(
    "failure",
    [RateLimited("too many"), SystemDown("down"), CredentialsRefused("no", remedy="renew them", system=CRM)],
    ids=lambda failure: type(failure).__name__,
)
def test_a_system_that_asks_to_be_left_alone_is_left_alone_with_all_the_rest(failure: Fault) -> None:
    asked, write = failing_at("2", failure)
    results = one_by_one(write, people(5))
    assert results[2:] == [failure] * 3
    assert asked == ["0", "1", "2"]


def test_after_a_write_without_an_answer_no_more_is_sent_and_only_that_one_is_in_doubt() -> None:
    asked, write = failing_at("2", Unanswered("no answer", system=CRM))
    results = one_by_one(write, people(5))
    assert [type(result) for result in results[2:]] == [Unanswered, SystemDown, SystemDown]
    assert asked == ["0", "1", "2"]
