"""In-memory vendors: a storefront, CRM, billing or ERP as a `System`, for tests that need thousands of passes.

`Books` is what a vendor holds. `MemorySystem` is the connector to it; each of its requests goes through a `Wire`,
which may delay it, lose it or end the process. They keep the port's rules (they pass the conformance suite) and leave
out what a vendor adds to them: own words for states and fields, paging, limits.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from cashpath.faults import NeedsPerson, NotYet, Unsupported
from cashpath.records import Customer, Kind, Order, Product, Record, RecordKey, Role, SystemId, Variant
from cashpath.records.customer import Company
from cashpath.records.subscription import Subscription
from cashpath.systems.port import Changed, Facts, KindFacts, Reading, Wanted, Written
from cashpath.systems.single import each_matched, each_read
from cashpath_sandbox.memory_values import kept, told

T = TypeVar("T")
CLASSES: Mapping[Kind, type[Record]] = {
    "customer": Customer,
    "company": Company,
    "product": Product,
    "variant": Variant,
    "order": Order,
    "subscription": Subscription,
}
NOT_KEPT = frozenset(
    {"custom", "deal", "company", "payable", "channel", "risk", "test", "renewal", "presentment", "variants"}
)
WRITES: Mapping[Role, Mapping[Kind, frozenset[Kind]]] = {  # the kinds that each role takes, and what each must name
    "storefront": {
        "customer": frozenset(),
        "company": frozenset(),
        "product": frozenset(),
        "variant": frozenset({"product"}),
    },
    "crm": {
        "customer": frozenset(),
        "company": frozenset(),
        "variant": frozenset(),
        "order": frozenset({"customer"}),
    },
    "billing": {
        "customer": frozenset(),
        "variant": frozenset(),
        "subscription": frozenset({"customer", "variant"}),
    },
    "erp": {
        "customer": frozenset(),
        "company": frozenset(),
        "variant": frozenset({"variant"}),
        "order": frozenset({"customer", "variant"}),
    },
}
READS: Mapping[Role, frozenset[Kind]] = {  # the kinds that each role has, but takes from nobody
    "storefront": frozenset({"order", "subscription"}),
    "crm": frozenset(),
    "billing": frozenset(),
    "erp": frozenset({"product"}),
}
MATCHES: Mapping[Kind, frozenset[str]] = {
    "customer": frozenset({"email"}),
    "company": frozenset({"tax_id"}),
    "variant": frozenset({"sku"}),
    "order": frozenset({"number"}),
}


class Wire(Protocol):
    """What stands between a connector and its vendor. `request` names the request; `do` is what the vendor does."""

    def __call__(self, request: str, do: Callable[[], T], *, writes: bool) -> T: ...


def straight(request: str, do: Callable[[], T], *, writes: bool) -> T:
    """A wire on which nothing ever happens."""
    return do()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One record as the vendor holds it. `at` is when it came to be so (epoch ms), `version` its modification mark."""

    record: Record
    origin: RecordKey | None
    at: int
    version: int


@dataclass
class Books:
    """What one vendor holds: for each record every state it was in, newest last, so that a read may lag.

    `resolution` (ms) is how fine its modification marks are. `changed` is told of every change, as a webhook would be.
    `writes` counts the requests that changed anything, ours and those made by hand alike.
    """

    id: SystemId
    now: Callable[[], datetime]
    resolution: int = 1
    rows: dict[tuple[Kind, str], list[Row]] = field(default_factory=dict)
    writes: int = 0
    changed: Callable[[RecordKey, int], None] | None = None
    merged: dict[tuple[Kind, str], str] = field(default_factory=dict)
    _ids: int = 0

    def millis(self) -> int:
        return int(self.now().timestamp() * 1000)

    def add(self, record: Record, origin: RecordKey | None = None, *, id: str = "") -> RecordKey:
        """A new record; the vendor chooses its id where none is given."""
        self._ids += 1
        key = RecordKey(self.id, record.key.kind, id or f"{record.key.kind[0]}{self._ids}")
        self._keep(replace(record, key=key), origin)
        return key

    def change(self, key: RecordKey, **values: Any) -> Record:
        """Change fields of a record, by hand or by a request. Raises LookupError where it is gone."""
        row = self.current(key.kind, key.id)
        if row is None:
            raise LookupError(f"{key} is gone")
        return self._keep(replace(row.record, **values), row.origin)

    def _keep(self, record: Record, origin: RecordKey | None) -> Record:
        at = self.millis()
        version = at - at % self.resolution
        states = self.rows.setdefault((record.key.kind, record.key.id), [])
        if states:
            version = max(version, states[-1].version)
        states.append(Row(record=record, origin=origin, at=at, version=version))
        self.writes += 1
        if self.changed is not None:
            self.changed(record.key, version)
        return record

    def remove(self, key: RecordKey) -> None:
        """Delete a record, as a person would."""
        del self.rows[key.kind, key.id]

    def merge(self, kind: Kind, loser: str, survivor: str) -> None:
        """Merge a record into another: read by its old id, it names the survivor from now on."""
        self.merged[kind, loser] = survivor
        self.remove(RecordKey(self.id, kind, loser))
        if self.changed is not None:
            self.changed(RecordKey(self.id, kind, survivor), self.rows[kind, survivor][-1].version)

    def current(self, kind: Kind, id: str, *, at: int | None = None) -> Row | None:
        """The record as it is, or as it was at a moment (epoch ms)."""
        states = self.rows.get((kind, id), ())
        return next((row for row in reversed(states) if at is None or row.at <= at), None)

    def of(self, kind: Kind) -> list[Row]:
        """All records of a kind, oldest first."""
        return [states[-1] for (k, _), states in self.rows.items() if k == kind]


