"""Runs a flow for a notice: find the root, lease it, read, plan, apply, and wait where something is missing.

The same for every flow. The protocol's rules (docs/architecture.md) are here, in `claims`, `apply`, `roots` and the
ledger. A pass that dies leaves its lease to run out, so nothing here cleans up in a `finally`.
"""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Protocol

from cashpath.apply import Applied, Pass, apply
from cashpath.brakes import Braked, Brakes, BrandDesk, Connect, millis
from cashpath.claims import settle, settle_rest
from cashpath.drifting import known_drift
from cashpath.faults import CredentialsRefused, Elsewhere, Missing, NeedsPerson, NotYet, Waits
from cashpath.flows.manifest import FLOWS
from cashpath.forgetting import Exceptions as Forgets
from cashpath.forgetting import Forgetting, as_listed, forgotten, records_of
from cashpath.freshness import Freshness
from cashpath.ledger.answers import Busy, Changes, Held
from cashpath.ledger.erasures import Erasure, Erasures
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.seen import SKEW, ReadMark, Seen, mark_name
from cashpath.notice import WISHES, Notice, Wish
from cashpath.noticed import record_of
from cashpath.plan import Absorb, Plan
from cashpath.records import Record
from cashpath.records.keys import BrandId, RecordKey, SystemId
from cashpath.records.money import BadRecord
from cashpath.roots import Lease, NotOurs, brand_of, hold
from cashpath.settings.slices import BrandSlice, FlowSlice, Mode, Rules
from cashpath.systems.desk import Desk, Links
from cashpath.systems.port import Reading
from cashpath.troubles import all_of, naming_nobody, of_root
from cashpath.waiting import Wait, delay, soonest, too_long, wait_for

SLOWEST = 15  # seconds: the slowest request; leases and claims outlast the function's timeout by it
LANDING = 12  # seconds before the function's timeout at which a pass stops writing, so that it can save what it did


class View(Protocol):
    """What every flow's view holds for the runner: the root's own record as just read, all readings of the root (its
    own, and where the flow compares, those of other systems), and the links known then."""

    @property
    def source(self) -> Reading | None: ...
    @property
    def readings(self) -> Sequence[Reading]: ...
    @property
    def links(self) -> Links: ...


class Flow(Protocol):
    """A flow's module. One with a function `gone(view, rules) -> Plan` decides itself what follows where the root's own
    record was deleted; of all others it is a matter for a person."""

    def read(self, desk: Desk, notice: Notice, seen: Seen) -> Any: ...
    def plan(self, view: Any, rules: Rules) -> Plan: ...


class Queues(Protocol):
    """Where notices are sent again, and where those end that only a person can finish."""

    def send(self, notices: Sequence[Notice], *, delay: int = 0) -> Sequence[Notice]: ...
    def give_up(self, notice: Notice, cause: Mapping[str, str], since: int) -> None: ...


class Exceptions(Forgets, Protocol):
    """The exceptions that a finished pass closes, by the marks that it and others before it left."""

    def close_ended(
        self,
        flow: str,
        marks: Mapping[RecordKey, ReadMark],
        wishes: Collection[Wish],
        answered: Mapping[SystemId, int] | None = None,
    ) -> Any: ...


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a notice ended for this pass: `done`, `covered`, `off`, `shadow`, `skipped`, `handed` (to another root),
    `waits` or `person`; `why` in plain words; `plan` where one was made."""

    word: str
    why: str = ""
    written: int = 0
    brand: str = ""
    plan: Plan | None = None


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What a pass would have read and planned at a moment, of the root of a notice."""

    seen: Seen
    brand: BrandSlice
    mode: Mode
    desk: BrandDesk
    view: View
    plan: Plan
    at: datetime


