"""What disagrees with its owner now: which field, where, since when, both values, and the money at stake.

For `cashpath drift`, asked of the flow's own Lambda. The ledger knows only that and since when a field disagrees;
values are read anew, so no personal data is kept. Takes no lease, writes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from cashpath.brakes import millis
from cashpath.faults import Fault
from cashpath.flows.parts.copies import Copies, Copy
from cashpath.flows.parts.goods import GoodsView
from cashpath.flows.parts.people import PeopleView
from cashpath.ledger.seen import drift_name
from cashpath.noticed import notice_of
from cashpath.plan import Put
from cashpath.records.keys import RecordKey, Role
from cashpath.records.money import BadRecord, Money
from cashpath.records.record import Record
from cashpath.runner import Looked, Runner
from cashpath.systems.port import Sells

Held = Mapping[tuple[RecordKey, Role], Record]
VOLUME = timedelta(days=30)  # whose sales tell what a wrong price costs


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One field of `record`, a record of `root`, that the system of `role` holds otherwise than its owner, the role
    `owner`, says. `since` (epoch ms) is when a pass first found it so; `distance` is how far a price is from the
    owner's; `units` were sold in the last 30 days, None where the ERP cannot say; `at_stake` is what these would have
    made more or less at the other price."""

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

    def plain(self) -> dict[str, Any]:
        """As JSON data."""
        money = {"distance": _told(self.distance), "at_stake": _told(self.at_stake)}
        return asdict(replace(self, distance=None, at_stake=None)) | money


def answer(runner: Runner, keys: Sequence[str]) -> dict[str, Any]:
    """What disagrees of these roots, in the shape that a Lambda answers; why one could not be compared, by its key; and
    the brands of the stage."""
    found: list[dict[str, Any]] = []
    failures: dict[str, str] = {}
    for key in keys:
        try:
            found += [each.plain() for each in disagreements(runner, RecordKey.parse(key))]
        except (Fault, BadRecord) as failure:
            failures[key] = str(failure)
    return {"drift": found, "failures": failures, "brands": sorted(runner.settings.brands)}


def disagreements(runner: Runner, root: RecordKey) -> list[Disagreement]:
    """What disagrees of one root now. Raises what the flow's `read` and `plan` raise."""
    flow = runner.settings.flow
    notice = notice_of(flow, root, received=0, trigger="redrive")
    looked = runner.looked(notice)
    return _with_money(looked, list(_compared(looked, flow)))


def _compared(looked: Looked, flow: str) -> Iterator[Disagreement]:
    held, ownership = _held(looked.view), looked.brand.rules.ownership
    for put in looked.plan.writes:
        if not isinstance(put, Put):
            continue
        key = put.record.key
        there = held.get((key, put.role))
        for name in sorted(put.differing or ()):
            value, other = put.record.value(name), there.value(name) if there else None
            yield Disagreement(
                flow=flow,
                brand=looked.brand.id,
                mode=looked.mode,
                root=str(looked.seen.root),
                record=str(key),
                field=name,
                role=put.role,
                owner=ownership.owner(key.kind, name),
                value=plain(value),
                other=plain(other),
                since=looked.seen.drift.get(drift_name(flow, put.role, key, name), millis(looked.at)),
                distance=_distance(value, other) if name == "price" else None,
            )


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


def _distance(ours: object, theirs: object) -> Money | None:
    """How far a price is from the owner's; None where one is none, or of another currency."""
    if not isinstance(ours, Money) or not isinstance(theirs, Money) or ours.currency != theirs.currency:
        return None
    return Money(abs(ours.minor - theirs.minor), ours.currency)


def _with_money(looked: Looked, found: list[Disagreement]) -> list[Disagreement]:
    """With what each wrong price costs: its distance from the owner's, for each unit sold in the last 30 days."""
    units = _sold(looked, dict.fromkeys(each.record for each in found if each.distance is not None))
    return [
        replace(each, units=units[each.record], at_stake=each.distance * units[each.record])
        if each.distance is not None and each.record in units
        else each
        for each in found
    ]


def _sold(looked: Looked, records: Iterable[str]) -> dict[str, int]:
    """Units of these variants sold in the last 30 days, of those that the ERP knows of: asked once. Empty where it
    cannot say, or does not answer now."""
    links = looked.desk.links(RecordKey.parse(record) for record in records)
    ids = {str(key): id for (key, role), id in links.items() if role == "erp"}
    if not ids or "erp" not in looked.desk.systems:
        return {}
    erp = looked.desk.role("erp")
    assert isinstance(erp, Sells)  # each system behind its brake is; whether the vendor is, it says itself
    try:
        sold = erp.sold_since(list(ids.values()), looked.at - VOLUME)
    except Fault:
        return {}
    return {record: sold.get(id, 0) for record, id in ids.items()}


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
