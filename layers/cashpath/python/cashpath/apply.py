"""Performs a plan: the only place that writes to a vendor. Called by the runner, under the root's lease.

Writes are made in order, and each link is saved before the next. A write whose system is braked, whose claim somebody
else holds or whose reference has no id yet is left waiting, and so is whatever depends on it; all others are made.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cashpath.brakes import BrandDesk, millis
from cashpath.faults import CredentialsRefused, NeedsPerson, NotYet, Unanswered, Unsupported, Waits
from cashpath.ledger.answers import Claimed, Held, Linked, Taken
from cashpath.ledger.ledger import SHARED, Ledger
from cashpath.ledger.seen import OpenClaim, mark_name
from cashpath.plan import Absorb, Erase, Finding, Join, Merge, Move, Plan, Put, Write
from cashpath.records.keys import RecordKey, Role, SystemId
from cashpath.records.money import BadRecord
from cashpath.systems.desk import Links
from cashpath.systems.port import Moves, System, Wanted
from cashpath.waiting import Wait, wait_for


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What one pass works with. `writes_until` (epoch ms) is when it must stop writing: its lease is running out.
    `told_of` is the record that the notice names; `forced` pays no heed to fingerprints."""

    flow: str
    held: Held
    desk: BrandDesk
    ledger: Ledger
    now: Callable[[], datetime]
    writes_until: int
    claim_until: Callable[[], int]
    told_of: RecordKey
    forced: bool


@dataclass
class Applied:
    """What came of a plan. `tried`: the records that it wanted, and where. `erased`: the records whose personal data is
    gone. `doubt`: a write got no answer, so the lease must run out. `looked`: what the notice tells of was compared
    with what was last written there."""

    fingerprints: dict[str, str | None] = field(default_factory=dict)
    milestones: dict[str, int] = field(default_factory=dict)
    waits: list[Wait] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refused: list[CredentialsRefused] = field(default_factory=list)
    tried: set[tuple[RecordKey, SystemId]] = field(default_factory=set)
    erased: list[RecordKey] = field(default_factory=list)
    written: int = 0
    doubt: bool = False
    looked: bool = False


def fingerprint(held: Mapping[str, object]) -> str:
    """A short mark of what a system holds: two that are equal need no write."""
    text = json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def made_of(claim: OpenClaim, system: System) -> str | None:
    """The id of what a claim that ran out has created, if anything: asked of an endpoint that reads its own writes."""
    return system.find(claim.key.kind, claim.key, since=datetime.fromtimestamp(claim.since / 1000, UTC))


def apply(plan: Plan, work: Pass, links: Links) -> Applied:
    """Perform `plan`; `links` are those that the view was read with. Raises nothing that a vendor did."""
    return _Applying(work, dict(links)).all(plan)


