"""A stand-in HubSpot portal, over the routes of the CRM API that Cashpath calls. Small and stateful.

It holds contacts, companies, deals, orders, products and line items with unique properties and associations, answers
in the published shapes, lets its search lag behind, and signs webhooks. It leaves out: what a property's type or its
options would refuse (only unknown `cashpath_` properties are, and what is no email address), calculated properties but
the marks of a closed deal, labels of associations beyond the primary company, property history, lists beyond one page,
and permissions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from cashpath.systems.hubspot.objects import API_VERSION, CONTACTS, ObjectType
from cashpath.systems.hubspot.properties import PROPERTIES
from cashpath.systems.hubspot.readiness import SCOPES
from cashpath_sandbox.hubspot import answers, batches, people, related
from cashpath_sandbox.hubspot.batches import API
from cashpath_sandbox.hubspot.hooks import Hooks
from cashpath_sandbox.hubspot.index import found
from cashpath_sandbox.hubspot.store import Conflict, InvalidEmail, Item, Store, by_path, iso
from cashpath_sandbox.standin import Standin, answer_json


@dataclass
class HubSpot(Standin):
    """One portal. `token` is the private app's access token ('' accepts any), `search_lag` how far search is behind,
    `searches_per_second` the limit of searches (None: none), `bare` a portal without Cashpath's properties,
    `owners` the email addresses of colleagues by their id, `left` of those who work there no more, `scopes` what the
    private app may do (only its token's info says so)."""

    portal: int = 4242
    token: str = ""
    search_lag: timedelta = timedelta(seconds=10)
    searches_per_second: int | None = None
    bare: bool = False
    owners: dict[str, str] = field(default_factory=lambda: {"77": "sam@example.com", "78": "kim@example.com"})
    left: dict[str, str] = field(default_factory=lambda: {"79": "lee@example.com"})
    scopes: frozenset[str] = frozenset(SCOPES)
    schema: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.hooks = Hooks(portal=self.portal, now=self.now)
        self.store = Store(now=self.now, unique={("contacts", "email")}, told=self.hooks.changed)
        self._searched: list[datetime] = []
        if not self.bare:
            for property in PROPERTIES:
                self.define(property.on, property.body())

    @property
    def emitted(self) -> list[dict[str, Any]]:
        """Every event that the portal ever told."""
        return self.hooks.emitted

    def settle_search(self) -> None:
        """Let the search index catch up."""
        with self.lock:
            self.store.settle()

    def define(self, type: ObjectType, body: Mapping[str, Any]) -> dict[str, Any]:
        """Add a custom property to a type."""
        made = {**body, "description": "", "options": body.get("options", [])}
        self.schema.setdefault(type.name, {})[body["name"]] = made
        if body.get("hasUniqueValue"):
            self.store.unique.add((type.name, body["name"]))
        return made

    def answer(self, request: Request) -> Response:
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return answers.refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        self.hooks.next_change()
        try:
            return self._route(request)
        except Conflict as error:
            return answers.conflict(error)
        except InvalidEmail as error:
            return answers.invalid_email(error)

    def sandbox(self, request: Request) -> Response:
        return people.answer(self, request) or super().sandbox(request)

    def _route(self, request: Request) -> Response:
        objects, associations = f"/crm/objects/{API_VERSION}/", f"/crm/associations/{API_VERSION}/"
        properties = f"/crm/properties/{API_VERSION}/"
        path = request.path
        if path.startswith(objects):
            name, _, rest = path.removeprefix(objects).partition("/")
            type = by_path(name)
            return self._objects(request, type, rest) if type else answers.missing()
        if path.startswith(associations):
            return related.answer(self, request, path.removeprefix(associations).split("/"))
        if path.startswith("/crm/owners/2026-03/"):
            return self._owner(request, path.rpartition("/")[2])
        if path == "/oauth/v2/private-apps/get/access-token-info":
            return answer_json({"userId": 5, "hubId": self.portal, "appId": 7, "scopes": sorted(self.scopes)})
        if path.startswith(properties):
            name, _, rest = path.removeprefix(properties).partition("/")
            type = by_path(name)
            return self._properties(request, type, rest) if type else answers.missing()
        return answers.missing()

    def _owner(self, request: Request, id: str) -> Response:
        archived = request.args.get("archived") == "true"
        email = (self.left if archived else self.owners).get(id)
        if email is None or "crm.objects.owners.read" not in self.scopes:
            return answers.missing() if email is None else answers.forbidden("crm.objects.owners.read")
        at = iso(self.now())
        told = {"id": id, "email": email, "type": "PERSON", "createdAt": at, "updatedAt": at, "archived": archived}
        return answer_json(told)

    def _objects(self, request: Request, type: ObjectType, rest: str) -> Response:
        body: Any = request.get_json(silent=True) if request.method in ("POST", "PATCH") else None
        match request.method, rest:
            case "GET", "":
                return self._listed(request, type)
            case "POST", "":
                return self._created(type, body)
            case "POST", "search":
                return self._found(type, body)
            case "POST", "merge":
                one, other = (
                    self.store.get(type, body["primaryObjectId"]),
                    self.store.get(type, body["objectIdToMerge"]),
                )
                if one is None or other is None:
                    return answers.missing()
                self.store.merge(one, other, API)
                self.wrote()
                return answer_json(answers.record(one))
            case "POST", "gdpr-delete" if type is CONTACTS:
                return self._purged(body)
            case "POST", _ if rest.startswith("batch/"):
                return batches.answer(self, type, rest.removeprefix("batch/"), body)
            case "GET", _ if "/associations/" in rest:
                return self._associated(request, type, *rest.split("/associations/"))
            case _:
                return self._one(request, type, rest, body)

    def _one(self, request: Request, type: ObjectType, id: str, body: Any) -> Response:
        by = request.args.get("idProperty", "hs_object_id")
        item = self.store.by_property(type, by, id)
        if item is None:
            return answers.missing()
        match request.method:
            case "GET":
                asked = _names(request, "properties")
                shown = answers.record(item, asked)
                others = [t for name in _names(request, "associations") if (t := by_path(name))]
                # Associations are answered under a survivor's own id only.
                named = answers.associations(self.store, item, others) if by != "hs_object_id" or item.id == id else {}
                return answer_json({**shown, "associations": named} if named else shown)
            case "PATCH":
                return self._changed(item, body["properties"]) or answer_json(answers.record(item, body["properties"]))
            case "DELETE":
                self.store.archive(item, API)
                self.wrote()
                return Response(status=204)
        return answers.refusal(405, "VALIDATION_ERROR", "method not allowed")

    def _changed(self, item: Item, properties: Mapping[str, str]) -> Response | None:
        unknown = self.unknown(item.type, properties)
        if unknown:
            return answers.unknown_property(unknown)
        if self.store.change(item, properties, API):
            self.wrote()
        return None

    def _created(self, type: ObjectType, body: Mapping[str, Any]) -> Response:
        unknown = self.unknown(type, body["properties"])
        if unknown:
            return answers.unknown_property(unknown)
        item = self.store.create(type, body["properties"], API)
        self.place(item, body["associations"])
        self.wrote()
        return answer_json(answers.record(item, body["properties"]), 201)

    def place(self, item: Item, associations: list[dict[str, Any]]) -> None:
        """Inline associations name an id and a type of association, not of object: the ids here are never shared."""
        for association in associations:
            other = next((i for (_, id), i in self.store.items.items() if id == str(association["to"]["id"])), None)
            if other:
                self.store.associate(item, other, API)

    def unknown(self, type: ObjectType, properties: Mapping[str, str]) -> str:
        """The first property of ours that the portal does not have; '' where it has all."""
        known = self.schema.get(type.name, {})
        return next((n for n in properties if n.startswith("cashpath_") and n not in known), "")

    def _purged(self, body: Mapping[str, Any]) -> Response:
        item = self.store.by_property(CONTACTS, body.get("idProperty", "hs_object_id"), body["objectId"])
        if item is None:
            return answers.missing()
        self.store.purge(item, API)
        self.wrote()
        return Response(status=204)

    def _found(self, type: ObjectType, body: Mapping[str, Any]) -> Response:
        now = self.now()
        self._searched = [at for at in self._searched if now - at < timedelta(seconds=1)]
        if self.searches_per_second is not None and len(self._searched) >= self.searches_per_second:
            return answers.too_many()
        self._searched.append(now)
        start, limit = int(body["after"] or 0), min(int(body["limit"]), 200)
        if start + limit > 10_000:
            return answers.refusal(400, "VALIDATION_ERROR", "a search cannot page beyond 10,000 results")
        if len(body["filterGroups"]) > 5:
            return answers.refusal(400, "VALIDATION_ERROR", "a search takes five groups of filters at most")
        sort = (body["sorts"] or ["hs_object_id"])[0]
        hits = [(i, p) for i, p in self.store.searchable(type, self.search_lag) if found(p, body["filterGroups"])]
        hits.sort(key=lambda hit: (hit[1].get(sort, "").rjust(30), int(hit[0].id)))
        page = []
        for item, known in hits[start : start + limit]:
            shown = {n: known[n] for n in (*body["properties"], "hs_object_id", type.modified) if n in known}
            page.append({**answers.record(item), "properties": shown})
        answer: dict[str, Any] = {"total": len(hits), "results": page}
        if start + limit < len(hits):
            answer["paging"] = {"next": {"after": str(start + limit)}}
        return answer_json(answer)

    def _listed(self, request: Request, type: ObjectType) -> Response:
        start, limit = int(request.args.get("after", 0)), min(int(request.args.get("limit", 10)), 100)
        there = list(self.store.all(type))
        asked = _names(request, "properties")
        others = [t for name in _names(request, "associations") if (t := by_path(name))]
        rows = []
        for item in there[start : start + limit]:
            named = answers.associations(self.store, item, others)
            rows.append({**answers.record(item, asked), **({"associations": named} if named else {})})
        more = {"paging": {"next": {"after": str(start + limit)}}} if start + limit < len(there) else {}
        return answer_json({"results": rows, **more})

    def _associated(self, request: Request, type: ObjectType, id: str, name: str) -> Response:
        item, to = self.store.get(type, id), by_path(name)
        if item is None or to is None:
            return answers.missing()
        ids = self.store.associated.get((type, item.id), {}).get(to, [])
        start = int(request.args.get("after", 0))
        end = start + min(int(request.args.get("limit", answers.INLINE)), answers.INLINE)
        spec = [{"category": "HUBSPOT_DEFINED", "typeId": 1}]
        more = {"paging": {"next": {"after": str(end)}}} if end < len(ids) else {}
        return answer_json({"results": [{"toObjectId": i, "associationTypes": spec} for i in ids[start:end]], **more})

    def _properties(self, request: Request, type: ObjectType, rest: str) -> Response:
        groups = self.groups.setdefault(type.name, set())
        match request.method, rest:
            case "GET", "":
                return answer_json({"results": list(self.schema.get(type.name, {}).values())})
            case "GET", "groups":
                return answer_json({"results": [{"name": name} for name in sorted(groups)]})
            case "POST", "groups":
                groups.add(request.get_json()["name"])
                self.wrote()
                return answer_json(request.get_json(), 201)
            case "POST", "":
                body = request.get_json()
                if body["name"] in self.schema.get(type.name, {}):
                    return answers.refusal(409, "OBJECT_ALREADY_EXISTS", f'A property named "{body["name"]}" exists.')
                if body["groupName"] not in groups:
                    return answers.refusal(400, "VALIDATION_ERROR", "no such group of properties")
                self.wrote()
                return answer_json(self.define(type, body), 201)
        return answers.missing()


def _names(request: Request, name: str) -> list[str]:
    """A list in a query: repeated, or separated by commas; the real portal takes both."""
    return [part for value in request.args.getlist(name) for part in value.split(",") if part]
