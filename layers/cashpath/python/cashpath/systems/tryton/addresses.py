"""Addresses of Tryton and ours: content both ways, and which of a party's addresses Cashpath keeps. Pure.

An address that a customer or company has for itself carries its key in a contact mechanism of its own, of type `other`:
an address takes identifiers of official registers only (trytond_party 8.2, `address.py`). Addresses that orders name
carry none and are found by their content, so that what changes later at the customer leaves past sales as they were.
What somebody added by hand is never touched. An address that is no longer wanted is deactivated: sales may name it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cashpath.records import Address, Company, Customer, RecordKey
from cashpath.records.customer import Location
from cashpath.systems.tryton import text
from cashpath.systems.tryton.contacts import MARK, Row, kept_phone, kept_tax_id, normal_phone, normal_tax_id

FIELDS = (
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
MAIN, OTHER, LOCATION = "#address", "#other", "#location-"
UNNAMED = "Cashpath"  # what a mark is called where the place has no name of its own
KEPT: Mapping[str, str] = {"address": MAIN, "addresses": OTHER, "locations": LOCATION}
_NONE = Address()


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


def address_values(address: Address, country: int | None, subdivision: int | None) -> dict[str, Any]:
    """The values that make an address of Tryton."""
    shown = shown_address(address)
    return {
        "attn": shown["attn"] or None,
        "party_name": shown["company"] or None,
        "street": shown["street"] or None,
        "city": shown["city"] or None,
        "postal_code": shown["postcode"] or None,
        "country": country,
        "subdivision": subdivision,
    }


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


@dataclass(frozen=True, kw_only=True)
class Place:
    """An address that a record has for itself: `tail` says which one, the rest is what a company's location is
    besides."""

    tail: str
    address: Address
    name: str = ""
    phone: str = ""
    tax_id: str = ""

    @property
    def shown(self) -> dict[str, object]:
        """The place as Tryton will hold it."""
        return {
            "name": text.line(self.name),
            "address": shown_address(self.address),
            "phone": normal_phone(self.phone),
            "tax_id": normal_tax_id(self.tax_id),
        }


def places(record: Customer | Company, names: Iterable[str]) -> list[Place]:
    """The addresses of `record` itself, as far as the canonical fields `names` go; each content once."""
    wanted = set(names)
    found: list[Place] = []
    if "address" in wanted and record.address is not None:
        found.append(Place(tail=MAIN, address=record.address))
    if "addresses" in wanted and isinstance(record, Customer):
        others = {_sorted(shown_address(address)): address for address in record.addresses}
        found.extend(Place(tail=OTHER, address=others[content]) for content in sorted(others))
    if "locations" in wanted and isinstance(record, Company):
        locations = {location.key: location for location in record.locations}
        found.extend(_location(locations[key]) for key in sorted(locations))
    return found


def _location(location: Location) -> Place:
    return Place(
        tail=LOCATION + text.line(location.key),
        address=location.address or _NONE,
        name=location.name,
        phone=location.phone,
        tax_id=location.tax_id,
    )


def shown(record: Customer | Company, fields: Iterable[str]) -> dict[str, object]:
    """What `normalised` says of addresses: the default one, the others whatever their order, locations by key."""
    wanted = set(fields)
    result: dict[str, object] = {}
    if "address" in wanted:
        result["address"] = shown_address(record.address) if record.address else None
    if "addresses" in wanted and isinstance(record, Customer):
        result["addresses"] = [shown_address(place.address) for place in places(record, ("addresses",))]
    if "locations" in wanted and isinstance(record, Company):
        result["locations"] = [
            {"key": place.tail.removeprefix(LOCATION), **place.shown} for place in places(record, ("locations",))
        ]
    return result


@dataclass(frozen=True)
class Kept:
    """An address of a party that Cashpath keeps, as read: its row, its mark, and the contact mechanisms with it."""

    row: Row
    mark: Row
    mechanisms: Sequence[Row]

    @property
    def tail(self) -> str:
        """Which one it is."""
        value = str(self.mark["value"])
        return value[value.rfind("#") :] if LOCATION not in value else value[value.index(LOCATION) :]

    @property
    def phone(self) -> Row | None:
        """The contact mechanism of the place's own phone."""
        return next((m for m in self.mechanisms if m["comment"] == MARK + "phone"), None)

    @property
    def tax_id(self) -> Row | None:
        """What holds the place's own tax number."""
        return next((m for m in self.mechanisms if m["comment"] == MARK + "tax_id"), None)

    def shown(self, countries: Mapping[int, str]) -> dict[str, object]:
        """The place in the form of `Place.shown`."""
        name = self.mark["name"] or ""
        return {
            "name": "" if name == UNNAMED else name,
            "address": held_address(self.row, countries),
            "phone": normal_phone(self.phone["value"] or "") if self.phone else "",
            "tax_id": normal_tax_id(self.tax_id["value"] or "") if self.tax_id else "",
        }


