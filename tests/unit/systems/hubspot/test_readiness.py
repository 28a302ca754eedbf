"""What `cashpath check` says of a portal, and who looks after a customer."""

from typing import Any

import pytest

from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS
from cashpath.systems.hubspot.readiness import SCOPES
from cashpath_sandbox.hubspot.people import PERSON


def test_what_a_portal_lacks_is_told_until_it_was_prepared(make_desk: Any) -> None:
    desk = make_desk(bare=True)
    [told] = desk.connector.check()
    assert "contacts.cashpath_origin" in told
    assert "cashpath prepare" in told
    desk.connector.prepare()
    assert desk.connector.check() == []


def test_each_scope_that_the_private_app_lacks_is_named(make_desk: Any) -> None:
    lacks = {"crm.objects.owners.read", "crm.objects.companies.write", "crm.objects.products.read"}
    [told] = make_desk(scopes=frozenset(SCOPES) - lacks).connector.check()
    assert all(scope in told for scope in lacks)
    assert "crm.objects.contacts.read" not in told


def test_the_older_scope_of_commerce_does_for_products_and_line_items(make_desk: Any) -> None:
    own = {scope for scope in SCOPES if "products" not in scope and "line_items" not in scope}
    assert make_desk(scopes=frozenset({*own, "e-commerce"})).connector.check() == []


def test_a_token_of_another_portal_is_told(make_desk: Any) -> None:
    [told] = make_desk({"portal": 99}).connector.check()
    assert "its token is of portal 4242, the stage says 99" in told


@pytest.mark.parametrize(("owner", "email"), [("78", "kim@example.com"), ("79", "lee@example.com"), ("404", "")])
def test_who_looks_after_them_is_read_by_email_even_if_they_have_left(desk: Any, owner: str, email: str) -> None:
    contact = desk.portal.store.create(CONTACTS, {"email": "a@example.com", "hubspot_owner_id": owner}, PERSON)
    company = desk.portal.store.create(COMPANIES, {"name": "Acme", "hubspot_owner_id": owner}, PERSON)
    assert desk.connector.read("customer", contact.id).record.account_owner == email
    assert desk.connector.read("company", company.id).record.account_owner == email


def test_colleagues_are_asked_for_once_and_not_for_each_customer(desk: Any) -> None:
    ids = [
        desk.portal.store.create(CONTACTS, {"email": f"{n}@example.com", "hubspot_owner_id": "77"}, PERSON).id
        for n in range(50)
    ]
    assert len(desk.connector.read_many("customer", ids)) == 50
    assert sum("/crm/owners/" in entry.path for entry in desk.portal.log) == 1


def test_without_the_scope_for_owners_nobody_is_named_and_customers_are_read_all_the_same(make_desk: Any) -> None:
    desk = make_desk(scopes=frozenset(SCOPES) - {"crm.objects.owners.read"})
    contact = desk.portal.store.create(CONTACTS, {"email": "a@example.com", "hubspot_owner_id": "77"}, PERSON)
    assert desk.connector.read("customer", contact.id).record.account_owner == ""
