"""Answers as HubSpot words them, recorded shapes included that the published schemas do not mention."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from cashpath.faults import NeedsPerson, NotYet, RateLimited
from cashpath.records import BrandId, Customer, RecordKey, SystemId
from cashpath.systems.connection import Connection
from cashpath.systems.hubspot.client import Connector
from cashpath.systems.port import Wanted

STAMPS = {"createdAt": "2026-03-01T09:00:00Z", "updatedAt": "2026-03-01T09:30:00.120Z", "archived": False}


def asked(answers: Callable[[httpx.Request], Any]) -> Connector:
    """A connector whose every request is answered by `answers`: a body, or a whole response."""

    def answer(request: httpx.Request) -> httpx.Response:
        given = answers(request)
        return given if isinstance(given, httpx.Response) else httpx.Response(200, json=given)

    connection = Connection(
        id=SystemId("crm"),
        options={"url": "http://hubspot.test", "portal": 1, "currency": "EUR"},
        secret=lambda *, fresh=False: {"access_token": "x"},
        now=lambda: datetime(2026, 3, 1, tzinfo=UTC),
        sleep=lambda _: None,
        transport=httpx.MockTransport(answer),
    )
    return Connector(connection)


def refused(status: int, **body: Any) -> httpx.Response:
    """An error as the vendor words it."""
    return httpx.Response(status, json={"status": "error", "correlationId": "f3a2c1b0", **body})


def write(connector: Connector, id: str | None = None) -> None:
    """Write a contact."""
    customer = Customer(key=RecordKey(SystemId("shop"), "customer", "1"), email="ada@example.com")
    fields = frozenset({"email"})
    connector.write(Wanted(record=customer, fields=fields, id=id, brand=BrandId("acme")))


def test_a_property_without_a_value_comes_back_as_null() -> None:
    contact = {"id": "51", "properties": {"email": "ada@example.com", "firstname": None, "phone": None}, **STAMPS}
    reading = asked(lambda _: contact).read("customer", "51")
    assert reading
    assert isinstance(reading.record, Customer)
    assert (reading.record.email, reading.record.first_name, reading.version) == ("ada@example.com", "", None)


def test_line_items_come_back_under_a_name_with_a_space_and_the_primary_company_twice() -> None:
    def answers(request: httpx.Request) -> Any:
        if request.url.path.endswith("/line_items/batch/read"):
            line = {"id": "900", "properties": {"price": "5", "quantity": "1", "name": "Tea", "discount": None}}
            times = {"startedAt": STAMPS["createdAt"], "completedAt": STAMPS["createdAt"]}
            return {"status": "COMPLETE", "results": [{**line, **STAMPS}], **times}
        associations = {
            "companies": {
                "results": [
                    {"id": "61", "type": "deal_to_company_unlabeled"},
                    {"id": "62", "type": "deal_to_company_unlabeled"},
                    {"id": "62", "type": "deal_to_company"},
                ]
            },
            "line items": {"results": [{"id": "900", "type": "deal_to_line_item"}]},
        }
        properties = {"dealname": "Acme", "amount": "5", "dealstage": "closedwon", "closedate": "2026-03-01T09:00:00Z"}
        return {"id": "7", "properties": properties, "associations": associations, **STAMPS}

    reading = asked(answers).read("order", "deals:7")
    assert reading
    order: Any = reading.record
    assert (order.company.id, len(order.checked().lines), order.currency) == ("62", 1, "EUR")


def test_a_read_of_an_address_that_is_no_api_is_not_taken_for_a_deleted_record() -> None:
    with pytest.raises(NeedsPerson):
        asked(lambda _: httpx.Response(404, text="<html>not found</html>")).read("customer", "51")


def test_a_missing_record_is_none() -> None:
    gone = refused(404, category="OBJECT_NOT_FOUND", message="resource not found")
    assert asked(lambda _: gone).read("customer", "51") is None


@pytest.mark.parametrize("id", ["", "abc", "51x", "../51", "deals:51", "٣"])
def test_an_id_that_hubspot_could_not_have_given_is_asked_for_nowhere(id: str) -> None:
    connector = asked(lambda request: pytest.fail(f"asked {request.url}"))
    assert connector.read("customer", id) is None
    assert connector.read("order", id if not id.startswith("deals:") else "quotes:51") is None


def test_a_taken_email_waits_when_creating_and_is_for_a_person_when_changing() -> None:
    taken = refused(409, category="CONFLICT", message="Contact already exists. Existing ID: 51")
    with pytest.raises(NotYet, match="Existing ID: 51"):
        write(asked(lambda _: taken))
    with pytest.raises(NeedsPerson) as told:
        write(asked(lambda _: taken), id="60")
    assert (told.value.code, told.value.owner) == ("conflict", "crm")


def test_a_taken_unique_property_is_a_conflict_although_it_is_called_a_validation_error() -> None:
    message = (
        'Property values were not valid: [{"isValid":false,"message":"51 already has that value.",'
        '"error":"CONFLICTING_UNIQUE_VALUE","name":"cashpath_origin","localizedErrorMessage":"x"}]'
    )
    with pytest.raises(NotYet, match="CONFLICTING_UNIQUE_VALUE, cashpath_origin"):
        write(asked(lambda _: refused(400, category="VALIDATION_ERROR", message=message)))


def test_what_is_told_of_a_refused_value_names_the_property_and_never_the_value() -> None:
    message = (
        'Property values were not valid: [{"isValid":false,"message":"Email address ada@x is invalid",'
        '"error":"INVALID_EMAIL","name":"email"}]'
    )
    with pytest.raises(NeedsPerson, match="INVALID_EMAIL, email") as told:
        write(asked(lambda _: refused(400, category="VALIDATION_ERROR", message=message)))
    assert "ada@x" not in f"{told.value} {told.value.cause} {told.value.remedy}"


def test_a_missing_scope_says_what_to_give_the_private_app() -> None:
    missing = refused(
        403,
        category="MISSING_SCOPES",
        message="This app hasn't been granted all required scopes to make this call.",
        errors=[{"message": "…", "context": {"requiredGranularScopes": ["crm.objects.contacts.write"]}}],
    )
    with pytest.raises(NeedsPerson, match=r"crm\.objects\.contacts\.write") as told:
        write(asked(lambda _: missing))
    assert told.value.code == "missing_scopes"


def test_a_batch_of_which_a_part_was_refused_is_not_taken_for_done() -> None:
    error = {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "…",
        "context": {},
        "errors": [],
        "links": {},
    }
    times = {"startedAt": STAMPS["createdAt"], "completedAt": STAMPS["createdAt"]}
    partly = {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [error], **times}
    with pytest.raises(NeedsPerson, match="VALIDATION_ERROR"):
        write(asked(lambda _: httpx.Response(207, json=partly)))


@pytest.mark.parametrize(
    ("policy", "pause"),
    [("SECONDLY", 1), ("TEN_SECONDLY_ROLLING", 10), ("DAILY", 900), ("SOMETHING_NEW", None)],
)
def test_a_limit_that_was_reached_says_by_its_name_how_long_to_wait(policy: str, pause: int | None) -> None:
    limited = refused(429, message="You have reached your limit.", errorType="RATE_LIMIT", policyName=policy)
    with pytest.raises(RateLimited) as waits:
        write(asked(lambda _: limited))
    assert waits.value.retry_after == (timedelta(seconds=pause) if pause else None)


def test_a_time_to_wait_that_is_sent_goes_before_the_limits_name() -> None:
    limited = httpx.Response(429, json={"policyName": "DAILY"}, headers={"Retry-After": "3"})
    with pytest.raises(RateLimited) as waits:
        write(asked(lambda _: limited))
    assert waits.value.retry_after == timedelta(seconds=3)
