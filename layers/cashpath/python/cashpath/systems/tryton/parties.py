"""Customers and companies as Tryton's parties: ours -> theirs, theirs -> ours. Pure.

A party carries its origin as an identifier without type, `cashpath:<origin>`, given in the call that creates it; one
that a person entered gets it with the first write. Contacts are in `contacts`, addresses in `addresses`, what the books
have a say in (terms, accounts, tax) in `terms`, for whom a person buys in `relations`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cashpath.records import Address, Company, Customer, RecordKey
from cashpath.records.record import CUSTOM, Custom
from cashpath.systems.connection import origin_of
from cashpath.systems.tryton import addresses, contacts, relations, terms, text
from cashpath.systems.tryton.addresses import Kept
from cashpath.systems.tryton.books import Books
from cashpath.systems.tryton.contacts import MARK, WAYS, Row, Way, normal_phone, normal_tax_id

READ = (
    *("name", "active", "replaced_by", "create_date", "write_date"),
    *terms.FIELDS,
    *(f"contact_mechanisms.{name}" for name in contacts.MECHANISM_FIELDS),
    *(f"identifiers.{name}" for name in contacts.IDENTIFIER_FIELDS),
    *(f"addresses.{name}" for name in addresses.FIELDS),
)


@dataclass(frozen=True)
class Party:
    """A party and its children, as read from Tryton; what was deactivated is not among `mechanisms` and `addresses`.
    `dated` are all children, for the version; `relations` are there where the options name a type of them."""

    row: Row
    mechanisms: Sequence[Row] = ()
    identifiers: Sequence[Row] = ()
    addresses: Sequence[Row] = ()
    dated: Sequence[Row] = ()
    relations: Sequence[Row] = ()

    @property
    def id(self) -> int:
        """Its id."""
        return int(self.row["id"])

    @property
    def origin(self) -> RecordKey | None:
        """The key that Cashpath left on it; that of a party merged into it is inactive."""
        codes = (str(i["code"]) for i in self.identifiers if i["active"] and not i["address"])
        marked = (origin_of(code.removeprefix(MARK)) for code in codes if code.startswith(MARK))
        return next((origin for origin in marked if origin), None)

    @property
    def is_company(self) -> bool:
        """Tryton has no such mark: a party that carries an origin says it there, any other by a tax identifier."""
        origin = self.origin
        return origin.kind == "company" if origin else bool(self.tax_identifier)

    @property
    def tax_identifier(self) -> Row | None:
        """The identifier that is its tax number."""
        return contacts.tax_identifier(self.identifiers)

    @property
    def kept(self) -> list[Kept]:
        """The addresses that Cashpath keeps."""
        return addresses.kept(self.addresses, self.mechanisms)

    def mechanism(self, way: Way) -> Row | None:
        """The party's own contact mechanism that Cashpath keeps up to date; else the first of that type."""
        own = [m for m in self.mechanisms if not m["address"]]
        ours = (m for m in own if (m["comment"] or "") == MARK + way)
        others = (m for m in own if m["type"] in ((way,) if way == "email" else ("phone", "mobile")))
        return next(ours, None) or next(others, None)

    def place(self, shown: Mapping[str, str], countries: Mapping[int, str]) -> Row | None:
        """An address with this content that is not somebody's own: orders share it."""
        own = {keep.row["id"] for keep in self.kept}
        others = (a for a in self.addresses if a["id"] not in own)
        return next((a for a in others if addresses.held_address(a, countries) == shown), None)


def of_row(row: Row) -> Party:
    """A party as one answer tells it, with its children."""
    mechanisms, identifiers, places = row["contact_mechanisms."], row["identifiers."], row["addresses."]
    return Party(
        row,
        tuple(m for m in mechanisms if m["active"]),
        tuple(identifiers),
        tuple(a for a in places if a["active"]),
        (*mechanisms, *identifiers, *places),
        tuple(row.get("relations.", ())),
    )


def shown(record: Customer | Company, fields: Iterable[str], currency: str = "") -> dict[str, object]:
    """The party as Tryton will hold it, as far as `fields` go: plain data, equal to `held` of what was written.
    `currency` is that of the books, as the settings name it."""
    wanted = set(fields)
    result: dict[str, object] = {}
    match record:
        case Customer():
            if wanted & {"first_name", "last_name"}:
                result["name"] = text.line(record.name)
            if "email" in wanted:
                result["email"] = contacts.line_email(record.email)
        case Company():
            if "name" in wanted:
                result["name"] = text.line(record.name)
    if "tax_id" in wanted:
        result["tax_id"] = normal_tax_id(record.tax_id)
    if "phone" in wanted:
        result["phone"] = normal_phone(record.phone)
    if "archived" in wanted:
        result["archived"] = record.archived
    result.update(addresses.shown(record, wanted))
    result.update(terms.shown(record, wanted, currency))
    names = (name for name in sorted(wanted) if name.startswith(CUSTOM))
    return {**result, **{name: plain(record.custom.get(name.removeprefix(CUSTOM))) for name in names}}


