"""Canonical records: what a business object is, whichever system spells it. Knows nothing else of Cashpath."""

from cashpath.records.address import Address
from cashpath.records.catalog import Part, Product, Recurring, Tier, Variant
from cashpath.records.customer import Account, Company, Customer, Location
from cashpath.records.keys import KINDS, ROLES, BrandId, Kind, RecordKey, Role, SystemId
from cashpath.records.money import BadRecord, Money
from cashpath.records.order import Charge, Discount, Line, Order, ShippingLine, Tax, Tender
from cashpath.records.record import Record
from cashpath.records.subscription import Subscription, SubscriptionItem

__all__ = [
    "KINDS",
    "ROLES",
    "Account",
    "Address",
    "BadRecord",
    "BrandId",
    "Charge",
    "Company",
    "Customer",
    "Discount",
    "Kind",
    "Line",
    "Location",
    "Money",
    "Order",
    "Part",
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
    "Tier",
    "Variant",
]
