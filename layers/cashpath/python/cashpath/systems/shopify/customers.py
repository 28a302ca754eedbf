"""Customers as Shopify holds them: what is compared, and the input of its mutations. Pure; `writers` sends it.

A customer has one email address and one phone number, each unique in the shop; the address that is written is the
default one. Consent is set by a mutation of its own, and who unsubscribed is never subscribed again by us
(shopify.dev/docs/api/admin-graphql/2026-07/mutations/customerEmailMarketingConsentUpdate).
"""

from collections.abc import Collection, Mapping

from cashpath.records import Address, Customer
from cashpath.records.customer import Consent, normal_email
from cashpath.records.record import CUSTOM, Custom
from cashpath.systems.mapping import FieldMap
from cashpath.systems.shopify.amounts import Node, mapped_values

ORIGIN = ("$app:cashpath", "origin")
FIELDS = frozenset({"email", "first_name", "last_name", "phone", "locale", "address", "tax_exempt", "marketing"})
STATES: Mapping[str, Consent] = {"SUBSCRIBED": "subscribed", "UNSUBSCRIBED": "unsubscribed", "PENDING": "pending"}
AGREED: tuple[Consent, ...] = ("subscribed", "pending")
_INPUT = {
    "email": "email",
    "first_name": "firstName",
    "last_name": "lastName",
    "phone": "phone",
    "locale": "locale",
    "tax_exempt": "taxExempt",
}


def state(customer: Customer, fields: Collection[str]) -> dict[str, object]:
    """What Shopify will hold of a customer. It always has a language: English, where nobody says another."""
    whole: dict[str, object] = {
        "email": normal_email(customer.email),
        "first_name": customer.first_name.strip(),
        "last_name": customer.last_name.strip(),
        "phone": customer.phone.strip(),
        "locale": customer.locale or "en",
        "address": address_state(customer.address),
        "tax_exempt": customer.tax_exempt,
        "marketing": customer.marketing if customer.marketing in AGREED else "",
    }
    named = {name: value for name, value in customer.custom.items() if f"{CUSTOM}{name}" in fields}
    return {name: value for name, value in whole.items() if name in fields} | {
        f"{CUSTOM}{name}": value for name, value in named.items()
    }


def address_state(address: Address | None) -> dict[str, str]:
    """An address as it is compared; of nobody where there is none."""
    told = address or Address()
    return {
        "name": " ".join(told.name.split()),
        "company": told.company,
        "street": told.street,
        "street2": told.street2,
        "city": told.city,
        "postcode": told.postcode,
        "region": told.region,
        "country": told.country,
        "phone": told.phone,
    }


def input_of(changes: Mapping[str, object]) -> dict[str, object]:
    """The fields of CustomerInput that these changes are. One that is emptied is null."""
    return {_INPUT[name]: value if value != "" else None for name, value in changes.items() if name in _INPUT}


def address_input(state: Mapping[str, str]) -> dict[str, object]:
    """MailingAddressInput. Shopify keeps first and last name apart."""
    first, _, last = state["name"].rpartition(" ")
    return {
        "firstName": first or None,
        "lastName": last or None,
        "company": state["company"] or None,
        "address1": state["street"] or None,
        "address2": state["street2"] or None,
        "city": state["city"] or None,
        "zip": state["postcode"] or None,
        "provinceCode": state["region"] or None,
        "countryCode": state["country"] or None,
        "phone": state["phone"] or None,
    }


def consent_input(marketing: object) -> dict[str, object]:
    """CustomerEmailMarketingConsentInput. The shop asked, so one opt-in is what is known."""
    state = {"subscribed": "SUBSCRIBED", "pending": "PENDING"}.get(str(marketing), "UNSUBSCRIBED")
    return {"marketingState": state, "marketingOptInLevel": "SINGLE_OPT_IN"}


def metafields_input(
    mapping: FieldMap, custom: Mapping[str, Custom], fields: Collection[str], now: Node | None
) -> list[dict[str, str]]:
    """The brand's own fields as MetafieldInput; their definitions in the shop give the types."""
    theirs = mapped_values(now) if now else {}
    written = mapping.write("customer", custom, fields, theirs)
    made = []
    for name, value in written.items():
        namespace, _, key = name.rpartition(".")
        text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
        made.append({"namespace": namespace, "key": key, "value": text})
    return made
