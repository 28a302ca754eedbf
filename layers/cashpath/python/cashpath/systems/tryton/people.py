"""Reads and writes parties: customers and companies. Stands between the port (`client`) and the database."""

from collections.abc import Mapping, Sequence
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import Address, Company, Customer, Kind, RecordKey, SystemId
from cashpath.records.customer import normal_email
from cashpath.systems.port import Reading, Wanted, Written
from cashpath.systems.tryton import parties
from cashpath.systems.tryton.books import Books, Database
from cashpath.systems.tryton.changes import newest
from cashpath.systems.tryton.parties import MARK, Party


class People:
    """Parties of one database."""

    def __init__(self, database: Database, system: SystemId) -> None:
        self._database = database
        self._system = system

    def parties(self, ids: Sequence[int]) -> dict[int, Party]:
        """The parties with these ids that exist, with their children: one request, however many."""
        rows = self._database.search("party.party", [("id", "in", list(ids))], parties.READ) if ids else []
        return {row["id"]: parties.of_row(row) for row in rows}

    def party(self, id: str) -> Party | None:
        """One party, or None where there is none."""
        return self.parties([int(id)]).get(int(id)) if id.isdecimal() else None

    def reading(self, kind: Kind, party: Party, books: Books) -> Reading:
        """The party as the port tells it."""
        at = self._key(kind, party.row["id"])
        countries = books.country_codes
        make = parties.company if kind == "company" else parties.customer
        survivor = party.row["replaced_by"]
        return Reading(
            at=at,
            record=make(at, party, countries),
            version=newest(party.row, *party.mechanisms, *party.identifiers, *party.addresses),
            origin=party.origin,
            merged_into=self._key(kind, survivor) if survivor else None,
        )

    def kinds(self, ids: Sequence[int]) -> dict[int, Kind]:
        """Which of these parties are people and which are companies."""
        return {
            id: "company" if party.is_company else "customer" for id, party in self.parties(sorted(set(ids))).items()
        }

    def by_email(self, email: str) -> list[Party]:
        """The active parties with this email address, however it is capitalised; oldest first."""
        wanted = normal_email(email)
        domain = [("type", "=", "email"), ("value", "ilike", wanted), ("active", "=", True)]
        found = self._database.search("party.contact_mechanism", domain, ("party", "value"))
        return self._active([m["party"] for m in found if normal_email(m["value"] or "") == wanted])

    def by_tax_id(self, tax_id: str) -> list[Party]:
        """The active parties with this tax number, however it is spaced; oldest first."""
        wanted = parties.normal_tax_id(tax_id)
        if not wanted:
            return []
        domain = [("code", "ilike", "%".join(wanted)), ("active", "=", True)]
        found = self._database.search("party.identifier", domain, ("party", "code"))
        return self._active([i["party"] for i in found if parties.normal_tax_id(i["code"]) == wanted])

    def find(self, origin: RecordKey) -> str | None:
        """The party that carries this origin key."""
        found = self._database.search(
            "party.identifier", [("code", "=", f"{MARK}{origin}"), ("address", "=", None)], ("party",), limit=1
        )
        return str(found[0]["party"]) if found else None

    def write(self, wanted: Wanted, shown: Mapping[str, object]) -> Written:
        """Create or update a party, then its address: two calls, each whole by itself."""
        record = wanted.record
        assert isinstance(record, Customer | Company)
        books = self._database.books(wanted.brand)
        party = self._target(wanted)
        values = parties.values(party, shown)
        if party is None:
            identifiers = values.pop("identifiers", [])
            origin = [["create", [{"code": f"{MARK}{record.key}"}]]]
            (id,) = self._database.writes(
                "model.party.party.create", [{**values, "identifiers": [*origin, *identifiers]}]
            )
            party, created = Party({"id": id, "name": values.get("name")}), True
        else:
            created = False
            if values:
                self._database.writes("model.party.party.write", [party.row["id"]], values)
        if "address" in shown and record.address is not None:
            self._own_address(party, parties.main_address_code(record.key), record.address, books)
        return Written(id=str(party.row["id"]), created=created)

    def _own_address(self, party: Party, code: str, address: Address, books: Books) -> None:
        """Create the party's own address, with its key in the same call, or bring it up to date."""
        shown = parties.shown_address(address)
        now = party.address(code)
        if now is None:
            key = {"party": party.row["id"], "type": "other", "name": "Cashpath", "value": code}
            self._create_address(party, {"contact_mechanisms": [["create", [key]]]}, address, books)
        elif parties.held_address(now, books.country_codes) != shown:
            self._database.writes("model.party.address.write", [now["id"]], self._address_values(shown, address, books))

    def place(self, party: Party, address: Address, books: Books) -> int:
        """The id of an address of the party with this content, created where it has none."""
        now = party.place(parties.shown_address(address), books.country_codes)
        return int(now["id"]) if now else self._create_address(party, {}, address, books)

    def _create_address(self, party: Party, more: Mapping[str, Any], address: Address, books: Books) -> int:
        values = self._address_values(parties.shown_address(address), address, books)
        (id,) = self._database.writes("model.party.address.create", [{**values, **more, "party": party.row["id"]}])
        return int(id)

    def erase(self, id: str) -> None:
        """Deactivate the party and run Tryton's own wizard, which blanks name, addresses, contacts and identifiers
        and refuses while a sale or invoice of the party is open: then the party is active again."""
        party = self.party(id)
        if party is None:
            return
        self._database.writes("model.party.party.write", [party.row["id"]], {"active": False})
        session, *_ = self._database.writes("wizard.party.erase.create")
        try:
            ask = {"ask": {"party": party.row["id"]}}
            self._database.writes("wizard.party.erase.execute", session, ask, "erase")
        except NeedsPerson:
            self._database.writes("model.party.party.write", [party.row["id"]], {"active": True})
            raise
        self._database.writes("wizard.party.erase.delete", session)

    def _target(self, wanted: Wanted) -> Party | None:
        if wanted.id is None:
            return None
        party = self.party(wanted.id)
        if party is None or party.row["replaced_by"]:
            what = "is gone" if party is None else f"was merged into party {party.row['replaced_by']}"
            raise NeedsPerson(
                f"{wanted.record.key} is linked to party {wanted.id} of Tryton, which {what}",
                remedy=f"link {wanted.record.key} to the right party, then redrive",
                owner="erp",
                code="target_gone",
            )
        return party

    def _address_values(self, shown: Mapping[str, str], address: Address, books: Books) -> dict[str, Any]:
        code = shown["country"]
        if code and code not in books.countries:
            raise NeedsPerson(
                f"Tryton has no country {code}",
                remedy="run trytond_import_countries for the database, then redrive",
                owner="erp",
                code="no_country",
            )
        country = books.countries.get(code)
        subdivision = None
        if country and address.region:
            domain = [("country", "=", country), ("code", "=", f"{code}-{address.region.upper()}")]
            found = self._database.search("country.subdivision", domain, ("code",), limit=1)
            subdivision = found[0]["id"] if found else None
        return parties.address_values(shown, country, subdivision)

    def _active(self, ids: Sequence[int]) -> list[Party]:
        found = self.parties(sorted(set(ids)))
        return [found[id] for id in sorted(found) if found[id].row["active"]]

    def _key(self, kind: Kind, id: int) -> RecordKey:
        return RecordKey(self._system, kind, str(id))
