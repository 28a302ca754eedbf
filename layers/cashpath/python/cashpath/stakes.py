"""What a wrong price costs: its distance from the owner's, times the units that the ERP sold in the last 30 days.

For `drift`. Where it cannot be told exactly, the reason is given instead: no amount is guessed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cashpath.brakes import BrandDesk
from cashpath.faults import Fault
from cashpath.records import Record, RecordKey, Variant
from cashpath.records.money import Money
from cashpath.systems.port import Sells

VOLUME = timedelta(days=30)  # whose sales tell what a wrong price costs
Sold = Callable[[str], int | None]  # units of a variant, None where the ERP cannot say


@dataclass(frozen=True, kw_only=True)
class Stake:
    """`distance` is how far a price is from the owner's, `units` were sold in the last 30 days, in whichever currency;
    `at_stake` is what these would have made more or less at the other price. `unknown` is why that cannot be told."""

    distance: Money | None = None
    units: int | None = None
    at_stake: Money | None = None
    unknown: str = ""


def stake(ours: Record, theirs: Record | None, field: str, sold: Sold) -> Stake:
    """What is at stake where a field is otherwise in `theirs` than its owner has it in `ours`: nothing where it is no
    price."""
    if not isinstance(ours, Variant) or field not in ("price", "prices", "tiers"):
        return Stake()
    if field == "prices":
        return Stake(unknown="nobody counts what was sold by currency")
    if field == "tiers" or ours.tiers:
        return Stake(unknown="nobody counts what was sold at which tier")
    right, wrong = ours.price, theirs.price if isinstance(theirs, Variant) else None
    if right is None or wrong is None:
        return Stake(unknown="one of them has no price")
    if right.currency != wrong.currency:
        return Stake(unknown="the prices are of different currencies")
    distance, units = Money(abs(right.minor - wrong.minor), right.currency), sold(str(ours.key))
    if units is None:
        return Stake(distance=distance, unknown="the ERP does not say what was sold")
    return Stake(distance=distance, units=units, at_stake=distance * units)


def sold(desk: BrandDesk, records: Iterable[str], now: datetime) -> Mapping[str, int]:
    """Units of these variants sold in the last 30 days, of those that the ERP knows of: asked once. Empty where it
    cannot say, or does not answer now."""
    links = desk.links(RecordKey.parse(record) for record in records)
    ids = {str(key): id for (key, role), id in links.items() if role == "erp"}
    if not ids or "erp" not in desk.systems:
        return {}
    erp = desk.role("erp")
    assert isinstance(erp, Sells)  # each system behind its brake is; whether the vendor is, it says itself
    try:
        units = erp.sold_since(list(ids.values()), now - VOLUME)
    except Fault:
        return {}
    return {record: units.get(id, 0) for record, id in ids.items()}
