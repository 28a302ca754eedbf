"""Writes addresses of parties: those that a party keeps for itself, and those that its orders name.

Stands between `people` and `orders` and the database. Many parties' addresses are created in one call and changed in
another; regions are looked up once for all of them, before anything is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import Address, RecordKey
from cashpath.systems.tryton import addresses
from cashpath.systems.tryton.addresses import Changes
from cashpath.systems.tryton.books import Books, Database
from cashpath.systems.tryton.parties import Party


@dataclass(frozen=True)
class Moves:
    """What has to be done with the addresses of one party, kept for the record `key`."""

    party: int
    key: RecordKey
    changes: Changes


class Places:
    """Addresses in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._regions: dict[str, int | None] = {}

    def of(self, party: Party, address: Address, books: Books) -> int:
        """The id of an address of the party with this content, created where it has none."""
        now = party.place(addresses.shown_address(address), books.country_codes)
        if now:
            return int(now["id"])
        self.prepare([address], books)
        values = {**self._values(address, books), "party": party.id}
        (id,) = self._database.writes("model.party.address.create", [values])
        return int(id)

    def prepare(self, wanted: Iterable[Address], books: Books) -> None:
        """Look up what these addresses need. Raises NeedsPerson where Tryton does not know a country."""
        codes: set[str] = set()
        for address in wanted:
            code = addresses.shown_address(address)["country"]
            if code and code not in books.countries:
                raise NeedsPerson(
                    f"Tryton has no country {code}",
                    remedy="correct the country at its source; if Tryton lacks it, run trytond_import_countries; "
                    "then redrive",
                    owner="erp",
                    code="no_country",
                )
            if code and address.region:
                codes.add(_region(code, address))
        if missing := sorted(codes - self._regions.keys()):
            found = self._database.search("country.subdivision", [("code", "in", missing)], ("code",))
            self._regions.update({**dict.fromkeys(missing), **{row["code"]: row["id"] for row in found}})

    def write(self, moves: Sequence[Moves], books: Books, *, plain: bool) -> None:
        """Create what is missing in one call, bring up to date and deactivate in another; `prepare` comes first."""
        created = [self._created(one, place, books, plain=plain) for one in moves for place in one.changes.create]
        if created:
            self._database.writes("model.party.address.create", created)
        changed = [pair for one in moves for pair in self._changed(one, books, plain=plain)]
        if changed:
            self._database.writes("model.party.address.write", *(part for pair in changed for part in pair))

    def _created(self, one: Moves, place: addresses.Place, books: Books, *, plain: bool) -> dict[str, Any]:
        mechanisms = addresses.new_mechanisms(place, one.key, one.party, plain=plain)
        return {
            **self._values(place.address, books),
            "party": one.party,
            "contact_mechanisms": [["create", mechanisms]],
        }

    def _changed(self, one: Moves, books: Books, *, plain: bool) -> Iterable[tuple[list[int], dict[str, Any]]]:
        for keep, place in one.changes.update:
            mechanisms = addresses.mechanism_changes(keep, place, one.party, plain=plain)
            values = self._values(place.address, books)
            yield [keep.row["id"]], {**values, **({"contact_mechanisms": mechanisms} if mechanisms else {})}
        if one.changes.end:
            yield list(one.changes.end), {"active": False}

    def _values(self, address: Address, books: Books) -> Mapping[str, Any]:
        code = addresses.shown_address(address)["country"]
        region = self._regions.get(_region(code, address)) if code and address.region else None
        return addresses.address_values(address, books.countries.get(code), region)


def _region(country: str, address: Address) -> str:
    return f"{country}-{address.region.upper()}"
