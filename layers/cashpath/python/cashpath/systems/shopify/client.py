"""Shopify as a system of the port: reads orders, customers, companies, products and variants, lists what changed, and
writes customers, products and variants. All else begins in the shop and is only read.

Reads by id are immediate; searches go through an index that lags and matches by word, so that a candidate counts only
where the field is equal.
"""
# ruff: noqa: ARG002 - what it refuses, it refuses with the port's own signatures

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NoReturn

from cashpath.faults import Unsupported
from cashpath.records import Customer, Record, RecordKey
from cashpath.records.customer import normal_email
from cashpath.records.keys import Kind
from cashpath.systems.connection import Connection
from cashpath.systems.port import Changed, Reading, Wanted, Written
from cashpath.systems.shopify import access, customers, documents, goods
from cashpath.systems.shopify.amounts import Node, asked, number, quoted
from cashpath.systems.shopify.apart import Keeper
from cashpath.systems.shopify.changes import Changes
from cashpath.systems.shopify.companies import Companies
from cashpath.systems.shopify.exports import Exports
from cashpath.systems.shopify.facts import facts
from cashpath.systems.shopify.goods_reader import Shelves
from cashpath.systems.shopify.goods_writer import Goods
from cashpath.systems.shopify.graphql import Graph
from cashpath.systems.shopify.orders_reader import Orders
from cashpath.systems.shopify.parties import customer_reading
from cashpath.systems.shopify.pricing import Buyers
from cashpath.systems.shopify.writers import Customers
from cashpath.systems.single import each_matched, each_read, one_by_one

_TYPES: Mapping[Kind, str] = {
    "order": "Order",
    "customer": "Customer",
    "company": "Company",
    "product": "Product",
    "variant": "ProductVariant",
}


