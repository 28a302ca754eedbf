"""Canonical records: what a business object is, whichever system spells it. Knows nothing else of Cashpath."""

from cashpath.records.address import Address
from cashpath.records.catalog import Product, Recurring, Variant
from cashpath.records.customer import Company, Customer
from cashpath.records.keys import KINDS, ROLES, BrandId, Kind, RecordKey, Role, SystemId
from cashpath.records.money import BadRecord, Money
from cashpath.records.order import Charge, Discount, Line, Order, ShippingLine, Tax, Tender
from cashpath.records.record import Record
from cashpath.records.subscription import Subscription, SubscriptionItem

__all__ = [
    "KINDS",
    "ROLES",
    "Address",
    "BadRecord",
    "BrandId",
    "Charge",
    "Company",
    "Customer",
    "Discount",
    "Kind",
    "Line",
    "Money",
    "Order",
    "Product",
    "Record",
    "RecordKey",
    "Recurring",
    "Role",
    "ShippingLine",
    "Subscription",
    "SubscriptionItem",
    "SystemId",
    "Tax",
    "Tender",
    "Variant",
]
