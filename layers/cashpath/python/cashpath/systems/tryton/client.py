"""The connector to Tryton: the port's methods, each handed to parties, products or sales.

Options: `url`, `database`, `company` (id or name), `companies` (by brand, where brands have companies of their own);
`guest_party`, `payment_term`, `goods_category`, `gift_category` by their names in Tryton; `unknown_taxes`, `refuse` or
`collect` (taxing.py). Secret: `user` and `password` of a user that Cashpath has for itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from cashpath.faults import NeedsPerson, Unsupported
from cashpath.records import Company, Customer, Kind, Order, RecordKey, Variant
from cashpath.systems.connection import Connection
from cashpath.systems.port import Changed, Facts, KindFacts, Reading, Wanted, Written
from cashpath.systems.single import each_matched, each_read, one_by_one
from cashpath.systems.tryton import goods, parties, sales
from cashpath.systems.tryton.books import Database
from cashpath.systems.tryton.changes import PAGE, Source, changes, millis
from cashpath.systems.tryton.goods import Goods
from cashpath.systems.tryton.orders import Orders
from cashpath.systems.tryton.people import People
from cashpath.systems.tryton.rpc import Rpc

FACTS = Facts(
    vendor="tryton",
    role="erp",
    polled=True,
    kinds={
        "customer": KindFacts(
            reads=True,
            fields=frozenset({"first_name", "last_name", "email", "phone", "address"}),
            matches=frozenset({"email"}),
        ),
        "company": KindFacts(
            reads=True, fields=frozenset({"name", "tax_id", "phone", "address"}), matches=frozenset({"tax_id"})
        ),
        "variant": KindFacts(
            reads=True,
            fields=frozenset({"sku", "title", "shippable", "gift_card", "archived"}),
            matches=frozenset({"sku"}),
        ),
        "order": KindFacts(
            reads=True,
            fields=frozenset(
                {
                    "number",
                    "ordered_at",
                    "currency",
                    "total",
                    "total_tax",
                    "state",
                    "customer",
                    "company",
                    "billing_address",
                    "shipping_address",
                    "prices_include_tax",
                    "lines",
                    "shipping",
                    "duties",
                    "fees",
                    "tip",
                    "rounding",
                    "note",
                }
            ),
            references=frozenset({"customer", "company", "variant"}),
        ),
    },
)
# What an accountant sets up in Tryton: the codes of the failures that say it is missing.
SET_UP = frozenset(
    {
        "ambiguous_tax",
        "no_category",
        "no_country",
        "no_currency",
        "no_guest_party",
        "no_service_product",
        "no_unit_tax",
        "unknown_tax",
    }
)
SOURCES: Mapping[str, tuple[Source, ...]] = {
    "customer": (
        Source("party.party", "id"),
        Source("party.contact_mechanism", "party"),
        Source("party.address", "party"),
        Source("party.identifier", "party"),
    ),
    "variant": (Source("product.product", "id"),),
    "order": (Source("sale.sale", "id"), Source("sale.line", "sale")),
}


class Connector:
    """One Tryton database."""

    facts = FACTS

    def __init__(self, connection: Connection) -> None:
        self.id = connection.id
        self._database = Database(Rpc(connection), connection.options)
        self._people = People(self._database, connection.id)
        self._goods = Goods(self._database, connection.id)
        self._orders = Orders(self._database, self._people, connection.id)

    def read(self, kind: Kind, id: str) -> Reading | None:
        """See the port."""
        books = self._database.books("")
        match kind:
            case "customer" | "company":
                party = self._people.party(id)
                return self._people.reading(kind, party, books) if party else None
            case "variant":
                row = self._goods.row(id, books.company)
                return self._goods.reading(row, books) if row else None
            case "order":
                sale = self._orders.sale(id)
                return self._orders.reading(sale, books) if sale else None
        raise _unsupported(kind)

    def candidates(self, kind: Kind, criterion: str) -> Sequence[Reading]:
        """See the port."""
        name, _, value = criterion.partition(":")
        if kind not in FACTS.kinds or name not in FACTS.kinds[kind].matches:
            raise Unsupported(f"Tryton cannot look for a {kind} by {name}")
        books = self._database.books("")
        match kind, name:
            case "customer", "email":
                return [self._people.reading(kind, party, books) for party in self._people.by_email(value)]
            case "company", "tax_id":
                return [self._people.reading(kind, party, books) for party in self._people.by_tax_id(value)]
        return [self._goods.reading(row, books) for row in self._goods.by_sku(value, books.company)]

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        """See the port."""
        return each_read(self.read, kind, ids)

    def candidates_many(self, kind: Kind, criteria: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        """See the port."""
        return each_matched(self.candidates, kind, criteria)

    def find(
        self,
        kind: Kind,
        origin: RecordKey,
        *,
        since: datetime,  # noqa: ARG002
        hints: Wanted | None = None,  # noqa: ARG002
    ) -> str | None:
        """See the port. Every record carries its origin in a field that can be asked for, so no hint is needed."""
        match kind:
            case "customer" | "company":
                return self._people.find(origin)
            case "variant":
                return self._goods.find(origin)
            case "order":
                return self._orders.find(origin)
        raise _unsupported(kind)

    def normalised(self, wanted: Wanted) -> Mapping[str, object]:
        """See the port."""
        fields = wanted.fields & FACTS.kinds[wanted.record.key.kind].fields
        match wanted.record:
            case Customer() | Company() as party:
                return parties.shown(party, fields)
            case Variant() as variant:
                return goods.shown(variant, fields)
            case Order() as order:
                key = sales.party_key(order)
                return sales.shown(order, fields, wanted.refs.get(key, "") if key else sales.GUESTS)
        raise _unsupported(wanted.record.key.kind)

    def held(self, kind: Kind, id: str, wanted: Wanted) -> Mapping[str, object] | None:
        """See the port."""
        names = self.normalised(wanted)
        books = self._database.books(wanted.brand)
        match kind:
            case "customer" | "company":
                party = self._people.party(id)
                return parties.held(party, wanted.record.key, names, books.country_codes) if party else None
            case "variant":
                row = self._goods.row(id, books.company)
                return goods.held(row, names, books) if row else None
            case "order":
                sale = self._orders.sale(id)
                return sales.held(sale, names, books) if sale else None
        raise _unsupported(kind)

    def write(self, wanted: Wanted) -> Written:
        """See the port. What the books lack is looked for again before a person is asked: it may be there by now."""
        before = self._database.times_read
        try:
            return self._write(wanted)
        except NeedsPerson as fault:
            if fault.code not in SET_UP:
                raise
            self._database.forget()
            if self._database.times_read != before:
                raise
        return self._write(wanted)

    def _write(self, wanted: Wanted) -> Written:
        match wanted.record:
            case Customer() | Company():
                return self._people.write(wanted, self.normalised(wanted))
            case Variant():
                return self._goods.write(wanted, self.normalised(wanted))
            case Order():
                return self._orders.write(wanted, self.normalised(wanted))
        raise _unsupported(wanted.record.key.kind)

    def write_many(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        """See the port. One after the other: a batch in one call would fail as a whole."""
        return one_by_one(self.write, wanted)

    def merge(self, kind: Kind, loser: str, survivor: str) -> None:  # noqa: ARG002
        """Unsupported so far."""
        raise Unsupported(f"{self.id} cannot merge {kind} records")

    def erase(self, kind: Kind, id: str) -> None:
        """See the port."""
        if kind not in ("customer", "company"):
            raise _unsupported(kind)
        self._people.erase(id)

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        """See the port."""
        if kind not in FACTS.kinds:
            raise _unsupported(kind)
        sources = SOURCES["customer" if kind == "company" else kind]
        found = changes(self._database, sources, since, self._database.company(""))
        while page := list(islice(found, PAGE)):
            latest = dict(page)
            are = self._people.kinds(list(latest)) if kind in ("customer", "company") else {}
            for id, date in sorted(latest.items(), key=lambda change: change[1]):
                if are.get(id, kind) == kind:
                    yield Changed(key=RecordKey(self.id, kind, str(id)), version=millis(date))


def _unsupported(kind: Kind) -> Unsupported:
    return Unsupported(f"Tryton's connector has no {kind}")
