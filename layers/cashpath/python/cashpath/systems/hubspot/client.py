"""The connector: HubSpot as a system of the port. Reads contacts, companies, products, deals and orders, and writes
them, each found again by `cashpath_origin`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import merge

from cashpath.faults import NotYet, Unsupported
from cashpath.records import Kind, RecordKey
from cashpath.systems.connection import Connection, Secret, origin_of
from cashpath.systems.hubspot import lines
from cashpath.systems.hubspot.calls import Calls
from cashpath.systems.hubspot.changes import changed
from cashpath.systems.hubspot.colleagues import Colleagues
from cashpath.systems.hubspot.facts import facts
from cashpath.systems.hubspot.limits import LimitedApi
from cashpath.systems.hubspot.matching import numbered, searched
from cashpath.systems.hubspot.objects import CONTACTS, ObjectType, Theirs, located, spelled
from cashpath.systems.hubspot.people import emails
from cashpath.systems.hubspot.properties import ORIGIN, ensure_properties
from cashpath.systems.hubspot.readiness import lacking
from cashpath.systems.hubspot.refusals import explained
from cashpath.systems.hubspot.together import Together
from cashpath.systems.hubspot.translation import ASSOCIATIONS, TYPES, Portal, matches, normal
from cashpath.systems.hubspot.values import millis
from cashpath.systems.port import Changed, Reading, Wanted, Written
from cashpath.systems.single import each_read, readable

URL = "https://api.hubapi.com"


class Connector:
    """One HubSpot portal."""

    def __init__(self, connection: Connection) -> None:
        self.id = connection.id
        self._connection = connection
        self.facts = connection.mapping.added_to(facts(connection.options))
        self._api = LimitedApi(connection, connection.options.get("url") or URL, role="crm", authorise=_bearer)
        self._calls = Calls(self._api)
        self._portal = Portal.of(connection, Colleagues(self._api).email)
        self._together = Together(self._calls, self._portal, require=self._require, one=self.write, now=connection.now)

    def check(self) -> Sequence[str]:
        """What the portal lacks: scopes, Cashpath's own properties, and those that a brand maps."""
        return list(lacking(self._connection, self._api))

    def prepare(self) -> Sequence[str]:
        """Create the custom properties that the portal lacks; `type.name` of each. Needs crm.schemas.*.write."""
        return [f"{made.on.name}.{made.name}" for made in ensure_properties(self._api)]

    def read(self, kind: Kind, id: str) -> Reading | None:
        """The record with this id. Where it was merged away, its survivor, which `merged_into` names."""
        place = located(kind, id)
        if place is None:
            return None
        theirs = self._get(*place)
        if theirs is None:
            return None
        return self._reading(kind, theirs, asked="" if theirs.id == place[1] else id)

    def candidates(self, kind: Kind, criterion: str) -> Sequence[Reading]:
        """The records whose field equals the criterion, oldest first.

        Contacts by email are read by their unique property, at once; the rest is found by a search, which is tokenised
        and lags, so each hit is compared in full.
        """
        return self.candidates_many(kind, [criterion])[criterion]

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        """In batches of 100, with one more request for whom 100 contacts belong to; deals and orders one by one."""
        if kind == "order":
            return each_read(self.read, kind, ids)
        found = self._many(TYPES[kind][0], [id for id in dict.fromkeys(ids) if located(kind, id)])
        readings = {theirs.id: self._reading(kind, theirs) for theirs in found}
        merged = [id for id in ids if id not in readings]  # or gone: a batch answers the survivor's id only
        return {id: readings[id] for id in ids if id in readings} | dict(each_read(self.read, kind, merged))

    def candidates_many(self, kind: Kind, criteria: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        """Contacts by email in batches of 100, all else by searches for five values each; what was found is read in
        batches of 100, with all that a translation needs."""
        wanted = {criterion: self._wanted(kind, criterion) for criterion in criteria}
        if kind == "order":
            called = numbered(self._calls, [number for _, number in wanted.values() if number])
            return {c: readable(self.read, kind, called.get(number, ())) for c, (_, number) in wanted.items()}
        if kind == "customer":
            by_email = [email for _, email in wanted.values() if email]
            hits = self._many(CONTACTS, list(dict.fromkeys(by_email)), by="email")
            found = {email: self._reading(kind, hit) for hit in hits for email in emails(hit)}
            return {criterion: [found[email]] if email in found else [] for criterion, (_, email) in wanted.items()}
        type = TYPES[kind][0]
        ids = searched(self._calls, self._portal, type, [asked for asked, (_, value) in wanted.items() if value])
        known = {theirs.id: self._reading(kind, theirs) for theirs in self._many(type, ids)}
        readings = [known[id] for id in sorted(known, key=int)]
        return {
            asked: [r for r in readings if value and matches(r, name, value)] for asked, (name, value) in wanted.items()
        }

    def _wanted(self, kind: Kind, criterion: str) -> tuple[str, str]:
        name, _, value = criterion.partition(":")
        if kind not in self.facts.kinds or name not in self.facts.kinds[kind].matches:
            raise Unsupported(f"{self.id}: {kind} cannot be matched by {name!r}")
        return name, normal(name, value)

    def _many(self, type: ObjectType, ids: Sequence[str], *, by: str | None = None) -> list[Theirs]:
        with explained(f"{len(ids)} {type.name}"):
            found = self._calls.read_many(type, ids, self._portal.reads(type), by=by) if ids else []
            if "companies" not in ASSOCIATIONS.get(type, ()) or not found:
                return found
            companies = self._together.companies([theirs.id for theirs in found])
        return [replace(t, associated={"companies": companies.get(t.id, ())}) for t in found]

    def find(self, kind: Kind, origin: RecordKey, *, since: datetime, hints: Wanted | None = None) -> str | None:  # noqa: ARG002
        """The id of the record that carries `origin`: read by the unique property, never searched."""
        likely = self._portal.type_of(hints) if hints else None
        for type in sorted(TYPES[kind], key=lambda type: type is not likely):
            with explained(f"{type.name} by origin {origin}"):
                found = self._calls.read_many(type, [str(origin)], [ORIGIN], by=ORIGIN)
            if found:
                return spelled(type, found[0].id)
        return None

    def find_many(self, kind: Kind, origins: Sequence[RecordKey]) -> Mapping[RecordKey, str]:
        """See `Finds`: in batches of 100, by the same unique property."""
        found: dict[RecordKey, str] = {}
        for type in TYPES[kind]:
            with explained(f"{len(origins)} {type.name} by their origins"):
                there = self._calls.read_many(type, [str(o) for o in origins if o not in found], [ORIGIN], by=ORIGIN)
            named = {theirs.get(ORIGIN): spelled(type, theirs.id) for theirs in there}
            found |= {origin: named[str(origin)] for origin in origins if str(origin) in named}
        return found

    def normalised(self, wanted: Wanted) -> Mapping[str, object]:
        """The record as HubSpot will hold it: its properties, its line items by key, whom it is associated with."""
        return self._portal.normalised(wanted)

    def held(self, kind: Kind, id: str, wanted: Wanted) -> Mapping[str, object] | None:
        """What HubSpot holds under `id`, in the same shape."""
        place = located(kind, id)
        theirs = self._get(*place, self._portal.properties(wanted)) if place else None
        if theirs is None:
            return None
        return self._portal.held(theirs, self._items(theirs), wanted)

    def write(self, wanted: Wanted) -> Written:
        """Create by `cashpath_origin`, or change by id; then the associations, then the line items."""
        self._require(wanted)
        type = self._portal.type_of(wanted)
        properties = self._portal.properties(wanted, self._nested(type, wanted))
        what = f"{wanted.record.key} as {type.name} {wanted.id or '(new)'}"
        if wanted.id is None:
            with explained(what, creating=True):
                [(theirs, new)] = self._calls.upsert(type, ORIGIN, [{ORIGIN: str(wanted.record.key), **properties}])
        else:
            new = False
            with explained(what):
                theirs = self._calls.update(type, wanted.id.rpartition(":")[2], properties)
        with explained(f"the associations of {what}"):
            self._complete(wanted, type, theirs.id, new=new)
        return Written(id=spelled(type, theirs.id), created=new)

    def _nested(self, type: ObjectType, wanted: Wanted) -> Mapping[str, str]:
        """The properties of a known record inside which something of the brand's own is written."""
        if wanted.id is None or not self._portal.nests(wanted):
            return {}
        theirs = self._get(type, wanted.id.rpartition(":")[2])
        return theirs.properties if theirs else {}

    def write_many(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        """In batches of 100 of one type; deals and orders, and a batch that is refused, one by one."""
        return self._together.write(wanted)

    def merge(self, kind: Kind, loser: str, survivor: str) -> None:
        """Merge two contacts or companies ("Merge two contacts"); nothing where that was done before."""
        if kind not in ("customer", "company"):
            raise Unsupported(f"{self.id}: Cashpath merges no {kind} records in HubSpot")
        type = TYPES[kind][0]
        there = self._get(type, loser) if located(kind, loser) else None
        if there is None or there.id == survivor:
            return
        with explained(f"{type.name} {loser} and {survivor}"):
            self._calls.merge(type, survivor, loser)

    def erase(self, kind: Kind, id: str) -> None:
        """Permanently delete a contact, everything that HubSpot keeps of the person included."""
        if kind != "customer":
            raise Unsupported(f"{self.id}: HubSpot permanently deletes contacts only, not {kind}")
        if located(kind, id) is None or self._get(CONTACTS, id) is None:
            return
        with explained(f"contact {id}"):
            self._calls.purge(CONTACTS, id)

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        """What changed, oldest first. Found by a search, which lags: ask with overlap."""
        each = (changed(self._calls, type, kind, since, self.id) for type in TYPES.get(kind, ()))
        return merge(*each, key=lambda found: found.version or 0)

    def _get(self, type: ObjectType, number: str, more: Iterable[str] = ()) -> Theirs | None:
        """A record with all that a translation needs; the survivor's where it was merged away."""
        properties = tuple(dict.fromkeys((*self._portal.reads(type), *more)))
        with explained(f"{type.name} {number}"):
            theirs = self._calls.get(type, number, properties, ASSOCIATIONS.get(type, ()))
            if theirs is None or theirs.id == number:
                return theirs
            # Associations are answered under the survivor's own id only ("Announcement: Deals now support merging").
            return self._calls.get(type, theirs.id, properties, ASSOCIATIONS.get(type, ()))

    def _items(self, theirs: Theirs) -> list[Theirs]:
        """The line items of a deal or an order; none of anything else."""
        with explained(f"the line items of {theirs.type.name} {theirs.id}"):
            return lines.read(self._calls, theirs.associated.get("line_items", ()))

    def _reading(self, kind: Kind, theirs: Theirs, asked: str = "") -> Reading:
        record = self._portal.record(theirs, self._items(theirs))
        return Reading(
            at=RecordKey(self.id, kind, asked) if asked else record.key,
            record=record,
            version=millis(theirs.get(theirs.type.modified)),
            origin=origin_of(theirs.get(ORIGIN)),
            merged_into=record.key if asked else None,
        )

    def _require(self, wanted: Wanted) -> None:
        if wanted.record.key.kind not in self.facts.kinds:
            raise Unsupported(f"{self.id}: HubSpot has no {wanted.record.key.kind}")
        for key in self._portal.names(wanted):
            if key not in wanted.refs:
                raise NotYet(f"{wanted.record.key} names {key}, which is not in {self.id} yet", system=self.id)

    def _complete(self, wanted: Wanted, type: ObjectType, number: str, *, new: bool) -> None:
        """Bring associations and line items to what is wanted; reads first what is there, unless all is new."""
        self._together.belong(wanted, number, new=new)
        named = self._portal.named(wanted)
        items = self._portal.lines(wanted)
        if not named and items is None:
            return
        there = None if new else self._get(type, number)
        for to, id in named.items():
            if there is None or id not in there.associated.get(to.name, ()):
                self._calls.associate(type, to, [(number, id)])
        if items is not None:
            with explained(f"the line items of {wanted.record.key}", creating=True):
                lines.write(self._calls, type, number, self._items(there) if there else (), items)


def _bearer(secret: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {secret['access_token']}"}