def facts(role: Role, *, read_lag: timedelta = timedelta(0)) -> Facts:
    """What an in-memory vendor of this role can do."""
    takes = WRITES[role]
    kinds: dict[Kind, KindFacts] = {}
    for kind in CLASSES:
        if kind not in takes and kind not in READS[role]:
            continue
        names = takes.get(kind, frozenset())
        fields = CLASSES[kind].field_names() - NOT_KEPT
        if kind == "variant":  # what a role cannot name it does not hold
            fields -= {field for field, of in (("product", "product"), ("parts", "variant")) if of not in names}
        kinds[kind] = KindFacts(
            reads=True,
            fields=fields if kind in takes else frozenset(),
            tells=fields,
            merges=role != "billing" and kind in ("customer", "company"),
            references=names,
            matches=MATCHES.get(kind, frozenset()),
        )
    return Facts(vendor="memory", role=role, kinds=kinds, read_lag=read_lag)


class MemorySystem:
    """The connector to one vendor's books. `lag` and `search_lag` say how far (ms) a read or a search is behind now."""

    def __init__(
        self,
        books: Books,
        facts: Facts,
        *,
        wire: Wire = straight,
        lag: Callable[[], int] = int,
        search_lag: Callable[[], int] = int,
    ) -> None:
        self.id = books.id
        self.facts = facts
        self.books = books
        self._wire = wire
        self._lag = lag
        self._search_lag = search_lag

    def read(self, kind: Kind, id: str) -> Reading | None:
        return self._wire(f"read {kind}", lambda: self._reading(kind, id, self._lag()), writes=False)

    def _reading(self, kind: Kind, id: str, lag: int) -> Reading | None:
        row = self.books.current(kind, id, at=self.books.millis() - lag)
        if row is None and (kind, id) in self.books.merged:
            survivor = self._reading(kind, self.books.merged[kind, id], lag)
            return survivor and replace(survivor, at=RecordKey(self.id, kind, id), merged_into=survivor.record.key)
        if row is None:
            return None
        record = self._with_variants(row.record, lag) if isinstance(row.record, Product) else row.record
        parent = record.product if isinstance(record, Variant) else None
        at = RecordKey(self.id, kind, id)
        return Reading(at=at, record=record, version=row.version, origin=row.origin, parent=parent)

    def _with_variants(self, product: Product, lag: int) -> Product:
        """A product with those of its variants that were there at the moment."""
        ids = [id for kind, id in self.books.rows if kind == "variant"]
        rows = [self.books.current("variant", id, at=self.books.millis() - lag) for id in ids]
        variants = [row.record for row in rows if row is not None and isinstance(row.record, Variant)]
        return replace(product, variants=tuple(v for v in variants if v.product == product.key))

    def candidates(self, kind: Kind, criterion: str) -> Sequence[Reading]:
        by, _, value = criterion.partition(":")
        if kind not in self.facts.kinds or by not in self.facts.kinds[kind].matches:
            raise Unsupported(f"{self.id} cannot look for {kind} by {by}")

        def search() -> list[Reading]:
            lag = self._search_lag()
            known = [self._reading(kind, id, lag) for k, id in self.books.rows if k == kind]
            return [r for r in known if r is not None and _matches(r.record, by, value)]

        return self._wire(f"search {kind}", search, writes=False)

    def read_many(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        """See the port."""
        return each_read(self.read, kind, ids)

    def candidates_many(self, kind: Kind, criteria: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
        """See the port."""
        return each_matched(self.candidates, kind, criteria)

    def find(self, kind: Kind, origin: RecordKey, *, since: datetime, hints: Wanted | None = None) -> str | None:
        def look() -> str | None:
            return next((row.record.key.id for row in self.books.of(kind) if row.origin == origin), None)

        return self._wire(f"find {kind}", look, writes=False)

    def normalised(self, wanted: Wanted) -> Mapping[str, object]:
        return told(kept(wanted.record, self.id, wanted.refs), self._writable(wanted))

    def held(self, kind: Kind, id: str, wanted: Wanted) -> Mapping[str, object] | None:
        reading = self.read(kind, id)
        return None if reading is None else told(reading.record, self._writable(wanted))

    def write(self, wanted: Wanted) -> Written:
        """In up to three requests, as most vendors want it: the record itself, its lines, its state."""
        names = self._writable(wanted)
        if not names:
            raise Unsupported(f"{self.id} takes no {wanted.record.key.kind}")
        kind = wanted.record.key.kind
        if missing := [k for k in wanted.record.references() if self._needs(kind, k) and k not in wanted.refs]:
            raise NotYet(f"{missing[0]} is not in {self.id} yet", system=self.id)
        record = kept(wanted.record, self.id, wanted.refs)
        parts = [names - {"lines", "state"}, names & {"lines"}, names & {"state"}]
        head, *rest = [{name: getattr(record, name) for name in part} for part in parts]
        if wanted.id is None:
            new = replace(record, **_unset(rest))
            key = self._wire(f"create {kind}", lambda: self.books.add(new, wanted.record.key), writes=True)
        else:
            key = RecordKey(self.id, kind, wanted.id)
            self._change(key, head)
        for part in rest:
            if part:
                self._change(key, part)
        return Written(id=key.id, created=wanted.id is None)

    def _change(self, key: RecordKey, values: Mapping[str, Any]) -> None:
        def put() -> bool:
            if self.books.current(key.kind, key.id) is None:
                return False
            self.books.change(key, **values)
            return True

        if not self._wire(f"change {' '.join(sorted(values)) if len(values) < 2 else key.kind}", put, writes=True):
            raise NeedsPerson(
                f"{key} is gone from {self.id}",
                remedy=f"restore it in {self.id}, then redrive",
                owner=self.facts.role,
                code="target_gone",
            )

    def write_many(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        results: list[Written | Exception] = []
        for each in wanted:
            try:
                results.append(self.write(each))
            except Exception as error:
                results.append(error)
        return results

    def merge(self, kind: Kind, loser: str, survivor: str) -> None:
        def put() -> None:
            if self.books.current(kind, loser) is not None and self.books.current(kind, survivor) is not None:
                self.books.merge(kind, loser, survivor)

        self._wire(f"merge {kind}", put, writes=True)

    def erase(self, kind: Kind, id: str) -> None:
        if kind != "customer":
            raise Unsupported(f"{self.id} erases customers only")
        if self.books.current(kind, id) is None:
            return
        blank: dict[str, Any] = dict.fromkeys(("email", "first_name", "last_name", "phone", "locale"), "")
        self._change(RecordKey(self.id, kind, id), {**blank, "address": None})

    def changed_since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        start = int(since.timestamp() * 1000)

        def search() -> list[Row]:
            return sorted((row for row in self.books.of(kind) if row.version >= start), key=lambda row: row.version)

        for row in self._wire(f"changes of {kind}", search, writes=False):
            yield Changed(key=row.record.key, version=row.version)

    def _needs(self, kind: Kind, key: RecordKey) -> bool:
        return key.kind in self.facts.kinds[kind].references

    def _writable(self, wanted: Wanted) -> frozenset[str]:
        kind = wanted.record.key.kind
        if kind not in self.facts.kinds:
            raise Unsupported(f"{self.id} takes no {kind}")
        return wanted.fields & self.facts.kinds[kind].fields


def _unset(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a record is before the requests that set its lines and its state have come."""
    return {name: () if name == "lines" else "open" for part in parts for name in part if name == "lines"}


def _matches(record: Record, by: str, value: str) -> bool:
    """Whether a person would call them the same: an article number keeps its case, all else does not matter."""
    held, value = str(getattr(record, by)).strip(), value.strip()
    return bool(held) and (held == value if by == "sku" else held.casefold() == value.casefold())
