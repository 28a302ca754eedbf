"""Who decides which field, and a brand's own fields: what a stage's TOML compiles to, and what its author is told."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashpath.ownership import CATALOGUE, MATRIX, Ownership
from cashpath.records import ROLES, BadRecord, Kind, Role
from cashpath.settings import compiled
from cashpath.settings.load import StageError, load
from cashpath.settings.owners import OWNABLE, OwnershipTable, problems
from cashpath.settings.slices import FlowSlice, Rules
from cashpath.systems import registry
from cashpath.systems.mapping import FieldMap
from cashpath.systems.port import KindFacts

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


def test_a_field_that_a_system_tells_by_an_option_alone_needs_the_option_to_be_owned_there(file: Path) -> None:
    price = STAGE + '[brands.acme.ownership.variant]\nprice = "erp"\n'
    file.write_text(price, encoding="utf-8")
    with pytest.raises(StageError, match=r"as its options are, cannot tell it, so the erp cannot own it"):
        load(file)
    shown = 'options.database = "acme"\noptions.list_price = "as_shown"\noptions.currency = "EUR"'
    file.write_text(price.replace('options.database = "acme"', shown), encoding="utf-8")
    assert load(file).ownership("acme").owner("variant", "price") == "erp"


def test_the_erp_cannot_own_a_catalogue_that_the_storefront_could_not_be_told_of() -> None:
    systems: dict[Role, str] = {"storefront": "shop", "erp": "tryton"}
    facts = {role: registry.facts(VENDOR[role], {}) for role in systems}
    table = OwnershipTable(catalogue="erp")
    assert list(problems("acme", table, {}, facts, systems)) == []
    kinds = {**facts["storefront"].kinds, "variant": KindFacts(reads=True)}
    facts["storefront"] = replace(facts["storefront"], kinds=kinds)
    [said] = problems("acme", table, {}, facts, systems)
    assert said.startswith("brands.acme.ownership.catalogue: no variant can be written to 'shop' (shopify), so the erp")
    assert list(problems("acme", OwnershipTable(), {}, facts, systems)) == []


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
        (OWNERS, ("ownership.customer", "ownership.order"), "brands.acme.ownership.order cannot be changed"),
        (
            OWNERS,
            ("ownership.customer", "ownership.costumer"),
            "no kind or setting of ownership; did you mean 'customer'",
        ),
        (OWNERS, ("customer.phone", "order.lines"), "the owners of 'order.lines' cannot be changed: an order is"),
        (OWNERS, ("customer.phone", "costumer.phone"), "must begin with a kind, as in 'customer.phone'; did you mean"),
        (
            OWNERS,
            ('phone = "crm"', '"custom.loyalty" = "crm"'),
            "customer.custom.loyalty: a customer has no such field",
        ),
        (LOYALTY, ('owner = "crm"', ""), "fields.customer.loyalty.owner is missing"),
        (
            LOYALTY,
            ('owner = "crm"', 'owner = "billing"'),
            "its owner is the billing, and that of the brand acme, 'stripe', does not hold it; add [systems.stripe",
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


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (
            '[brands.acme.ownership.customer]\n"custom.loyalty" = "erp"\n',
            "fields.customer.loyalty: its owner is the erp, and that of the brand acme, 'tryton', does not hold it",
        ),
        (
            '[systems.tryton.fields.customer.loyalty]\nfield = "tier"\nwrite = false\n',
            "systems.tryton.fields.customer.loyalty: it cannot be written there, so the erp would have to own it",
        ),
        (
            '[fields.customer.card]\ntype = "text"\nowner = "storefront"\n'
            '[systems.shop.fields.customer.card]\nfield = "loyalty.card"\n',
            "systems.shop.fields.customer.card: 'loyalty.card' already holds 'loyalty'",
        ),
        (
            '[fields.company.tier]\ntype = "text"\nowner = "crm"\n'
            '[systems.hubspot.fields.company.tier]\nfield = "tier"\n'
            '[systems.stripe.fields.company.tier]\nfield = "tier"\n',
            "systems.stripe.fields.company: stripe knows no company, so it holds no fields of one",
        ),
        ('[fields.customer.size]\ntype = "text"\nowner = "crm"\n', "fields.customer.size: no system of a brand holds"),
        (
            '[fields.order.gift]\ntype = "text"\nowner = "crm"\n',
            "fields.order: only customer, company, product, variant",
        ),
    ],
)
def test_a_field_more_that_cannot_be_is_told_too(file: Path, added: str, said: str) -> None:
    assert said in told(file, STAGE + LOYALTY + added)


def test_a_brand_without_the_owner_of_a_field_of_its_own_is_told(file: Path) -> None:
    alone = STAGE.replace('billing = "stripe"\n', "").replace('= "live"', '= "off"')
    owned = LOYALTY.replace('owner = "crm"', 'owner = "billing"')
    assert "its owner is the billing, and the brand acme has none" in told(file, alone + owned)


def test_a_brand_gives_a_field_of_its_own_to_another_owner(file: Path) -> None:
    override = '[brands.acme.ownership.customer]\n"custom.loyalty" = "storefront"\n'
    assert rules(file, STAGE + LOYALTY + override).ownership.owner("customer", "custom.loyalty") == "storefront"


def test_who_owns_a_field_alone_may_hold_it_where_nobody_can_write(file: Path) -> None:
    owners = rules(file, STAGE + LOYALTY.replace('"level"', '"levels[0]"').replace('"crm"', '"storefront"')).ownership
    assert owners.owner("customer", "custom.loyalty") == "storefront"


def test_a_field_that_can_only_be_one_of_a_list_is_nothing_else_where_a_vendor_spells_it_alike(file: Path) -> None:
    alike = LOYALTY.replace('values = { gold = "Gold", silver = "Silver" }', "")
    rules(file, STAGE + alike)
    crm = FieldMap.of_settings(load(file).mapped("hubspot"))
    assert crm.read("customer", {"loyalty_tier": "gold"}) == {"loyalty": "gold"}
    with pytest.raises(BadRecord, match="'platinum', which is mapped to nothing; known are gold, silver"):
        crm.read("customer", {"loyalty_tier": "platinum"})


def test_two_shops_that_each_own_a_field_for_their_brand_drive_nothing_in_a_circle(file: Path) -> None:
    owned = LOYALTY.replace('owner = "crm"', 'owner = "storefront"')
    first = (STAGE + owned).replace("[brands.acme]", '[brands.acme]\nhint = "acme"')
    shop = '[systems.outlet]\nvendor = "shopify"\nrole = "storefront"\noptions.shop = "outlet.myshopify.com"\n'
    field = '[systems.outlet.fields.customer.loyalty]\nfield = "loyalty.card"\n'
    brand = '[brands.outlet]\nhint = "outlet"\nstorefront = "outlet"\ncrm = "hubspot"\ncutover = 2026-01-01T00:00:00Z\n'
    file.write_text(first + shop + field + brand, encoding="utf-8")
    assert {load(file).ownership(id).owner("customer", "custom.loyalty") for id in ("acme", "outlet")} == {"storefront"}


VENDOR: dict[Role, str] = {"storefront": "shopify", "crm": "hubspot", "billing": "stripe", "erp": "tryton"}


def able(kind: Kind, field: str) -> list[Role]:
    """The roles that may own a field in the stage: their vendors can tell it."""
    facts = {role: registry.facts(VENDOR[role], {}).kinds.get(kind) for role in ROLES}
    return [role for role, known in facts.items() if known and field in known.tells]


TOLD = {(kind, name): roles for kind in OWNABLE for name in MATRIX[kind] if (roles := able(kind, name))}


@given(data=st.data())
def test_whatever_matrix_a_brand_chooses_its_functions_load_the_same(data: st.DataObject) -> None:
    chosen = data.draw(st.fixed_dictionaries({}, optional={at: st.sampled_from(roles) for at, roles in TOLD.items()}))
    excepted = sorted(data.draw(st.sets(st.sampled_from([f"{kind}.{name}" for kind, name in TOLD]))))
    policy, catalogue = (
        data.draw(st.sampled_from(["put_right", "raise"])),
        data.draw(st.sampled_from(["storefront", "erp"])),
    )
    lines = ["[brands.acme.ownership]", f'catalogue = "{catalogue}"', f'others_changes = "{policy}"']
    lines += [f"except_for = {excepted}"]
    lines += [f'{kind}.{name} = "{role}"' for (kind, name), role in chosen.items()]
    with TemporaryDirectory() as folder:
        owners = rules(Path(folder) / "stage.toml", STAGE + "\n".join(lines)).ownership
    base = {kind: dict.fromkeys(MATRIX[kind], catalogue) if kind in CATALOGUE else MATRIX[kind] for kind in MATRIX}
    for kind, fields in base.items():
        for name, usual in fields.items():
            assert owners.owner(kind, name) == chosen.get((kind, name), usual)
    for kind, name in TOLD:
        assert (owners.policy(kind, name) == policy) == (f"{kind}.{name}" not in excepted)


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
