"""What the sandbox reads of an order in Shopify's REST form. Whatever it does not read may hold anything.

shopify.dev/docs/api/admin-rest/latest/resources/order
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cashpath_sandbox.order_file.values import Amount, Country, Currency, Flag, Id, Price, Quantity, Rate, Text, Time


class Part(BaseModel):
    """A part of an order. What is null or empty is not there: Shopify spells it in all three ways."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        return {k: v for k, v in given.items() if v is not None and v != ""} if isinstance(given, dict) else given


class Told(Part):
    """An amount with the currency that it is in."""

    currency_code: Currency
    amount: Amount


class Bag(Part):
    """An amount in the shop's currency, and in the one that the customer saw."""

    shop_money: Told
    presentment_money: Told | None = None


class Tax(Part):
    """A tax on a line, a shipping line, a duty or a fee: its amount on the whole of it."""

    price: Amount
    price_set: Bag | None = None
    rate: Rate = None
    channel_liable: Flag = None
    title: Text = None


class Allocation(Part):
    """What a discount takes off one line."""

    amount: Amount
    amount_set: Bag | None = None
    discount_application_index: Quantity = None


class Duty(Part):
    """What customs will ask for a line."""

    id: Id
    price_set: Bag | None = None
    tax_lines: list[Tax] = []


class Metafield(Part):
    """A field of a product that the shop added: who bills it stands there."""

    namespace: Text
    key: Text
    value: Text = None


class Plan(Part):
    """The selling plan that a line was bought with."""

    id: Id = None
    name: Text = None
    interval: Text = None
    interval_count: Quantity = None


class Line(Part):
    """Something that was sold."""

    quantity: Quantity
    price: Price
    price_set: Bag | None = None
    id: Id = None
    product_id: Id = None
    variant_id: Id = None
    title: Text = None
    name: Text = None
    sku: Text = None
    variant_title: Text = None
    current_quantity: Quantity = None
    fulfillable_quantity: Quantity = None
    total_discount: Amount = None
    discount_allocations: list[Allocation] = []
    tax_lines: list[Tax] = []
    duties: list[Duty] = []
    requires_shipping: Flag = None
    taxable: Flag = None
    gift_card: Flag = None
    product_metafields: list[Metafield] = []
    selling_plan: Plan | None = None


class Shipping(Part):
    """A way of shipping, and its price."""

    price: Price
    price_set: Bag | None = None
    discounted_price: Price = None
    id: Id = None
    title: Text = None
    code: Text = None
    discount_allocations: list[Allocation] = []
    tax_lines: list[Tax] = []


class Fee(Part):
    """A deposit or another fee of the whole order."""

    id: Id
    name: Text = None
    price: Amount = None
    price_set: Bag | None = None
    tax_lines: list[Tax] = []


class Taken(Part):
    """Units of a line that were taken back."""

    line_item_id: Id
    quantity: Quantity
    subtotal: Amount = None
    total_tax: Amount = None


class Adjustment(Part):
    """An amount that was refunded beside the lines."""

    amount: Amount
    tax_amount: Amount = None
    kind: Text = None


class Refund(Part):
    """What an edit or a return left behind."""

    refund_line_items: list[Taken] = []
    order_adjustments: list[Adjustment] = []


class Payment(Part):
    """A transaction. Its amount is in its own currency."""

    kind: Text
    status: Text
    currency_code: Currency = Field(default=None, alias="currency")
    amount: Amount = None
    amount_set: Bag | None = None
    gateway: Text = None


class Address(Part):
    """Where somebody is billed or shipped to."""

    first_name: Text = None
    last_name: Text = None
    name: Text = None
    company: Text = None
    address1: Text = None
    address2: Text = None
    city: Text = None
    zip: Text = None
    province: Text = None
    province_code: Text = None
    country: Text = None
    country_code: Country = None
    phone: Text = None


class Customer(Part):
    """Who ordered."""

    id: Id = None
    email: Text = None
    phone: Text = None
    first_name: Text = None
    last_name: Text = None
    locale: Text = None
    tax_exempt: Flag = None
    default_address: Address | None = None


class Company(Part):
    """The company that they ordered for."""

    id: Id = None
    location_id: Id = None
    name: Text = None
    tax_registration_id: Text = None


class Attribute(Part):
    """What a cart or an app noted on the order."""

    name: Text
    value: Text = None


class Risk(Part):
    """How risky the shop thinks the order is: the sandbox's own addition to the REST form."""

    recommendation: Text = None
    assessments: list[str] = []


class Order(Part):
    """An order."""

    currency: Currency
    total_price: Price
    line_items: list[Line] = Field(min_length=1)
    presentment_currency: Currency = None
    id: Id = None
    name: Text = None
    order_number: Id = None
    email: Text = None
    contact_email: Text = None
    phone: Text = None
    note: Text = None
    tags: Text = None
    source_name: Text = None
    financial_status: Text = None
    fulfillment_status: Text = None
    created_at: Time = None
    processed_at: Time = None
    updated_at: Time = None
    cancelled_at: Time = None
    closed_at: Time = None
    test: Flag = None
    taxes_included: Flag = None
    duties_included: Flag = None
    total_price_set: Bag | None = None
    current_total_price: Amount = None
    current_total_price_set: Bag | None = None
    total_tax: Amount = None
    total_tax_set: Bag | None = None
    current_total_tax: Amount = None
    current_total_tax_set: Bag | None = None
    total_discounts: Amount = None
    total_discounts_set: Bag | None = None
    total_tip_received: Amount = None
    total_tip_received_set: Bag | None = None
    current_total_duties_set: Bag | None = None
    original_total_duties_set: Bag | None = None
    total_cash_rounding_payment_adjustment_set: Bag | None = None
    customer: Customer | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    company: Company | None = None
    shipping_lines: list[Shipping] = []
    additional_fees: list[Fee] = []
    discount_applications: list[dict[str, Any]] = []
    refunds: list[Refund] = []
    transactions: list[Payment] = []
    payment_gateway_names: list[str] = []
    note_attributes: list[Attribute] = []
    risk: Risk | None = None
