"""The stand-in's batch endpoints: read, create, update, upsert, archive. A batch that conflicts changes nothing."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from cashpath.systems.hubspot.objects import ObjectType
from cashpath_sandbox.hubspot import answers
from cashpath_sandbox.hubspot.store import iso

if TYPE_CHECKING:
    from cashpath_sandbox.hubspot.portal import HubSpot

MOST = 100
API = "INTEGRATION"
Inputs = Sequence[Mapping[str, Any]]


def answer(portal: "HubSpot", type: ObjectType, what: str, body: Mapping[str, Any]) -> Response:
    """The answer to one batch."""
    inputs: Inputs = body["inputs"]
    if len(inputs) > MOST:
        return answers.refusal(400, "VALIDATION_ERROR", "Invalid input: a batch holds 100 records at most")
    for asked in inputs:
        unknown = portal.unknown(type, asked.get("properties", {}))
        if unknown:
            return answers.unknown_property(unknown)
    match what:
        case "read":
            return _read(portal, type, body)
        case "create":
            return _create(portal, type, inputs)
        case "update":
            return _update(portal, type, inputs)
        case "upsert":
            return _upsert(portal, type, inputs)
        case "archive":
            return _archive(portal, type, inputs)
    return answers.missing()


def _read(portal: "HubSpot", type: ObjectType, body: Mapping[str, Any]) -> Response:
    by = body.get("idProperty", "hs_object_id")
    looked_up = [(i["id"], portal.store.by_property(type, by, i["id"])) for i in body["inputs"]]
    shown = {item.id: answers.record(item, body["properties"]) for _, item in looked_up if item}
    missing = [id for id, item in looked_up if item is None]
    return answers.batch(list(shown.values()), iso(portal.now()), missing=missing)


def _create(portal: "HubSpot", type: ObjectType, inputs: Inputs) -> Response:
    for asked in inputs:
        portal.store.clean(type, asked["properties"], own="")
    made = [portal.store.create(type, asked["properties"], API) for asked in inputs]
    for item, asked in zip(made, inputs, strict=True):
        portal.place(item, asked["associations"])
    portal.wrote()
    shown = [answers.record(item, asked["properties"]) for item, asked in zip(made, inputs, strict=True)]
    return answers.batch(shown, iso(portal.now()), 201)


def _update(portal: "HubSpot", type: ObjectType, inputs: Inputs) -> Response:
    there = [(asked, portal.store.get(type, asked["id"])) for asked in inputs]
    for asked, item in there:
        if item:
            portal.store.clean(type, asked["properties"], own=item.id)
    for asked, item in there:
        if item and portal.store.change(item, asked["properties"], API):
            portal.wrote()
    shown = [answers.record(item, asked["properties"]) for asked, item in there if item]
    return answers.batch(shown, iso(portal.now()), missing=[asked["id"] for asked, item in there if item is None])


def _upsert(portal: "HubSpot", type: ObjectType, inputs: Inputs) -> Response:
    found = []
    for asked in inputs:
        by = asked.get("idProperty", "hs_object_id")
        properties = {by: asked["id"], **asked["properties"]}
        item = portal.store.by_property(type, by, asked["id"])
        portal.store.clean(type, properties, own=item.id if item else "")
        found.append((properties, item))
    shown = []
    for properties, item in found:
        if item is None:
            made = portal.store.create(type, properties, API)
            portal.wrote()
            shown.append({**answers.record(made, properties), "new": True})
            continue
        if portal.store.change(item, properties, API):
            portal.wrote()
        shown.append({**answers.record(item, properties), "new": False})
    return answers.batch(shown, iso(portal.now()))


def _archive(portal: "HubSpot", type: ObjectType, inputs: Inputs) -> Response:
    for asked in inputs:
        item = portal.store.get(type, asked["id"])
        if item:
            portal.store.archive(item, API)
            portal.wrote()
    return Response(status=204)