class Runner:
    """One flow of one function."""

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        settings: FlowSlice,
        flow: Flow,
        *,
        ledger: Ledger,
        exceptions: Exceptions,
        queues: Queues,
        connect: Connect,
        now: Callable[[], datetime],
        rng: Random,
        erasures: Erasures | None = None,
    ) -> None:
        self._settings = settings
        self._flow = flow
        self._ledger = ledger
        self._exceptions = exceptions
        self._queues = queues
        self._connect = connect
        self._now = now
        self._rng = rng
        self._forgetting = Forgetting(erasures=erasures, exceptions=exceptions)
        self._freshness = Freshness(settings.flow, connect)
        self._timeout = FLOWS[settings.flow].timeout

    def handle(self, notice: Notice) -> Outcome:
        """Finish the notice, or send it again, or give it to a person. Raises what nobody foresaw."""
        brakes = Brakes(self._ledger, self._now, self._rng, self._heard)
        began = millis(self._now())
        since, about = began - SKEW, notice  # what has no root yet has no mark: any that it gets is of a later pass
        try:
            held = self._hold(notice, brakes)
            if isinstance(held, Busy):
                return self._wait(notice, Wait(kind="leased", why="another pass has the root"), since)
            since, about = held.taken, of_root(held.root, notice)
            return self._under_lease(notice, held, brakes)
        except NotOurs as ended:
            return Outcome(word="off", why=str(ended))
        except CredentialsRefused as fault:
            self._give_up(notice, fault, since)
            return self._wait(notice, wait_for(fault), since, about)
        except Waits as fault:
            return self._wait(notice, wait_for(fault), since, about)
        except (NeedsPerson, BadRecord) as fault:
            trouble = self._freshness.trouble(fault, notice, began)
            if isinstance(trouble, Waits):
                return self._wait(notice, wait_for(trouble), since, about)
            return self._give_up(notice, trouble, since)

    def preview(self, notice: Notice) -> Plan:
        """The plan that a pass would make now, without a lease or a write. Raises what `read` and `plan` raise."""
        return self.looked(notice).plan

    def looked(self, notice: Notice) -> Looked:
        """What a pass would read and plan now, without a lease or a write. Raises what `read` and `plan` raise."""
        brakes, at = Brakes(self._ledger, self._now, self._rng), record_of(notice)
        seen = self._ledger.peek(at)
        if seen is None:
            reading = Braked(self._connect(at.system), brakes).read(at.kind, at.id)
            if reading is None:
                raise NotYet(f"{at} cannot be found", system=at.system)
            seen = Seen(root=at, brand=brand_of(self._settings, reading).id)
        brand = self._settings.brands[BrandId(seen.brand)]
        desk = BrandDesk(brand, self._connect, self._ledger, brakes)
        view: View = self._flow.read(desk, notice, seen)
        decide = self._flow.plan if view.source is not None else getattr(self._flow, "gone", self._flow.plan)
        plan = decide(view, brand.rules)
        return Looked(seen=seen, brand=brand, mode=self._mode(brand), desk=desk, view=view, plan=plan, at=self._now())

    @property
    def settings(self) -> FlowSlice:
        """The settings of the function."""
        return self._settings

    def _hold(self, notice: Notice, brakes: Brakes) -> Held | Busy:
        lease = Lease(owner=uuid.uuid4().hex, until=self._from_now(self._timeout + SLOWEST))

        def read(key: RecordKey) -> Reading | None:
            found = Braked(self._connect(key.system), brakes).read(key.kind, key.id)
            if found is None and notice.wish == "erase":
                self._forget_unknown(key)
                raise NotOurs(f"{key} is gone, and nothing was ever made of it")
            return found

        def brand(reading: Reading) -> str:
            found = brand_of(self._settings, reading)
            if self._mode(found) == "off":
                raise NotOurs(f"{self._settings.flow} is off for {found.id}")
            return found.id

        return hold(record_of(notice), lease, self._ledger, read, brand)

    def _forget_unknown(self, key: RecordKey) -> None:
        """Clear and close what is stuck of somebody who could never be read, and has asked to be forgotten."""
        self._exceptions.redact([key])
        mark = ReadMark(began=millis(self._now()) + SKEW, unread=True)
        self._exceptions.close_ended(self._settings.flow, {key: mark}, WISHES)

    def _under_lease(self, notice: Notice, held: Held, brakes: Brakes) -> Outcome:
        brand = self._settings.brands.get(BrandId(held.seen.brand))
        try:
            if brand is None:
                raise NeedsPerson(
                    f"{held.root} belongs to the brand {held.seen.brand!r}, which is not in the settings",
                    remedy="put the brand back into the stage's TOML and deploy, then redrive",
                    code="brand_unknown",
                )
            if self._mode(brand) == "off":
                raise NotOurs(f"{self._settings.flow} is off for {brand.id}")
            if self._is_over(notice, held.seen):
                self._ledger.release(held, Changes())
                self._close_ended(notice, held.seen.marks(self._settings.flow))
                return Outcome(word="covered", brand=brand.id)
            return self._pass(notice, held, brand, BrandDesk(brand, self._connect, self._ledger, brakes))
        except (CredentialsRefused, NotOurs):
            self._ledger.release(held, Changes())
            raise
        except Waits as fault:
            over = self._is_too_long(wait_for(fault), notice)
            self._ledger.release(held, Changes(fingerprints=self._doubted(notice, held.seen) if over else {}))
            raise
        except Elsewhere as other:
            self._ledger.release(held, Changes())
            return self._hand_over(notice, held.root, other)
        except NeedsPerson as fault:
            self._ledger.release(held, Changes(fingerprints=self._doubted(notice, held.seen)))
            return self._give_up(of_root(held.root, notice), fault, held.taken)

    def _pass(self, notice: Notice, held: Held, brand: BrandSlice, desk: BrandDesk) -> Outcome:
        """Read, plan and apply. What is raised here is raised before any write of the plan."""
        waits, rest = settle(held, desk, self._ledger, self._now()), partial(settle_rest, held, desk, self._ledger)
        wish, seen = None, held.seen
        if _is_erasure(notice, held):  # in shadow too: it is listed, and applied once the flow is live
            waits += rest(self._now(), frozenset())  # what a pass that died has made is to be erased as well
            asked = record_of(notice)
            wish = self._forgetting.accept(asked, asked if notice.is_told else None, held, brand.id)
            seen = as_listed(seen, wish)
        began = max(millis(self._now()), held.taken)
        try:
            view: View = self._flow.read(desk, notice, seen)
            gone = self._trusted(view, notice, held.seen)
            decide = getattr(self._flow, "gone", self._flow.plan) if gone else self._flow.plan
            plan = decide(view, brand.rules)
        except (BadRecord, NeedsPerson) as fault:
            rest(self._now(), frozenset())
            raise self._freshness.trouble(fault, notice, began) from fault
        if self._mode(brand) == "shadow":
            rest(self._now(), frozenset())
            self._ledger.release(
                held,
                Changes(brand=brand.id, drift=known_drift(self._settings.flow, held.seen, plan, millis(self._now()))),
            )
            return Outcome(word="shadow", brand=brand.id, plan=plan)
        applied = apply(plan, self._work(notice, held, desk), view.links)
        applied.waits.extend([*waits, *([] if wish else rest(self._now(), applied.tried))])
        if not self._freshness.ripe(notice, view.source, began):
            lag = self._freshness.lag(notice)
            applied.waits.append(Wait(kind="not_yet", why=f"{held.root} may be read late", seconds=lag / 1000))
        return self._finish(notice, held, desk, plan, view, applied, began, wish)

    def _work(self, notice: Notice, held: Held, desk: BrandDesk) -> Pass:
        return Pass(
            flow=self._settings.flow,
            held=held,
            desk=desk,
            ledger=self._ledger,
            now=self._now,
            writes_until=held.until - (SLOWEST + LANDING) * 1000,
            claim_until=lambda: self._from_now(self._timeout + SLOWEST),
            told_of=record_of(notice),
            forced=notice.trigger == "redrive",
        )

    def _finish(  # noqa: PLR0913 - all that came of one pass
        self,
        notice: Notice,
        held: Held,
        desk: BrandDesk,
        plan: Plan,
        view: View,
        applied: Applied,
        began: int,
        wish: Erasure | None,
    ) -> Outcome:
        about = of_root(held.root, notice)
        persons = [finding for finding in applied.findings if finding.kind == "person"]
        finished = not applied.waits and not persons
        absorbed = [write.other for write in plan.writes if isinstance(write, Absorb)]
        records = [record_of(notice), held.root, *held.seen.absorbed, *absorbed]
        if wish:
            records += records_of(wish, plan, view.links, desk.systems, held.seen)
        reads = self._freshness.marks(held.seen, view.readings, records, began, finished=finished)
        gives_up = persons or (applied.waits and self._is_too_long(soonest(applied.waits), notice))
        doubted = self._doubted(notice, held.seen) if gives_up and not applied.looked else {}
        changes = Changes(
            fingerprints={**doubted, **applied.fingerprints},
            reads=reads,
            milestones={m: at for m, at in applied.milestones.items() if m not in held.seen.milestones},
            drift=known_drift(self._settings.flow, held.seen, plan, millis(self._now()), applied),
            brand=desk.brand,
            keep_lease=applied.doubt,
        )
        if wish:
            changes = forgotten(changes, held, wish.asked, millis(self._now()), all_done=finished)
        if not self._ledger.release(held, changes):
            return self._wait(notice, Wait(kind="leased", why="the lease ran out"), held.taken, about)
        if wish:
            of_person = tuple(dict.fromkeys([*records, *(reading.at for reading in view.readings)]))
            self._forgetting.finish(wish, of_person, applied.erased, held.seen, all_done=finished)
        for refused in applied.refused:
            self._give_up(notice, refused, held.taken)
        if applied.waits:
            return self._wait(notice, soonest(applied.waits), held.taken, about, written=applied.written)
        if persons:
            return self._give_up(about, naming_nobody(all_of(persons), _read(view)), held.taken)
        marks = replace(held.seen, reads={**held.seen.reads, **reads}).marks(self._settings.flow)
        self._close_ended(notice, marks, dict.fromkeys(sorted(desk.spoke), began))
        word = "skipped" if plan.skipped else "done"
        return Outcome(word=word, why=plan.skipped, written=applied.written, brand=desk.brand, plan=plan)

    def _close_ended(
        self, notice: Notice, marks: Mapping[RecordKey, ReadMark], answered: Mapping[SystemId, int] | None = None
    ) -> None:
        """Close what finished passes have ended, of all records of the root that they read; and refused credentials of
        the systems that `answered` a pass that began then. After the marks are saved, since the recorder looks at them
        once it has filed; and for a covered notice again, since the pass that covers it may have been killed before."""
        wishes = WISHES if notice.wish == "erase" else (notice.wish,)
        self._exceptions.close_ended(self._settings.flow, marks, wishes, answered)

    def _hand_over(self, notice: Notice, root: RecordKey, other: Elsewhere) -> Outcome:
        """The root of the other record goes on, and absorbs this one."""
        at = other.at
        handed = replace(notice, system=at.system, kind=at.kind, id=at.id, version=None, absorbs=str(root))
        if self._queues.send([handed], delay=1):
            raise RuntimeError(f"the queue of {notice.flow} did not take a notice that is handed over")
        return Outcome(word="handed", why=str(other))

    def _doubted(self, notice: Notice, seen: Seen) -> dict[str, None]:
        """The fingerprints to forget where a target's notice ends as a trouble of its root: what the target holds was
        not looked at, and no notice of its own will come again."""
        if notice.system == seen.root.system:
            return {}
        return {name: None for name in seen.fingerprints if name.startswith(f"{self._settings.flow}|{notice.system}|")}

    def _is_over(self, notice: Notice, seen: Seen) -> bool:
        """Whether nothing is left to do for the notice."""
        if notice.wish == "erase":
            return self._forgetting.is_over(record_of(notice), seen)
        return self._freshness.covered(notice, seen)

    def _trusted(self, view: View, notice: Notice, seen: Seen) -> bool:
        """Whether the root's own record is gone, which the flow deals with itself. Raises NotYet where any reading is
        older than what is known, Missing where the record is not found, NeedsPerson where only a person can go on."""
        self._freshness.check(view.readings, notice, seen)
        if view.source is not None:
            return False
        if notice.wish == "erase":
            return True
        known = mark_name(self._settings.flow, seen.root.system, seen.root) in seen.reads
        fault = self._missing(notice, seen, known=known)
        if isinstance(fault, NeedsPerson) and hasattr(self._flow, "gone"):
            return True
        raise fault

    def _missing(self, notice: Notice, seen: Seen, *, known: bool) -> Exception:
        system = seen.root.system
        if not known:
            return NotYet(f"{seen.root} cannot be found yet", system=system)
        lag = self._connect(system).facts.read_lag
        if notice.waited is None or notice.waited.kind != "missing":
            return Missing(f"{seen.root} is not found", system=system, retry_after=lag + timedelta(seconds=2))
        return NeedsPerson(
            f"{seen.root} was deleted in {system}",
            remedy="cancel what was made of it in the other systems, or restore it, then redrive",
            owner=self._settings.systems[system].role,
            code="source_deleted",
        )

    def _mode(self, brand: BrandSlice) -> Mode:
        flow = self._settings.flow
        return self._ledger.controls().modes.get((flow, brand.id)) or brand.modes.get(flow, "off")

    def _is_too_long(self, wait: Wait, notice: Notice) -> bool:
        return too_long(wait, notice, millis(self._now()))

    def _wait(
        self, notice: Notice, wait: Wait, since: int, about: Notice | None = None, *, written: int = 0
    ) -> Outcome:
        """Send the notice again, later; where it has waited too long, it is a trouble of what `about` tells of, which
        counts from `since`. Raises where the queue does not take it, so that SQS keeps the one it has."""
        now = millis(self._now())
        if self._is_too_long(wait, notice):
            return self._give_up(
                about or notice,
                NeedsPerson(
                    f"waited too long: {wait.why}", remedy="see why it does not come, then redrive", code=wait.kind
                ),
                since,
            )
        if self._queues.send([notice.waiting(wait.kind, now)], delay=delay(wait, notice, self._rng)):
            raise RuntimeError(f"the queue of {notice.flow} did not take a waiting notice")
        return Outcome(word="waits", why=f"{wait.kind}: {wait.why}", written=written)

    def _give_up(self, notice: Notice, fault: NeedsPerson, since: int) -> Outcome:
        """Give the notice to a person. What is wrong counts from `since` (epoch ms), when the pass took its lease; what
        is wrong with a whole system from now."""
        about = str(record_of(notice))
        if isinstance(fault, CredentialsRefused):
            about, since = fault.system, millis(self._now())
        cause = {
            "code": fault.code,
            "cause": fault.cause,
            "remedy": fault.remedy,
            "owner": fault.owner or self._settings.systems[SystemId(notice.system)].role,
            "about": about,
        }
        self._queues.give_up(notice, cause, since)
        return Outcome(word="person", why=fault.cause)

    def _heard(self, system: SystemId) -> None:
        """A system answers again: refused credentials are no exception any more."""
        self._exceptions.close_ended(self._settings.flow, {}, (), {system: millis(self._now())})

    def _from_now(self, seconds: int) -> int:
        return millis(self._now() + timedelta(seconds=seconds))


def _read(view: View) -> list[Record | None]:
    """All records of people that a view was read with."""
    read = [reading.record for reading in view.readings]
    return [*read, *getattr(view, "records", {}).values(), getattr(view, "order", None)]


def _is_erasure(notice: Notice, held: Held) -> bool:
    """Whether a person is to be forgotten: a company is none, and a guest is known by an order alone."""
    return notice.wish == "erase" and held.root.kind == "customer"
