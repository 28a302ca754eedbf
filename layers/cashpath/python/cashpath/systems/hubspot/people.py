"""Contacts and companies: ours as HubSpot spells them, theirs as canonical records. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from cashpath.records import Address, Company, Customer, RecordKey, SystemId
from cashpath.records.customer import normal_email
from cashpath.systems.hubspot import spelling
from cashpath.systems.hubspot.objects import Theirs
from cashpath.systems.hubspot.properties import TAX_ID

EMAILS = ("email", "hs_additional_emails")

OWNER, STATUS = "hubspot_owner_id", "lifecyclestage"  # "Properties: default contact properties"

ByField = Mapping[str, Mapping[str, str]]
Owners = Callable[[str], str]


def contact(customer: Customer, tax_id: str = TAX_ID) -> ByField:
    """The properties of a contact, by the canonical field that they spell."""
    return {
        **spelling.spelled(spelling.CONTACT, customer),
        "tax_id": {tax_id: normal_tax_id(customer.tax_id)},
        "address": _contact_address(customer.address or Address()),
    }


def company(record: Company, tax_id: str = TAX_ID) -> ByField:
    """The properties of a company. `tax_id` names the property that holds its tax id in this portal."""
    address = record.address or Address()
    return {
        **spelling.spelled(spelling.COMPANY, record),
        "domain": {"domain": normal_domain(record.domain)},
        "tax_id": {tax_id: normal_tax_id(record.tax_id)},
        "address": {
            "address": address.street,
            "address2": address.street2,
            "city": address.city,
            "zip": address.postcode,
            "state": address.region,
            "country": address.country,
        },
    }


def customer_of(theirs: Theirs, system: SystemId, owners: Owners, tax_id: str = TAX_ID) -> Customer:
    """A contact as a canonical customer; its primary company is the one it buys for. `owners` are the colleagues'
    addresses by the id that a contact names (hubspot_owner_id)."""
    companies = theirs.associated.get("companies", ())
    return Customer(
        key=RecordKey(system, "customer", theirs.id),
        **spelling.told(spelling.CONTACT, theirs),
        **_crms_own(theirs, owners),
        tax_id=normal_tax_id(theirs.get(tax_id)),
        address=_address_of(theirs),
        company=RecordKey(system, "company", companies[0]) if companies else None,
        also_for=tuple(RecordKey(system, "company", id) for id in companies[1:]),
    )


def company_of(theirs: Theirs, system: SystemId, owners: Owners, tax_id: str = TAX_ID) -> Company:
    """A company as a canonical record."""
    return Company(
        key=RecordKey(system, "company", theirs.id),
        **spelling.told(spelling.COMPANY, theirs),
        **_crms_own(theirs, owners),
        domain=normal_domain(theirs.get("domain")),
        tax_id=normal_tax_id(theirs.get(tax_id)),
        address=_address_of(theirs),
    )


def _crms_own(theirs: Theirs, owners: Owners) -> dict[str, Any]:
    """What is decided in the CRM and only read there: who looks after them, and how far the sale is."""
    return {
        "account_owner": owners(theirs.get(OWNER)) if theirs.get(OWNER) else "",
        "sales_status": theirs.get(STATUS),
    }


def emails(theirs: Theirs) -> frozenset[str]:
    """Every address that a contact answers to: no other contact can have one of them."""
    further = theirs.get("hs_additional_emails").split(";")
    return frozenset(normal_email(email) for email in (theirs.get("email"), *further) if email.strip())


def normal_domain(domain: str) -> str:
    """A domain as matching compares it."""
    return domain.strip().lower().removeprefix("www.")


def normal_tax_id(tax_id: str) -> str:
    """A tax id as matching compares it: upper case, without the spaces, dots and dashes that people add."""
    return "".join(c for c in tax_id.upper() if c not in " .-")


def _contact_address(address: Address) -> Mapping[str, str]:
    # Contacts have one line for the street, companies two.
    return {
        "address": ", ".join(part for part in (address.street, address.street2) if part),
        "city": address.city,
        "zip": address.postcode,
        "state": address.region,
        "country": address.country,
    }


def _address_of(theirs: Theirs) -> Address | None:
    address = Address(
        street=theirs.get("address"),
        street2=theirs.get("address2"),
        city=theirs.get("city"),
        postcode=theirs.get("zip"),
        region=theirs.get("state"),
        country=theirs.get("country"),
    )
    return address if address != Address() else None
