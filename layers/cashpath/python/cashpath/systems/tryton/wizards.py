"""Merging and erasing parties, by Tryton's own wizards. Stands between the port (`client`) and the database.

Tryton's wizard that erases blanks name, addresses, contacts and identifiers of a party and of those merged into it, and
refuses while a sale, invoice, shipment or payment of it is open. What it leaves is cleared here: the compact forms of
contacts and identifiers, and notes on sales and invoices. Sales, invoices and moves stay, and so do the printed
invoices that Tryton keeps, which it lets nobody change.
Source: trytond_party 8.2, `party.py` (Replace, Erase); trytond_company 8.2, `party.py` (Erase.check_erase).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.systems.tryton import relations
from cashpath.systems.tryton.books import Database
from cashpath.systems.tryton.facts import relates
from cashpath.systems.tryton.people import People

BLANK = "****"  # what Tryton's wizard writes where something is required
# Warnings by which the wizard asks a person whether parties that differ in name or tax number are really the same.
ASKS = ("party.replace name {} {}", "party.replace tax_identifier {} {}")


class Wizards:
    """Merging and erasing in one database."""

    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    def merge(self, loser: str, survivor: str) -> None:
        """Replace one party by another everywhere. Safe to repeat.

        Raises NeedsPerson where one of them is gone, or the loser went to somebody else.
        """
        found = self._people.parties([int(id) for id in (loser, survivor) if id.isdecimal()])
        one, other = (found.get(int(id)) if id.isdecimal() else None for id in (loser, survivor))
        if one is not None and str(one.row["replaced_by"] or "") == survivor:
            return
        if one is None or other is None or one.row["replaced_by"] or other.row["replaced_by"] or loser == survivor:
            raise NeedsPerson(
                f"party {loser} of Tryton cannot be merged into party {survivor}: one of them is gone or merged away",
                remedy="merge them by hand in Tryton (Party, Replace), or link the record to the right party",
                owner="erp",
                code="target_gone",
            )
        for asks in ASKS:
            self._database.writes("model.res.user.warning.skip", asks.format(loser, survivor), False)
        with self._wizard("party.replace") as run:
            run({"ask": {"source": one.id, "destination": other.id}}, "replace")

    def erase(self, id: str) -> None:
        """Blank everything personal of a party. Safe to repeat, after a kill too.

        Raises NeedsPerson where Tryton refuses; the party is then as active as before.
        """
        party = self._people.party(id)
        if party is None:
            return
        ids = [party.id, *self._merged_into(party.id)]
        if party.row["active"]:
            self._database.writes("model.party.party.write", [party.id], {"active": False})
        try:
            with self._wizard("party.erase") as run:
                run({"ask": {"party": party.id}}, "erase")
        except NeedsPerson as fault:
            if party.row["active"]:
                self._database.writes("model.party.party.write", [party.id], {"active": True})
            raise NeedsPerson(
                f"Tryton does not erase party {id} yet: {fault}",
                remedy="finish or cancel its open sales, shipments, invoices and payments in Tryton, then redrive",
                owner="erp",
                code="erase_refused",
            ) from fault
        self._clear_what_is_left(ids)

    def _merged_into(self, id: int) -> list[int]:
        """The parties that were merged into this one, and into those."""
        found: list[int] = []
        level = [id]
        while level:
            rows = self._database.search("party.party", [("replaced_by", "in", level)], ("name",))
            level = [row["id"] for row in rows if row["id"] not in found]
            found.extend(level)
        return found

    def _clear_what_is_left(self, ids: list[int]) -> None:
        self._leave_companies(ids)
        mine = [("party", "in", ids)]
        # Tryton lets an active record alone change, and makes the compact form when the value is written.
        for model, values in (
            ("party.identifier", {"code": BLANK}),
            ("party.contact_mechanism", {"value": BLANK}),
        ):
            self._write_all(model, mine, {"active": True})
            self._write_all(model, mine, {**values, "active": False})
        for company in self._companies():
            here = [*mine, ("company", "=", company), ("comment", "!=", None)]
            self._write_all("sale.sale", here, {"comment": None}, company)
            try:
                self._write_all("account.invoice", here, {"comment": None}, company)
            except NeedsPerson as fault:
                raise NeedsPerson(
                    f"party {ids[0]} of Tryton is erased, except for the notes on its invoices: {fault}",
                    remedy="clear the notes of its invoices in Tryton, or add Cashpath's user to the group Account "
                    "Administration, then redrive",
                    owner="erp",
                    code="erase_left_notes",
                ) from fault

    def _leave_companies(self, ids: list[int]) -> None:
        """Forget for whom they bought."""
        if not relates(self._database.options):
            return
        types = sorted(self._database.books("").relations.values())
        rows = self._database.search(relations.MODEL, [("from_", "in", ids), ("type", "in", types)], ("id",))
        if rows:
            self._database.writes(f"model.{relations.MODEL}.delete", [row["id"] for row in rows])

    def _companies(self) -> list[int]:
        return [row["id"] for row in self._database.search("company.company", [], ("id",))]

    def _write_all(self, model: str, domain: list[Any], values: Mapping[str, Any], company: int | None = None) -> None:
        rows = self._database.search(model, domain, ("id",), company=company)
        if rows:
            ids, rights = [row["id"] for row in rows], self._database.rights()
            self._database.writes(f"model.{model}.write", ids, dict(values), company=company, rights=rights)

    @contextmanager
    def _wizard(self, name: str) -> Iterator[Any]:
        """A session of one of Tryton's wizards, deleted when it is through."""
        session, *_ = self._database.writes(f"wizard.{name}.create")

        def run(data: Mapping[str, Any], state: str) -> None:
            self._database.writes(f"wizard.{name}.execute", session, dict(data), state)

        yield run
        self._database.writes(f"wizard.{name}.delete", session)
