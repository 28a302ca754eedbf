"""Customers and companies: Shopify's into ours. Pure."""

from cashpath.records import Address, Company, Customer, RecordKey, SystemId
from cashpath.systems.connection import origin_of
from cashpath.systems.port import Reading
from cashpath.systems.shopify.amounts import Node, address, mark, number


def customer_reading(node: Node, system: SystemId) -> Reading:
    """A customer, as documents.CUSTOMER asks for it. Who buys for several companies is keyed to none here: each order
    names its own."""
    key = RecordKey(system, "customer", number(node["id"]))
    companies = {contact["company"]["id"] for contact in node.get("companyContactProfiles") or ()}
    record = Customer(
        key=key,
        email=(node.get("defaultEmailAddress") or {}).get("emailAddress") or "",
        first_name=node.get("firstName") or "",
        last_name=node.get("lastName") or "",
        phone=(node.get("defaultPhoneNumber") or {}).get("phoneNumber") or "",
        locale=node.get("locale") or "",
        address=address(node.get("defaultAddress")),
        company=RecordKey(system, "company", number(companies.pop())) if len(companies) == 1 else None,
        tax_exempt=bool(node.get("taxExempt")),
    )
    origin = origin_of((node.get("origin") or {}).get("value"))
    return Reading(at=key, record=record, version=mark(node["updatedAt"]), origin=origin)


def company_reading(node: Node, system: SystemId) -> Reading:
    """A company with the address and the tax registration of its first location: Shopify keeps them nowhere else."""
    key = RecordKey(system, "company", number(node["id"]))
    location = next(iter(node["locations"]["nodes"]), None) or {}
    customer = (node.get("mainContact") or {}).get("customer") or {}
    email = (customer.get("defaultEmailAddress") or {}).get("emailAddress") or ""
    record = Company(
        key=key,
        name=node["name"],
        tax_id=(location.get("taxSettings") or {}).get("taxRegistrationId") or "",
        domain=_domain(email),
        phone=location.get("phone") or "",
        address=_address(location.get("billingAddress") or location.get("shippingAddress")),
    )
    origin = origin_of((node.get("origin") or {}).get("value"))
    return Reading(at=key, record=record, version=mark(node["updatedAt"]), origin=origin)


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
