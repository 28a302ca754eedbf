"""Customers: theirs to ours and ours to theirs. Pure.

Stripe, "The Customer object", https://docs.stripe.com/api/customers/object. Stripe knows one `name` (see `names`) and
keeps tax numbers as objects of their own, which a reading expands (see `tax_ids`).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cashpath.records import Address, Customer, RecordKey
from cashpath.records.customer import normal_email
from cashpath.systems.mapping import NOTHING_MAPPED, FieldMap
from cashpath.systems.port import Wanted
from cashpath.systems.stripe.records import ARCHIVED, ORIGIN, TAX_ID, names
from cashpath.systems.stripe.records.metadata import custom_held, custom_state, custom_texts
from cashpath.systems.stripe.records.tax_ids import normal, typed

if TYPE_CHECKING:
    from stripe.params._customer_create_params import CustomerCreateParams, CustomerCreateParamsAddress
    from stripe.params._customer_update_params import CustomerUpdateParams

FIELDS = frozenset(
    {
        "email",
        "first_name",
        "last_name",
        "phone",
        "locale",
        "address",
        "tax_exempt",
        "tax_id",
        "archived",
    }
)
TELLS = FIELDS | {"currency", "payable"}  # Stripe sets the currency with the first invoice; none is ever written
EXPANDED = ("tax_ids",)  # not part of an answer unless asked for
PHONE_MAX = 20  # https://docs.stripe.com/api/customers/create, phone

_ADDRESS = {
    "line1": "street",
    "line2": "street2",
    "city": "city",
    "postal_code": "postcode",
    "state": "region",
    "country": "country",
}


def ours(at: RecordKey, theirs: Mapping[str, Any], *, payable: bool, mapping: FieldMap = NOTHING_MAPPED) -> Customer:
    """The customer of Stripe in canonical form."""
    first, last = names.split(theirs)
    return Customer(
        key=at,
        email=theirs["email"] or "",
        first_name=first,
        last_name=last,
        phone=theirs["phone"] or "",
        locale=_locale(theirs),
        address=_address_of(theirs["address"]),
        tax_exempt=theirs["tax_exempt"] == "exempt",
        tax_id=tax_id(theirs),
        currency=(theirs["currency"] or "").upper(),
        archived=theirs["metadata"].get(ARCHIVED) == "true",
        payable=payable,
        custom=mapping.read("customer", theirs["metadata"]),
    )


def default_method(theirs: Mapping[str, Any]) -> bool:
    """Whether the customer has a payment method that Stripe charges by itself: subscriptions without one of their own
    use `invoice_settings.default_payment_method`, then `default_source` (same page)."""
    return bool(theirs["invoice_settings"]["default_payment_method"] or theirs["default_source"])


def tax_ids(theirs: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Id and number of each tax number that Stripe has a type for, oldest first."""
    oldest_first = [*reversed(theirs["tax_ids"]["data"])] if "tax_ids" in theirs else []
    oldest_first.sort(key=lambda one: int(one["created"]))
    return [(one["id"], normal(one["value"])) for one in oldest_first]


def tax_id(theirs: Mapping[str, Any]) -> str:
    """The customer's tax number: the oldest, else one that Stripe has no type for."""
    numbers = tax_ids(theirs)
    return numbers[0][1] if numbers else normal(theirs["metadata"].get(TAX_ID, ""))


def state(wanted: Wanted, mapping: FieldMap = NOTHING_MAPPED) -> dict[str, object]:
    """What Stripe will hold of a customer: lower-case email, a phone that fits or none."""
    customer = wanted.record
    assert isinstance(customer, Customer)
    phone = customer.phone.strip()
    first, last = names.kept(customer.first_name, customer.last_name)
    whole: dict[str, object] = {
        "email": normal_email(customer.email),
        "first_name": first,
        "last_name": last,
        "phone": phone if len(phone) <= PHONE_MAX else "",
        "locale": customer.locale,
        "address": _address_state(customer.address),
        "tax_exempt": customer.tax_exempt,
        "tax_id": normal(customer.tax_id),
        "archived": customer.archived,
    }
    kept = {name: value for name, value in whole.items() if name in wanted.fields}
    return kept | custom_state(customer, wanted.fields, mapping)


def held(theirs: Mapping[str, Any], wanted: Wanted, mapping: FieldMap = NOTHING_MAPPED) -> dict[str, object]:
    """The same of a customer in Stripe. `tax_exempt` `reverse` counts as not exempt: only Stripe's people set it."""
    first, last = names.split(theirs)
    whole: dict[str, object] = {
        "email": theirs["email"] or "",
        "first_name": first,
        "last_name": last,
        "phone": theirs["phone"] or "",
        "locale": _locale(theirs),
        "address": _address_state(_address_of(theirs["address"])),
        "tax_exempt": theirs["tax_exempt"] == "exempt",
        "tax_id": tax_id(theirs),
        "archived": theirs["metadata"].get(ARCHIVED) == "true",
    }
    kept = {name: value for name, value in whole.items() if name in wanted.fields}
    return kept | custom_held(theirs["metadata"], wanted.record, wanted.fields, mapping)


