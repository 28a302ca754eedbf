"""Customers and companies as Tryton's parties: ours -> theirs, theirs -> ours. Pure.

A party carries its origin as an identifier without type, `cashpath:<origin>`, given in the call that creates it.
Email and phone are contact mechanisms marked in their comment, so that one somebody added by hand is left alone. The
address of a customer carries its key in a contact mechanism of its own, of type `other`: an address takes identifiers
of official registers only (trytond_party 8.2, `address.py`). Addresses that orders name are found by their content, so
that what changes later at the customer leaves past sales as they were. A phone number without country code is kept as
`other` too: Tryton checks phones.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cashpath.records import Address, Company, Customer, RecordKey
from cashpath.records.customer import normal_email
from cashpath.systems.connection import origin_of
from cashpath.systems.tryton import text

MARK = "cashpath:"
Way = Literal["email", "phone"]
WAYS: tuple[Way, ...] = ("email", "phone")
Row = Mapping[str, Any]

ADDRESS_FIELDS = (
    "active",
    "party_name",
    "attn",
    "street",
    "postal_code",
    "city",
    "country",
    "subdivision",
    "create_date",
    "write_date",
)
MECHANISM_FIELDS = ("active", "address", "type", "value", "comment", "create_date", "write_date")
IDENTIFIER_FIELDS = ("address", "type", "code", "create_date", "write_date")
READ = (
    *("name", "active", "replaced_by", "create_date", "write_date"),
    *(f"contact_mechanisms.{name}" for name in MECHANISM_FIELDS),
    *(f"identifiers.{name}" for name in IDENTIFIER_FIELDS),
    *(f"addresses.{name}" for name in ADDRESS_FIELDS),
)


@dataclass(frozen=True)
class Party:
    """A party and its children, as read from Tryton."""

    row: Row
    mechanisms: Sequence[Row] = ()
    identifiers: Sequence[Row] = ()
    addresses: Sequence[Row] = ()

    @property
    def origin(self) -> RecordKey | None:
        """The key that Cashpath left on it."""
        codes = (str(i["code"]) for i in self.identifiers if not i["address"])
        marked = (origin_of(code.removeprefix(MARK)) for code in codes if code.startswith(MARK))
        return next((origin for origin in marked if origin), None)

    @property
    def is_company(self) -> bool:
        """Tryton has no such mark: a party that we made says it in its origin, any other by a tax identifier."""
        origin = self.origin
        return origin.kind == "company" if origin else bool(self.tax_identifier)

    @property
    def tax_identifier(self) -> Row | None:
        """The identifier that is a tax number: the first that is neither ours nor an address's."""
        return next((i for i in self.identifiers if not i["address"] and not str(i["code"]).startswith(MARK)), None)

    def mechanism(self, way: Way) -> Row | None:
        """The contact mechanism that Cashpath keeps up to date; else the first of that type."""
        ours = (m for m in self.mechanisms if (m["comment"] or "") == MARK + way)
        others = (m for m in self.mechanisms if m["type"] in ((way,) if way == "email" else ("phone", "mobile")))
        return next(ours, None) or next(others, None)

    def address(self, code: str) -> Row | None:
        """The address that carries the key `code`."""
        ids = {m["address"] for m in self.mechanisms if m["address"] and m["value"] == code}
        return next((a for a in self.addresses if a["id"] in ids), None)

    def place(self, shown: Mapping[str, str], countries: Mapping[int, str]) -> Row | None:
        """An address with this content that is not somebody's own: orders share it."""
        own = {m["address"] for m in self.mechanisms if m["address"] and (m["value"] or "").startswith(MARK)}
        others = (a for a in self.addresses if a["id"] not in own)
        return next((a for a in others if held_address(a, countries) == shown), None)


def of_row(row: Row) -> Party:
    """A party as one answer tells it, with its children; what was deactivated is left out."""
    mechanisms = tuple(m for m in row["contact_mechanisms."] if m["active"])
    addresses = tuple(a for a in row["addresses."] if a["active"])
    return Party(row, mechanisms, tuple(row["identifiers."]), addresses)


def main_address_code(key: RecordKey) -> str:
    """The key of the address that a customer or company has itself."""
    return f"{MARK}{key}#address"


def normal_tax_id(tax_id: str) -> str:
    """A tax number as matching compares it: letters and digits only, in upper case."""
    return re.sub(r"[^0-9A-Z]", "", tax_id.upper())


def normal_phone(phone: str) -> str:
    """A phone number as matching compares it: digits, and the plus that a country code has."""
    return re.sub(r"[^0-9+]", "", phone)


def shown_address(address: Address) -> dict[str, str]:
    """An address as Tryton will hold it. Region is kept where Tryton knows it, and not compared."""
    return {
        "attn": text.line(address.name),
        "company": text.line(address.company),
        "street": text.lines(f"{address.street}\n{address.street2}"),
        "city": text.line(address.city),
        "postcode": text.line(address.postcode),
        "country": text.line(address.country).upper(),
    }


def held_address(row: Row, countries: Mapping[int, str]) -> dict[str, str]:
    """An address of Tryton in the same form."""
    return {
        "attn": row["attn"] or "",
        "company": row["party_name"] or "",
        "street": text.lines(row["street"] or ""),
        "city": row["city"] or "",
        "postcode": row["postal_code"] or "",
        "country": countries.get(row["country"] or 0, ""),
    }


