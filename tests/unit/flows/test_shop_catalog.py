"""A brand whose shop owns the catalogue: bundles, prices in other currencies and by quantity, by the real runner and
connectors, with an ERP in memory that knows bundles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from cashpath.records import Money, RecordKey, Variant
from cashpath.systems.connection import Connection
from cashpath.systems.hubspot.client import Connector as Crm
from cashpath.systems.hubspot.objects import PRODUCTS
from cashpath.systems.port import System
from cashpath.systems.stripe.client import Connector as Billing
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.hubspot import HubSpot
from cashpath_sandbox.onestage import OneStage, StageClock
from cashpath_sandbox.shopify.bench import connector
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.stripe.bench import Account, account

HAMBURG = 920001
BILLED = [
    {"namespace": "cashpath", "key": name, "value": value}
    for name, value in (("biller", "billing"), ("interval", "month"))
]
TEA = {"id": 70, "title": "Tea", "metafields": BILLED, "variants": [{"id": 71, "sku": "TEA", "price": "10.00"}]}


def bundle(quantity: int) -> dict[str, Any]:
    """A product whose only variant contains so much tea."""
    inside = [{"variant_id": 71, "quantity": quantity}]
    variant = {"id": 81, "sku": "SET", "price": "25.00", "requires_components": True, "components": inside}
    return {"id": 80, "title": "Tea for two", "variants": [variant]}


@dataclass
class Town:
    """A shop, its portal, its account and its books. `options` are the shop's."""

    options: Mapping[str, Any] = field(default_factory=dict)
    stage: OneStage = field(default_factory=OneStage)

    def __post_init__(self) -> None:
        clock = StageClock(self.stage)
        self.shop = ShopifyStandin(clock=clock)
        self.portal = HubSpot(clock=clock, token="pat")
        self.account: Account = account(clock)
        crm = Crm(self._connection("crm", self.portal, {"portal": 1, "currency": "EUR", "currencies": ["USD"]}))
        crm.prepare()
        self._plays("storefront", connector(self.shop, clock, **self.options))
        self._plays("crm", crm)
        self._plays("billing", Billing(self._connection("billing", self.account.standin, {})))
        self.shop.put("companies", {"name": "Kontor", "locations": [{"id": HAMBURG}]})

    def _plays(self, role: Any, system: System) -> None:
        self.stage.vendors[NAMES[role]] = system  # type: ignore[assignment]  # a vendor of its own

    def _connection(self, role: Any, app: Any, options: Mapping[str, object]) -> Connection:
        return Connection(
            id=NAMES[role],
            options={"url": "http://vendor.test", **options},
            secret=lambda *, fresh=False: {"access_token": "pat", "api_key": self.account.key},
            now=self.stage.now,
            sleep=lambda seconds: self.stage.later(seconds=seconds),
            transport=httpx.WSGITransport(app=app),
        )

    def sells(self, product: Mapping[str, Any]) -> None:
        """The shop sells a product, and its webhook is handled."""
        self.shop.put("products", product)
        self.shop.settle_search()
        self.tells(product)

    def tells(self, product: Mapping[str, Any]) -> None:
        """A notice of the product, later."""
        self.stage.later(minutes=5)
        self.stage.tells("sync_catalog", RecordKey(NAMES["storefront"], "product", str(product["id"])))

    def billed(self) -> dict[str, Any]:
        """The price at which the account sells the only product that it has."""
        [product] = self.account.api("GET", "/v1/products")["data"]
        expanded = {f"expand[{n}]": f"default_price.{part}" for n, part in enumerate(("currency_options", "tiers"))}
        price: dict[str, Any] = self.account.api("GET", f"/v1/products/{product['id']}", expanded)["default_price"]
        return price

    def dollars(self) -> dict[str, str]:
        """What each product of the portal costs in dollars, by SKU."""
        told = [item.properties for item in self.portal.store.all(PRODUCTS)]
        return {properties["hs_sku"]: properties.get("hs_price_usd", "") for properties in told}

    def books(self) -> dict[str, Variant]:
        """What the ERP has, by SKU."""
        return {variant.sku: variant for variant in self.stage.held("erp")}


