"""How a HubSpot portal words its answers: records, batches and errors, in the shapes of the published API."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from werkzeug.wrappers import Response

from cashpath.systems.hubspot.objects import COMPANIES, ObjectType
from cashpath_sandbox.hubspot.store import Conflict, InvalidEmail, Item, Store, iso
from cashpath_sandbox.standin import answer_json

INLINE = 500  # how many associated ids stand beside a record; the rest is paged to, as many at a time


def record(item: Item, asked: Iterable[str] = ()) -> dict[str, Any]:
    """A record with the properties asked for and those that are always there. One without a value is left out: the
    real portal answers null, which its published schema does not allow."""
    names = dict.fromkeys((*asked, "hs_object_id", item.type.modified))
    return {
        "id": item.id,
        "properties": {name: item.properties[name] for name in names if name in item.properties},
        "createdAt": iso(item.created),
        "updatedAt": iso(item.updated),
        "archived": item.archived,
    }


def associations(store: Store, item: Item, names: Iterable[ObjectType]) -> dict[str, Any]:
    """The `associations` of a record: keyed as the vendor does ("line items", with a space), the primary company
    listed under both of its labels."""
    answer = {}
    for to in names:
        label = f"{_singular(item.type)}_to_{_singular(to)}"
        ids = store.associated.get((item.type, item.id), {}).get(to, [])
        more = {"paging": {"next": {"after": str(INLINE)}}} if len(ids) > INLINE else {}
        ids = ids[:INLINE]
        results = [{"id": id, "type": f"{label}_unlabeled" if to is COMPANIES else label} for id in ids]
        if to is COMPANIES and ids:
            results.append({"id": ids[0], "type": label})
        if results:
            answer[to.name.replace("_", " ")] = {"results": results, **more}
    return answer


def associated(store: Store, one: ObjectType, to: ObjectType, ids: Sequence[str], now: datetime) -> Response:
    """Who is associated with each of these records; the first company is the primary one."""
    results: list[dict[str, Any]] = []
    for id in ids:
        named = store.associated.get((one, id), {}).get(to, [])
        if named:
            rows = [{"toObjectId": other, "associationTypes": _labels(to, i == 0)} for i, other in enumerate(named)]
            results.append({"from": {"id": id}, "to": rows})
    found = {str(result["from"]["id"]) for result in results}
    return batch(results, iso(now), missing=[id for id in ids if id not in found])


def _labels(to: ObjectType, first: bool) -> list[dict[str, Any]]:
    primary = {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"}
    return [primary if to is COMPANIES and first else {"category": "HUBSPOT_DEFINED", "typeId": 279}]


def batch(results: Sequence[Mapping[str, Any]], at: str, status: int = 200, missing: Sequence[str] = ()) -> Response:
    """A batch's answer; 207 with an error where some ids are nobody's."""
    body: dict[str, Any] = {"status": "COMPLETE", "results": list(results), "startedAt": at, "completedAt": at}
    if not missing:
        return answer_json(body, status)
    message = "Could not get some objects, they may be deleted or not exist. Check that ids are valid."
    body["numErrors"] = 1
    body["errors"] = [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": message,
            "context": {"ids": list(missing)},
            "errors": [],
            "links": {},
        }
    ]
    return answer_json(body, 207)


def refusal(status: int, category: str, message: str, **more: Any) -> Response:
    """An error ("Error handling")."""
    body = {"status": "error", "message": message, "correlationId": str(uuid4()), "category": category, **more}
    return answer_json(body, status)


def forbidden(scope: str) -> Response:
    """The private app lacks a scope."""
    detail = {"message": "One or more of the following scopes are required.", "context": {"requiredScopes": [scope]}}
    return refusal(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes.", errors=[detail])


def missing() -> Response:
    """No such record."""
    return refusal(404, "OBJECT_NOT_FOUND", "resource not found")


def conflict(error: Conflict) -> Response:
    """A unique value is taken: an email address answers 409, a custom property 400."""
    if error.name == "email":
        return refusal(409, "CONFLICT", f"Contact already exists. Existing ID: {error.id}")
    invalid = (
        f'[{{"isValid":false,"message":"{error.id} already has that value.",'
        f'"error":"CONFLICTING_UNIQUE_VALUE","name":"{error.name}","localizedErrorMessage":""}}]'
    )
    detail = {"message": "already has that value", "code": "CONFLICTING_UNIQUE_VALUE"}
    return refusal(400, "VALIDATION_ERROR", f"Property values were not valid: {invalid}", errors=[detail])


def invalid_email(error: InvalidEmail) -> Response:
    """A contact's email address is none; worded as HubSpot words any value that it refuses."""
    message = f"Email address {error} is invalid"
    invalid = f'[{{"isValid":false,"message":"{message}","error":"INVALID_EMAIL","name":"email"}}]'
    detail = {"message": message, "code": "INVALID_EMAIL"}
    return refusal(400, "VALIDATION_ERROR", f"Property values were not valid: {invalid}", errors=[detail])


def unknown_property(name: str) -> Response:
    """The portal has no such property."""
    detail = {"message": f'Property "{name}" does not exist', "code": "PROPERTY_DOESNT_EXIST"}
    return refusal(400, "VALIDATION_ERROR", f'Property values were not valid: "{name}" does not exist', errors=[detail])


def too_many() -> Response:
    """More searches in a second than the portal allows ("API usage guidelines")."""
    message = "You have reached your secondly limit."
    return refusal(429, "RATE_LIMITS", message, errorType="RATE_LIMIT", policyName="SECONDLY")


def _singular(type: ObjectType) -> str:
    return {"companies": "company"}.get(type.name, type.name.rstrip("s"))
