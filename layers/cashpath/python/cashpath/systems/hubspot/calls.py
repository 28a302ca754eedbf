"""The requests of HubSpot's CRM objects and associations APIs that Cashpath makes, and their answers read. No rules.

Addresses and bodies: HubSpot-public-api-spec-collection, rollout 2026-03. A batch holds 100 records at most
("Understanding the CRM APIs", limits).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from cashpath.systems.http import Api, Refused
from cashpath.systems.hubspot.objects import API_VERSION, COMPANIES, CONTACTS, ObjectType, Theirs
from cashpath.systems.hubspot.refusals import NOT_FOUND, is_missing

BATCH = 100
PAGE = 200  # "CRM search": the most results of one page
PRIMARY = 1  # "Association type ID values" (associations API, v4 guide): contact to its primary company
WINDOW = 10_000  # "CRM search": results beyond the 10,000th of one query cannot be paged to

Properties = Mapping[str, str]
T = TypeVar("T")


class Calls:
    """HubSpot's CRM over one `Api`. Every method raises as `Api` does; `Refused` is for the caller to explain."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def get(
        self, type: ObjectType, id: str, properties: Sequence[str], associations: Sequence[str] = ()
    ) -> Theirs | None:
        """One record by its id, with the ids of associated records; the survivor's where it was merged away."""
        params = {"properties": list(properties), "associations": list(associations)}
        try:
            body = self._api.read("GET", f"{_objects(type)}/{quote(id, safe='')}", params=params).json()
        except Refused as refused:
            if is_missing(refused):
                return None
            raise
        associated = {name: self._ids(type, body["id"], name, body.get("associations", {})) for name in associations}
        return _theirs(type, body, associated)

    def read_many(
        self, type: ObjectType, ids: Sequence[str], properties: Sequence[str], *, by: str | None = None
    ) -> list[Theirs]:
        """The records that exist among `ids`; `by` names the unique property whose values they are. Reads its own
        writes, and, unlike an address, takes ids with slashes as they are."""
        found: list[Theirs] = []
        for some in hundreds(ids):
            body: dict[str, Any] = {
                "inputs": [{"id": id} for id in some],
                "properties": list(properties),
                "propertiesWithHistory": [],
            }
            if by:
                body["idProperty"] = by
            answer = self._api.read("POST", f"{_objects(type)}/batch/read", json=body)
            found += _results(type, answer.json(), missing_is_fine=True)
        return found

    def associated(self, type: ObjectType, to: ObjectType, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The ids of associated records of 100 records at a time, a primary company first."""
        found: dict[str, tuple[str, ...]] = {}
        for some in hundreds(ids):
            path = f"{_associations(type, to)}/batch/read"
            body = self._api.read("POST", path, json={"inputs": [{"id": id} for id in some]}).json()
            for result in body["results"]:
                ranked = sorted(result["to"], key=_is_further)
                found[str(result["from"]["id"])] = tuple(str(a["toObjectId"]) for a in ranked)
        return found

    def merge(self, type: ObjectType, primary: str, merged: str) -> None:
        """Merge one record into another ("Merge two contacts with same type")."""
        self._api.write("POST", f"{_objects(type)}/merge", json={"primaryObjectId": primary, "objectIdToMerge": merged})

    def upsert(self, type: ObjectType, by: str, records: Sequence[Properties]) -> list[tuple[Theirs, bool]]:
        """Create or update up to 100 records by their unique property `by`; says of each whether it is new."""
        inputs = [{"idProperty": by, "id": p[by], "properties": dict(p)} for p in records]
        body = self._api.write("POST", f"{_objects(type)}/batch/upsert", json={"inputs": inputs}).json()
        read = _results(type, body)
        return list(zip(read, (bool(r["new"]) for r in body["results"]), strict=True))

    def update(self, type: ObjectType, id: str, properties: Properties) -> Theirs:
        """Change one record by its id."""
        answer = self._api.write("PATCH", f"{_objects(type)}/{id}", json={"properties": dict(properties)})
        return _theirs(type, answer.json())

    def update_many(self, type: ObjectType, changes: Mapping[str, Properties]) -> None:
        """Change records by their ids."""
        for some in hundreds(list(changes)):
            inputs = [{"id": id, "properties": dict(changes[id])} for id in some]
            _results(type, self._api.write("POST", f"{_objects(type)}/batch/update", json={"inputs": inputs}).json())

    def create_many(self, type: ObjectType, records: Sequence[Properties], parent: str, association: int) -> None:
        """Create records, each associated with `parent` in the same request that creates it."""
        to = {
            "to": {"id": parent},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": association}],
        }
        for some in hundreds(records):
            inputs = [{"properties": dict(p), "associations": [to]} for p in some]
            _results(type, self._api.write("POST", f"{_objects(type)}/batch/create", json={"inputs": inputs}).json())

    def archive_many(self, type: ObjectType, ids: Sequence[str]) -> None:
        """Archive records; one that is archived already is no error."""
        for some in hundreds(ids):
            self._api.write("POST", f"{_objects(type)}/batch/archive", json={"inputs": [{"id": id} for id in some]})

    def associate(self, type: ObjectType, to: ObjectType, pairs: Sequence[tuple[str, str]]) -> None:
        """Associate records in the way HubSpot's own default label does; one that stands already is no error."""
        for some in hundreds(pairs):
            inputs = [{"from": {"id": one}, "to": {"id": other}} for one, other in some]
            path = f"{_associations(type, to)}/batch/associate/default"
            _whole(self._api.write("POST", path, json={"inputs": inputs}).json())

    def make_primary(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Make a company the primary one of a contact, by their ids; the one that was keeps its association."""
        label = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": PRIMARY}]
        for some in hundreds(pairs):
            inputs = [{"from": {"id": one}, "to": {"id": other}, "types": label} for one, other in some]
            path = f"{_associations(CONTACTS, COMPANIES)}/batch/create"
            _whole(self._api.write("POST", path, json={"inputs": inputs}).json())

    def dissociate(self, type: ObjectType, to: ObjectType, pairs: Sequence[tuple[str, str]]) -> None:
        """End every association of two records; one that is not there is no error."""
        for some in hundreds(pairs):
            inputs = [{"from": {"id": one}, "to": [{"id": other}]} for one, other in some]
            self._api.write("POST", f"{_associations(type, to)}/batch/archive", json={"inputs": inputs})

    def search(
        self, type: ObjectType, groups: Sequence[Sequence[Mapping[str, str]]], properties: Sequence[str], sort: str
    ) -> Iterator[Theirs]:
        """All that match every filter of any group, ascending by `sort`, page by page up to the window's end. Lags."""
        after = "0"
        while after and int(after) < WINDOW:
            request = {
                "filterGroups": [{"filters": [dict(f) for f in filters]} for filters in groups],
                "properties": list(properties),
                "sorts": [sort],
                "limit": PAGE,
                "after": after,
            }
            body = self._api.read("POST", f"{_objects(type)}/search", json=request).json()
            yield from _results(type, body)
            after = body.get("paging", {}).get("next", {}).get("after", "")

    def purge(self, type: ObjectType, id: str) -> None:
        """Permanently delete a contact and what belongs to it ("Permanently delete a contact (GDPR-compliant)")."""
        self._api.write("POST", f"{_objects(type)}/gdpr-delete", json={"objectId": id})

    def _ids(self, type: ObjectType, id: str, name: str, inline: Mapping[str, Any]) -> tuple[str, ...]:
        """The ids of one kind of associated records, the primary one first; more than an answer holds are paged."""
        held = inline.get(name) or inline.get(name.replace("_", " ")) or {}  # line items come back as "line items"
        results = held.get("results", ())
        ranked = sorted(results, key=lambda a: str(a["type"]).endswith("_unlabeled"))
        ids = [str(a["id"]) for a in ranked]
        after = held.get("paging", {}).get("next", {}).get("after", "")
        path = f"{_objects(type)}/{id}/associations/{name}"
        while after:
            body = self._api.read("GET", path, params={"after": after, "limit": 500}).json()
            ids += [str(a["toObjectId"]) for a in body["results"]]
            after = body.get("paging", {}).get("next", {}).get("after", "")
        return tuple(dict.fromkeys(ids))


def equals(name: str, value: str) -> Mapping[str, str]:
    """The filter of a search that compares one property."""
    return {"propertyName": name, "operator": "EQ", "value": value}


def hundreds(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """`items` in runs that one batch may hold."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _objects(type: ObjectType) -> str:
    return f"/crm/objects/{API_VERSION}/{type.path}"


def _associations(type: ObjectType, to: ObjectType) -> str:
    return f"/crm/associations/{API_VERSION}/{type.name}/{to.name}"


def _whole(body: Mapping[str, Any], *, missing_is_fine: bool = False) -> None:
    """Raises Refused where a part of a batch was refused (207)."""
    for error in body.get("errors", ()):
        if not (missing_is_fine and error.get("category") == NOT_FOUND):
            raise Refused(404 if error.get("category") == NOT_FOUND else 400, json.dumps(error))


def _results(type: ObjectType, body: Mapping[str, Any], *, missing_is_fine: bool = False) -> list[Theirs]:
    """The records of an answer. A batch of which a part was refused (207) is refused, what it did is read again."""
    _whole(body, missing_is_fine=missing_is_fine)
    return [_theirs(type, result) for result in body["results"]]


def _theirs(type: ObjectType, body: Mapping[str, Any], associated: Mapping[str, Sequence[str]] | None = None) -> Theirs:
    # A requested property without a value comes back as null ("Retrieve a line item").
    properties = {name: value for name, value in body["properties"].items() if value}
    return Theirs(type=type, id=str(body["id"]), properties=properties, associated=associated or {})


def _is_further(associated: Mapping[str, Any]) -> bool:
    return all(type["typeId"] != PRIMARY for type in associated["associationTypes"])
