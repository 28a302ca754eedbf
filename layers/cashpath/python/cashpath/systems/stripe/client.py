"""The connector: Stripe behind the port. What it says is in `records/`, how it is said in `api`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cashpath.faults import Unsupported
from cashpath.records import RecordKey
from cashpath.records.customer import normal_email
from cashpath.records.keys import Kind
from cashpath.systems.connection import Connection, origin_of
from cashpath.systems.port import Changed, KindFacts, Reading, Wanted, Written
from cashpath.systems.single import each_read, one_by_one
from cashpath.systems.stripe.api import StripeApi, at
from cashpath.systems.stripe.checking import lacking
from cashpath.systems.stripe.facts import EVENTS, facts
from cashpath.systems.stripe.matching import matching
from cashpath.systems.stripe.moving import moved
from cashpath.systems.stripe.recent import Recent
from cashpath.systems.stripe.records import ORIGIN
from cashpath.systems.stripe.records import customer as customers
from cashpath.systems.stripe.records import subscription as subscriptions
from cashpath.systems.stripe.records import variant as variants
from cashpath.systems.stripe.webhooks import record_id, subject
from cashpath.systems.stripe.writers.customer import Customers
from cashpath.systems.stripe.writers.subscription import Subscriptions, all_items
from cashpath.systems.stripe.writers.variant import Variants

CLOCK_MARGIN = timedelta(minutes=1)  # how far Stripe's clock and ours may be apart when we look for what we created
EVENTS_KEPT = timedelta(days=29)  # Stripe lists events of the last 30 days, https://docs.stripe.com/api/events/list

_PATHS: Mapping[Kind, str] = {
    "customer": "/v1/customers",
    "variant": "/v1/products",
    "subscription": "/v1/subscriptions",
}


class Connector:
    """One Stripe account. Options: `url`, `live` (webhooks), `tax_behavior` (`inclusive` or `exclusive`, what new
    prices say about tax; without it they say nothing). Secret: `api_key`."""

    def __init__(self, connection: Connection) -> None:
        self.id = connection.id
        self._now = connection.now
        self._tax = str(connection.options.get("tax_behavior") or "")
        self._mapping = connection.mapping
        self.facts = self._mapping.added_to(facts(connection.options))
        self._api = StripeApi(connection)
        self._recent = Recent(self._api, self._now)
        self._customers = Customers(self._api, self._mapping)
        self._variants = Variants(self._api, self._tax, self._mapping)
        self._subscriptions = Subscriptions(self._api, self._tax, self._variants, self._customers, self._now)

    def read(self, kind: Kind, id: str) -> Reading | None:
        """See `System.read`. Reading by id is immediate."""
        found = self._object(kind, id)
        return None if found is None else self._reading(kind, found)

    def candidates(self, kind: Kind, criterion: str) -> Sequence[Reading]:
        """Customers by `email:…`, oldest first. See `candidates_many`."""
        return self.candidates_many(kind, [criterion])[criterion]

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        """See the port. Stripe lists products by their ids, customers and subscriptions it does not."""
        if kind == "variant":
            found = self._variants.get_many(ids)
            return {id: self._reading(kind, found[id]) for id in ids if id in found}
        return each_read(self.read, kind, ids)

    def candidates_many(self, kind: Kind, criteria: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        """Customers by their email addresses: see `matching`."""
        for criterion in criteria:
            name = criterion.partition(":")[0]
            if name not in self._kind(kind).matches:
                raise Unsupported(f"Stripe's {kind} records cannot be matched by {name}")
        emails = {criterion: normal_email(criterion.partition(":")[2]) for criterion in criteria}
        found = matching(self._api, self._recent, list(dict.fromkeys(emails.values())), self._now())
        return {criterion: [self._reading(kind, c) for c in found[email]] for criterion, email in emails.items()}

    def find(self, kind: Kind, origin: RecordKey, *, since: datetime, hints: Wanted | None = None) -> str | None:
        """See `System.find`: products by own id, subscriptions by their customer, customers by the time of creation.

        A product whose price was still to come is not found: its own id sees to it that making it anew completes it.
        """
        if kind == "variant":
            found = self._api.get(at("/v1/products", variants.product_id(origin)))
            complete = found and found["default_price"] and found["metadata"].get(ORIGIN) == str(origin)
            return str(found["id"]) if found and complete else None
        if kind == "customer":
            return self._made(origin, since - CLOCK_MARGIN)
        parameters: dict[str, object] = {"created[gte]": int((since - CLOCK_MARGIN).timestamp()), "status": "all"}
        customer = subscriptions.customer_of(hints)
        parameters |= {"customer": customer} if customer else {}
        subscribed = self._api.list(_PATHS[self._checked(kind)], **parameters)
        marked = [(s["created"], s["id"]) for s in subscribed if s["metadata"].get(ORIGIN) == str(origin)]
        return str(min(marked)[1]) if marked else None

    def normalised(self, wanted: Wanted) -> Mapping[str, object]:
        """See `System.normalised`."""
        match wanted.record.key.kind:
            case "customer":
                return customers.state(wanted, self._mapping)
            case "variant":
                return variants.state(wanted, self._tax, self._mapping)
            case "subscription":
                return subscriptions.state(wanted, self._tax)
        raise self._unsupported(wanted.record.key.kind)

    def held(self, kind: Kind, id: str, wanted: Wanted) -> Mapping[str, object] | None:
        """See `System.held`."""
        found = self._object(kind, id)
        if found is None:
            return None
        match kind:
            case "customer":
                return customers.held(found, wanted, self._mapping)
            case "variant":
                return variants.held(found, wanted, self._tax, self._mapping)
        return subscriptions.held(found, all_items(self._api, found), wanted, self._tax)

    def write(self, wanted: Wanted) -> Written:
        """See `System.write`."""
        return self._writer(wanted.record.key.kind)(wanted)

    def write_many(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        """One by one: Stripe has no batch endpoint."""
        return one_by_one(self.write, wanted)

    def merge(self, kind: Kind, loser: str, survivor: str) -> None:  # noqa: ARG002
        """Unsupported: Stripe's API has no merge (https://docs.stripe.com/api/customers)."""
        raise Unsupported(f"Stripe cannot merge {kind} records")

    def erase(self, kind: Kind, id: str) -> None:
        """See `Customers.erase`."""
        if kind != "customer":
            raise Unsupported(f"Stripe's {kind} records hold no personal data to erase")
        self._customers.erase(id)

    def move_subscribers(self, variant_id: str) -> int:
        """See `Moves` and `moving`."""
        return moved(self._api, self._tax, variant_id)

    def check(self) -> Sequence[str]:
        """See `Checkable` and `checking`."""
        return lacking(self._api, self._mapping)

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        """By the events of the last 30 days, creations and deletions included; for an earlier date all records, since
        Stripe lists no changes of its own. Both lists are newest first, so they are read whole and turned around:
        ids only."""
        path, parents = _PATHS[self._checked(kind)], dict[str, None]()
        if since < self._now() - EVENTS_KEPT:
            everything = {"status": "all"} if kind == "subscription" else {}
            parents = dict.fromkeys(o["id"] for o in self._api.list(path, **everything))
        else:
            parameters = {"types": list(EVENTS[kind]), "created[gte]": int(since.astimezone(UTC).timestamp())}
            for event in self._api.list("/v1/events", **parameters):
                parents[record_id(event["type"], kind, subject(event["data"]))] = None
        for id in reversed(parents):
            yield Changed(key=RecordKey(self.id, kind, id))

    def _made(self, origin: RecordKey, since: datetime) -> str | None:
        """The customer that carries `origin` still, the oldest of those created since then."""
        marked = [(one.created, one.id) for one in self._recent.since(since) if one.origin == str(origin)]
        for _, id in sorted(marked):
            found = self._customers.get(id)
            if found and found["metadata"].get(ORIGIN) == str(origin):
                return id
        return None

    def _object(self, kind: Kind, id: str) -> dict[str, Any] | None:
        match self._checked(kind):
            case "customer":
                return self._customers.get(id)
            case "variant":
                return self._variants.get(id)
        return self._api.get(at(_PATHS[kind], id), expand=[*subscriptions.EXPANDED])

    def _reading(self, kind: Kind, found: Mapping[str, Any]) -> Reading:
        at, origin = RecordKey(self.id, kind, found["id"]), origin_of(found["metadata"].get(ORIGIN))
        match kind:
            case "customer":
                payable = self._customers.payable(found)
                record = customers.ours(at, found, payable=payable, mapping=self._mapping)
                return Reading(at=at, record=record, origin=origin)
            case "variant":
                return Reading(at=at, record=variants.ours(at, found, self._mapping), origin=origin)
        subscription = subscriptions.ours(at, found, all_items(self._api, found))
        return Reading(at=at, record=subscription, origin=origin)

    def _writer(self, kind: Kind) -> Callable[[Wanted], Written]:
        match kind:
            case "customer":
                return self._customers.write
            case "variant":
                return self._variants.write
            case "subscription":
                return self._subscriptions.write
        raise self._unsupported(kind)

    def _kind(self, kind: Kind) -> KindFacts:
        return self.facts.kinds[self._checked(kind)]

    def _checked(self, kind: Kind) -> Kind:
        if kind not in _PATHS:
            raise self._unsupported(kind)
        return kind

    def _unsupported(self, kind: Kind) -> Unsupported:
        return Unsupported(f"Stripe ({self.id}) keeps no {kind} records of ours")