class Connector:
    """One shop. Options: `url`, where its Admin API answers; `shop`, its myshopify domain, which webhooks name;
    `price_countries`, `tier_location`: whose prices are told besides its own (see `pricing.Buyers`).

    Its app needs access.SCOPES, read_all_orders among them: without the last an
    order of more than 60 days reads as if it were not there (shopify.dev/docs/api/usage/access-scopes).
    """

    def __init__(self, connection: Connection) -> None:
        self.id = connection.id
        self._mapping = connection.mapping
        plain = facts(connection.options)
        kinds = {**connection.mapping.added_to(plain).kinds}
        for kind in ("product", "variant"):  # of a brand's own fields, those of customers alone are written
            kinds[kind] = replace(kinds[kind], fields=plain.kinds[kind].fields)
        self.facts = replace(plain, kinds=kinds)
        self._graph = Graph(connection)
        self._keeper = Keeper(self._graph, self.id, Buyers.of(connection.options))
        self._shelves = Shelves(self._graph, self.id, connection.mapping, self._keeper)
        self._companies = Companies(self._graph, self.id, connection.mapping)
        self._customers = Customers(self._graph, connection.mapping, self._node)
        self._orders = Orders(self._graph, self.id)
        self._goods = Goods(self._graph, self.id)
        self._changes = Changes(self._graph, self.id)
        self._exports = Exports(self._graph, connection, self._changes)

    def read(self, kind: Kind, id: str) -> Reading | None:
        """The record, or None where Shopify has none under this id. Raises NotYet where it changes while it is read."""
        readers: Mapping[Kind, Callable[[str], Reading | None]] = {
            "order": self._orders.one,
            "customer": self._customer,
            "company": self._companies.one,
            "product": self._shelves.product,
            "variant": self._shelves.variant,
        }
        if kind not in readers:
            raise Unsupported(f"{self.id} (shopify) has no {kind}")
        return readers[kind](f"gid://shopify/{_TYPES[kind]}/{id}") if id.isdecimal() else None

    def candidates(self, kind: Kind, criterion: str) -> Sequence[Reading]:
        """Customers by `email:`, variants by `sku:`; each is equal to what is sought, whatever the search found."""
        name, _, value = criterion.partition(":")
        match kind, name:
            case "customer", "email":
                found = self._by_email([normal_email(value)])
                return [reading for reading in found if _email(reading) == normal_email(value)]
            case "variant", "sku":
                return self._shelves.by_sku([value.strip()])[value.strip()]
        raise Unsupported(f"{self.id} (shopify) finds no {kind} by {name}")

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        """By `updated_at`, through the search index: it lags, so the caller asks with overlap."""
        return self._changes.since(kind, since)

    def listed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        """The same, by a bulk operation where it is more than a page."""
        return self._exports.since(kind, since)

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        """Some at a time, by the global ids of their kind: as many as one query may cost."""
        known = [f"gid://shopify/{_TYPES.get(kind)}/{id}" for id in dict.fromkeys(ids) if id.isdecimal()]
        match kind:
            case "order":
                return self._orders.many(known)
            case "product":
                return self._shelves.products(known)
            case "customer":
                return self._people(known)
            case "company":
                return self._companies.many(known)
            case "variant":
                return self._shelves.variants(known)
        return each_read(self.read, kind, ids)

    def _people(self, gids: Sequence[str]) -> Mapping[str, Reading]:
        found: dict[str, Reading] = {}
        for start in range(0, len(gids), documents.MANY):
            some = {"ids": gids[start : start + documents.MANY], "fields": self._fields}
            for node in self._graph.ask(documents.CUSTOMERS, some)["nodes"]:
                if node:
                    found[number(node["id"])] = customer_reading(node, self.id, self._mapping)
        return found

    def candidates_many(self, kind: Kind, criteria: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        """Customers by some email addresses at a time, variants by some SKUs, all else one by one."""
        if kind == "variant" and all(criterion.startswith("sku:") for criterion in criteria):
            skus = {criterion: criterion.partition(":")[2].strip() for criterion in criteria}
            sold = self._shelves.by_sku(list(skus.values()))
            return {criterion: sold[sku] for criterion, sku in skus.items()}
        if kind != "customer":
            return each_matched(self.candidates, kind, criteria)
        wanted = {criterion: normal_email(criterion.partition(":")[2]) for criterion in criteria}
        emails = list(dict.fromkeys(wanted.values()))
        found: list[Reading] = []
        for start in range(0, len(emails), documents.EMAILS):
            found += self._by_email(emails[start : start + documents.EMAILS])
        return {c: [reading for reading in found if _email(reading) == email] for c, email in wanted.items()}

    def _by_email(self, emails: Sequence[str]) -> list[Reading]:
        query = " OR ".join(f"email:{quoted(email)}" for email in emails)
        search = {"query": query, "fields": self._fields}
        pages = self._graph.found(documents.CUSTOMERS_BY_EMAIL, "customers", search)
        return [customer_reading(node, self.id, self._mapping) for page in pages for node in page["customers"]["nodes"]]

    def find(self, kind: Kind, origin: RecordKey, *, since: datetime, hints: Wanted | None = None) -> str | None:
        """The record that carries `origin`, by its unique metafield."""
        self._writable(kind)
        if kind != "customer":
            return self._goods.find(kind, str(origin))
        return self._customers.find(str(origin))

    def normalised(self, wanted: Wanted) -> Mapping[str, object]:
        """See the port."""
        fields = wanted.fields & self._writable(wanted.record.key.kind)
        return _state(wanted.record, fields)

    def held(self, kind: Kind, id: str, wanted: Wanted) -> Mapping[str, object] | None:
        """See the port."""
        fields = wanted.fields & self._writable(kind)
        reading = self.read(kind, id)
        if reading is None:
            return None
        return _state(reading.record, fields)

    def write(self, wanted: Wanted) -> Written:
        """See the port."""
        fields = wanted.fields & self._writable(wanted.record.key.kind)
        writer = self._customers if isinstance(wanted.record, Customer) else self._goods
        return writer.write(replace(wanted, fields=fields))

    def write_many(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        """One by one: a batch of mutations would stop at the first that fails."""
        return one_by_one(self.write, wanted)

    def merge(self, kind: Kind, loser: str, survivor: str) -> None:
        """See the port."""
        if kind != "customer":
            raise Unsupported(f"{self.id} (shopify) merges customers only, not {kind}")
        self._customers.merge(loser, survivor)

    def erase(self, kind: Kind, id: str) -> None:
        """See the port."""
        if kind != "customer":
            self._source_only(kind)
        self._customers.erase(id)

    def check(self) -> Sequence[str]:
        """Scopes that the app lacks, mapped metafields that the shop has no definition of, and buyers whose prices are
        to be told and cannot be."""
        return [*access.lacking(self._graph, self.id, self._mapping), *self._keeper.lacking()]

    def prepare(self) -> Sequence[str]:
        """Define the metafields that carry our key, unique, so that what we created is found again by it."""
        return access.define_origins(self._graph)

    @property
    def _fields(self) -> list[str]:
        return asked(self._mapping, "customer")

    def _writable(self, kind: Kind) -> frozenset[str]:
        facts = self.facts.kinds.get(kind)
        if facts is None or not facts.fields:
            self._source_only(kind)
        return facts.fields

    def _node(self, gid: str) -> tuple[Node | None, Reading | None]:
        node = self._graph.ask(documents.CUSTOMER, {"id": gid, "fields": self._fields})["customer"]
        return node, customer_reading(node, self.id, self._mapping) if node else None

    def _source_only(self, kind: Kind) -> NoReturn:
        raise Unsupported(f"{self.id} (shopify) is a source: no {kind} is written to it")

    def _customer(self, gid: str) -> Reading | None:
        return self._node(gid)[1]


def _state(record: Record, fields: frozenset[str]) -> Mapping[str, object]:
    return customers.state(record, fields) if isinstance(record, Customer) else goods.state(record, fields)


def _email(reading: Reading) -> str:
    return normal_email(reading.record.email) if isinstance(reading.record, Customer) else ""