@pytest.fixture
def abroad() -> Town:
    """A shop that sells to the US as well."""
    town = Town({"price_countries": {"USD": "US"}})
    town.shop.store.price_lists.fix("US", "71", Money(1300, "USD"))
    return town


def test_a_price_in_dollars_is_billings_and_the_crms_too(abroad: Town) -> None:
    abroad.sells(TEA)
    price = abroad.billed()
    assert (price["currency"], price["unit_amount"]) == ("eur", 1000)
    assert price["currency_options"]["usd"]["unit_amount"] == 1300
    assert abroad.dollars() == {"TEA": "13.00"}
    assert abroad.books()["TEA"].prices == (Money(1300, "USD"),)
    assert not abroad.stage.given_up


def test_a_new_price_in_dollars_is_found_by_whoever_reads_the_product_though_nothing_marks_it(abroad: Town) -> None:
    abroad.sells(TEA)
    told = len(abroad.shop.emitted)
    abroad.shop.store.price_lists.fix("US", "71", Money(1400, "USD"))
    assert len(abroad.shop.emitted) == told
    abroad.tells(TEA)
    assert abroad.billed()["currency_options"]["usd"]["unit_amount"] == 1400
    assert abroad.dollars() == {"TEA": "14.00"}


def test_prices_that_agree_everywhere_are_written_nowhere(abroad: Town) -> None:
    abroad.sells(TEA)
    before = abroad.account.writes(), abroad.stage.writes()["erp"]
    abroad.tells(TEA)
    assert (abroad.account.writes(), abroad.stage.writes()["erp"]) == before


def test_a_market_that_sells_in_another_currency_is_for_a_person_and_nothing_is_written(abroad: Town) -> None:
    abroad.sells(TEA)
    abroad.shop.store.price_lists.markets.clear()
    before = abroad.account.writes()
    abroad.tells(TEA)
    [(_, cause)] = abroad.stage.given_up
    assert "shop/variant/71 costs 10.00 EUR in US" in cause["cause"]
    assert abroad.account.writes() == before


def test_quantity_breaks_of_the_shop_are_billings_tiers() -> None:
    town = Town({"tier_location": HAMBURG})
    breaks = {10: Money(900, "EUR"), 50: Money(800, "EUR")}
    town.shop.store.price_lists.discount(str(HAMBURG), "71", Money(1000, "EUR"), breaks)
    town.sells(TEA)
    price = town.billed()
    assert price["tiers_mode"] == "volume"
    assert [(tier["up_to"], tier["unit_amount"]) for tier in price["tiers"]] == [(9, 1000), (49, 900), (None, 800)]
    assert not town.stage.given_up


def test_what_the_shop_does_not_tell_of_prices_is_left_to_billing() -> None:
    town = Town()
    town.sells(TEA)
    assert "usd" not in (town.billed()["currency_options"] or {})
    product = town.account.api("GET", "/v1/products")["data"][0]["id"]
    by_hand = {"product": product, "currency": "eur", "unit_amount": "1000", "recurring[interval]": "month"}
    dear = town.account.api("POST", "/v1/prices", {**by_hand, "currency_options[usd][unit_amount]": "1500"})
    town.account.api("POST", f"/v1/products/{product}", {"default_price": dear["id"]})
    town.tells(TEA)
    assert town.billed()["currency_options"]["usd"]["unit_amount"] == 1500
    assert town.dollars() == {"TEA": ""}


def test_a_bundle_waits_in_the_erp_until_what_it_contains_is_there() -> None:
    town = Town()
    town.shop.put("products", TEA)
    town.sells(bundle(3))
    assert "SET" not in town.books()
    assert set(town.dollars()) == {"SET"}  # the CRM names no parts, so it waits for none
    town.tells(TEA)
    town.tells(bundle(3))
    [part] = town.books()["SET"].parts
    assert (part.variant, part.quantity) == (town.books()["TEA"].key, 3)


def test_other_contents_of_a_bundle_are_carried_over() -> None:
    town = Town()
    town.sells(TEA)
    town.sells(bundle(3))
    town.sells(bundle(5))
    assert [part.quantity for part in town.books()["SET"].parts] == [5]
