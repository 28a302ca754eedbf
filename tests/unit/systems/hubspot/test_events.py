"""What a delivery tells, from payloads in the shapes that HubSpot documents."""

import json
from typing import Any

import pytest

from cashpath.systems.hubspot.webhooks import events
from cashpath.systems.inbound import Event, Inbound, Malformed

COMMON = {
    "eventId": 100,
    "subscriptionId": 20,
    "portalId": 4242,
    "appId": 7,
    "occurredAt": 1772366400123,
    "attemptNumber": 0,
}


def told(*payload: Any, portal: int = 4242) -> tuple[Event, ...]:
    """The events of one delivery."""
    body = json.dumps([{**COMMON, **p} if isinstance(p, dict) else p for p in payload]).encode()
    return events(Inbound(method="POST", uri="https://x.example", headers={}, body=body), {"portal": portal})


@pytest.mark.parametrize(
    ("payload", "kind", "id"),
    [
        ({"subscriptionType": "contact.creation", "objectId": 51, "changeFlag": "CREATED"}, "customer", "51"),
        (
            {
                "subscriptionType": "contact.propertyChange",
                "objectId": 51,
                "propertyName": "email",
                "propertyValue": "x",
            },
            "customer",
            "51",
        ),
        ({"subscriptionType": "contact.deletion", "objectId": 51, "changeFlag": "DELETED"}, "customer", "51"),
        ({"subscriptionType": "contact.privacyDeletion", "objectId": 51}, "customer", "51"),
        ({"subscriptionType": "company.restore", "objectId": 52}, "company", "52"),
        ({"subscriptionType": "deal.propertyChange", "objectId": 53, "propertyName": "dealstage"}, "order", "deals:53"),
        ({"subscriptionType": "product.creation", "objectId": 54}, "variant", "54"),
        ({"subscriptionType": "line_item.deletion", "objectId": 55}, "", "55"),
        ({"subscriptionType": "ticket.creation", "objectId": 56}, "", "56"),
        ({"subscriptionType": "object.creation", "objectTypeId": "0-123", "objectId": 57}, "order", "orders:57"),
        ({"subscriptionType": "object.propertyChange", "objectTypeId": "0-3", "objectId": 58}, "order", "deals:58"),
        ({"subscriptionType": "object.propertyChange", "objectTypeId": "2-999", "objectId": 59}, "", "59"),
        (
            {
                "subscriptionType": "deal.associationChange",
                "associationType": "DEAL_TO_CONTACT",
                "fromObjectId": 60,
                "toObjectId": 51,
                "associationRemoved": False,
            },
            "order",
            "deals:60",
        ),
        (
            {
                "subscriptionType": "object.associationChange",
                "fromObjectTypeId": "0-123",
                "toObjectTypeId": "0-8",
                "fromObjectId": 61,
                "toObjectId": 62,
            },
            "order",
            "orders:61",
        ),
    ],
)
def test_each_subscription_names_the_record_it_is_about(payload: dict[str, Any], kind: str, id: str) -> None:
    [event] = told(payload)
    assert (event.kind, event.id, event.version, event.topic) == (kind, id, None, payload["subscriptionType"])


def test_only_a_permanent_deletion_asks_for_an_erasure_and_whatever_else_it_is_told_with() -> None:
    gone, asked = told(
        {"subscriptionType": "contact.deletion", "objectId": 51},
        {"subscriptionType": "contact.privacyDeletion", "objectId": 51},
    )
    assert (gone.wish, asked.wish) == ("agree", "erase")
    [other] = told({"subscriptionType": "company.privacyDeletion", "objectId": 52})
    assert other.wish == "agree"


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"subscriptionType": "contact.associationChange", "associationType": "CONTACT_TO_COMPANY"}, "customer"),
        ({"subscriptionType": "contact.associationChange", "associationType": "CONTACT_TO_DEAL"}, ""),
        (
            {
                "subscriptionType": "object.associationChange",
                "fromObjectTypeId": "0-1",
                "toObjectTypeId": "0-2",
                "associationRemoved": True,
            },
            "customer",
        ),
        ({"subscriptionType": "object.associationChange", "fromObjectTypeId": "0-1", "toObjectTypeId": "0-3"}, ""),
        ({"subscriptionType": "company.associationChange", "associationType": "COMPANY_TO_CONTACT"}, "company"),
    ],
)
def test_whom_a_person_buys_for_is_a_change_of_the_person_and_their_deals_are_none(
    payload: dict[str, Any], kind: str
) -> None:
    [event] = told({**payload, "fromObjectId": 51, "toObjectId": 52})
    assert (event.kind, event.id) == (kind, "51")


def test_events_that_share_an_id_are_all_told() -> None:
    change = {"subscriptionType": "contact.propertyChange", "objectId": 51, "propertyName": "phone"}
    assert [e.id for e in told(change, {**change, "objectId": 52}, change)] == ["51", "52", "51"]


def test_a_merge_tells_of_the_survivor_and_of_each_record_that_went_into_it() -> None:
    merge = {
        "subscriptionType": "contact.merge",
        "objectId": 51,
        "primaryObjectId": 51,
        "mergedObjectIds": [52, 53],
        "newObjectId": 60,
        "numberOfPropertiesMoved": 4,
    }
    assert [(e.id, e.absorbs) for e in told(merge)] == [("60", "51"), ("60", "52"), ("60", "53")]


def test_a_delivery_for_another_portal_is_malformed() -> None:
    with pytest.raises(Malformed, match=r"\[0\].portalId"):
        told({"subscriptionType": "contact.creation", "objectId": 51}, portal=1)


@pytest.mark.parametrize(
    ("payload", "where"),
    [
        ("x", r"\[0\] is not an object"),
        ({"objectId": 51}, "subscriptionType"),
        ({"subscriptionType": "contact.creation"}, r"\[0\].objectId"),
        ({"subscriptionType": "contact.creation", "objectId": True}, "objectId"),
        ({"subscriptionType": "contact.creation", "objectId": "../1"}, "objectId"),
        ({"subscriptionType": "deal.associationChange", "fromObjectId": None}, "fromObjectId"),
        ({"subscriptionType": "contact.merge", "mergedObjectIds": ["x"]}, "mergedObjectIds"),
    ],
)
def test_what_cannot_be_read_is_malformed_and_says_where(payload: Any, where: str) -> None:
    with pytest.raises(Malformed, match=where):
        told(payload)


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"\xff", b'"x"'])
def test_a_body_that_is_no_array_of_events_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        events(Inbound(method="POST", uri="https://x.example", headers={}, body=body), {"portal": 4242})