def create_body(
    wanted: Wanted, mapping: FieldMap = NOTHING_MAPPED, *, typed_tax_id: bool = True
) -> "CustomerCreateParams":
    """The customer as it is created, with its origin; its tax number in the metadata where Stripe has no type for it,
    or is not to be asked for one."""
    target = state(wanted, mapping)
    number = str(target.get("tax_id", ""))
    known = typed(number) if typed_tax_id else None
    name, mark = names.joined(str(target.get("first_name", "")), str(target.get("last_name", "")))
    metadata = {ORIGIN: str(wanted.record.key), names.MARK: mark, TAX_ID: "" if known else number}
    metadata |= {ARCHIVED: "true"} if target.get("archived") else {}
    metadata |= custom_texts(wanted.record, wanted.fields, mapping)
    body: CustomerCreateParams = {"metadata": {k: v for k, v in metadata.items() if v}, "expand": [*EXPANDED]}
    if target.get("email"):
        body["email"] = str(target["email"])
    if name:
        body["name"] = name
    if target.get("phone"):
        body["phone"] = str(target["phone"])
    if target.get("locale"):
        body["preferred_locales"] = [str(target["locale"])]
    if address := _address_body(target.get("address")):
        body["address"] = address
    if target.get("tax_exempt"):
        body["tax_exempt"] = "exempt"
    if known:
        body["tax_id_data"] = [{"type": known.type, "value": known.value}]
    return body


def update_body(
    changes: Mapping[str, object],
    theirs: Mapping[str, Any],
    wanted: Wanted,
    mapping: FieldMap = NOTHING_MAPPED,
) -> "CustomerUpdateParams":
    """What differs from `theirs`, and only that: who set `reverse` in Stripe keeps it when a name changes. Empty
    unsets. A tax number that Stripe has a type for is not part of it."""
    body: CustomerUpdateParams = {}
    metadata = custom_texts(wanted.record, changes, mapping, theirs["metadata"])
    if "email" in changes:
        body["email"] = str(changes["email"])
    if changes.keys() & {"first_name", "last_name"}:
        first, last = names.split(theirs)
        name, mark = names.joined(str(changes.get("first_name", first)), str(changes.get("last_name", last)))
        body["name"] = name
        metadata |= {names.MARK: mark} if mark or names.MARK in theirs["metadata"] else {}
    if "phone" in changes:
        body["phone"] = str(changes["phone"])
    if "locale" in changes:
        body["preferred_locales"] = [str(changes["locale"])] if changes["locale"] else []
    if "address" in changes:
        body["address"] = _address_body(changes["address"]) or ""
    if "tax_exempt" in changes:
        body["tax_exempt"] = "exempt" if changes["tax_exempt"] else "none"
    if "tax_id" in changes:
        number = str(changes["tax_id"])
        untyped = "" if typed(number) else number
        metadata |= {TAX_ID: untyped} if untyped or TAX_ID in theirs["metadata"] else {}
    if "archived" in changes:
        metadata[ARCHIVED] = "true" if changes["archived"] else ""
    if metadata:
        body["metadata"] = metadata
    return body


def untyped_tax_id(number: str) -> "CustomerUpdateParams":
    """A tax number that Stripe refuses as one of its type, kept all the same."""
    return {"metadata": {TAX_ID: number}}


def erased_body() -> "CustomerUpdateParams":
    """Everything personal unset, metadata included: an id of the shop may name a person."""
    return {
        "email": "",
        "name": "",
        "individual_name": "",
        "business_name": "",
        "phone": "",
        "description": "",
        "address": "",
        "shipping": "",
        "preferred_locales": [],
        "metadata": "",
    }


def _locale(theirs: Mapping[str, Any]) -> str:
    return str(next(iter(theirs["preferred_locales"] or ()), ""))


def _address_of(theirs: Mapping[str, Any] | None) -> Address | None:
    parts = {ours_: (theirs or {}).get(name) or "" for name, ours_ in _ADDRESS.items()}
    return Address(**parts) if any(parts.values()) else None


def _address_state(address: Address | None) -> dict[str, str] | None:
    parts = {name: getattr(address, ours_).strip() for name, ours_ in _ADDRESS.items()} if address else {}
    return parts if any(parts.values()) else None


def _address_body(address: object) -> "CustomerCreateParamsAddress | None":
    if not isinstance(address, dict):
        return None
    return {
        "line1": address["line1"],
        "line2": address["line2"],
        "city": address["city"],
        "postal_code": address["postal_code"],
        "state": address["state"],
        "country": address["country"],
    }
