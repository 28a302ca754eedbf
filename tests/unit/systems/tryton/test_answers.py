"""What Tryton answers, in the shapes recorded from trytond 8.2, and the kind of failure that each becomes."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from cashpath.faults import CredentialsRefused, Fault, NeedsPerson, NotYet, RateLimited
from cashpath.records import SystemId
from cashpath.systems.connection import Connection
from cashpath.systems.tryton import wire
from cashpath.systems.tryton.rpc import Rpc

LOGIN = {"id": 0, "result": [2, "a-session-key", None]}


def rpc(
    answer: Callable[[Mapping[str, Any], httpx.Request], httpx.Response], passwords: tuple[str, ...] = ("a",)
) -> Rpc:
    """A client of a server that answers like this; `passwords` are what the secret says, read after read."""
    left = list(passwords)

    def secret(*, fresh: bool = False) -> Mapping[str, str]:
        return {"user": "cashpath", "password": left.pop(0) if len(left) > 1 else left[0]}

    def handle(request: httpx.Request) -> httpx.Response:
        return answer(json.loads(request.content), request)

    return Rpc(
        Connection(
            id=SystemId("erp"),
            options={"url": "http://erp.test", "database": "books"},
            secret=secret,
            now=lambda: datetime.now(UTC),
            sleep=lambda seconds: None,
            transport=httpx.MockTransport(handle),
        )
    )


def answering(error: list[Any]) -> Rpc:
    """A server that signs us in and answers every call with this error."""

    def answer(body: Mapping[str, Any], request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=LOGIN if body["method"] == "common.db.login" else {"id": 0, "error": error})

    return rpc(answer)


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (["UserError", ["The party is closed.", "", None]], NeedsPerson, "The party is closed."),
        (["UserError", ["Wrong value.", "for field Name", None]], NeedsPerson, "for field Name"),
        (["UserWarning", ["sale_late,7", "The date is past.", "Really?"]], NeedsPerson, "The date is past."),
        (["ConcurrencyException", "sale.sale"], NotYet, "sale.sale"),
        (["division by zero", "Traceback …"], NeedsPerson, "division by zero"),
    ],
)
def test_an_error_of_tryton_is_told_in_its_own_words(error: list[Any], kind: type[Fault], told: str) -> None:
    with pytest.raises(kind, match=told.replace(".", r"\.")):
        answering(error).writes("model.sale.sale.quote", [7], context={})


def test_a_warning_is_never_answered_for_a_person() -> None:
    asked: list[str] = []

    def answer(body: Mapping[str, Any], request: httpx.Request) -> httpx.Response:
        asked.append(body["method"])
        error = ["UserWarning", ["sale_late,7", "The date is past.", ""]]
        return httpx.Response(200, json=LOGIN if body["method"] == "common.db.login" else {"id": 0, "error": error})

    with pytest.raises(NeedsPerson) as caught:
        rpc(answer).writes("model.sale.sale.quote", [7], context={})
    assert asked == ["common.db.login", "model.sale.sale.quote"]
    assert "sale_late,7" in caught.value.remedy


def test_a_session_that_tryton_ended_is_opened_again_and_the_call_goes_through() -> None:
    ended = [True]

    def answer(body: Mapping[str, Any], request: httpx.Request) -> httpx.Response:
        if body["method"] == "common.db.login":
            return httpx.Response(200, json=LOGIN)
        return httpx.Response(401) if ended and ended.pop() else httpx.Response(200, json={"id": 0, "result": [1]})

    assert rpc(answer).writes("model.party.party.create", [{}], context={}) == [1]


def test_a_password_that_was_changed_is_read_again() -> None:
    def answer(body: Mapping[str, Any], request: httpx.Request) -> httpx.Response:
        if body["method"] != "common.db.login":
            return httpx.Response(200, json={"id": 0, "result": []})
        return httpx.Response(200, json=LOGIN) if body["params"][1]["password"] == "new" else httpx.Response(401)

    assert rpc(answer, ("old", "new")).reads("model.party.party.search", [], context={}) == []
    with pytest.raises(CredentialsRefused, match="cashpath"):
        rpc(answer, ("old",)).reads("model.party.party.search", [], context={})


def test_too_many_sign_ins_are_a_rate_limit() -> None:
    limited = rpc(lambda body, request: httpx.Response(429))
    with pytest.raises(RateLimited):
        limited.reads("model.party.party.search", [], context={})


@pytest.mark.parametrize(("status", "remedy"), [(403, "Groups"), (404, "database"), (400, "log")])
def test_a_refused_call_says_what_to_look_at(status: int, remedy: str) -> None:
    def answer(body: Mapping[str, Any], request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=LOGIN) if body["method"] == "common.db.login" else httpx.Response(status)

    with pytest.raises(NeedsPerson) as caught:
        rpc(answer).reads("model.account.move.search", [], context={})
    assert remedy in caught.value.remedy


def test_decimals_and_dates_travel_both_ways() -> None:
    values = {
        "price": Decimal("12.3400"),
        "day": date(2026, 2, 28),
        "at": datetime(2026, 2, 28, 23, 59, 59, 999999, UTC),
        "plain": [1, "a", None, {"b": True}],
    }
    assert wire.loads(wire.dumps(values)) == values
