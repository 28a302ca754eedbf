"""The list of erasures knows who asked, what is done, and forgets nobody, whatever happens to the ledger."""

from typing import Any

import boto3
import pytest

from cashpath.ledger.erasures import Erasures
from cashpath.ledger.exceptions import Cause, Exceptions, Subject
from cashpath.ledger.tables import ERASURES
from cashpath.notice import Notice
from cashpath.records.keys import RecordKey

ADA, CONTACT, PARTY = (RecordKey.parse(key) for key in ("shop/customer/7", "crm/customer/51", "erp/customer/3"))


@pytest.fixture
def erasures(exceptions: Exceptions, clock: Any) -> Erasures:
    """The list, on the account that the exceptions' table is in."""
    client = boto3.client("dynamodb", region_name="eu-central-1")
    client.create_table(**ERASURES.create_request("erasures"))
    return Erasures("erasures", now=clock, client=client)


def test_a_wish_is_listed_once_with_who_erased_what_and_when(erasures: Erasures, clock: Any) -> None:
    wish = erasures.accept(ADA, ADA, "mugs", told=ADA)
    asked = clock.at
    assert erasures.accept(ADA, ADA, "mugs", told=ADA) == wish
    clock.pass_by(1_000)
    erasures.note(wish, [CONTACT, PARTY], [CONTACT], done=False)
    [half] = erasures.all()
    assert half.erased == {ADA: asked, CONTACT: asked + 1_000}
    assert half.finished_at is None
    clock.pass_by(1_000)
    erasures.note(half, [PARTY], [PARTY], done=True)
    [done] = erasures.all()
    assert (done.asked_at, done.finished_at, done.where[PARTY]) == (asked, asked + 2_000, asked + 2_000)


def test_whoever_asks_first_is_listed_first_and_found_by_any_record(erasures: Erasures, clock: Any) -> None:
    other = RecordKey.parse("shop/customer/8")
    erasures.accept(other, other, "mugs")
    clock.pass_by(1)
    erasures.note(erasures.accept(CONTACT, ADA, "mugs"), [PARTY], (), done=False)
    assert [wish.asked for wish in erasures.all()] == [other, CONTACT]
    for key in (CONTACT, ADA, PARTY):
        found = erasures.about(key)
        assert found is not None
        assert found.asked == CONTACT
    assert erasures.about(RecordKey.parse("shop/customer/9")) is None


def test_a_wish_that_is_opened_again_is_as_if_nothing_were_done(erasures: Erasures) -> None:
    wish = erasures.note(erasures.accept(ADA, ADA, "mugs", told=ADA), [CONTACT], [CONTACT], done=True)
    erasures.again(wish)
    [opened] = erasures.all()
    assert (opened.finished_at, opened.erased, set(opened.where)) == (None, {}, {ADA, CONTACT})
    assert opened.asked_at == wish.asked_at


def test_exceptions_of_a_forgotten_person_stay_counted_and_say_nothing(exceptions: Exceptions, clock: Any) -> None:
    stuck = Cause(code="erp_refused", cause="Ada King has an open sale", remedy="write to Ada", owner="erp")
    notice = Notice(flow="sync_customers", system="shop", kind="customer", id="7", received=clock.at)
    for flow, record in (("sync_customers", ADA), ("create_orders", ADA), ("sync_customers", PARTY)):
        about = Subject(flow=flow, system=record.system, record=f"{record.kind}/{record.id}")
        exceptions.file(about, stuck, notice, since=clock.at, evidence={"said": "Ada King"})
    exceptions.close(f"sync_customers:{PARTY}")
    before = exceptions.totals()
    assert exceptions.redact([ADA, CONTACT, PARTY]) == 3
    for filed in exceptions.about([ADA, PARTY]):
        assert (filed.cause.code, filed.cause.cause, filed.cause.remedy) == ("erp_refused", "erased", "erased")
        assert (filed.evidence, filed.count) == ({}, 1)
    assert exceptions.totals() == before
    assert exceptions.redact([ADA, CONTACT, PARTY]) == 0
