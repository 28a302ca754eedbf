"""Reads and writes parties: customers and companies. Stands between the port (`client`) and the database.

Many parties are read in one call and written in at most four: create, write, and the same for their addresses. Each
call is whole by itself; whoever dies in between left parties that their origin leads to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import Company, Customer, Kind, RecordKey, SystemId
from cashpath.records.customer import normal_email
from cashpath.records.record import CUSTOM, Custom
from cashpath.systems.mapping import FieldMap
from cashpath.systems.port import Reading, Wanted, Written
from cashpath.systems.tryton import addresses, contacts, parties, relations, terms
from cashpath.systems.tryton.books import Books, Database
from cashpath.systems.tryton.changes import newest
from cashpath.systems.tryton.contacts import MARK
from cashpath.systems.tryton.facts import relates
from cashpath.systems.tryton.mapped import canonical, theirs
from cashpath.systems.tryton.parties import Party
from cashpath.systems.tryton.places import Moves, Places

MODEL = "party.party"


@dataclass(frozen=True)
class _Task:
    """One party to write: what is wanted, and the party as it stands (None: to be created)."""

    wanted: Wanted
    shown: Mapping[str, object]
    party: Party | None
    now: Mapping[str, object]

    @property
    def record(self) -> Customer | Company:
        """The record."""
        assert isinstance(self.wanted.record, Customer | Company)
        return self.wanted.record

    @property
    def is_inactive(self) -> bool:
        """Whether the party is there and archived."""
        return self.party is not None and not self.party.row["active"]

    @property
    def ends_active(self) -> bool:
        """Whether the party is to be active in the end."""
        return not self.shown.get("archived", self.is_inactive)


class People:
    """Parties of one database."""

    def __init__(self, database: Database, system: SystemId, mapping: FieldMap) -> None:
        self._database = database
        self._system = system
        self._mapping = mapping
        self._places = Places(database)
        mapped = (*mapping.asked("customer"), *mapping.asked("company"))
        limit = (terms.CREDIT_LIMIT,) if database.options.get("credit_limits") else ()
        related = [f"relations.{name}" for name in relations.FIELDS] if relates(database.options) else ()
        self._fields = tuple(dict.fromkeys((*parties.READ, *limit, *related, *mapped)))

    def parties(self, ids: Sequence[int], company: int | None = None) -> dict[int, Party]:
        """The parties with these ids that exist, with their children: one request, however many."""
        return {party.id: party for party in self._search([("id", "in", list(ids))], company)} if ids else {}

    def party(self, id: str, company: int | None = None) -> Party | None:
        """One party, or None where there is none."""
        return self.parties([int(id)], company).get(int(id)) if id.isdecimal() else None

    def reading(self, kind: Kind, party: Party, books: Books) -> Reading:
        """The party as the port tells it."""
        at = self._key(kind, party.id)
        make = parties.company if kind == "company" else parties.customer
        survivor = party.row["replaced_by"]
        return Reading(
            at=at,
            record=make(at, party, books, self._custom(kind, party)),
            version=newest(party.row, *party.dated),
            origin=party.origin,
            merged_into=self._key(kind, survivor) if survivor else None,
        )

    def held(self, wanted: Wanted, party: Party, names: Sequence[str], books: Books) -> Mapping[str, object]:
        """What Tryton holds, for the `names` that `shown` gave."""
        return parties.held(party, names, books, self._custom(wanted.record.key.kind, party))

    def kinds(self, ids: Sequence[int]) -> dict[int, Kind]:
        """Which of these parties are people and which are companies; asks for their identifiers alone."""
        fields = tuple(f"identifiers.{name}" for name in contacts.IDENTIFIER_FIELDS)
        rows = self._database.search(MODEL, [("id", "in", sorted(set(ids)))], fields)
        found = {row["id"]: Party(row, identifiers=row["identifiers."]) for row in rows}
        return {id: "company" if party.is_company else "customer" for id, party in found.items()}

    def related_since(self, since: datetime) -> list[int]:
        """Those for whose companies something changed at or after `since`, and who did not change themselves: whoever
        edits a relation in the list of them, or with the company, does not stamp the person."""
        if not relates(self._database.options):
            return []
        domain = relations.changed_alone(self._database.books("").relations, since)
        rows = self._database.search(relations.MODEL, domain, ("from_",))
        are = self.kinds([row["from_"] for row in rows]) if rows else {}
        return sorted(id for id, kind in are.items() if kind == "customer")

    def by_email(self, emails: Sequence[str]) -> dict[str, list[Party]]:
        """The active parties with each of these email addresses, however they are capitalised; oldest first."""
        wanted = {normal_email(email) for email in emails} - {""}
        anyone = ["OR", *(("value", "ilike", email) for email in sorted(wanted))]
        domain = [("active", "=", True), ("contact_mechanisms", "where", [("type", "=", "email"), anyone])]
        found = self._search(domain) if wanted else []
        return _matching(emails, found, normal_email, _emails)

    def by_tax_id(self, tax_ids: Sequence[str]) -> dict[str, list[Party]]:
        """The active parties with each of these tax numbers, however they are spaced; oldest first."""
        wanted = {contacts.normal_tax_id(tax_id) for tax_id in tax_ids} - {""}
        spelled = {*wanted, *(code[2:] for code in wanted if code[:2] in contacts.VAT_TYPES and len(code) > 2)}
        anyone = ["OR", *(("code", "ilike", "%".join(code)) for code in sorted(spelled))]
        domain = [("active", "=", True), ("identifiers", "where", [("active", "=", True), anyone])]
        found = self._search(domain) if wanted else []
        return _matching(tax_ids, found, contacts.normal_tax_id, _tax_ids)

    def find_many(self, origins: Sequence[RecordKey]) -> dict[RecordKey, str]:
        """The party that carries each origin key, or into which the one that did was merged: one request."""
        codes = {f"{MARK}{origin}": origin for origin in origins}
        domain = [("code", "in", sorted(codes)), ("address", "=", None)]
        rows = self._database.search("party.identifier", domain, ("party", "code")) if codes else []
        return {codes[row["code"]]: str(row["party"]) for row in reversed(rows)}

    def write(self, wanted: Sequence[tuple[Wanted, Mapping[str, object]]], made: dict[int, str]) -> list[Written]:
        """Create or update parties of one brand, then their addresses; all or, where it raises, an unknown part.

        `made` takes the ids of those that were created, by their place in `wanted`, as soon as they are.
        """
        books = self._database.books(wanted[0][0].brand)
        tasks = self._tasks(wanted, books)
        names = [[name for name in shown if name in addresses.KEPT] for _, shown in wanted]
        places = [addresses.places(t.record, n) for t, n in zip(tasks, names, strict=True)]
        self._places.prepare([place.address for each in places for place in each], books)
        many = len(tasks) > 1
        self._once_more_plain(lambda *, plain: self._write_parties(tasks, books, made, plain=plain), once=many)
        moves = [
            Moves(int(made.get(n) or _id(task)), task.record.key, _address_changes(task, names[n], books))
            for n, task in enumerate(tasks)
        ]
        self._once_more_plain(lambda *, plain: self._places.write(moves, books, plain=plain))
        return [Written(id=made.get(n) or _id(task), created=n in made) for n, task in enumerate(tasks)]

    def _tasks(self, wanted: Sequence[tuple[Wanted, Mapping[str, object]]], books: Books) -> list[_Task]:
        ids = [int(one.id) for one, _ in wanted if one.id is not None and one.id.isdecimal()]
        found = self.parties(ids, books.company)
        tasks = []
        for one, shown in wanted:
            party = None if one.id is None else _target(one, found)
            tasks.append(_Task(one, shown, party, self.held(one, party, list(shown), books) if party else {}))
        return tasks

    def _write_parties(self, tasks: Sequence[_Task], books: Books, made: dict[int, str], *, plain: bool) -> None:
        all_values = [self._values(task, books, plain=plain) for task in tasks]
        create = [(n, values) for n, values in enumerate(all_values) if tasks[n].party is None]
        if create:
            ids = self._database.writes(f"model.{MODEL}.create", [v for _, v in create], company=books.company)
            made.update({n: str(id) for (n, _), id in zip(create, ids, strict=True)})
        asleep = [int(_id(task)) for task, v in zip(tasks, all_values, strict=True) if v and task.is_inactive]
        if asleep:
            self._database.writes(f"model.{MODEL}.write", asleep, {"active": True}, company=books.company)
        changed: list[Any] = []
        for n, (task, values) in enumerate(zip(tasks, all_values, strict=True)):
            now_active = n in made or bool(values) or not task.is_inactive
            active = {} if task.ends_active == now_active else {"active": task.ends_active}
            if new := {**({} if n in made else values), **active}:
                changed.extend(([int(made.get(n) or _id(task))], new))
        if changed:
            self._database.writes(f"model.{MODEL}.write", *changed, company=books.company)

    def _values(self, task: _Task, books: Books, *, plain: bool) -> dict[str, Any]:
        key = task.record.key
        differing = [n for n, value in task.shown.items() if n.startswith(CUSTOM) and task.now.get(n) != value]
        party = task.party
        row = party.row if party else {}
        mapped = self._mapping.write(key.kind, task.record.custom, differing, canonical(row)) if differing else {}
        return {
            **parties.values(party, key, task.shown, task.now, plain=plain),
            **terms.values(task.shown, task.now, books),
            **relations.values(party.relations if party else (), task.shown, task.now, books.relations),
            **theirs(self._database, MODEL, mapped),
        }

    @staticmethod
    def _once_more_plain(write: Callable[..., None], *, once: bool = False) -> None:
        """Write, and where Tryton says no, again with phones and tax numbers as plain text: the source knows them so.
        `once` leaves the second time to those who write one by one."""
        try:
            write(plain=False)
        except NeedsPerson as fault:
            if fault.code != "erp_says_no" or once:
                raise
            write(plain=True)

    def _search(self, domain: list[Any], company: int | None = None) -> list[Party]:
        company = company or self._database.company("")
        return [parties.of_row(row) for row in self._database.search(MODEL, domain, self._fields, company=company)]

    def _custom(self, kind: Kind, party: Party) -> dict[str, Custom]:
        return self._mapping.read(kind, canonical(party.row)) if self._mapping.of(kind) else {}

    def _key(self, kind: Kind, id: int) -> RecordKey:
        return RecordKey(self._system, kind, str(id))


def _id(task: _Task) -> str:
    return str(task.party.id) if task.party else ""


def _address_changes(task: _Task, names: Sequence[str], books: Books) -> addresses.Changes:
    keeps = task.party.kept if task.party else []
    return addresses.changes(keeps, task.record, names, books.country_codes)


def _target(wanted: Wanted, found: Mapping[int, Party]) -> Party:
    id = wanted.id or ""
    party = found.get(int(id)) if id.isdecimal() else None
    if party is None or party.row["replaced_by"]:
        what = "is gone" if party is None else f"was merged into party {party.row['replaced_by']}"
        raise NeedsPerson(
            f"{wanted.record.key} is linked to party {id} of Tryton, which {what}",
            remedy=f"link {wanted.record.key} to the right party, then redrive",
            owner="erp",
            code="target_gone",
        )
    return party


def _matching(
    values: Sequence[str],
    found: Sequence[Party],
    normal: Callable[[str], str],
    told: Callable[[Party], frozenset[str]],
) -> dict[str, list[Party]]:
    by_value: dict[str, list[Party]] = {}
    for party in sorted(found, key=lambda party: party.id):
        for value in told(party):
            by_value.setdefault(value, []).append(party)
    return {value: by_value.get(normal(value), []) if normal(value) else [] for value in values}


def _emails(party: Party) -> frozenset[str]:
    return frozenset(contacts.email_of(m) for m in party.mechanisms if m["type"] == "email")


def _tax_ids(party: Party) -> frozenset[str]:
    return frozenset(contacts.held_tax_id(i) for i in party.identifiers if i["active"])
