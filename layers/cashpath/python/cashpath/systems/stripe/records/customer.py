"""Customers: theirs to ours and ours to theirs. Pure.

Stripe, "The Customer object", https://docs.stripe.com/api/customers/object. Stripe knows one `name`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cashpath.records import Address, Customer, RecordKey
from cashpath.records.customer import normal_email
from cashpath.systems.port import Wanted
from cashpath.systems.stripe.records import ORIGIN

if TYPE_CHECKING:
    from stripe.params._customer_create_params import CustomerCreateParams
    from stripe.params._customer_update_params import CustomerUpdateParams

FIELDS = frozenset({"email", "first_name", "last_name", "phone", "locale", "address", "tax_exempt"})
NAME_MAX, PHONE_MAX = 256, 20  # https://docs.stripe.com/api/customers/create, name and phone

_ADDRESS = {
    "line1": "street",
    "line2": "street2",
    "city": "city",
    "postal_code": "postcode",
    "state": "region",
    "country": "country",
}


def ours(at: RecordKey, theirs: Mapping[str, Any], *, payable: bool) -> Customer:
    """The customer of Stripe in canonical form. The last word of the name is taken for the last name."""
    first, _, last = (theirs["name"] or "").strip().rpartition(" ")
    return Customer(
        key=at,
        email=theirs["email"] or "",
        first_name=first or last,
        last_name=last if first else "",
        phone=theirs["phone"] or "",
        locale=next(iter(theirs["preferred_locales"] or ()), ""),
        address=_address_of(theirs["address"]),
        tax_exempt=theirs["tax_exempt"] == "exempt",
        payable=payable,
    )


def default_method(theirs: Mapping[str, Any]) -> bool:
    """Whether the customer has a payment method that Stripe charges by itself: subscriptions without one of their own
    use `invoice_settings.default_payment_method`, then `default_source` (same page)."""
    return bool(theirs["invoice_settings"]["default_payment_method"] or theirs["default_source"])


def state(wanted: Wanted) -> dict[str, object]:
    """What Stripe will hold of a customer: lower-case email, one name, a phone that fits or none."""
    customer = wanted.record
    assert isinstance(customer, Customer)
    phone = customer.phone.strip()
    whole: dict[str, object] = {
        "email": normal_email(customer.email),
        "name": " ".join(f"{customer.first_name} {customer.last_name}".split())[:NAME_MAX].strip(),
        "phone": phone if len(phone) <= PHONE_MAX else "",
        "locale": customer.locale,
        "address": _address_state(customer.address),
        "tax_exempt": customer.tax_exempt,
    }
    return {name: value for name, value in whole.items() if name in _names(wanted)}


def held(theirs: Mapping[str, Any], wanted: Wanted) -> dict[str, object]:
    """The same of a customer in Stripe. `tax_exempt` `reverse` counts as not exempt: only Stripe's people set it."""
    whole: dict[str, object] = {
        "email": theirs["email"] or "",
        "name": theirs["name"] or "",
        "phone": theirs["phone"] or "",
        "locale": next(iter(theirs["preferred_locales"] or ()), ""),
        "address": _address_state(_address_of(theirs["address"])),
        "tax_exempt": theirs["tax_exempt"] == "exempt",
    }
    return {name: value for name, value in whole.items() if name in _names(wanted)}


def create_body(wanted: Wanted) -> "CustomerCreateParams":
    """The customer as it is created, with its origin."""
    target = state(wanted)
    body: CustomerCreateParams = {"metadata": {ORIGIN: str(wanted.record.key)}}
    if target.get("email"):
        body["email"] = str(target["email"])
    if target.get("name"):
        body["name"] = str(target["name"])
    if target.get("phone"):
        body["phone"] = str(target["phone"])
    if target.get("locale"):
        body["preferred_locales"] = [str(target["locale"])]
    address = target.get("address")
    if isinstance(address, dict):
        body["address"] = {
            "line1": address["line1"],
            "line2": address["line2"],
            "city": address["city"],
            "postal_code": address["postal_code"],
            "state": address["state"],
            "country": address["country"],
        }
    if target.get("tax_exempt"):
        body["tax_exempt"] = "exempt"
    return body


def update_body(changes: Mapping[str, object]) -> "CustomerUpdateParams":
    """What differs, and only that: who set `reverse` in Stripe keeps it when a name changes. Empty unsets."""
    body: CustomerUpdateParams = {}
    if "email" in changes:
        body["email"] = str(changes["email"])
    if "name" in changes:
        body["name"] = str(changes["name"])
    if "phone" in changes:
        body["phone"] = str(changes["phone"])
    if "locale" in changes:
        body["preferred_locales"] = [str(changes["locale"])] if changes["locale"] else []
    if "address" in changes:
        address = changes["address"]
        body["address"] = ""
        if isinstance(address, dict):
            body["address"] = {
                "line1": address["line1"],
                "line2": address["line2"],
                "city": address["city"],
                "postal_code": address["postal_code"],
                "state": address["state"],
                "country": address["country"],
            }
    if "tax_exempt" in changes:
        body["tax_exempt"] = "exempt" if changes["tax_exempt"] else "none"
    return body


def erased_body() -> "CustomerUpdateParams":
    """Everything personal unset, metadata included: an id of the shop may name a person."""
    return {"email": "", "name": "", "phone": "", "description": "", "address": "", "shipping": "", "metadata": ""}


def _names(wanted: Wanted) -> set[str]:
    named = set(wanted.fields & FIELDS)
    return named | {"name"} if named & {"first_name", "last_name"} else named


def _address_of(theirs: Mapping[str, Any] | None) -> Address | None:
    parts = {ours_: (theirs or {}).get(name) or "" for name, ours_ in _ADDRESS.items()}
    return Address(**parts) if any(parts.values()) else None


def _address_state(address: Address | None) -> dict[str, str] | None:
    parts = {name: getattr(address, ours_).strip() for name, ours_ in _ADDRESS.items()} if address else {}
    return parts if any(parts.values()) else None
