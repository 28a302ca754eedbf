"""Customers and companies: Shopify's into ours. Pure."""

from collections.abc import Sequence

from cashpath.records import Address, Company, Customer, RecordKey, SystemId
from cashpath.records.customer import Location
from cashpath.systems.connection import origin_of
from cashpath.systems.mapping import NOTHING_MAPPED, FieldMap
from cashpath.systems.port import Reading
from cashpath.systems.shopify import customers
from cashpath.systems.shopify.amounts import Node, address, mapped_values, mark, number


def customer_reading(node: Node, system: SystemId, mapping: FieldMap = NOTHING_MAPPED) -> Reading:
    """A customer, as documents.CUSTOMER asks for it. The company that they became a contact of first is the one they
    buy for; each order names its own."""
    key = RecordKey(system, "customer", number(node["id"]))
    named = [contact["company"]["id"] for contact in node.get("companyContactProfiles") or ()]
    companies = [RecordKey(system, "company", number(id)) for id in dict.fromkeys(named)]
    mail, default = node.get("defaultEmailAddress") or {}, node.get("defaultAddress")
    others = [a for a in node["addressesV2"]["nodes"] if not default or a["id"] != default["id"]]
    record = Customer(
        key=key,
        email=mail.get("emailAddress") or "",
        first_name=node.get("firstName") or "",
        last_name=node.get("lastName") or "",
        phone=(node.get("defaultPhoneNumber") or {}).get("phoneNumber") or "",
        locale=node.get("locale") or "",
        address=address(default),
        addresses=tuple(told for told in map(address, others) if told),
        company=companies[0] if companies else None,
        also_for=tuple(companies[1:]),
        tax_exempt=bool(node.get("taxExempt")),
        marketing=customers.STATES.get(mail.get("marketingState") or "", ""),
        custom=mapping.read("customer", mapped_values(node)),
    )
    origin = origin_of((node.get("origin") or {}).get("value"))
    return Reading(at=key, record=record, version=mark(node["updatedAt"]), origin=origin)


def company_reading(
    node: Node, locations: Sequence[Node], system: SystemId, mapping: FieldMap = NOTHING_MAPPED
) -> Reading:
    """A company with all its locations. Address, phone and tax are those of its first one: Shopify keeps them nowhere
    else."""
    key = RecordKey(system, "company", number(node["id"]))
    first = next(iter(locations), None) or {}
    tax = first.get("taxSettings") or {}
    customer = (node.get("mainContact") or {}).get("customer") or {}
    email = (customer.get("defaultEmailAddress") or {}).get("emailAddress") or ""
    record = Company(
        key=key,
        name=node["name"],
        tax_id=tax.get("taxRegistrationId") or "",
        tax_exempt=bool(tax.get("taxExempt")),
        domain=_domain(email),
        phone=first.get("phone") or "",
        address=_address(first.get("billingAddress") or first.get("shippingAddress")),
        locations=tuple(_location(location) for location in locations),
        custom=mapping.read("company", mapped_values(node)),
    )
    origin = origin_of((node.get("origin") or {}).get("value"))
    return Reading(at=key, record=record, version=mark(node["updatedAt"]), origin=origin)


def _location(node: Node) -> Location:
    return Location(
        key=number(node["id"]),
        name=node["name"],
        address=_address(node.get("shippingAddress") or node.get("billingAddress")),
        phone=node.get("phone") or "",
        tax_id=node["taxSettings"]["taxRegistrationId"] or "",
    )


# Mail providers for everybody: such an address says nothing of a company.
_PROVIDERS = {
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "yahoo.com",
    "icloud.com",
    "gmx.de",
    "web.de",
}


def _domain(email: str) -> str:
    domain = email.strip().lower().rpartition("@")[2]
    return "" if domain in _PROVIDERS else domain


def _address(node: Node | None) -> Address | None:
    """A company's address, which Shopify spells otherwise than a customer's."""
    if not node:
        return None
    return Address(
        name=node.get("recipient") or "",
        company=node.get("companyName") or "",
        street=node.get("address1") or "",
        street2=node.get("address2") or "",
        city=node.get("city") or "",
        postcode=node.get("zip") or "",
        region=node.get("zoneCode") or "",
        country=node.get("countryCode") or "",
        phone=node.get("phone") or "",
    )
