"""The stand-in's associations: read, made by HubSpot's default label or with the one of a primary company, ended."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS, ObjectType
from cashpath_sandbox.hubspot import answers
from cashpath_sandbox.hubspot.batches import API, MOST
from cashpath_sandbox.hubspot.store import Item, by_path, iso
from cashpath_sandbox.standin import answer_json

if TYPE_CHECKING:
    from cashpath_sandbox.hubspot.portal import HubSpot

PRIMARY = 1  # "Association type ID values": contact to its primary company
Pairs = Sequence[tuple[Item, Item]]


def answer(portal: "HubSpot", request: Request, path: list[str]) -> Response:
    """The answer to a batch of associations: `<from>/<to>/batch/<what>`."""
    one, to = (by_path(name) for name in (*path, "", "")[:2])
    if one is None or to is None or request.method != "POST":
        return answers.missing()
    inputs: list[dict[str, Any]] = request.get_json()["inputs"]
    if len(inputs) > MOST:
        return answers.refusal(400, "VALIDATION_ERROR", "Invalid input: a batch holds 100 records at most")
    match path[2:]:
        case ["batch", "read"]:
            return answers.associated(portal.store, one, to, [asked["id"] for asked in inputs], portal.now())
        case ["batch", "associate", "default"]:
            return _made(portal, _pairs(portal, one, to, inputs))
        case ["batch", "create"]:
            return _labelled(portal, one, to, inputs)
        case ["batch", "archive"]:
            return _ended(portal, one, to, inputs)
    return answers.missing()


def _pairs(
    portal: "HubSpot", one: ObjectType, to: ObjectType, inputs: Sequence[Mapping[str, Any]]
) -> list[tuple[Item, Item]] | None:
    found = [(portal.store.get(one, i["from"]["id"]), portal.store.get(to, i["to"]["id"])) for i in inputs]
    there = [(a, b) for a, b in found if a and b]
    return there if len(there) == len(found) else None


def _made(portal: "HubSpot", pairs: Pairs | None) -> Response:
    if pairs is None:
        return answers.missing()
    results = []
    for one, other in pairs:
        if portal.store.associate(one, other, API):
            portal.wrote()
        spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}
        results.append({"from": {"id": one.id}, "to": {"id": other.id}, "associationSpec": spec})
    at = iso(portal.now())
    return answer_json({"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at})


def _labelled(portal: "HubSpot", one: ObjectType, to: ObjectType, inputs: Sequence[Mapping[str, Any]]) -> Response:
    """Only the label of a contact's primary company is known here."""
    types = [type["associationTypeId"] for asked in inputs for type in asked["types"]]
    if (one, to) != (CONTACTS, COMPANIES) or set(types) != {PRIMARY}:
        return answers.refusal(400, "VALIDATION_ERROR", f"no such types of association: {types}")
    pairs = _pairs(portal, one, to, inputs)
    if pairs is None:
        return answers.missing()
    results = []
    for person, company in pairs:
        if portal.store.make_primary(person, company, API):
            portal.wrote()
        ids = {"fromObjectTypeId": one.number, "fromObjectId": person.id}
        ids |= {"toObjectTypeId": to.number, "toObjectId": company.id}
        results.append({**ids, "labels": ["Contact with Primary Company"]})
    return answers.batch(results, iso(portal.now()), 201)


def _ended(portal: "HubSpot", one: ObjectType, to: ObjectType, inputs: Sequence[Mapping[str, Any]]) -> Response:
    for asked in inputs:
        item = portal.store.get(one, asked["from"]["id"])
        for other in (portal.store.get(to, named["id"]) for named in asked["to"]):
            if item and other and portal.store.dissociate(item, other, API):
                portal.wrote()
    return answers.batch([], iso(portal.now()))
