"""The connector to Tryton: the port's methods, each handed to parties, products or sales.

Options: `url`, `database`, `company` (id or name), `companies` (by brand, where brands have companies of their own);
`guest_party`, `payment_term`, `goods_category`, `gift_category` by their names in Tryton; `contact_relation` and
`further_relation` by theirs (relations.py); `unknown_taxes`, `refuse` or `collect` (taxing.py). Secret: `user` and
`password` of a user that Cashpath has for itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from cashpath.faults import NeedsPerson, NotYet, Unanswered, Unsupported, Waits
from cashpath.records import BadRecord, Company, Customer, Kind, Order, RecordKey, Variant
from cashpath.systems.connection import Connection
from cashpath.systems.port import Changed, Reading, Wanted, Written
from cashpath.systems.single import each_read, one_by_one, readable
from cashpath.systems.tryton import parties, relations, sales
from cashpath.systems.tryton.books import Database
from cashpath.systems.tryton.catalog import Catalogue
from cashpath.systems.tryton.changes import PAGE, Source, changes, millis
from cashpath.systems.tryton.checks import Checks
from cashpath.systems.tryton.facts import facts
from cashpath.systems.tryton.goods import Goods
from cashpath.systems.tryton.orders import Orders
from cashpath.systems.tryton.people import People
from cashpath.systems.tryton.rpc import Rpc
from cashpath.systems.tryton.wizards import Wizards

# What an accountant sets up in Tryton: the codes of the failures that say it is missing.
SET_UP = frozenset(
    {
        "ambiguous_tax",
        "no_category",
        "no_country",
        "no_currency",
        "no_language",
        "no_payment_term",
        "no_receivable_account",
        "no_relation_type",
        "no_tax_rule",
        "no_guest_party",
        "no_service_product",
        "no_unit_tax",
        "unknown_tax",
    }
)
# How many records are written in one call: a hundred products make a query that SQLite's parser is too small for
# (measured: "parser stack overflow").
AT_ONCE: Mapping[str, int] = {"party": 100, "variant": 50, "order": 1}
SOURCES: Mapping[str, tuple[Source, ...]] = {
    "customer": (
        Source("party.party", "id"),
        Source("party.contact_mechanism", "party"),
        Source("party.address", "party"),
        Source("party.identifier", "party"),
    ),
    "variant": (Source("product.product", "id"),),
    "product": (Source("product.template", "id"), Source("product.product", "template")),
    "order": (Source("sale.sale", "id"), Source("sale.line", "sale")),
}


class Connector:
    """One Tryton database."""

    def __init__(self, connection: Connection) -> None:
        self.id = connection.id
        self.facts = connection.mapping.added_to(facts(connection.options))
        self._database = Database(Rpc(connection), connection.options)
        self._catalogue = Catalogue.of(connection.options)
        self._people = People(self._database, connection.id, connection.mapping)
        self._goods = Goods(self._database, connection.id, self._catalogue, connection.mapping)
        self._orders = Orders(self._database, self._people, connection.id)
        self._wizards = Wizards(self._database, self._people)
        self._checks = Checks(self._database, connection.mapping)

    def read(self, kind: Kind, id: str) -> Reading | None:
        """See the port."""
        if kind == "order":
            sale = self._orders.sale(id)
            return self._orders.reading(sale, self._database.books("")) if sale else None
        return self.read_many(kind, [id]).get(id)

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        """See the port. One request, however many; sales one by one."""
        if kind == "order":
            return each_read(self.read, kind, ids)
        books = self._database.books("")
        numbers = [int(id) for id in dict.fromkeys(ids) if id.isdecimal()]
        match kind:
            case "customer" | "company":
                found = self._people.parties(numbers, books.company)
                return {str(id): self._people.reading(kind, party, books) for id, party in found.items()}
            case "variant":
                return self._goods.readings(numbers, books)
            case "product":
                return self._goods.products(numbers, books)
        raise _unsupported(kind)

    def candidates(self, kind: Kind, criterion: str) -> Sequence[Reading]:
        """See the port."""
        return self.candidates_many(kind, [criterion])[criterion]

    def candidates_many(self, kind: Kind, criteria: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        """See the port. One request for each criterion's name, however many values."""
        named: dict[str, dict[str, str]] = {}
        for criterion in criteria:
            name, _, value = criterion.partition(":")
            if kind not in self.facts.kinds or name not in self.facts.kinds[kind].matches:
                raise Unsupported(f"Tryton cannot look for a {kind} by {name}")
            named.setdefault(name, {})[criterion] = value
        return {
            criterion: found
            for name, values in named.items()
            for criterion, found in self._matching(kind, name, values).items()
        }

    def _matching(self, kind: Kind, name: str, values: Mapping[str, str]) -> Mapping[str, Sequence[Reading]]:
        books = self._database.books("")
        asked = list(values.values())
        if name == "number":
            ids = self._orders.numbered([value.strip() for value in asked if value.strip()], books.company)
            return {c: readable(self.read, kind, ids.get(value.strip(), ())) for c, value in values.items()}
        if name == "sku":
            rows = self._goods.by_sku(asked, books.company)
            return {c: [self._goods.reading(row, books) for row in rows[value]] for c, value in values.items()}
        people = self._people.by_email(asked) if name == "email" else self._people.by_tax_id(asked)
        return {c: [self._people.reading(kind, party, books) for party in people[v]] for c, v in values.items()}

    def find(
        self,
        kind: Kind,
        origin: RecordKey,
        *,
        since: datetime,  # noqa: ARG002
        hints: Wanted | None = None,  # noqa: ARG002
    ) -> str | None:
        """See the port. Every record carries its origin in a field that can be asked for, so no hint is needed."""
        return self.find_many(kind, [origin]).get(origin)

    def find_many(self, kind: Kind, origins: Sequence[RecordKey]) -> Mapping[RecordKey, str]:
        """See the port (Finds). One request, however many; sales one by one."""
        match kind:
            case "customer" | "company":
                return self._people.find_many(origins)
            case "variant":
                return self._goods.find_many(origins)
            case "order":
                found = {origin: self._orders.find(origin) for origin in origins}
                return {origin: id for origin, id in found.items() if id is not None}
        raise _unsupported(kind)

    def normalised(self, wanted: Wanted) -> Mapping[str, object]:
        """See the port."""
        fields = self._fields(wanted)
        match wanted.record:
            case Customer() | Company() as party:
                currency = str(self._database.options.get("currency") or "")
                return {**parties.shown(party, fields, currency), **relations.shown(wanted, fields)}
            case Variant() as variant:
                return self._catalogue.shown(variant, fields, wanted.refs)
            case Order() as order:
                key = sales.party_key(order)
                return sales.shown(order, fields, wanted.refs.get(key, "") if key else sales.GUESTS)
        raise _unsupported(wanted.record.key.kind)

    def _fields(self, wanted: Wanted) -> frozenset[str]:
        """The wanted fields that the database can hold."""
        facts = self.facts.kinds.get(wanted.record.key.kind)
        return wanted.fields & facts.fields if facts else wanted.fields

    def held(self, kind: Kind, id: str, wanted: Wanted) -> Mapping[str, object] | None:
        """See the port."""
        names = list(self.normalised(wanted))
        books = self._database.books(wanted.brand)
        match kind:
            case "customer" | "company":
                party = self._people.party(id, books.company)
                return self._people.held(wanted, party, names, books) if party else None
            case "variant":
                row = self._goods.row(id, books.company)
                return self._goods.held(row, names, books) if row else None
            case "order":
                sale = self._orders.sale(id)
                return sales.held(sale, names, books) if sale else None
        raise _unsupported(kind)

    def write(self, wanted: Wanted) -> Written:
        """See the port. What the books lack is looked for again before a person is asked: it may be there by now."""
        before = self._database.times_read
        made: dict[int, str] = {}
        try:
            return self._write([wanted], made)[0]
        except NeedsPerson as fault:
            if fault.code not in SET_UP:
                raise
            self._database.forget()
            if self._database.times_read != before:
                raise
        return self._write([replace(wanted, id=made.get(0, wanted.id))], {})[0]

    def _write(self, wanted: Sequence[Wanted], made: dict[int, str]) -> list[Written]:
        """Write records of one brand and sort together; `made` takes the ids of what was created, even where it
        raises."""
        for one in wanted:
            relations.check_are_there(one, self._fields(one))
        both = [(one, self.normalised(one)) for one in wanted]
        match wanted[0].record:
            case Customer() | Company():
                return self._people.write(both, made)
            case Variant():
                return self._goods.write(both, made)
            case Order():
                return [self._orders.write(one, shown) for one, shown in both]
        raise _unsupported(wanted[0].record.key.kind)

    def write_many(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        """See the port. Those of one brand and sort in a few calls; each call is whole by itself, so where one is
        refused, its records are written one by one, and the refusal is told of the one that it is about."""
        results: dict[int, Written | Exception] = {}
        groups: dict[tuple[str, str], list[int]] = {}
        for n, one in enumerate(wanted):
            sort = "party" if isinstance(one.record, Customer | Company) else str(one.record.key.kind)
            groups.setdefault((str(one.brand), sort), []).append(n)
        for (_, sort), group in groups.items():
            size = AT_ONCE[sort]
            for places in (group[n : n + size] for n in range(0, len(group), size)):
                some = [wanted[n] for n in places]
                answers = self._write_group(some) if len(some) > 1 else one_by_one(self.write, some)
                results.update(zip(places, answers, strict=True))
        return [results[n] for n in range(len(wanted))]

    def _write_group(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        made: dict[int, str] = {}
        try:
            return self._write(wanted, made)
        except Unanswered as unanswered:
            return [unanswered for _ in wanted]
        except (NeedsPerson, NotYet, BadRecord):
            again = [replace(one, id=made.get(n, one.id)) for n, one in enumerate(wanted)]
            answers = one_by_one(self.write, again)
            return [
                replace(answer, created=True) if isinstance(answer, Written) and n in made else answer
                for n, answer in enumerate(answers)
            ]
        except Waits as waits:
            return [waits for _ in wanted]

    def merge(self, kind: Kind, loser: str, survivor: str) -> None:
        """See the port."""
        if kind not in ("customer", "company"):
            raise Unsupported(f"{self.id} cannot merge {kind} records")
        self._wizards.merge(loser, survivor)

    def erase(self, kind: Kind, id: str) -> None:
        """See the port."""
        if kind not in ("customer", "company"):
            raise _unsupported(kind)
        self._wizards.erase(id)

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        """See the port. Tryton keeps no trace of what was deleted: deletions are not among them. First come people
        whose companies alone changed, without a version: when they did is not told."""
        if kind not in self.facts.kinds:
            raise _unsupported(kind)
        sources = SOURCES["customer" if kind == "company" else kind]
        if kind == "customer":
            yield from (Changed(key=RecordKey(self.id, kind, str(id))) for id in self._people.related_since(since))
        found = changes(self._database, sources, since, self._database.company(""))
        while page := list(islice(found, PAGE)):
            latest = dict(page)
            are = self._people.kinds(list(latest)) if kind in ("customer", "company") else {}
            for id, date in sorted(latest.items(), key=lambda change: change[1]):
                if are.get(id, kind) == kind:
                    yield Changed(key=RecordKey(self.id, kind, str(id)), version=millis(date))

    def sold_since(self, variants: Sequence[str], since: datetime) -> Mapping[str, int]:
        """See the port (Sells)."""
        return self._goods.sold_since(variants, since, self._database.company(""))

    def check(self) -> Sequence[str]:
        """See the port (Checkable)."""
        return self._checks.missing()


def _unsupported(kind: Kind) -> Unsupported:
    return Unsupported(f"Tryton's connector has no {kind}")