def plain(value: Custom) -> Custom:
    """A mapped value as it is compared: Tryton does not tell an empty text from none."""
    return (text.line(value) or None) if isinstance(value, str) else value


def held(party: Party, names: Iterable[str], books: Books, custom: Mapping[str, Custom]) -> dict[str, object]:
    """What Tryton holds, for the `names` that `shown` gave. `custom` are the mapped fields as read."""
    tax = party.tax_identifier
    wanted = list(names)
    phone = party.mechanism("phone")
    everything: dict[str, object] = {
        "name": party.row["name"] or "",
        "email": contacts.email_of(party.mechanism("email")),
        "phone": normal_phone(phone["value"] or "") if phone else "",
        "tax_id": contacts.held_tax_id(tax) if tax else "",
        "archived": not party.row["active"],
        **addresses.held(party.kept, wanted, books.country_codes),
        **terms.held(party.row, books),
        **relations.held(party.relations, books.relations),
        **{CUSTOM + name: plain(value) for name, value in custom.items()},
    }
    return {name: everything[name] for name in wanted}


def values(
    party: Party | None, key: RecordKey, wanted: Mapping[str, object], now: Mapping[str, object], *, plain: bool
) -> dict[str, Any]:
    """The values for one call of `party.party` create or write: what differs of everything but addresses, terms,
    relations and `archived`.

    `now` is what is held of `wanted`, empty where the party is created. `plain`: Tryton refused the phone or the tax
    number as what they look like.
    """
    result: dict[str, Any] = {}
    if "name" in wanted and now.get("name") != wanted["name"]:
        result["name"] = wanted["name"]
    mechanisms = [
        op
        for way in WAYS
        if way in wanted
        for op in contacts.mechanism_changes(
            party.mechanism(way) if party else None, way, str(wanted[way]), plain=plain
        )
    ]
    if mechanisms:
        result["contact_mechanisms"] = mechanisms
    if identifiers := _identifiers(party, key, wanted, plain=plain):
        result["identifiers"] = identifiers
    return result


def _identifiers(party: Party | None, key: RecordKey, wanted: Mapping[str, object], *, plain: bool) -> list[list[Any]]:
    """The operations on identifiers: the origin where there is none yet, and the tax number."""
    operations: list[list[Any]] = []
    if party is None or party.origin is None:
        operations.append(["create", [{"code": f"{MARK}{key}"}]])
    if "tax_id" in wanted:
        now = party.tax_identifier if party else None
        operations.extend(contacts.tax_changes(now, str(wanted["tax_id"]), plain=plain))
    return operations


def customer(key: RecordKey, party: Party, books: Books, custom: Mapping[str, Custom]) -> Customer:
    """The party as a person. Tryton keeps one name: its last word is taken for the family name."""
    first, _, last = (party.row["name"] or "").rpartition(" ")
    countries = books.country_codes
    others = (keep.row for keep in party.kept if keep.tail == addresses.OTHER)
    buys_for, further = relations.told(party.relations, books.relations)
    return Customer(
        key=key,
        first_name=first,
        last_name=last,
        email=contacts.email_of(party.mechanism("email")),
        locale=terms.locale(party.row, books),
        addresses=tuple(addresses.canonical_address(row, countries) for row in others),
        company=RecordKey(key.system, "company", buys_for) if buys_for else None,
        also_for=tuple(RecordKey(key.system, "company", id) for id in further),
        **_account(party, books, custom),
    )


def company(key: RecordKey, party: Party, books: Books, custom: Mapping[str, Custom]) -> Company:
    """The party as an organisation."""
    return Company(
        key=key,
        name=party.row["name"] or "",
        locations=addresses.locations(party.kept, books.country_codes),
        **_account(party, books, custom),
    )


def _account(party: Party, books: Books, custom: Mapping[str, Custom]) -> dict[str, Any]:
    """What people and companies have in common."""
    tax = party.tax_identifier
    return {
        "tax_id": contacts.held_tax_id(tax) if tax else "",
        "phone": contacts.told_phone(party.mechanism("phone")),
        "address": _address(party, books.country_codes),
        "archived": not party.row["active"],
        "custom": dict(custom),
        **terms.told(party.row, books),
    }


def _address(party: Party, countries: Mapping[int, str]) -> Address | None:
    """The default address; of a party that was entered by hand, its first."""
    keeps = party.kept
    main = next((keep.row for keep in keeps if keep.tail == addresses.MAIN), None)
    first = next(iter(party.addresses), None) if not keeps and party.origin is None else None
    row = main or first
    return addresses.canonical_address(row, countries) if row else None
