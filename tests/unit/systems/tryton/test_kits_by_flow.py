"""sync_catalog with a real Tryton: a bundle of the shop waits for what other products sell; a catalogue that Tryton
owns is told whole."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from cashpath.ownership import Ownership, catalogue_of
from cashpath.records import Money, Product, RecordKey, Recurring, Role, Variant
from cashpath.records.catalog import Part
from cashpath.settings.slices import Rules
from cashpath.systems.tryton.client import Connector
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.onestage import OneStage
from cashpath_sandbox.tryton.samples import OPTIONS
from cashpath_sandbox.tryton.server import Tryton

from .conftest import connection
from .test_catalog import in_tryton
from .test_kits import component, components, entered
from .test_services import MONTHLY, offered

_numbers = count(1)
Open = Callable[[Role], OneStage]


@pytest.fixture
def stage(tryton: Tryton) -> Open:
    """Opens a brand whose ERP is the server, by who owns its catalogue."""

    def opened(owner: Role) -> OneStage:
        ownership = Ownership(owners=catalogue_of(owner))
        stage = OneStage(rules=Rules(cutover="2026-01-01T00:00:00+00:00", ownership=ownership))
        way = replace(connection(tryton, **OPTIONS), id=NAMES["erp"])
        stage.vendors[NAMES["erp"]] = Connector(way)  # type: ignore[assignment]  # a vendor of its own
        return stage

    return opened


def offers(stage: OneStage, title: str, *parts: tuple[RecordKey, int]) -> tuple[RecordKey, RecordKey]:
    """A product of the shop with one variant; the keys of both."""
    n = next(_numbers)
    product, variant = (RecordKey(NAMES["storefront"], kind, f"flow-{n}") for kind in ("product", "variant"))
    inside = tuple(Part(variant=key, quantity=quantity) for key, quantity in parts)
    stage.has("storefront", Product(key=product, title=title))
    sold = Variant(key=variant, product=product, sku=f"FLOW-{n}", title=title, price=Money(1990, "EUR"), parts=inside)
    stage.has("storefront", sold)
    return product, variant


def test_a_bundle_waits_for_the_products_that_sell_its_parts_and_ends_as_a_kit(stage: Open, erp: Any) -> None:
    brand = stage("storefront")
    (mugs, mug), (saucers, saucer) = offers(brand, "Mug"), offers(brand, "Saucer")
    sets, bundle = offers(brand, "Set", (mug, 2), (saucer, 1))
    brand.tells("sync_catalog", mugs)
    assert brand.runner("sync_catalog").handle(brand.notice("sync_catalog", sets)).word == "waits"
    assert erp.connector.find("variant", bundle, since=None) is None
    brand.tells("sync_catalog", saucers)  # and what waits is sent again
    ids = {key: erp.connector.find("variant", key, since=None) for key in (mug, saucer, bundle)}
    assert components(erp, ids[bundle]) == [(int(ids[mug]), 2), (int(ids[saucer]), 1)]
    before = erp.read("variant", ids[bundle]).version
    brand.later(minutes=5)
    assert brand.tells("sync_catalog", sets).word == "done"
    assert erp.read("variant", ids[bundle]).version == before
    assert not brand.given_up


def test_a_kit_that_tryton_owns_comes_to_a_shop_that_has_bundles_with_its_parts(stage: Open, erp: Any) -> None:
    brand = stage("erp")
    let_the_shop_hold_parts(brand)
    cups, (cup, _) = in_tryton(erp, "FLOW-CUP")
    hamper, _ = entered(erp, component(erp, cup, 2))
    for id in (cups, hamper):
        brand.tells("sync_catalog", RecordKey(NAMES["erp"], "product", id))
        brand.later(minutes=5)
    sold = {variant.sku: variant for variant in brand.held("storefront")}
    hampers = [variant for sku, variant in sold.items() if sku.startswith("OWN-")]
    inside = (Part(variant=sold["FLOW-CUP-S"].key, quantity=2),)
    assert [(variant.nature, variant.parts) for variant in hampers] == [("bundle", inside)] * 2
    assert not brand.given_up


def let_the_shop_hold_parts(brand: OneStage) -> None:
    shop = brand.vendors[NAMES["storefront"]]
    variant = shop.facts.kinds["variant"]
    more = variant.fields | {"parts"}
    holds = replace(variant, fields=more, tells=more, references=frozenset({"product", "variant"}))
    shop.facts = replace(shop.facts, kinds={**shop.facts.kinds, "variant": holds})


def test_what_recurs_by_tryton_is_billed_so_and_what_is_unclear_is_for_a_person(stage: Open, erp: Any) -> None:
    brand = stage("erp")
    club, _, code = offered(erp, [MONTHLY])
    odd, _, of_odd = offered(erp, [{**MONTHLY, "bymonthday": "15"}])
    brand.tells("sync_catalog", RecordKey(NAMES["erp"], "product", club))
    for role in ("storefront", "billing"):
        [variant] = brand.held(role)
        assert (variant.sku, variant.recurring) == (code, Recurring(interval="month", biller="billing"))
    assert not brand.given_up
    brand.tells("sync_catalog", RecordKey(NAMES["erp"], "product", odd))
    [(notice, cause)] = brand.given_up
    assert notice.id == odd
    assert f"product {of_odd} in Tryton recurs by 'Rhythm'" in str(cause)