def kept(addresses: Iterable[Row], mechanisms: Iterable[Row]) -> list[Kept]:
    """Those of a party's addresses that carry a mark of ours, oldest first."""
    by_address: dict[int, list[Row]] = {}
    for mechanism in mechanisms:
        if mechanism["address"]:
            by_address.setdefault(mechanism["address"], []).append(mechanism)
    found: list[Kept] = []
    for row in sorted(addresses, key=lambda row: int(row["id"])):
        own = by_address.get(row["id"], [])
        mark = next((m for m in own if (m["value"] or "").startswith(MARK) and "#" in m["value"]), None)
        if mark is not None:
            found.append(Kept(row, mark, own))
    return found


def held(keeps: Sequence[Kept], names: Iterable[str], countries: Mapping[int, str]) -> dict[str, object]:
    """What Tryton holds of addresses, for the `names` that `shown` gave."""
    mains = [held_address(k.row, countries) for k in keeps if k.tail == MAIN]
    others = {_sorted(held_address(k.row, countries)): held_address(k.row, countries) for k in keeps if k.tail == OTHER}
    at = {k.tail.removeprefix(LOCATION): k for k in keeps if k.tail.startswith(LOCATION)}
    everything: dict[str, object] = {
        "address": mains[0] if mains else None,
        "addresses": [others[content] for content in sorted(others)],
        "locations": [{"key": key, **at[key].shown(countries)} for key in sorted(at)],
    }
    return {name: value for name, value in everything.items() if name in set(names)}


def locations(keeps: Sequence[Kept], countries: Mapping[int, str]) -> tuple[Location, ...]:
    """A company's places as ours."""
    found = []
    for keep in keeps:
        if keep.tail.startswith(LOCATION):
            now, address = keep.shown(countries), canonical_address(keep.row, countries)
            found.append(
                Location(
                    key=keep.tail.removeprefix(LOCATION),
                    name=str(now["name"]),
                    address=address if address != _NONE else None,
                    phone=str(now["phone"]),
                    tax_id=str(now["tax_id"]),
                )
            )
    return tuple(found)


@dataclass(frozen=True)
class Changes:
    """What has to be done with a party's addresses: places to create, to bring up to date, and to deactivate."""

    create: tuple[Place, ...] = ()
    update: tuple[tuple[Kept, Place], ...] = ()
    end: tuple[int, ...] = ()


def changes(
    keeps: Sequence[Kept], record: Customer | Company, names: Iterable[str], countries: Mapping[int, str]
) -> Changes:
    """What makes the kept addresses those that `record` has, as far as the canonical fields `names` go."""
    tails = tuple(KEPT[name] for name in names if name in KEPT)
    left = [keep for keep in keeps if keep.tail.startswith(tails)] if tails else []
    create: list[Place] = []
    update: list[tuple[Kept, Place]] = []
    for place in places(record, names):
        now = next((keep for keep in left if _is(keep, place, countries)), None)
        if now is None:
            create.append(place)
            continue
        left.remove(now)
        if now.shown(countries) != place.shown:
            update.append((now, place))
    return Changes(tuple(create), tuple(update), tuple(keep.row["id"] for keep in left))


def _is(keep: Kept, place: Place, countries: Mapping[int, str]) -> bool:
    """The default address and locations are found by their key, the others by their content."""
    if keep.tail != place.tail:
        return False
    return place.tail != OTHER or held_address(keep.row, countries) == shown_address(place.address)


def new_mechanisms(place: Place, key: RecordKey, party: int, *, plain: bool) -> list[dict[str, Any]]:
    """The contact mechanisms that come with a new address: its mark, and a location's own phone and tax number."""
    mark = {"type": "other", "name": text.line(place.name) or UNNAMED, "value": f"{MARK}{key}{place.tail}"}
    own = [mark, *_own(place, plain=plain).values()]
    return [{**mechanism, "party": party} for mechanism in own]


def mechanism_changes(keep: Kept, place: Place, party: int, *, plain: bool) -> list[list[Any]]:
    """The operations that bring a kept address's contact mechanisms up to date."""
    operations: list[list[Any]] = []
    name = text.line(place.name) or UNNAMED
    if keep.mark["name"] != name:
        operations.append(["write", [keep.mark["id"]], {"name": name}])
    wanted = _own(place, plain=plain)
    for what, now in (("phone", keep.phone), ("tax_id", keep.tax_id)):
        new = wanted.get(what)
        if now is None and new is not None:
            operations.append(["create", [{**new, "party": party}]])
        elif now is not None and new is None:
            operations.append(["delete", [now["id"]]])
        elif now is not None and new is not None and keep.shown({})[what] != place.shown[what]:
            operations.append(["write", [now["id"]], new])
    return operations


def _own(place: Place, *, plain: bool) -> dict[str, dict[str, Any]]:
    phone = kept_phone(place.phone, plain=plain) if normal_phone(place.phone) else None
    tax = kept_tax_id(place.tax_id) if normal_tax_id(place.tax_id) else None
    return {name: value for name, value in (("phone", phone), ("tax_id", tax)) if value is not None}


def _sorted(shown: Mapping[str, str]) -> str:
    return json.dumps(shown, sort_keys=True, ensure_ascii=False)
