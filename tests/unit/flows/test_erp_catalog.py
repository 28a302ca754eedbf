"""A brand whose ERP owns the catalogue: what it sells comes to a Shopify shop, by the real runner and connector."""

from dataclasses import replace
from typing import Any

import pytest

from cashpath.ownership import Ownership, catalogue_of
from cashpath.records import Money, Product, RecordKey, Variant
from cashpath.settings.slices import Rules
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.onestage import OneStage, StageClock
from cashpath_sandbox.shopify.bench import connector
from cashpath_sandbox.shopify.standin import ShopifyStandin

TEA = RecordKey(NAMES["erp"], "product", "7")
SMALL, LARGE = (RecordKey(NAMES["erp"], "variant", id) for id in ("71", "72"))


@pytest.fixture
def stage() -> OneStage:
    """The ERP sells a tea in two sizes."""
    stage = OneStage(rules=Rules(cutover="2026-01-01T00:00:00+00:00", ownership=Ownership(owners=catalogue_of("erp"))))
    stage.has("erp", Product(key=TEA, title="Sencha"))
    for key, size, price in ((SMALL, "50 g", 895), (LARGE, "250 g", 3495)):
        variant = Variant(key=key, product=TEA, sku=f"SEN-{size[:-2]}", title=f"Sencha - {size}")
        stage.has("erp", replace(variant, price=Money(price, "EUR")))
    return stage


@pytest.fixture
def shop(stage: OneStage) -> ShopifyStandin:
    clock = StageClock(stage)
    shop = ShopifyStandin(clock=clock)
    stage.vendors[NAMES["storefront"]] = connector(shop, clock)  # type: ignore[assignment]  # a vendor of its own
    return shop


def sold(shop: ShopifyStandin) -> dict[str, tuple[str, str]]:
    """What the shop sells: title and price by SKU."""
    every: list[dict[str, Any]] = [v for product in shop.store.all("products") for v in product["variants"]]
    return {variant["sku"]: (variant.get("title", ""), variant["price"]) for variant in every}


def test_what_the_erp_sells_comes_to_the_shop_once(stage: OneStage, shop: ShopifyStandin) -> None:
    assert stage.tells("sync_catalog", TEA).word == "done"
    assert sold(shop) == {"SEN-50": ("50 g", "8.95"), "SEN-250": ("250 g", "34.95")}
    assert [product["title"] for product in shop.store.all("products")] == ["Sencha"]
    before = sum(entry.writes for entry in shop.log)
    [product] = shop.store.all("products")
    shop.settle_search()
    for told in (TEA, SMALL, RecordKey(NAMES["storefront"], "product", str(product["id"]))):
        stage.later(minutes=5)
        stage.tells("sync_catalog", told)
    assert sum(entry.writes for entry in shop.log) == before
    assert not stage.given_up


def test_a_price_of_the_erp_is_the_shops_whoever_changed_it(stage: OneStage, shop: ShopifyStandin) -> None:
    stage.tells("sync_catalog", TEA)
    stage.later(minutes=5)
    stage.books["erp"].change(SMALL, price=Money(995, "EUR"))
    stage.tells("sync_catalog", SMALL)
    assert sold(shop)["SEN-50"] == ("50 g", "9.95")
    [product] = shop.store.all("products")
    shop.put("products", {"id": product["id"], "variants": [v | {"price": "1.00"} for v in product["variants"]]})
    stage.later(minutes=5)
    stage.tells("sync_catalog", RecordKey(NAMES["storefront"], "product", str(product["id"])))
    assert sold(shop) == {"SEN-50": ("50 g", "9.95"), "SEN-250": ("250 g", "34.95")}


def test_what_the_shop_sells_already_is_linked_by_its_sku(stage: OneStage, shop: ShopifyStandin) -> None:
    id = shop.put("products", {"title": "Sencha tea", "variants": [{"sku": "SEN-50", "price": "8.00"}]})
    shop.settle_search()
    stage.later(minutes=5)
    stage.tells("sync_catalog", TEA)
    stage.later(minutes=5)
    stage.tells("sync_catalog", TEA)
    assert [str(product["id"]) for product in shop.store.all("products")] == [id]
    assert {sku: price for sku, (_, price) in sold(shop).items()} == {"SEN-50": "8.95", "SEN-250": "34.95"}
    assert not stage.given_up
