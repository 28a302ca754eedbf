"""What a portal can hold, and every translation of one portal behind one name: which property, which pipeline,
which currency. Pure: `client` sends what this says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from cashpath.faults import Unsupported
from cashpath.records import Company, Customer, Kind, Order, Record, RecordKey, SystemId, Variant
from cashpath.records.customer import normal_email
from cashpath.records.record import CUSTOM, Custom
from cashpath.systems.connection import Connection
from cashpath.systems.hubspot import catalog, deals, lines, orders, people, spelling
from cashpath.systems.hubspot.belonging import Belonging
from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS, DEALS, ORDERS, PRODUCTS, ObjectType, Theirs
from cashpath.systems.hubspot.properties import ORIGIN, TAX_ID
from cashpath.systems.hubspot.stages import Stages
from cashpath.systems.hubspot.values import canonical, chosen
from cashpath.systems.mapping import NOTHING_MAPPED, FieldMap
from cashpath.systems.port import Reading, Wanted

TYPES: Mapping[Kind, tuple[ObjectType, ...]] = {
    "customer": (CONTACTS,),
    "company": (COMPANIES,),
    "variant": (PRODUCTS,),
    "order": (DEALS, ORDERS),
}
ADDRESS = ("address", "city", "zip", "state", "country")
READS: Mapping[ObjectType, tuple[str, ...]] = {
    CONTACTS: (*spelling.names(spelling.CONTACT), *people.EMAILS, people.OWNER, people.STATUS, *ADDRESS),
    COMPANIES: (*spelling.names(spelling.COMPANY), "domain", people.OWNER, people.STATUS, "address2", *ADDRESS),
    PRODUCTS: (*spelling.names(spelling.PRODUCT), "price", catalog.PRICED_IN, "recurringbillingfrequency"),
    DEALS: (*deals.DEAL_PROPERTIES, *deals.SOLD_PROPERTIES),
    ORDERS: (*deals.ORDER_PROPERTIES, *deals.SOLD_PROPERTIES),
}
ASSOCIATIONS: Mapping[ObjectType, tuple[str, ...]] = {
    CONTACTS: ("companies",),
    DEALS: ("contacts", "companies", "line_items"),
    ORDERS: ("contacts", "companies", "line_items"),
}


@dataclass(frozen=True, kw_only=True)
class Portal:
    """How one portal is set up: its id in Cashpath, pipelines, currency, and the property that holds tax ids."""

    system: SystemId
    stages: Stages
    currency: str
    tax_id: str
    owners: people.Owners
    others: tuple[str, ...] = ()
    mapping: FieldMap = NOTHING_MAPPED

    @classmethod
    def of(cls, connection: Connection, owners: people.Owners) -> Self:
        """The portal that a connection's options describe: `currency` (its company currency), `currencies` (others that
        it has) and `tax_id_property`, beside those of `Stages`. `owners` answers a colleague's email by their id."""
        options = connection.options
        return cls(
            system=connection.id,
            stages=Stages.of(options),
            currency=options.get("currency") or "USD",
            tax_id=options.get("tax_id_property") or TAX_ID,
            owners=owners,
            others=tuple(options.get("currencies") or ()),
            mapping=connection.mapping,
        )

    def type_of(self, wanted: Wanted) -> ObjectType:
        """The object type that a record is written as."""
        if isinstance(wanted.record, Order):
            return orders.object_type(wanted.record, wanted.id)
        if wanted.record.key.kind not in TYPES:
            raise Unsupported(f"{self.system}: HubSpot has no {wanted.record.key.kind}")
        return TYPES[wanted.record.key.kind][0]

    def properties(self, wanted: Wanted, now: Mapping[str, str] | None = None) -> dict[str, str]:
        """The properties to send: those that spell the wanted fields, those that the brand maps for itself included.
        What is nested in one is changed inside what stands there `now`."""
        record = wanted.record
        mapped = self.mapping.write(record.key.kind, record.custom, wanted.fields, now or {})
        return self._plain(wanted) | {name: _text(value) for name, value in mapped.items()}

    def nests(self, wanted: Wanted) -> bool:
        """Whether what is there must be known before the record is written."""
        return any(mapped.path for mapped in self.mapping.of(wanted.record.key.kind))

    def _plain(self, wanted: Wanted) -> dict[str, str]:
        return chosen(self._spelled(wanted), wanted.fields)

    def _custom(self, wanted: Wanted, values: Mapping[str, Custom]) -> dict[str, object]:
        """The mapped fields among the wanted ones, as they are compared: by their canonical values."""
        names = self.mapping.writable(wanted.record.key.kind) & wanted.fields
        return {name: values.get(name.removeprefix(CUSTOM)) for name in sorted(names)}

    def names(self, wanted: Wanted) -> tuple[RecordKey, ...]:
        """The records that the wanted fields name."""
        record = wanted.record
        named: dict[str, tuple[RecordKey | None, ...]] = {}
        match record:
            case Customer():
                named = {"company": (record.company,), "also_for": record.also_for}
            case Order():
                named = {"customer": (record.customer,), "company": (record.company,)}
        return tuple(key for field, keys in named.items() for key in keys if key and field in wanted.fields)

    def named(self, wanted: Wanted) -> dict[ObjectType, str]:
        """The ids of the records that a deal or an order is to be associated with, by their type. People add more to a
        deal, which stay."""
        of = {"customer": CONTACTS, "company": COMPANIES}
        keys = self.names(wanted) if isinstance(wanted.record, Order) else ()
        return {of[key.kind]: wanted.refs[key] for key in keys if key in wanted.refs}

    def lines(self, wanted: Wanted) -> lines.Lines | None:
        """The line items to be there, by line key; None where lines are not to be written."""
        if isinstance(wanted.record, Order) and "lines" in wanted.fields:
            return orders.line_items(wanted.record)
        return None

    def normalised(self, wanted: Wanted) -> Mapping[str, object]:
        """The record as the portal will hold it."""
        own: dict[str, object] = {n: canonical(n, v) for n, v in sorted(self._plain(wanted).items())}
        own |= self._custom(wanted, wanted.record.custom)
        items = self.lines(wanted)
        if items is not None:
            own["lines"] = lines.compared(items)
        own |= Belonging.of(wanted).normalised()
        return own | {f"associated {to.name}": id for to, id in self.named(wanted).items()}

    def held(self, theirs: Theirs, items: Sequence[Theirs], wanted: Wanted) -> Mapping[str, object]:
        """What the portal holds, in the same shape. A deal may be associated with more than what we name: people add
        contacts to it, and that is no difference."""
        own: dict[str, object] = {n: canonical(n, theirs.get(n)) for n in sorted(self._plain(wanted))}
        own |= self._custom(wanted, self.mapping.read(wanted.record.key.kind, theirs.properties))
        lines_wanted = self.lines(wanted)
        if lines_wanted is not None:
            own["lines"] = lines.held(items, lines_wanted)
        own |= Belonging.of(wanted).held(theirs.associated.get(COMPANIES.name, ()))
        for to, id in self.named(wanted).items():
            there = theirs.associated.get(to.name, ())
            own[f"associated {to.name}"] = id if id in there else ", ".join(there)
        return own

    def reads(self, type: ObjectType) -> tuple[str, ...]:
        """The properties that a read of this type asks for."""
        own: tuple[str, ...] = (self.tax_id,) if type in (COMPANIES, CONTACTS) else ()
        if type is PRODUCTS:
            own = tuple(dict.fromkeys(f"hs_price_{c.lower()}" for c in (*self.others, *catalog.USUAL)))
        return tuple(dict.fromkeys((*READS[type], *own, *self._asked(type), ORIGIN, type.modified)))

    def record(self, theirs: Theirs, items: Sequence[Theirs] = ()) -> Record:
        """One of theirs as a canonical record."""
        record = self._record(theirs, items)
        custom = self.mapping.read(record.key.kind, theirs.properties)
        return replace(record, custom=custom) if custom else record

    def _asked(self, type: ObjectType) -> tuple[str, ...]:
        return tuple(name for kind, types in TYPES.items() if type in types for name in self.mapping.asked(kind))

    def _record(self, theirs: Theirs, items: Sequence[Theirs]) -> Record:
        if theirs.type is CONTACTS:
            return people.customer_of(theirs, self.system, self.owners, self.tax_id)
        if theirs.type is COMPANIES:
            return people.company_of(theirs, self.system, self.owners, self.tax_id)
        if theirs.type is PRODUCTS:
            return catalog.variant_of(theirs, self.system, self.currency, self.others)
        return deals.order_of(theirs, items, self.system, self.stages, self.currency)

    def match_property(self, criterion: str) -> str:
        """The property that a criterion compares."""
        return {"email": "email", "domain": "domain", "tax_id": self.tax_id, "sku": "hs_sku"}[criterion]

    def _spelled(self, wanted: Wanted) -> Mapping[str, Mapping[str, str]]:
        record = wanted.record
        match record:
            case Customer():
                return people.contact(record, self.tax_id)
            case Company():
                return people.company(record, self.tax_id)
            case Variant():
                return catalog.product(record, self.currency, self.others)
            case Order():
                return orders.sold(record, self.type_of(wanted), self.stages)
        raise Unsupported(f"{self.system}: HubSpot has no {record.key.kind}")


def _text(value: object) -> str:
    """A mapped value as a property holds it: '' clears it."""
    match value:
        case None:
            return ""
        case bool():
            return spelling.yes(value)
    return str(value)


def normal(criterion: str, value: str) -> str:
    """A value as matching by this criterion compares it."""
    match criterion:
        case "email":
            return normal_email(value)
        case "domain":
            return people.normal_domain(value)
        case "tax_id":
            return people.normal_tax_id(value)
    return value.strip()


def matches(reading: Reading, criterion: str, value: str) -> bool:
    """Whether a record that a search found really is what was asked for: searches are tokenised."""
    return normal(criterion, str(getattr(reading.record, criterion))) == value
