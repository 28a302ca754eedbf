"""Contacts and companies: ours as HubSpot spells them, theirs as canonical records. Pure."""

from collections.abc import Mapping

from cashpath.records import Address, Company, Customer, RecordKey, SystemId
from cashpath.records.customer import normal_email
from cashpath.systems.hubspot.objects import Theirs
from cashpath.systems.hubspot.properties import TAX_ID

EMAILS = ("email", "hs_additional_emails")

ByField = Mapping[str, Mapping[str, str]]


def contact(customer: Customer) -> ByField:
    """The properties of a contact, by the canonical field that they spell."""
    return {
        "email": {"email": normal_email(customer.email)},
        "first_name": {"firstname": customer.first_name},
        "last_name": {"lastname": customer.last_name},
        "phone": {"phone": customer.phone},
        "address": _contact_address(customer.address or Address()),
    }


def company(record: Company, tax_id: str = TAX_ID) -> ByField:
    """The properties of a company. `tax_id` names the property that holds its tax id in this portal."""
    address = record.address or Address()
    return {
        "name": {"name": record.name},
        "domain": {"domain": normal_domain(record.domain)},
        "tax_id": {tax_id: normal_tax_id(record.tax_id)},
        "phone": {"phone": record.phone},
        "address": {
            "address": address.street,
            "address2": address.street2,
            "city": address.city,
            "zip": address.postcode,
            "state": address.region,
            "country": address.country,
        },
    }


def customer_of(theirs: Theirs, system: SystemId) -> Customer:
    """A contact as a canonical customer; its primary company is the one it buys for."""
    companies = theirs.associated.get("companies", ())
    return Customer(
        key=RecordKey(system, "customer", theirs.id),
        email=normal_email(theirs.get("email")),
        first_name=theirs.get("firstname"),
        last_name=theirs.get("lastname"),
        phone=theirs.get("phone"),
        address=_address_of(theirs),
        company=RecordKey(system, "company", companies[0]) if companies else None,
    )


def company_of(theirs: Theirs, system: SystemId, tax_id: str = TAX_ID) -> Company:
    """A company as a canonical record."""
    return Company(
        key=RecordKey(system, "company", theirs.id),
        name=theirs.get("name"),
        domain=normal_domain(theirs.get("domain")),
        tax_id=normal_tax_id(theirs.get(tax_id)),
        phone=theirs.get("phone"),
        address=_address_of(theirs),
    )


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
