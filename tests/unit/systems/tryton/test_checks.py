"""What `cashpath check` says of a Tryton database."""

from typing import Any

import pytest

from cashpath.systems.mapping import FieldMap, Mapped
from cashpath.systems.tryton.client import Connector
from cashpath_sandbox.tryton.server import Tryton
from cashpath_sandbox.tryton.setup import ADMIN_PASSWORD

from .conftest import connection


def test_a_database_that_is_set_up_lacks_nothing(erp: Any, strict: Any) -> None:
    assert erp.connector.check() == []
    assert strict.connector.check() == []


def test_what_the_settings_name_and_tryton_does_not_have_is_told_by_its_name(open_erp: Any) -> None:
    erp = open_erp(
        exempt_tax_rule="Exampt",
        payment_term="Net 31 days",
        guest_party="Nobody",
        goods_category="Stuff",
        tax_categories={"food": "Groceries"},
        untaxed_category="None of them",
        currency="USD",
    )
    told = erp.connector.check()
    for name in ("Exampt", "Net 31 days", "Nobody", "Stuff", "Groceries", "None of them", "the books are in EUR"):
        assert [sentence for sentence in told if name in sentence], name
    assert len(told) == 7


def test_a_mapped_field_that_tryton_does_not_have_or_that_is_not_simple_is_told(open_erp: Any) -> None:
    mapping = FieldMap(
        {
            "customer": (Mapped(name="loyalty", field="loyalty_tier"), Mapped(name="groups", field="categories")),
            "variant": (Mapped(name="eaten", field="consumable", type="boolean"),),
        }
    )
    missing, wrong = open_erp(mapping).connector.check()
    assert "no field 'loyalty_tier'" in missing
    assert "customer.custom.loyalty" in missing
    assert "categories is of type many2many" in wrong


def test_relations_between_parties_that_the_user_may_not_see_are_told(open_erp: Any, strict: Any) -> None:
    (model,) = strict.person.search("ir.model", [("name", "=", "party.relation.all")], ("name",))
    (closed,) = strict.person.writes("model.ir.model.access.create", [{"model": model["name"], "perm_read": False}])
    try:
        (told,) = open_erp().connector.check()
    finally:
        strict.person.writes("model.ir.model.access.delete", [closed])
    assert "activate the module party_relationship" in told
    assert open_erp().connector.check() == []


def test_a_user_without_access_is_told_which_model_to_open(strict: Any, tryton: Tryton) -> None:
    company = strict.person.company("acme")
    user = {"name": "Newcomer", "login": "newcomer", "password": "sandbox-only-newcomer", "company": company}
    strict.person.writes("model.res.user.create", [{**user, "companies": [["add", [company]]]}])
    newcomer = Connector(connection(tryton, user="newcomer", password="sandbox-only-newcomer"))
    told = newcomer.check()
    assert [sentence for sentence in told if "may not read sale.sale" in sentence]
    admin = Connector(connection(tryton, user="admin", password=ADMIN_PASSWORD))
    assert not [sentence for sentence in admin.check() if "may not read" in sentence]


def test_what_an_option_needs_and_the_user_may_not_see_is_told(strict: Any, tryton: Tryton) -> None:
    needed = {"product.template": "components", "sale.subscription.service": "consumption_recurrence"}
    hidden = [{"model": model, "field": field, "perm_read": False} for model, field in needed.items()]
    made = strict.person.writes("model.ir.model.field.access.create", hidden)
    try:
        assert strict.connector.check() == []
        told = Connector(connection(tryton, kits=True, services=True)).check()
    finally:
        strict.person.writes("model.ir.model.field.access.delete", made)
    assert [sentence.partition(":")[0] for sentence in told] == [f"Cashpath's user may not read {m}" for m in needed]


def test_a_module_that_an_option_needs_and_that_is_not_activated_is_told(
    open_erp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = {"kits": ("product.template", "nothing_of_that_name", "product_kit")}
    monkeypatch.setattr("cashpath.systems.tryton.checks.OPTIONAL", lacking)
    [told] = open_erp().connector.check()
    assert "activate the module product_kit" in told
    assert open_erp(kits=False).connector.check() == []
