"""A stage's TOML: what it compiles to, and what its author is told when it cannot be deployed."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from cashpath.flows.manifest import FLOWS
from cashpath.settings import compiled
from cashpath.settings.load import StageError, load
from cashpath.settings.options import POLLED, VENDORS
from cashpath.settings.slices import FlowSlice, ReceiverSlice
from cashpath.systems import registry
from cashpath.systems.registry import VENDORS as CONNECTED

EXAMPLES = sorted((Path(__file__).parents[3] / "infra" / "stages").glob("*.toml"))
STAGE = """
[stage]
name = "test"

[systems.shop]
vendor = "shopify"
role = "storefront"
options.shop = "acme.myshopify.com"

[systems.hubspot]
vendor = "hubspot"
role = "crm"
options.portal = 42

[systems.stripe]
vendor = "stripe"
role = "billing"
options.live = false

[systems.tryton]
vendor = "tryton"
role = "erp"
options.url = "https://erp.example.com"
options.database = "acme"

[brands.acme]
storefront = "shop"
crm = "hubspot"
billing = "stripe"
erp = "tryton"
cutover = 2026-01-01T00:00:00Z

[brands.acme.flows]
create_orders = "live"
"""
SECOND_BRAND = """
[brands.zen]
storefront = "shop"
crm = "hubspot"
erp = "tryton"
cutover = 2026-01-01T00:00:00Z
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stage.toml"


