"""What disagrees with its owner now: which field, where, since when, both values, and the money at stake; and which
record a system lacks.

For `cashpath drift`, asked of the flow's own Lambda. The ledger knows only that and since when a field disagrees;
values are read anew, so no personal data is kept. Takes no lease, writes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Any

from cashpath.brakes import millis
from cashpath.drifting import disagreeing
from cashpath.faults import Fault
from cashpath.flows.parts.copies import Copies, Copy
from cashpath.flows.parts.goods import GoodsView
from cashpath.flows.parts.people import PeopleView
from cashpath.ledger.seen import MISSING, drift_name
from cashpath.noticed import notice_of
from cashpath.plan import Put
from cashpath.records import ROLES
from cashpath.records.keys import RecordKey, Role
from cashpath.records.money import BadRecord, Money
from cashpath.records.record import Record
from cashpath.runner import Looked, Runner
from cashpath.stakes import sold, stake

Held = Mapping[tuple[RecordKey, Role], Record]


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One field of `record`, a record of `root`, that the system of `role` holds otherwise than its owner, the role
    `owner`, says. Where that system has no such record at all, the field is `MISSING` and `owner` the role where it
    began. `since` (epoch ms) is when a pass first found it so. Of a price, `distance`, `units`, `at_stake` and
    `unknown` are what `Stake` says."""

    flow: str
    brand: str
    mode: str
    root: str
    record: str
    field: str
    role: str
    owner: str
    value: object
    other: object
    since: int
    distance: Money | None = None
    units: int | None = None
    at_stake: Money | None = None
    unknown: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON data."""
        money = {"distance": _told(self.distance), "at_stake": _told(self.at_stake)}
        return asdict(replace(self, distance=None, at_stake=None)) | money


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What disagrees of one root, and the roles that could not be asked."""

    found: tuple[Disagreement, ...] = ()
    silent: tuple[Role, ...] = ()


def answer(runner: Runner, keys: Sequence[str]) -> dict[str, Any]:
    """What disagrees of these roots, in the shape that a Lambda answers; why one could not be compared, or not
    everywhere, by its key; and the brands of the stage."""
    found: list[dict[str, Any]] = []
    failures: dict[str, str] = {}
    for key in keys:
        try:
            one = compared(runner, RecordKey.parse(key))
        except (Fault, BadRecord) as failure:
            failures[key] = str(failure)
            continue
        found += [each.plain() for each in one.found]
        if one.silent:
            failures[key] = f"the {' and the '.join(one.silent)} cannot be asked now"
    return {"drift": found, "failures": failures, "brands": sorted(runner.settings.brands)}


def compared(runner: Runner, root: RecordKey) -> Compared:
    """What disagrees of one root now. Raises what the flow's `read` and `plan` raise."""
    flow = runner.settings.flow
    looked = runner.looked(notice_of(flow, root, received=0, trigger="redrive"))
    return Compared(found=tuple(_disagreements(looked, flow)), silent=_silent(looked))


def _disagreements(looked: Looked, flow: str) -> Iterator[Disagreement]:
    held = _held(looked.view)
    puts = [write for write in looked.plan.writes if isinstance(write, Put)]
    priced = {str(put.record.key) for put in puts if "price" in disagreeing(put)}
    units = sold(looked.desk, priced, looked.at) if priced else {}
    for put in puts:
        there = held.get((put.record.key, put.role))
        for name in sorted(disagreeing(put)):
            known = looked.seen.drift.get(drift_name(flow, put.role, put.record.key, name))
            owner, value, other = _sides(looked, put, name, there)
            money = stake(put.record, there, name, units.get)
            yield Disagreement(
                flow=flow,
                brand=looked.brand.id,
                mode=looked.mode,
                root=str(looked.seen.root),
                record=str(put.record.key),
                field=name,
                role=put.role,
                owner=owner,
                value=value,
                other=other,
                since=millis(looked.at) if known is None else known,
                distance=money.distance,
                units=money.units,
                at_stake=money.at_stake,
                unknown=money.unknown,
            )


def _sides(looked: Looked, put: Put, name: str, there: Record | None) -> tuple[Role, object, object]:
    """Who decides, and what each side has."""
    key = put.record.key
    if name == MISSING:
        return looked.desk.at(key.system).facts.role, "there", "-"
    owner = looked.brand.rules.ownership.owner(key.kind, name)
    return owner, plain(put.record.value(name)), plain(there.value(name)) if there else None


def _silent(looked: Looked) -> tuple[Role, ...]:
    """The roles that have a record of the root, or are to have it, and could not be asked."""
    match looked.view:
        case PeopleView() as view:
            silent = view.copies.silent
        case GoodsView() as view:
            silent = frozenset(role for good in (*view.goods, *view.lost) for role in good.copies.silent)
        case _:
            silent = frozenset()
    return () if looked.plan.skipped else tuple(role for role in ROLES if role in silent)


def _held(view: object) -> Held:
    """What each role holds of each record that a sync flow has read, what it turned out to have included."""
    match view:
        case PeopleView():
            absorbed = {(view.root, role): copy for loser in view.losers for role, copy in loser.copies.items()}
            copies = absorbed | _copies(view.copies, view.found)
        case GoodsView():
            every = (*view.goods, *view.lost)
            copies = {at: copy for good in every for at, copy in _copies(good.copies, good.found).items()}
        case _:
            copies = {}
    return {at: copy.record for at, copy in copies.items() if copy.record is not None}


def _copies(copies: Copies, found: Mapping[Role, tuple[Copy, ...]]) -> dict[tuple[RecordKey, Role], Copy]:
    matching = {(copies.key, role): several[0] for role, several in found.items() if several}
    return matching | {(copies.key, role): copy for role, copy in copies.of.items()}


def _told(money: Money | None) -> dict[str, str] | None:
    return None if money is None else {"amount": str(money.decimal), "currency": money.currency}


def plain(value: object) -> object:
    """A canonical value as JSON data that a person can read: `12.00 EUR`, an address on one line."""
    match value:
        case None | bool() | int() | str():
            return value
        case Money() | RecordKey():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case tuple() | list():
            return [plain(part) for part in value]
    if is_dataclass(value):
        parts = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        return ", ".join(f"{name} {part}" for name, part in parts.items() if part not in ("", None, []))
    return str(value)
