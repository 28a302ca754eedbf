"""The published API as a check: it refuses what HubSpot does not allow, and says what it could not check."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import httpx
import pytest

from cashpath.systems.hubspot.objects import CONTACTS
from cashpath_sandbox.hubspot import HubSpot, contract
from cashpath_sandbox.hubspot.contract import UNCOVERED, Contract, Violation
from cashpath_sandbox.hubspot.people import PERSON

PRODUCTS = "/crm/objects/2026-03/products"


def exchange(method: str, path: str, body: Any = None, *, answer: httpx.Response | None = None) -> httpx.Response:
    """One checked exchange with a portal, or with an answer given in its place."""
    inner = httpx.MockTransport(lambda _: answer) if answer else httpx.WSGITransport(app=HubSpot())
    with httpx.Client(base_url="http://hubspot.test", transport=Contract(inner, published())) as client:
        return client.request(method, path, **({"json": body} if body is not None else {}))


def published() -> contract.Specs:
    """The specifications; a checkout without them has none to test (`specs` has warned, and CI fails)."""
    return contract.specs() or contract.Specs((), None)


def where_published(test: Callable[..., None]) -> Callable[..., None]:
    """A test of the published API itself. A checkout without it tests nothing here, and `specs` has said so."""

    @wraps(test)
    def tested(*args: Any, **kwargs: Any) -> None:
        if contract.specs():
            test(*args, **kwargs)

    return tested


@where_published
def test_an_exchange_that_the_published_api_allows_passes() -> None:
    body = {"properties": {"name": "Tea", "price": "1.00"}, "associations": []}
    assert exchange("POST", PRODUCTS, body).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("POST", PRODUCTS, {"properties": {"name": "Tea"}}, "associations"),
        ("POST", PRODUCTS, {"properties": {"price": 1}, "associations": []}, "not of type 'string'"),
        ("POST", PRODUCTS, {"properties": {}, "associations": [], "colour": "red"}, "colour"),
        ("POST", f"{PRODUCTS}/batch/upsert", {"inputs": [{"properties": {}}]}, "'id' is a required property"),
        ("GET", f"{PRODUCTS}?fields=name", None, "no such parameters"),
        ("POST", f"{PRODUCTS}/batch/rename", {"inputs": []}, "no published operation"),
        ("GET", "/crm/v3/objects/products/1", None, "no published operation"),
    ],
)
@where_published
def test_a_request_that_the_published_api_does_not_allow_fails(method: str, path: str, body: Any, told: str) -> None:
    with pytest.raises(Violation, match=told):
        exchange(method, path, body)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.Response(200, json={"id": "1", "properties": {}}), "required property"),
        (httpx.Response(404, json={"message": "resource not found"}), "required property"),
        (httpx.Response(201, json={}), "no such status"),
    ],
)
@where_published
def test_an_answer_that_the_published_api_does_not_give_fails(answer: httpx.Response, told: str) -> None:
    with pytest.raises(Violation, match=told):
        exchange("GET", f"{PRODUCTS}/1", answer=answer)


@where_published
def test_only_properties_owners_and_the_tokens_info_are_called_without_a_specification_at_hand(make_desk: Any) -> None:
    specs = contract.specs()
    assert specs
    specs.uncovered.clear()
    desk = make_desk(bare=True)
    desk.connector.prepare()
    contact = desk.portal.store.create(CONTACTS, {"email": "ada@example.com", "hubspot_owner_id": "77"}, PERSON)
    assert desk.connector.read("customer", contact.id).record.account_owner == "sam@example.com"
    assert desk.connector.check() == []
    assert specs.uncovered == UNCOVERED


def test_a_checkout_without_specifications_says_what_it_did_not_test(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CASHPATH_SPECS", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.warns(UserWarning, match="were not validated"):
        assert contract.specs.__wrapped__() is None


def test_ci_without_specifications_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CASHPATH_SPECS", str(tmp_path))
    monkeypatch.setenv("CI", "true")
    with pytest.raises(Violation, match="were not validated"):
        contract.specs.__wrapped__()