def address_values(shown: Mapping[str, str], country: int | None, subdivision: int | None) -> dict[str, Any]:
    """The values that make an address of Tryton."""
    return {
        "attn": shown["attn"] or None,
        "party_name": shown["company"] or None,
        "street": shown["street"] or None,
        "city": shown["city"] or None,
        "postal_code": shown["postcode"] or None,
        "country": country,
        "subdivision": subdivision,
    }


def shown(record: Customer | Company, fields: Iterable[str]) -> dict[str, object]:
    """The party as Tryton will hold it, as far as `fields` go: plain data, equal to `held` of what was written."""
    wanted = set(fields)
    result: dict[str, object] = {}
    match record:
        case Customer():
            if wanted & {"first_name", "last_name"}:
                result["name"] = text.line(record.name)
            if "email" in wanted:
                result["email"] = normal_email(text.line(record.email))
        case Company():
            if "name" in wanted:
                result["name"] = text.line(record.name)
            if "tax_id" in wanted:
                result["tax_id"] = normal_tax_id(record.tax_id)
    if "phone" in wanted:
        result["phone"] = normal_phone(record.phone)
    if "address" in wanted:
        result["address"] = shown_address(record.address) if record.address else None
    return result


def held(party: Party, key: RecordKey, names: Iterable[str], countries: Mapping[int, str]) -> dict[str, object]:
    """What Tryton holds, for the `names` that `shown` gave."""
    email, phone = party.mechanism("email"), party.mechanism("phone")
    tax, address = party.tax_identifier, party.address(main_address_code(key))
    everything: dict[str, object] = {
        "name": party.row["name"] or "",
        "email": normal_email(email["value"] or "") if email else "",
        "phone": normal_phone(phone["value"] or "") if phone else "",
        "tax_id": normal_tax_id(tax["code"]) if tax else "",
        "address": held_address(address, countries) if address else None,
    }
    return {name: everything[name] for name in names}


def values(party: Party | None, wanted: Mapping[str, object]) -> dict[str, Any]:
    """The values for one call of `party.party` create or write: what differs of name, contact and tax number.

    The address is written by itself: its identifier needs the party's id.
    """
    result: dict[str, Any] = {}
    if "name" in wanted and (party is None or (party.row["name"] or "") != wanted["name"]):
        result["name"] = wanted["name"]
    mechanisms = [op for way in WAYS if way in wanted for op in _mechanism(party, way, str(wanted[way]))]
    if mechanisms:
        result["contact_mechanisms"] = mechanisms
    if "tax_id" in wanted and (identifiers := _tax(party, str(wanted["tax_id"]))):
        result["identifiers"] = identifiers
    return result


def _mechanism(party: Party | None, way: Way, value: str) -> list[list[Any]]:
    now = party.mechanism(way) if party else None
    normal = normal_email if way == "email" else normal_phone
    if now is not None and normal(now["value"] or "") == value:
        return []
    new = {"type": way if way == "email" or value.startswith("+") else "other", "value": value, "comment": MARK + way}
    ours = now is not None and now["comment"] == MARK + way
    if ours and now is not None:
        return [["write", [now["id"]], new]] if value else [["delete", [now["id"]]]]
    return [["create", [{**new, "sequence": 0}]]] if value else []


def _tax(party: Party | None, tax_id: str) -> list[list[Any]]:
    now = party.tax_identifier if party else None
    if now is not None:
        if normal_tax_id(now["code"]) == tax_id:
            return []
        return [["write", [now["id"]], {"type": None, "code": tax_id}]] if tax_id else [["delete", [now["id"]]]]
    return [["create", [{"code": tax_id}]]] if tax_id else []


def customer(key: RecordKey, party: Party, countries: Mapping[int, str]) -> Customer:
    """The party as a person. Tryton keeps one name: its last word is taken for the family name."""
    first, _, last = (party.row["name"] or "").rpartition(" ")
    email, phone = party.mechanism("email"), party.mechanism("phone")
    return Customer(
        key=key,
        first_name=first,
        last_name=last,
        email=normal_email(email["value"] or "") if email else "",
        phone=(phone["value"] or "") if phone else "",
        address=_address(party, countries),
    )


def company(key: RecordKey, party: Party, countries: Mapping[int, str]) -> Company:
    """The party as an organisation."""
    phone, tax = party.mechanism("phone"), party.tax_identifier
    return Company(
        key=key,
        name=party.row["name"] or "",
        tax_id=tax["code"] if tax else "",
        phone=(phone["value"] or "") if phone else "",
        address=_address(party, countries),
    )


def canonical_address(row: Row, countries: Mapping[int, str]) -> Address:
    """An address of Tryton as ours."""
    now = held_address(row, countries)
    street, _, street2 = now["street"].partition("\n")
    return Address(
        name=now["attn"],
        company=now["company"],
        street=street,
        street2=street2,
        city=now["city"],
        postcode=now["postcode"],
        country=now["country"],
    )


def _address(party: Party, countries: Mapping[int, str]) -> Address | None:
    origin = party.origin
    main = party.address(main_address_code(origin)) if origin else None
    row = main or next(iter(party.addresses), None)
    return canonical_address(row, countries) if row else None