def told(file: Path, text: str) -> str:
    """What the author of a TOML is told."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StageError) as refused:
        load(file)
    return str(refused.value).replace(f"{file}: ", "")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_stages_that_come_with_cashpath_can_be_deployed(example: Path) -> None:
    assert load(example).brands


def test_a_flow_is_told_all_systems_brands_and_rules(file: Path) -> None:
    file.write_text(STAGE, encoding="utf-8")
    stage = load(file)
    file.with_name("settings.json").write_text(compiled.flow_slice(stage, "create_orders"), encoding="utf-8")
    slice = FlowSlice.load(file.with_name("settings.json"))
    assert (slice.stage, slice.flow) == ("test", "create_orders")
    assert slice.systems[stage.of_role("crm")[0]].secret == "cashpath/test/hubspot/api"
    (brand,) = slice.brands.values()
    assert brand.systems == {"storefront": "shop", "crm": "hubspot", "billing": "stripe", "erp": "tryton"}
    assert brand.modes == {**dict.fromkeys(FLOWS, "off"), "create_orders": "live"}
    assert brand.rules.cutover == "2026-01-01T00:00:00+00:00"


def test_a_shop_is_told_whose_prices_are_read_besides_its_own(file: Path) -> None:
    options = 'options.price_countries = { USD = "US" }\noptions.tier_location = 920001\n[systems.hubspot]'
    file.write_text(STAGE.replace("[systems.hubspot]", options), encoding="utf-8")
    stage = load(file)
    file.with_name("settings.json").write_text(compiled.flow_slice(stage, "sync_catalog"), encoding="utf-8")
    shop = FlowSlice.load(file.with_name("settings.json")).systems[stage.of_role("storefront")[0]]
    assert (shop.options["price_countries"], shop.options["tier_location"]) == ({"USD": "US"}, 920001)


def test_a_receiver_is_told_its_own_systems_and_their_webhook_secrets_only(file: Path) -> None:
    file.write_text(STAGE, encoding="utf-8")
    stage = load(file)
    assert set(compiled.receivers(stage)) == {"storefront", "crm", "billing"}
    file.with_name("settings.json").write_text(compiled.receiver_slice(stage, "storefront"), encoding="utf-8")
    slice = ReceiverSlice.load(file.with_name("settings.json"))
    assert {id: system.secret for id, system in slice.systems.items()} == {"shop": "cashpath/test/shop/webhook"}
    assert slice.wants["order"] == ("create_orders",)
    assert slice.max_body == 4 * 1024 * 1024


def test_a_flow_that_is_not_named_is_off(file: Path) -> None:
    file.write_text(STAGE.partition("[brands.acme.flows]")[0], encoding="utf-8")
    (brand,) = json.loads(compiled.flow_slice(load(file), "create_orders"))["brands"]
    assert brand["modes"] == dict.fromkeys(FLOWS, "off")


@pytest.mark.parametrize(
    ("said", "instead", "told_"),
    [
        ('crm = "hubspot"', 'crm = "hubspott"', "brands.acme.crm: there is no system 'hubspott'; describe it as"),
        ('crm = "hubspot"', 'crm = "shop"', "brands.acme.crm: 'shop' plays the role 'storefront'; name a system with"),
        ('role = "crm"', 'role = "erp"', "systems.hubspot.role: hubspot plays the role 'crm', not 'erp'"),
        ('role = "crm"', 'role = "sales"', "systems.hubspot.role cannot be 'sales'"),
        ('role = "crm"\n', "", "systems.hubspot.role is missing; write one of storefront, crm, billing, erp"),
        ('"hubspot"\nrole', '"pipedrive"\nrole', "Cashpath has no connector for 'pipedrive'; write one of shopify,"),
        ("options.portal = 42", "", "systems.hubspot.options.portal is missing; write the HubSpot account's number"),
        ("options.portal = 42", "options.portal = 42\noptions.protal = 1", "systems.hubspot.options.protal is not a"),
        (
            "https://erp.",
            "http://erp.",
            "systems.tryton.options.url cannot be 'http://erp.example.com': must begin with",
        ),
        (
            "[systems.hubspot]",
            'options.price_countries = { usd = "US" }\n[systems.hubspot]',
            "systems.shop.options.price_countries.usd cannot be 'usd'",
        ),
        (
            "[systems.hubspot]",
            'options.price_countries = { USD = "USA" }\n[systems.hubspot]',
            "systems.shop.options.price_countries.USD cannot be 'USA'",
        ),
        (
            "[systems.hubspot]",
            'options.tier_location = "Hamburg"\n[systems.hubspot]',
            "systems.shop.options.tier_location cannot be 'Hamburg'",
        ),
        (
            'options.database = "acme"',
            'options.database = "acme"\noptions.companies = { acme = 1 }',
            "companies needs company too",
        ),
        (
            'options.database = "acme"',
            'options.database = "acme"\noptions.contact_relation = "Of"\noptions.further_relation = "Of"',
            "contact_relation and further_relation must name two types of relation",
        ),
        ("cutover = 2026-01-01T00:00:00Z", "", "brands.acme.cutover is missing: orders older than it are linked and"),
        ("00:00:00Z", "00:00:00", "brands.acme.cutover cannot be"),
        ('create_orders = "live"', 'create_order = "live"', "brands.acme.flows.create_order: there is no such flow;"),
        ('create_orders = "live"', 'create_orders = "on"', "brands.acme.flows.create_orders cannot be 'on'"),
        ('erp = "tryton"\n', "", "brands.acme.erp is missing: create_orders books orders there"),
        ('name = "test"', 'name = "Test!"', "stage.name cannot be 'Test!'"),
        ('name = "test"', 'name = "test', "not readable as TOML"),
        ("[stage]", "[stages]", "stage is missing"),
    ],
    ids=lambda text: text[:40].replace("\n", " "),
)
def test_the_author_is_told_which_line_is_wrong_and_what_to_write(
    file: Path, said: str, instead: str, told_: str
) -> None:
    assert said in STAGE
    assert told_ in told(file, STAGE.replace(said, instead))


def test_two_shops_may_not_share_a_secret(file: Path) -> None:
    second = '[systems.outlet]\nvendor = "shopify"\nrole = "storefront"\noptions.shop = "outlet.myshopify.com"\n'
    shared = second.replace("options", 'webhook_secret = "cashpath/test/shop/webhook"\noptions')
    assert "already that of systems.shop.webhook_secret" in told(file, STAGE + shared)
    file.write_text(STAGE + second, encoding="utf-8")
    assert set(load(file).of_role("storefront")) == {"shop", "outlet"}


def test_brands_that_share_a_shop_must_say_how_its_orders_are_told_apart(file: Path) -> None:
    lines = told(file, STAGE + SECOND_BRAND)
    assert "brands.acme.hint is missing: acme, zen share the system 'shop'" in lines
    assert "brands.zen.hint is missing" in lines
    hinted = STAGE.replace("[brands.acme]", '[brands.acme]\nhint = "acme"') + SECOND_BRAND
    assert "'acme' is also another brand's" in told(file, hinted + 'hint = "acme"\n')
    file.write_text(hinted + 'hint = "zen"\n', encoding="utf-8")
    assert set(load(file).brands) == {"acme", "zen"}


def test_all_errors_of_one_sort_are_told_at_once(file: Path) -> None:
    lines = told(file, STAGE.replace("options.portal = 42", "").replace("options.live = false", ""))
    assert "systems.hubspot.options.portal is missing" in lines
    assert "systems.stripe.options.live is missing" in lines


def test_a_stage_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="there is no such file"):
        load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("vendor", CONNECTED)
def test_what_the_settings_say_of_a_vendor_is_what_its_connector_declares(vendor: str) -> None:
    facts = registry.facts(vendor, {})
    assert VENDORS[vendor][1] == facts.role
    assert (vendor in POLLED) == facts.polled


def test_a_flow_that_writes_what_a_system_cannot_hold_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = registry.facts

    def without_orders(vendor: str, options: Mapping[str, object]) -> object:
        facts = known(vendor, options)
        return type(facts)(vendor=vendor, role=facts.role, kinds={k: v for k, v in facts.kinds.items() if k != "order"})

    monkeypatch.setattr(registry, "facts", without_orders)
    lines = told(file, STAGE)
    assert "brands.acme.flows.create_orders: it writes order to the erp, which tryton ('tryton') cannot hold" in lines
