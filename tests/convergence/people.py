"""Random histories of customers or companies: random owners, random edits in random systems, every fault of `fates`, on
real code.

Counterpart of `histories` for sync_customers. The generator knows each owner's last value: in the end every system must
hold it, once, and what was ever emitted, delivered again, must write nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib import import_module
from random import Random
from typing import Any

from cashpath.flows.manifest import FLOWS
from cashpath.ledger.erasures import Erasures
from cashpath.ledger.exceptions import Exceptions
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.seen import SKEW
from cashpath.ledger.tables import ERASURES, EXCEPTIONS, LEDGER
from cashpath.notice import Notice
from cashpath.ownership import MATRIX, Ownership
from cashpath.records import ROLES, BrandId, Company, Customer, Kind, RecordKey, Role, SystemId
from cashpath.runner import Outcome, Runner
from cashpath.settings.slices import BrandSlice, FlowSlice, Rules, SystemSlice
from cashpath.systems.port import System
from cashpath_sandbox.memory import Books, MemorySystem, facts
from cashpath_sandbox.memory_dynamo import Tables

from .clockwork import Clock
from .ended import Ended
from .fates import Chance, Fate, Fates, Wires
from .filed import Office
from .sqs import Sender, Sqs
from .storms import live_through
from .tables import Wired, ledger_over

FLOW = "sync_customers"
BRAND = BrandId("mugs")
SYSTEMS: dict[Role, SystemId] = {role: SystemId(role) for role in ROLES}
ROLE_OF: dict[SystemId, Role] = {id: role for role, id in SYSTEMS.items()}
LIFETIME = FLOWS[FLOW].timeout * 1000
ACCOUNTS: tuple[tuple[Role, ...], ...] = (("storefront",), ("crm",), ("storefront", "crm"), ("crm", "storefront"))


@dataclass(frozen=True)
class Sort:
    """Whom a storm is about: the fields that are edited, and the one by which the `roles` that hold such records match
    them. `identity` is the n-th one's."""

    kind: Kind
    edited: tuple[str, ...]
    by: str
    identity: str
    roles: tuple[Role, ...] = ROLES


CUSTOMERS = Sort(
    "customer",
    ("first_name", "last_name", "phone", "account_owner", "payment_terms", "locale", "sales_status"),
    by="email",
    identity="p{}@example.com",
)
COMPANIES = Sort(
    "company",
    ("name", "domain", "phone", "account_owner", "payment_terms", "sales_status"),
    by="tax_id",
    identity="DE10000000{}",
    roles=("storefront", "crm", "erp"),
)
RECORDS: dict[Kind, type[Customer] | type[Company]] = {"customer": Customer, "company": Company}


def rules(rng: Random, sort: Sort = CUSTOMERS) -> Rules:
    """Any owner for any of the fields that are edited; all go everywhere, wherever they began."""
    owners = {**MATRIX[sort.kind], **{name: rng.choice(sort.roles) for name in sort.edited}}
    begin: tuple[Role, ...] = ("storefront", "crm")
    everywhere = {role: tuple(other for other in ROLES if other != role) for role in begin}
    return Rules(
        cutover="2020-01-01T00:00:00+00:00",
        customers_to=everywhere,
        ownership=Ownership(owners={**MATRIX, sort.kind: owners}),
    )


def slice_of(rules: Rules, flow: str) -> FlowSlice:
    """One brand, live."""
    brand = BrandSlice(id=BRAND, systems=SYSTEMS, modes={flow: "live"}, rules=rules)
    systems = {
        id: SystemSlice(id=id, vendor="memory", role=role, secret=f"{id}-secret") for role, id in SYSTEMS.items()
    }
    return FlowSlice(stage="test", flow=flow, systems=systems, brands={brand.id: brand})


