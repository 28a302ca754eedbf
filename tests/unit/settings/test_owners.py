"""Who decides which field, and a brand's own fields: what a stage's TOML compiles to, and what its author is told."""

from pathlib import Path

import pytest

from cashpath.ownership import MATRIX, Ownership
from cashpath.settings import compiled
from cashpath.settings.load import load
from cashpath.settings.slices import FlowSlice, Rules
from cashpath.systems.mapping import FieldMap

from .test_stage import STAGE, file, told

__all__ = ["file"]
LOYALTY = """
[fields.customer.loyalty]
type = "text"
owner = "crm"
values = ["gold", "silver"]
[systems.hubspot.fields.customer.loyalty]
field = "loyalty_tier"
values = { gold = "Gold", silver = "Silver" }
[systems.shop.fields.customer.loyalty]
field = "loyalty.card"
path = "level"
"""
OWNERS = """
[brands.acme.ownership]
catalogue = "storefront"
except_for = ["customer.phone"]
[brands.acme.ownership.customer]
phone = "crm"
"""


def rules(file: Path, text: str) -> Rules:
    """The rules of the brand, as a function loads them."""
    file.write_text(text, encoding="utf-8")
    file.with_name("settings.json").write_text(compiled.flow_slice(load(file), "sync_customers"), encoding="utf-8")
    (brand,) = FlowSlice.load(file.with_name("settings.json")).brands.values()
    return brand.rules


def test_who_says_nothing_of_owners_has_the_usual_ones(file: Path) -> None:
    said = rules(file, STAGE)
    assert said.ownership == Ownership()
    assert said.customers_to == {"storefront": ("crm", "billing", "erp")}


def test_a_brand_gives_fields_to_other_owners_and_says_whose_changes_are_only_told(file: Path) -> None:
    owners = rules(file, STAGE + OWNERS).ownership
    assert owners.owner("customer", "phone") == "crm"
    assert owners.owner("customer", "email") == MATRIX["customer"]["email"]
    assert (owners.policy("customer", "phone"), owners.policy("customer", "email")) == ("raise", "put_right")


def test_where_all_is_only_told_the_exceptions_are_put_right(file: Path) -> None:
    owners = rules(file, STAGE + OWNERS.replace("catalogue", 'others_changes = "raise"\ncatalogue')).ownership
    assert (owners.policy("customer", "phone"), owners.policy("customer", "email")) == ("put_right", "raise")


def test_the_erp_can_own_the_catalogue(file: Path) -> None:
    owners = rules(file, STAGE + '[brands.acme.ownership]\ncatalogue = "erp"\n').ownership
    assert set(owners.owners["variant"].values()) == {"erp"}


def test_a_field_of_the_brands_own_has_one_owner_and_a_place_in_each_system(file: Path) -> None:
    owners = rules(file, STAGE + LOYALTY).ownership
    assert owners.owner("customer", "custom.loyalty") == "crm"
    slice = FlowSlice.load(file.with_name("settings.json"))
    crm = FieldMap.of_settings(next(s for s in slice.systems.values() if s.role == "crm").fields)
    shop = FieldMap.of_settings(next(s for s in slice.systems.values() if s.role == "storefront").fields)
    assert crm.read("customer", {"loyalty_tier": "Gold"}) == {"loyalty": "gold"}
    written = shop.write("customer", {"loyalty": "gold"}, {"custom.loyalty"}, {"loyalty.card": '{"since": 2020}'})
    assert written == {"loyalty.card": '{"level":"gold","since":2020}'}


@pytest.mark.parametrize(
    ("more", "instead", "said"),
    [
        (OWNERS, ("phone =", "fone ="), "brands.acme.ownership.customer.fone: a customer has no such field; did you"),
        (OWNERS, ("customer.phone", "customer.fon"), "except_for: there is no field 'customer.fon'; did you mean"),
        (OWNERS, ('phone = "crm"', 'phone = "sales"'), "brands.acme.ownership.customer.phone cannot be 'sales'"),
        (OWNERS, ('phone = "crm"', 'payable = "crm"'), "cannot tell it, so the crm cannot own it; the billing can"),
        (OWNERS, ("ownership.customer", "ownership.order"), "brands.acme.ownership.order is not a setting"),
        (LOYALTY, ('owner = "crm"', ""), "fields.customer.loyalty.owner is missing"),
        (
            LOYALTY,
            ('owner = "crm"', 'owner = "billing"'),
            "its owner is the billing, and no system of that",
        ),
        (LOYALTY, ("shop.fields.customer.loyalty", "shop.fields.customer.loyal"), "there is no such field of yours"),
        (LOYALTY, ('type = "text"', 'type = "number"'), "only a field of type text can be one of a list"),
        (LOYALTY, ('type = "text"', 'type = "float"'), "fields.customer.loyalty.type cannot be 'float'"),
        (LOYALTY, ('silver = "Silver"', 'silver = "Gold"'), "'Gold' would mean two things"),
        (LOYALTY, (', silver = "Silver"', ""), "silver has no translation"),
        (LOYALTY, ('path = "level"', 'path = "[?"'), "is no JMESPath"),
        (
            LOYALTY,
            ('path = "level"', 'path = "levels[0]"'),
            "it cannot be written there, so the storefront",
        ),
    ],
)
def test_whoever_writes_what_cannot_be_is_told_before_anything_is_deployed(
    file: Path, more: str, instead: tuple[str, str], said: str
) -> None:
    assert instead[0] in more
    assert said in told(file, STAGE + more.replace(*instead))


def test_two_fields_that_would_drive_each_other_round_in_a_circle_are_refused(file: Path) -> None:
    circle = (
        LOYALTY
        + """
[fields.customer.rank]
type = "text"
owner = "storefront"
[systems.shop.fields.customer.rank]
field = "loyalty.card"
path = "level"
[systems.hubspot.fields.customer.rank]
field = "loyalty_tier"
"""
    )
    said = told(file, STAGE + circle)
    assert "hubspot.loyalty_tier → shop.loyalty.card.level → hubspot.loyalty_tier is a circle" in said
    assert "systems.shop.fields.customer.rank: 'loyalty.card' already holds 'loyalty'" in said
