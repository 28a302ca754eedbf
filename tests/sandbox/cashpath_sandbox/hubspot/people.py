"""What people do in a stand-in portal, as routes below `/_sandbox`: create, edit, win, merge and delete by hand."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS, DEALS, LINE_ITEMS, TYPES
from cashpath_sandbox.hubspot import answers
from cashpath_sandbox.hubspot.store import Conflict, Item, by_path
from cashpath_sandbox.standin import answer_json

if TYPE_CHECKING:
    from cashpath_sandbox.hubspot.portal import HubSpot

PERSON = "CRM_UI"


def answer(portal: "HubSpot", request: Request) -> Response | None:
    """The answer to a person's request; None where the route is not one of ours.

    `POST /_sandbox/deals` (see `win`), `POST|PATCH|DELETE /_sandbox/objects/<type>[/<id>]` with `properties`,
    `GET /_sandbox/objects/<type>` (all that the portal holds, archived ones too: people can restore those),
    `POST /_sandbox/objects/contacts/<id>/gdpr-delete`, `POST /_sandbox/objects/<type>/<id>/restore`,
    `PUT|DELETE /_sandbox/objects/contacts/<id>/companies/<id>` (make it the primary one; take it away),
    `POST /_sandbox/merge` with `type`, `primary` and `merged`, `POST /_sandbox/webhooks` with `url` and `secret`,
    `GET /_sandbox/webhooks` (how many events are due), `POST /_sandbox/redeliver`, `GET /_sandbox/stock`,
    `GET /_sandbox/emitted`.
    """
    portal.hooks.next_change()
    parts = request.path.removeprefix("/_sandbox/").split("/")
    body: Any = request.get_json(silent=True) or {}
    try:
        match request.method, parts:
            case "POST", ["webhooks"]:
                portal.hooks.subscribe(body["url"], body["secret"])
                return answer_json({"url": body["url"], "portal": portal.portal})
            case "GET", ["webhooks"]:
                return answer_json({"due": portal.hooks.due()})
            case "POST", ["redeliver"]:
                return answer_json({"events": portal.hooks.redeliver()})
            case "GET", ["stock"]:
                return answer_json(stock(portal))
            case "GET", ["emitted"]:
                return answer_json(portal.emitted)
            case "POST", ["deals"]:
                return answer_json(win(portal, body), 201)
            case "POST", ["merge"]:
                return _merge(portal, body)
            case _, ["objects", name, *rest]:
                return _edit(portal, request.method, name, rest, body)
    except Conflict as error:
        return answers.conflict(error)
    return None


def stock(portal: "HubSpot") -> Mapping[str, int]:
    """How many records there are of each type."""
    return {type.name: sum(1 for _ in portal.store.all(type)) for type in TYPES}


def win(portal: "HubSpot", body: Mapping[str, Any]) -> dict[str, Any]:
    """A person makes a deal with its line items, contact and company, and wins it, unless `stage` says otherwise.

    `name`, `currency`, `lines` (properties of line items), `contact` and `company` (properties); the amount is what
    the lines make, as the portal shows it, unless `amount` says otherwise.
    """
    store = portal.store
    related: list[Item] = []
    for type, name in ((CONTACTS, "contact"), (COMPANIES, "company")):
        if name in body:
            known = store.by_property(CONTACTS, "email", body[name].get("email", "")) if type is CONTACTS else None
            related.append(known or store.create(type, body[name], PERSON))
    if len(related) == 2:
        store.associate(related[0], related[1], PERSON)
    deal = store.create(
        DEALS,
        {
            "dealname": body.get("name", "New deal"),
            "pipeline": "default",
            "dealstage": "appointmentscheduled",
            "deal_currency_code": body.get("currency", "USD"),
        },
        PERSON,
    )
    for item in related:
        store.associate(deal, item, PERSON)
    items = [store.create(LINE_ITEMS, {"quantity": "1", **line}, PERSON) for line in body.get("lines", ())]
    for item in items:
        store.associate(item, deal, PERSON)
    amount = body.get("amount") or f"{sum((_net(item) for item in items), Decimal(0)):f}"
    store.change(deal, {"amount": amount, "dealstage": body.get("stage", "closedwon")}, PERSON)
    return {"deal": deal.id, "line_items": [i.id for i in items], "related": [i.id for i in related]}


def _net(item: Item) -> Decimal:
    numbers = {
        n: Decimal(item.properties.get(n, "0")) for n in ("price", "quantity", "discount", "hs_discount_percentage")
    }
    gross = numbers["price"] * numbers["quantity"]
    percent = numbers["hs_discount_percentage"]
    return gross - (gross * percent / 100 if percent else numbers["discount"] * numbers["quantity"])


def _merge(portal: "HubSpot", body: Mapping[str, Any]) -> Response:
    type = by_path(body["type"])
    one = portal.store.get(type, body["primary"]) if type else None
    other = portal.store.get(type, body["merged"]) if type else None
    if one is None or other is None:
        return answers.missing()
    portal.store.merge(one, other, PERSON)
    return answer_json(answers.record(one))


def _edit(portal: "HubSpot", method: str, name: str, rest: list[str], body: Mapping[str, Any]) -> Response:
    type = by_path(name)
    if type is None:
        return answers.missing()
    if method == "GET" and not rest:
        every = [item for (of, _), item in portal.store.items.items() if of is type]
        return answer_json([answers.record(item, tuple(item.properties)) for item in every])
    if method == "POST" and not rest:
        item = portal.store.create(type, body["properties"], PERSON)
        return answer_json(answers.record(item, body["properties"]), 201)
    gone = portal.store.items.get((type, rest[0])) if rest else None
    if method == "POST" and rest[1:] == ["restore"] and gone and gone.archived and not gone.merged_into:
        portal.store.restore(gone, PERSON)
        return Response(status=204)
    found = portal.store.get(type, rest[0]) if rest else None
    if found is None:
        return answers.missing()
    if type is CONTACTS and rest[1:2] == ["companies"]:
        return _belong(portal, method, found, rest[2:])
    if method == "PATCH":
        portal.store.change(found, body["properties"], PERSON)
        return answer_json(answers.record(found, body["properties"]))
    if method == "POST" and rest[1:] == ["gdpr-delete"] and type is CONTACTS:
        portal.store.purge(found, PERSON)
        return Response(status=204)
    if method == "DELETE":
        portal.store.archive(found, PERSON)
        return Response(status=204)
    return answer_json(answers.record(found, tuple(found.properties)))


def _belong(portal: "HubSpot", method: str, person: Item, rest: list[str]) -> Response:
    company = portal.store.get(COMPANIES, rest[0]) if rest else None
    if company is None:
        return answers.missing()
    if method == "DELETE":
        portal.store.dissociate(person, company, PERSON)
    else:
        portal.store.make_primary(person, company, PERSON)
    return Response(status=204)