@dataclass
class PeopleWorld:
    """Four vendors, ledger, queue and the real runner of a sync flow, on a virtual clock."""

    fates: Fates
    rng: Random
    rules: Rules
    shuffled: bool = True
    flow: str = FLOW
    clock: Clock = field(default_factory=Clock)
    emitted: list[Notice] = field(default_factory=list)
    outcomes: list[tuple[int, Notice, Outcome]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.wires = Wires(self.clock, self.fates)
        self.tables = Tables({"ledger": LEDGER, "exceptions": EXCEPTIONS, "erasures": ERASURES})
        self.books = {role: Books(id, self.clock.now, changed=self._told) for role, id in SYSTEMS.items()}
        self.systems: dict[SystemId, System] = {
            SYSTEMS[role]: self._vendor(role, books) for role, books in self.books.items()
        }
        self.queue = Sqs(self.clock, self.rng, self._handle, LIFETIME, poll=self._poll, twice=self._twice)
        self.office = Office(self.clock, self._exceptions(), self._ledger(), delay=self._poll, twice=self._twice)
        self.sender = Sender(self.queue, self.wires.to("queue"), self.office.give_up)
        self._warm: list[Runner] = []

    def _vendor(self, role: Role, books: Books) -> MemorySystem:
        return MemorySystem(books, facts(role), wire=self.wires.to(books.id))

    def _poll(self) -> int:
        return self.rng.randrange(1_500) if self.shuffled else 0

    def _twice(self) -> bool:
        return self.shuffled and self.rng.random() < 0.05

    def _ledger(self) -> Ledger:
        return ledger_over(Wired(self.tables, self.wires.to("ledger")), self.clock.now)

    def _exceptions(self) -> Exceptions:
        return Exceptions("exceptions", now=self.clock.now, client=Wired(self.tables, self.wires.to("ledger")))

    def _runner(self) -> Runner:
        """A fresh environment of the flow's function, on a machine whose clock is a little off."""
        skew = timedelta(milliseconds=self.rng.randrange(-SKEW // 2, SKEW // 2) if self.shuffled else 0)

        def now() -> datetime:
            return self.clock.now() + skew

        client = Wired(self.tables, self.wires.to("ledger"))
        return Runner(
            slice_of(self.rules, self.flow),
            import_module(f"cashpath.flows.{self.flow}"),
            ledger=ledger_over(client, now),
            exceptions=Exceptions("exceptions", now=now, client=client),
            queues=self.sender,
            connect=self.systems.__getitem__,
            now=now,
            rng=self.rng,
            erasures=Erasures("erasures", now=now, client=client),
        )

    def _handle(self, notice: Notice) -> None:
        runner = self._warm.pop() if self._warm else self._runner()
        outcome = runner.handle(notice)
        self._warm.append(runner)
        self.outcomes.append((self.clock.ms, notice, outcome))

    def _told(self, key: RecordKey, version: int) -> None:
        """The vendor's webhook of any change, ours included: late, out of order, sometimes twice."""
        for _ in range(1 + self._twice()):
            told = None if self.rng.random() < 0.3 else version
            self.emit(
                Notice(
                    flow=self.flow, system=key.system, kind=key.kind, id=key.id, received=self.clock.ms, version=told
                ),
                after=self.rng.randrange(15_000) if self.shuffled else 0,
            )

    def emit(self, notice: Notice, after: int = 0) -> None:
        self.emitted.append(notice)
        self.queue.put(notice, after)

    def merge(self, role: Role, loser: str, survivor: str) -> None:
        """Somebody makes one record of two in a system; its webhook names both."""
        self.books[role].merge("customer", loser, survivor)
        system = SYSTEMS[role]
        self.emit(
            Notice(
                flow=FLOW,
                system=system,
                kind="customer",
                id=survivor,
                received=self.clock.ms,
                absorbs=str(RecordKey(system, "customer", loser)),
            )
        )

    def erase(self, key: RecordKey) -> None:
        """A system erases a customer of its own, and its webhook asks that everybody does."""
        self.books[ROLE_OF[key.system]].remove(key)
        self.emit(Notice(flow=FLOW, system=key.system, kind=key.kind, id=key.id, received=self.clock.ms, wish="erase"))

    def knows(self, identity: str) -> list[str]:
        """Where somebody is still named: the tables and each system's customers."""
        places: dict[str, list[Any]] = {
            f"the table {name}": list(items.values()) for name, items in self.tables.items.items()
        }
        for role, books in self.books.items():
            places[role] = [row.record for row in books.of("customer")]
        return [place for place, held in places.items() if identity in repr(held)]

    def writes(self) -> int:
        return sum(books.writes for books in self.books.values())

    def redeliver(self) -> int:
        """Deliver all that was ever emitted again, received now; how many requests then changed anything."""
        before = self.writes()
        for notice in list(self.emitted):
            self.queue.put(replace(notice, received=self.clock.ms))
        self.clock.run()
        return self.writes() - before


@dataclass
class Person:
    """Somebody, by their email address or tax number; `last` is each owner's last word. Where nobody who owns a field
    has had one of two accounts, either's value may become it: then all must have the same."""

    identity: str
    last: dict[str, Any]


class Storm:
    """One history: people are made, then edited at random, then all faults stop."""

    def __init__(
        self,
        seed: int,
        *,
        people: int = 3,
        edits: int = 25,
        merges: bool = False,
        erases: bool = False,
        sort: Sort = CUSTOMERS,
    ) -> None:
        self.seed, self.edits, self.merges, self.erases, self.sort = seed, edits, merges, erases, sort
        self.lost: list[Person] = []
        self.erased: list[Person] = []
        self.rng = rng = Random(seed)
        self.chance = Chance(rng)
        self.chance.faults = False
        self.world = PeopleWorld(self._fate, rng, rules(rng, sort), shuffled=False)
        self.people = [self._person(n) for n in range(people)]

    def _fate(self, sent: Any) -> Fate:
        return self.chance(sent)

    def _person(self, n: int) -> Person:
        """Somebody with an account in the storefront, in the CRM, or in both, each of which then is a root at first."""
        accounts = self.rng.choice(ACCOUNTS)
        person, sort = Person(self.sort.identity.format(n), {}), self.sort
        for role in accounts:
            said: dict[str, Any] = {name: f"{name} {n} of the {role}" for name in sort.edited}
            known: dict[str, Any] = {sort.by: person.identity}
            self.world.books[role].add(RECORDS[sort.kind](key=RecordKey(SYSTEMS[role], sort.kind, ""), **known, **said))
            for name, value in said.items():
                owner = self.world.rules.ownership.owner(sort.kind, name)
                if owner == role or len(accounts) == 1:
                    person.last[name] = value
        return person

    def run(self) -> Ended:
        """Live through it, and say what is wrong in the end."""
        acts = [*[self._edit] * self.edits, *[self._merge] * self.merges, *[self._erase] * self.erases]
        wrong = live_through(self.world, self.chance, self.rng, acts, self._divergences)
        return Ended.of(self.seed, self.world, wrong)

    def _edit(self) -> None:
        person, role = self.rng.choice(self.people), self.rng.choice(self.sort.roles)
        name = self.rng.choice(self.sort.edited)
        value = f"{name} {self.rng.randrange(1_000_000)}"
        [key] = self._held(person, role)
        if self.world.rules.ownership.owner(self.sort.kind, name) == role:
            person.last[name] = value
        self.world.books[role].change(key, **{name: value})

    def _merge(self) -> None:
        """Somebody finds in the storefront or the CRM that two people are one."""
        role: Role = self.rng.choice(("storefront", "crm"))
        survivor, loser = self.rng.sample(self.people, 2)
        self.people.remove(loser)
        self.lost.append(loser)
        self.world.merge(role, self._held(loser, role)[0].id, self._held(survivor, role)[0].id)

    def _erase(self) -> None:
        """Somebody asks the storefront or the CRM to forget them."""
        role: Role = self.rng.choice(("storefront", "crm"))
        person = self.people.pop(self.rng.randrange(len(self.people)))
        self.erased.append(person)
        self.world.erase(self._held(person, role)[0])

    def _held(self, person: Person, role: Role) -> list[RecordKey]:
        rows = self.world.books[role].of(self.sort.kind)
        return [row.record.key for row in rows if getattr(row.record, self.sort.by, "") == person.identity]

    def _divergences(self) -> Iterator[str]:
        for person in self.people:
            for role in self.sort.roles:
                keys = self._held(person, role)
                if len(keys) != 1:
                    yield f"{role} holds {person.identity} {len(keys)} times"
                    continue
                row = self.world.books[role].current(self.sort.kind, keys[0].id)
                assert row is not None
                for name in self.sort.edited:
                    value = person.last.setdefault(name, getattr(row.record, name))
                    if (held := getattr(row.record, name)) != value:
                        owner = self.world.rules.ownership.owner(self.sort.kind, name)
                        yield f"{role} holds {name} {held!r} of {person.identity}, the {owner} says {value!r}"
        for person in self.erased:
            for place in self.world.knows(person.identity):
                yield f"{place} still names {person.identity}, who is erased"
        for person in self.lost:  # billing cannot merge: there both stay
            left = {role: len(self._held(person, role)) for role in ROLES}
            if left != {"storefront": 0, "crm": 0, "erp": 0, "billing": 1}:
                yield f"{person.identity} was merged away, and is still there: {left}"
