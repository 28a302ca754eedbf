"""What a portal can hold, and every translation of one portal behind one name: which property, which pipeline,
which currency. Pure: `client` sends what this says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from cashpath.faults import Unsupported
from cashpath.records import Company, Customer, Order, Record, RecordKey, SystemId, Variant
from cashpath.records.customer import normal_email
from cashpath.systems.connection import Connection
from cashpath.systems.hubspot import catalog, deals, lines, orders, people
from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS, DEALS, ORDERS, PRODUCTS, ObjectType, Theirs
from cashpath.systems.hubspot.properties import ORIGIN, TAX_ID
from cashpath.systems.hubspot.stages import Stages
from cashpath.systems.hubspot.values import canonical, chosen
from cashpath.systems.port import Facts, KindFacts, Reading, Wanted

FACTS = Facts(
    vendor="hubspot",
    role="crm",
    kinds={
        "customer": KindFacts(
            reads=True,
            fields=frozenset({"email", "first_name", "last_name", "phone", "address", "company"}),
            references=frozenset({"company"}),
            matches=frozenset({"email"}),
        ),
        "company": KindFacts(
            reads=True,
            fields=frozenset({"name", "domain", "tax_id", "phone", "address"}),
            matches=frozenset({"domain", "tax_id"}),
        ),
        "variant": KindFacts(
            reads=True,
            fields=frozenset({"title", "sku", "price", "recurring"}),
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
            references=frozenset({"customer", "company"}),
        ),
    },
    # A webhook names when a property changed, which is not the record's own modification mark.
    unversioned=frozenset({"customer", "company", "variant", "order"}),
)
TYPES: Mapping[str, tuple[ObjectType, ...]] = {
    "customer": (CONTACTS,),
    "company": (COMPANIES,),
    "variant": (PRODUCTS,),
    "order": (DEALS, ORDERS),
}
ADDRESS = ("address", "city", "zip", "state", "country")
READS: Mapping[ObjectType, tuple[str, ...]] = {
    CONTACTS: ("email", "firstname", "lastname", "phone", *ADDRESS),
    COMPANIES: ("name", "domain", "phone", "address2", *ADDRESS),
    PRODUCTS: ("name", "hs_sku", "price", "recurringbillingfrequency"),
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

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """The portal that a connection's options describe: `currency` (its company currency) and `tax_id_property`,
        beside those of `Stages`."""
        options = connection.options
        return cls(
            system=connection.id,
            stages=Stages.of(options),
            currency=options.get("currency") or "USD",
            tax_id=options.get("tax_id_property") or TAX_ID,
        )

    def type_of(self, wanted: Wanted) -> ObjectType:
        """The object type that a record is written as."""
        if isinstance(wanted.record, Order):
            return orders.object_type(wanted.record, wanted.id)
        if wanted.record.key.kind not in TYPES:
            raise Unsupported(f"{self.system}: HubSpot has no {wanted.record.key.kind}")
        return TYPES[wanted.record.key.kind][0]

    def properties(self, wanted: Wanted) -> dict[str, str]:
        """The properties to send: those that spell the wanted fields."""
        return chosen(self._spelled(wanted), wanted.fields)

    def names(self, wanted: Wanted) -> tuple[RecordKey, ...]:
        """The records that the wanted fields name."""
        record = wanted.record
        match record:
            case Customer():
                named = {"company": record.company}
            case Order():
                named = {"customer": record.customer, "company": record.company}
            case _:
                named = {}
        return tuple(key for field, key in named.items() if key and field in wanted.fields)

    def named(self, wanted: Wanted) -> dict[ObjectType, str]:
        """The ids of the records that are to be associated, by their type."""
        of = {"customer": CONTACTS, "company": COMPANIES}
        return {of[key.kind]: wanted.refs[key] for key in self.names(wanted) if key in wanted.refs}

    def lines(self, wanted: Wanted) -> lines.Lines | None:
        """The line items to be there, by line key; None where lines are not to be written."""
        if isinstance(wanted.record, Order) and "lines" in wanted.fields:
            return orders.line_items(wanted.record)
        return None

    def normalised(self, wanted: Wanted) -> Mapping[str, object]:
        """The record as the portal will hold it."""
        own: dict[str, object] = {n: canonical(n, v) for n, v in sorted(self.properties(wanted).items())}
        items = self.lines(wanted)
        if items is not None:
            own["lines"] = lines.compared(items)
        return own | {f"associated {to.name}": id for to, id in self.named(wanted).items()}

    def held(self, theirs: Theirs, items: Sequence[Theirs], wanted: Wanted) -> Mapping[str, object]:
        """What the portal holds, in the same shape. A record may be associated with more than what we name: people
        add contacts to a deal, and that is no difference."""
        own: dict[str, object] = {n: canonical(n, theirs.get(n)) for n in sorted(self.properties(wanted))}
        lines_wanted = self.lines(wanted)
        if lines_wanted is not None:
            own["lines"] = lines.held(items, lines_wanted)
        for to, id in self.named(wanted).items():
            there = theirs.associated.get(to.name, ())
            own[f"associated {to.name}"] = id if id in there else ", ".join(there)
        return own

    def reads(self, type: ObjectType) -> tuple[str, ...]:
        """The properties that a read of this type asks for."""
        tax_id = (self.tax_id,) if type is COMPANIES else ()
        return (*READS[type], *tax_id, ORIGIN, type.modified)

    def record(self, theirs: Theirs, items: Sequence[Theirs] = ()) -> Record:
        """One of theirs as a canonical record."""
        if theirs.type is CONTACTS:
            return people.customer_of(theirs, self.system)
        if theirs.type is COMPANIES:
            return people.company_of(theirs, self.system, self.tax_id)
        if theirs.type is PRODUCTS:
            return catalog.variant_of(theirs, self.system, self.currency)
        return deals.order_of(theirs, items, self.system, self.stages, self.currency)

    def match_property(self, criterion: str) -> str:
        """The property that a criterion compares."""
        return {"email": "email", "domain": "domain", "tax_id": self.tax_id, "sku": "hs_sku"}[criterion]

    def _spelled(self, wanted: Wanted) -> Mapping[str, Mapping[str, str]]:
        record = wanted.record
        match record:
            case Customer():
                return people.contact(record)
            case Company():
                return people.company(record, self.tax_id)
            case Variant():
                return catalog.product(record, self.currency)
            case Order():
                return orders.sold(record, self.type_of(wanted), self.stages)
        raise Unsupported(f"{self.system}: HubSpot has no {record.key.kind}")


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
