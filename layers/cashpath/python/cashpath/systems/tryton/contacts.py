"""Email, phone and tax numbers of a party: how Tryton keeps them, and what has to change. Pure.

Email and phone are contact mechanisms marked in their comment, so that one somebody added by hand is left alone. A
phone number without country code is kept as `other`: Tryton checks phones. The tax number is an identifier of the
country's own type (`de_vat`) where it begins with its prefix and Tryton finds it valid, else without a type.
(Not of type `eu_vat`, which Tryton lets nobody invoice without a warning before it has asked VIES about it; a person
may make it one.) Tryton may keep such numbers without their prefix; they are read with it.
Source: trytond_party 8.2, `party.py` (TAX_IDENTIFIER_TYPES, Identifier.check_code), `contact_mechanism.py`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cashpath.records.customer import normal_email
from cashpath.systems.tryton import text

MARK = "cashpath:"
Way = Literal["email", "phone"]
WAYS: tuple[Way, ...] = ("email", "phone")
Row = Mapping[str, Any]

MECHANISM_FIELDS = ("active", "address", "type", "value", "name", "comment", "create_date", "write_date")
IDENTIFIER_FIELDS = ("active", "address", "type", "code", "create_date", "write_date")

# The VAT prefix of each member state of the EU (Greece's is EL) and the United Kingdom, and Tryton's type for it.
_STATES = "AT BE BG CY CZ DE DK EE ES FI FR GB HR HU IE IT LU LV MT NL PL PT RO SE SI SK"
VAT_TYPES: Mapping[str, str] = {
    **{state: f"{state.lower()}_vat" for state in _STATES.split()},
    "EL": "gr_vat",
    "LT": "lt_pvm",
}
PREFIXES: Mapping[str, str] = {type: prefix for prefix, type in VAT_TYPES.items()}


def normal_tax_id(tax_id: str) -> str:
    """A tax number as matching compares it: letters and digits only, in upper case."""
    return re.sub(r"[^0-9A-Z]", "", tax_id.upper())


def normal_phone(phone: str) -> str:
    """A phone number as matching compares it: digits, and the plus that a country code has."""
    return re.sub(r"[^0-9+]", "", phone)


def told_phone(mechanism: Row | None) -> str:
    """The phone number of a mechanism: E.164 where it has a country code, else as a person wrote it."""
    value = str(mechanism["value"] or "") if mechanism else ""
    return normal_phone(value) if value.startswith("+") else value


def held_tax_id(identifier: Row) -> str:
    """The tax number that an identifier holds, normal, with the prefix that its type implies."""
    code, prefix = normal_tax_id(identifier["code"] or ""), PREFIXES.get(identifier["type"] or "", "")
    return code if code.startswith(prefix) else prefix + code


def kept_phone(phone: str, *, plain: bool) -> dict[str, Any]:
    """The contact mechanism for a phone number; `plain` where Tryton refused it as a phone."""
    value = normal_phone(phone)
    is_phone = value.startswith("+") and not plain
    return {"type": "phone" if is_phone else "other", "value": value, "comment": f"{MARK}phone"}


def kept_tax_id(tax_id: str) -> dict[str, Any]:
    """The contact mechanism for the tax number of one place: an address takes no such identifier."""
    return {"type": "other", "name": "Tax ID", "value": normal_tax_id(tax_id), "comment": f"{MARK}tax_id"}


def identifier_of(tax_id: str, *, plain: bool) -> dict[str, Any]:
    """The identifier for a normal tax number; `plain` where Tryton found it invalid."""
    return {"type": None if plain else VAT_TYPES.get(tax_id[:2]), "code": tax_id}


def mechanism_changes(now: Row | None, way: Way, value: str, *, plain: bool) -> list[list[Any]]:
    """The operations that make `now`, the mechanism that stands for `way`, hold a normal `value`."""
    normal = normal_email if way == "email" else normal_phone
    if now is not None and normal(now["value"] or "") == value:
        return []
    new = {"type": "email", "value": value, "comment": MARK + way} if way == "email" else kept_phone(value, plain=plain)
    if now is not None and now["comment"] == MARK + way:
        return [["write", [now["id"]], new]] if value else [["delete", [now["id"]]]]
    return [["create", [{**new, "sequence": 0}]]] if value else []


def tax_changes(now: Row | None, tax_id: str, *, plain: bool) -> list[list[Any]]:
    """The operations that make `now`, the identifier that is the tax number, hold a normal `tax_id`."""
    if now is None:
        return [["create", [identifier_of(tax_id, plain=plain)]]] if tax_id else []
    if held_tax_id(now) == tax_id:
        return []
    return [["write", [now["id"]], identifier_of(tax_id, plain=plain)]] if tax_id else [["delete", [now["id"]]]]


def tax_identifier(identifiers: Sequence[Row]) -> Row | None:
    """The identifier that is the tax number: one of a type for VAT, else the first that is neither ours nor an
    address's."""
    theirs = [i for i in identifiers if i["active"] and not i["address"] and not str(i["code"]).startswith(MARK)]
    vat = (i for i in theirs if i["type"] == "eu_vat" or i["type"] in PREFIXES)
    return next(vat, None) or next(iter(theirs), None)


def email_of(mechanism: Row | None) -> str:
    """The normal address of an email mechanism."""
    return normal_email(mechanism["value"] or "") if mechanism else ""


def line_email(email: str) -> str:
    """An email address as Tryton will hold it."""
    return normal_email(text.line(email))