class _Applying:
    def __init__(self, work: Pass, links: dict[tuple[RecordKey, Role], str]) -> None:
        self._work = work
        self._links = links
        self._done = Applied()
        self._fingerprints = dict(work.held.seen.fingerprints)
        self._pointed: set[RecordKey] = set()

    def all(self, plan: Plan) -> Applied:
        self._done.findings.extend(plan.findings)
        for write in plan.writes:
            try:
                self._one(write)
            except Unanswered as fault:
                self._done.doubt = True
                self._done.waits.append(wait_for(fault))
            except Waits as fault:
                self._done.waits.append(wait_for(fault))
            except CredentialsRefused as fault:
                self._done.refused.append(fault)
                self._done.waits.append(wait_for(fault))
            except NeedsPerson as fault:
                self._done.findings.append(_finding(write, fault))
            except BadRecord as error:
                self._done.findings.append(_finding(write, bad_record(error)))
        return self._done

    def _one(self, write: Write) -> None:
        system = self._work.desk.role(write.role)
        match write:
            case Join():
                self._belongs(write.key)
                if write.replaces:
                    self._work.ledger.unlink(write.key, system.id)
                self._link(write.key, write.role, system, write.id, write.match)
                self._done.milestones.update(write.milestones.items())
            case Merge():
                self._in_time()
                system.merge(write.key.kind, write.loser, write.id)
                self._done.written += 1
            case Absorb():
                self._absorb(write)
            case Erase():
                self._erase(write, system)
            case Move():
                self._move(write, system)
            case Put():
                self._put(write, system)

    def _erase(self, write: Erase, system: System) -> None:
        self._in_time()
        try:
            system.erase(write.key.kind, write.id)
        except Unsupported as refused:
            raise NeedsPerson(
                f"{write.id} is to be erased in {system.id}, which lets nobody do so but its own people",
                remedy=f"erase it in {system.id}; what that tells us ends this",
                code="erase_by_hand",
            ) from refused
        self._work.ledger.forget_match(write.match, system.id)
        self._done.erased.append(RecordKey(system.id, write.key.kind, write.id))
        self._done.written += 1

    def _move(self, write: Move, system: System) -> None:
        """Only once the price is there; what a pass that died left unmoved is moved by the next one, since none has
        noted that all were."""
        of = mark_name(self._work.flow, system.id, write.key)
        name, mark = f"{of}|moved", fingerprint({"at": write.at})
        known = self._fingerprints.get(name)
        if write.anew:
            known = self._done.fingerprints[name] = None  # until they are moved
        if not self._done.fingerprints.get(of) or (known == mark and not self._work.forced):
            return
        self._in_time()
        try:
            if not isinstance(system, Moves):
                raise Unsupported(f"{system.id} moves no subscribers")
            self._done.written += system.move_subscribers(write.id)
        except Unsupported as refused:
            raise NeedsPerson(
                f"{system.id} cannot move who subscribed at an older price of {write.key}",
                remedy="set move_subscribers = false for the brand, and move them there by hand",
                code="cannot_move",
            ) from refused
        self._done.fingerprints[name] = mark

    def _absorb(self, write: Absorb) -> None:
        """Only once everything that was to be merged is: what waits is tried again while both roots still stand."""
        if self._done.waits or any(finding.kind == "person" for finding in self._done.findings):
            raise NotYet(f"{write.other} is {write.key}, once what is of both is one")
        busy = self._work.ledger.absorb(self._work.held, write.other, self._work.desk.systems.values())
        if busy is not None:
            raise NotYet(f"{write.other} is {write.key}, and another pass works on it")

    def _put(self, write: Put, system: System) -> None:
        self._done.tried.add((write.record.key, system.id))
        wanted = self._wanted(write, system)
        if wanted.id is None and write.when != "update":
            self._create(write, wanted, system)
        elif wanted.id is not None and write.when != "ensure":
            self._update(write, wanted, system)
        else:
            return
        if write.milestone and (write.record.key, write.role) in self._links:
            self._done.milestones.setdefault(write.milestone, millis(self._work.now()))

    def _wanted(self, write: Put, system: System) -> Wanted:
        """What the connector is asked for. Raises NotYet where a record that this one names has no id there."""
        needs = system.facts.kinds[write.record.key.kind].references
        refs = {}
        for key in write.record.references():
            if key.kind in needs:
                if (key, write.role) not in self._links:
                    raise NotYet(f"{key} is not in {system.id} yet")
                refs[key] = self._links[key, write.role]
        return Wanted(
            record=write.record,
            fields=write.fields,
            id=self._links.get((write.record.key, write.role)),
            brand=self._work.desk.brand,
            refs=refs,
        )

    def _create(self, write: Put, wanted: Wanted, system: System) -> None:
        work, key = self._work, write.record.key
        self._in_time()
        self._belongs(key)
        match work.ledger.claim(work.held, key, system.id, until=work.claim_until(), match=write.match):
            case Linked(id=id):
                self._link(key, write.role, system, id, write.match)
                return
            case Taken(by=claim) if claim is not None and claim.until < millis(work.now()):
                self._take_over(claim, write, wanted, system)
            case Taken():
                self._claimed(key, system)
            case Claimed():
                self._make(write, wanted, system)

    def _take_over(self, claim: OpenClaim, write: Put, wanted: Wanted, system: System) -> None:
        """A claim ran out and nobody settled it: what it may have made is looked up, and only then made anew."""
        work, key = self._work, write.record.key
        found = made_of(claim, system)
        if found is not None and claim.key == key:
            self._complete(write, replace(wanted, id=found), system)
            return
        if found is not None:
            self._link(key, write.role, system, found, write.match)
            return
        match work.ledger.claim(work.held, key, system.id, until=work.claim_until(), match=write.match, expired=claim):
            case Linked(id=id):
                self._link(key, write.role, system, id, write.match)
            case Taken():
                self._claimed(key, system)
            case Claimed():
                self._make(write, wanted, system)

    def _claimed(self, key: RecordKey, system: System) -> None:
        """Another root's pass creates it: that is done in a second, so the notice comes back soon, and later each time.
        What a pass that died has claimed is looked up once the claim has run out."""
        self._done.waits.append(Wait(kind="claimed", why=f"{key} is being created in {system.id}"))

    def _make(self, write: Put, wanted: Wanted, system: System) -> None:
        work, key = self._work, write.record.key
        try:
            written = system.write(replace(wanted, fields=write.fields | write.seeds, id=write.made or None))
        except (Waits, NeedsPerson, BadRecord):
            work.ledger.expire_claim(work.held, key, system.id)  # answered, so nothing is under way: look up at once
            raise
        self._done.written += 1
        self._link(key, write.role, system, written.id, write.match)
        self._made(write, wanted, system)

    def _complete(self, write: Put, wanted: Wanted, system: System) -> None:
        """What a pass that died left behind may lack what it would have sent next. The claim stands until that is
        there, unless the system refuses it: then it is for a person, and linked."""
        assert wanted.id is not None
        key = write.record.key
        try:
            system.write(replace(wanted, fields=write.fields | write.seeds))
        except (NeedsPerson, BadRecord):
            self._link(key, write.role, system, wanted.id, write.match)
            raise
        self._done.written += 1
        self._link(key, write.role, system, wanted.id, write.match)
        self._made(write, wanted, system)

    def _update(self, write: Put, wanted: Wanted, system: System) -> None:
        name = _mark(self._work.flow, write, system)
        mark = fingerprint(system.normalised(wanted))
        known = self._fingerprints.get(name)
        if write.differing is not None:
            self._done.looked = self._done.looked or self._told_of(wanted, system)
            if not write.differing or self._is_raised(write, known, mark):
                self._done.fingerprints[name] = mark
                return
            known = None
        elif self._told_of(wanted, system):
            if known is not None and not self._still_held(known, wanted, system):
                known = self._done.fingerprints[name] = None
            self._done.looked = True
        if known == mark and not self._work.forced:
            return
        self._in_time()
        self._done.fingerprints[name] = None  # until the write is answered, what is there is unknown
        system.write(wanted)
        self._done.written += 1
        self._wrote(write, wanted, system)

    def _is_raised(self, write: Put, known: str | None, mark: str) -> bool:
        """Whether a change by somebody else is left to a person: unless the owner has changed the field since."""
        if not write.watch or self._work.forced or known not in (None, mark):
            return False
        self._done.findings.append(drift(write, write.watch))
        return True

    def _told_of(self, wanted: Wanted, system: System) -> bool:
        told = self._work.told_of
        return told.system == system.id and told.kind == wanted.record.key.kind and told.id == wanted.id

    def _still_held(self, known: str, wanted: Wanted, system: System) -> bool:
        assert wanted.id is not None
        held = system.held(wanted.record.key.kind, wanted.id, wanted)
        if held is None:
            raise NeedsPerson(
                f"{wanted.record.key} is gone from {system.id} (it was {wanted.id})",
                remedy=f"restore it in {system.id}, or `cashpath unlink {wanted.record.key} {system.id}`; then redrive",
                owner=system.facts.role,
                code="target_gone",
            )
        return fingerprint(held) == known

    def _made(self, write: Put, wanted: Wanted, system: System) -> None:
        """What is only ensured is never updated, so nothing of it, perhaps a person, is remembered by this root."""
        if write.when != "ensure":
            self._wrote(write, wanted, system)

    def _wrote(self, write: Put, wanted: Wanted, system: System) -> None:
        self._done.fingerprints[_mark(self._work.flow, write, system)] = fingerprint(system.normalised(wanted))

    def _belongs(self, key: RecordKey) -> None:
        """A variant leads to its product from before it is anywhere else: once its owner has deleted it, nobody could
        tell any more whose its copies are."""
        root = self._work.held.root
        if key.kind == "variant" and root.kind == "product" and key not in self._pointed:
            self._work.ledger.point(key, root, key)
            self._pointed.add(key)

    def _link(self, key: RecordKey, role: Role, system: System, id: str, match: tuple[str, ...]) -> None:
        root = key if key.kind in SHARED and not key.is_described else self._work.held.root
        self._work.ledger.link(self._work.held, key, system.id, id, match=match, root=root)
        self._links[key, role] = id

    def _in_time(self) -> None:
        if millis(self._work.now()) >= self._work.writes_until:
            raise NotYet("the pass ran out of time; the rest is for the next one")


def drift(write: Put, name: str) -> Finding:
    """That a field of a record is otherwise in a system than its owner has it."""
    key = write.record.key
    return Finding(
        kind="drift",
        about=key,
        cause=f"{name} of {key} is not in the {write.role} what its owner says",
        remedy=f"`cashpath drift` shows both values; `cashpath drift fix {key}` brings the owner's over",
        owner=write.role,
        code="drift",
        field=name,
        role=write.role,
    )


def _mark(flow: str, write: Put, system: System) -> str:
    name = mark_name(flow, system.id, write.record.key)
    return f"{name}|{write.watch}" if write.watch else name


def bad_record(error: BadRecord) -> NeedsPerson:
    """A record that no system may be given, as something for a person."""
    return NeedsPerson(str(error), remedy="correct the record in its own system, then redrive", code="bad_record")


def _finding(write: Write, fault: NeedsPerson) -> Finding:
    about = write.record.key if isinstance(write, Put) else write.key
    return Finding(
        kind="person",
        about=about,
        cause=fault.cause,
        remedy=fault.remedy,
        owner=fault.owner or write.role,
        code=fault.code,
    )
