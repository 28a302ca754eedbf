"""What each vendor's systems can be told in the stage's TOML, `[systems.<id>.options]`. Checked at synthesis only."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cashpath.records.keys import Role


def _origin(url: str) -> str:
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ValueError("must begin with https:// (plain http only on this machine)")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_origin)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Options(BaseModel):
    """Options of one system. A name that the vendor's connector does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Shopify(Options):
    """`shop`: the shop's own domain, `acme.myshopify.com`. `url`: where its Admin API answers, of `shop` if absent.
    `price_countries`: for each further currency a country whose buyers pay in it; `tier_location`: the number of the
    company location whose quantity breaks are the brand's. Without them, neither is read."""

    shop: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*\.[a-z]+$")
    url: Url = ""
    price_countries: dict[Currency, Country] | None = None
    tier_location: int | None = Field(default=None, gt=0)

    def model_post_init(self, _: object) -> None:
        if not self.url:
            object.__setattr__(self, "url", f"https://{self.shop}")


class Hubspot(Options):
    """`portal`: the account's number (Hub ID). `currency`: its company currency; `currencies`: others that it has.
    Pipelines, stages and the property that holds a tax number: internal names, where the account has its own."""

    portal: int
    url: Url = "https://api.hubapi.com"
    currency: Currency | None = None
    currencies: tuple[Currency, ...] = ()
    tax_id_property: str | None = None
    pipeline: str | None = None
    won_stage: str | None = None
    open_stage: str | None = None
    lost_stage: str | None = None
    order_pipeline: str | None = None
    order_open_stage: str | None = None
    order_fulfilled_stage: str | None = None
    order_cancelled_stage: str | None = None


class Stripe(Options):
    """`live`: whether the key is a live one; a test key never bills. `tax_behavior`: what new prices say about tax."""

    live: bool
    url: Url = "https://api.stripe.com"
    tax_behavior: Literal["inclusive", "exclusive"] | None = None


class Tryton(Options):
    """`url` of the server and its `database`. `company`: the one that books, by id or name; `companies` by brand
    where one database keeps several, `company` being then the one in which people, goods and sales are looked for.
    What else has a name of its own there, by that name. `unknown_taxes`: whether an order with a tax rate that no tax
    there has is refused, or its tax collected on one line. `exempt_tax_rule`: the tax rule of customers who pay no
    tax. `credit_limits`: whether the module account_credit_limit is there; they are in `currency`, that of the books.
    `list_price`: whether list prices, in that currency too, are the shop's as shown. `contact_relation` and
    `further_relation`: the types of relation between a person and the company that they buy for, and those they buy
    for besides. `tax_categories`: the accounting category for each tax category of the shop; `untaxed_category`: of
    what is not taxed. `kits`: whether the module product_kit is there, for bundles; `services`: whether
    sale_subscription is, whose services say what recurs."""

    url: Url
    database: str
    company: int | str | None = None
    companies: dict[str, int | str] | None = None
    guest_party: str | None = None
    payment_term: str | None = None
    goods_category: str | None = None
    gift_category: str | None = None
    unknown_taxes: Literal["refuse", "collect"] | None = None
    exempt_tax_rule: str | None = None
    credit_limits: bool | None = None
    contact_relation: str | None = None
    further_relation: str | None = None
    list_price: Literal["as_shown"] | None = None
    currency: str | None = None
    tax_categories: dict[str, str] | None = None
    untaxed_category: str | None = None
    kits: bool | None = None
    services: bool | None = None

    @model_validator(mode="after")
    def _one_company_is_looked_into(self) -> Self:
        if self.companies and not self.company:
            raise ValueError("companies needs company too: the one in which people, goods and sales are looked for")
        return self

    @model_validator(mode="after")
    def _relations_differ(self) -> Self:
        if self.contact_relation and self.contact_relation == self.further_relation:
            raise ValueError("contact_relation and further_relation must name two types of relation")
        return self


VENDORS: dict[str, tuple[type[Options], Role]] = {
    "shopify": (Shopify, "storefront"),
    "hubspot": (Hubspot, "crm"),
    "stripe": (Stripe, "billing"),
    "tryton": (Tryton, "erp"),
}
POLLED = frozenset({"tryton"})  # sends no webhooks: no receiver, no webhook secret, asked each minute
