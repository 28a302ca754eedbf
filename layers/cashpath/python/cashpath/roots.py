"""Finds the root of a notice's record and takes its lease. First step of every pass.

A record that the ledger knows costs one request, or two where it is not itself the root. One that it does not know is
read: its origin key, its parent or the won deal that it names leads to the root; else it becomes one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cashpath.faults import NeedsPerson, NotYet
from cashpath.ledger.answers import Busy, Held, Pointer
from cashpath.ledger.ledger import SHARED, Ledger
from cashpath.records.keys import RecordKey
from cashpath.records.order import Order
from cashpath.settings.slices import BrandSlice, FlowSlice
from cashpath.systems.port import Reading

POINTERS = 3


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Whose lease it is and until when (epoch ms)."""

    owner: str
    until: int


class NotOurs(Exception):
    """The notice ends here: its brand has switched the flow off, or no flow of ours wants the record."""


def hold(
    at: RecordKey,
    lease: Lease,
    ledger: Ledger,
    read: Callable[[RecordKey], Reading | None],
    brand: Callable[[Reading], str],
) -> Held | Busy:
    """The lease of the root of the record at `at`, or who has it.

    `read` asks the record's own system; `brand` says which brand a reading belongs to, raising NotOurs where the flow
    is off for it. Raises NotYet where the record cannot be read yet, NeedsPerson for a copy or a record of two roots.
    """
    known = _acquire(at, lease, ledger)
    if known is not None:
        return known
    reading = read(at)
    if reading is None:
        raise NotYet(f"{at} cannot be found yet")
    if reading.merged_into is not None:
        return hold(reading.merged_into, lease, ledger, read, brand)
    above = _above(reading, ledger)
    if above is None:
        return _began(ledger.begin_root(at, owner=lease.owner, until=lease.until, brand=brand(reading)), lease, ledger)
    if above.kind == "subscription":
        raise NotYet(f"{at} was created by Cashpath for {above}, which is still being linked")
    held = _acquire(above, lease, ledger)
    if held is None and (above.system == at.system or above.kind in SHARED):
        held = hold(above, lease, ledger, read, brand)
    if held is None:
        held = _began(
            ledger.begin_root(above, owner=lease.owner, until=lease.until, brand=brand(reading)), lease, ledger
        )
    if isinstance(held, Held) and reading.origin is None:
        _remember(reading, above, held, ledger)
    return held


def _remember(reading: Reading, above: RecordKey, held: Held, ledger: Ledger) -> None:
    """Point the record at its root. An order made from a won deal is what the deal is in the storefront."""
    at = reading.at
    if reading.parent is None:
        ledger.link(held, above, at.system, at.id, match=(), root=held.root)
    else:
        ledger.point(at, held.root, at)


def _above(reading: Reading, ledger: Ledger) -> RecordKey | None:
    """What the record belongs to: what it was created for, its parent, the won deal that it names. None: nothing."""
    if reading.origin is not None:
        linked = ledger.links([reading.origin], [reading.at.system]).get((reading.origin, reading.at.system))
        if linked is not None and linked != reading.at.id:
            raise NeedsPerson(
                f"{reading.at} is a copy: it carries the origin of {reading.origin}, which is {linked} there",
                remedy="clear its Cashpath origin field if it is a record of its own, or delete it",
                owner=None,
                code="copy",
            )
        return reading.origin
    if reading.parent is not None:
        return reading.parent
    if isinstance(reading.record, Order):
        return reading.record.deal
    return None


def _acquire(key: RecordKey, lease: Lease, ledger: Ledger) -> Held | Busy | None:
    """The lease, through at most three pointers: a variant in the ERP leads to the shop's, that to its product, and
    that to a product which has absorbed it."""
    got = ledger.acquire(key, owner=lease.owner, until=lease.until)
    for _ in range(POINTERS):
        if not isinstance(got, Pointer):
            return got
        got = ledger.acquire(got.root, owner=lease.owner, until=lease.until)
    return None if isinstance(got, Pointer) else got


def _began(got: Held | Busy | Pointer, lease: Lease, ledger: Ledger) -> Held | Busy:
    """Where the record was pointed at a root in the meantime, that root counts."""
    if not isinstance(got, Pointer):
        return got
    held = _acquire(got.root, lease, ledger)
    if held is None:
        raise NotYet(f"{got.root} is not in the ledger yet")
    return held


def brand_of(settings: FlowSlice, reading: Reading) -> BrandSlice:
    """The brand a record belongs to: the one that names its system; where several share it, the one that it hints at.

    Raises NeedsPerson where no brand, or more than one, claims it.
    """
    system = reading.at.system
    brands = [b for b in settings.brands.values() if system in b.systems.values()]
    if len(brands) > 1:
        brands = [b for b in brands if b.hint == reading.brand_hint]
    if len(brands) != 1:
        raise NeedsPerson(
            f"{reading.at}: no single brand claims it (it says {reading.brand_hint or 'nothing'} of its brand)",
            remedy="set the field that tells brands apart on the record, or `hint` of the brand in the stage's TOML",
            owner=settings.systems[system].role,
            code="brand_unknown",
        )
    return brands[0]
