"""Open claims of a root: records that some pass began to create and never linked. Settled before anything is planned.

A claim that has not expired is waited for, since its create may still land. One that has is looked up through an
endpoint that reads its own writes, then linked or dropped; so an order cancelled while its sale was being created
leaves no sale behind.

What is found may be half made: a vendor takes several requests for it. An order is brought up to date by the plan. A
customer or a product is only ensured, so its claim is left to the plan, whose write completes it; what no plan wants
is settled after it.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime

from cashpath.apply import made_of
from cashpath.brakes import BrandDesk, millis
from cashpath.faults import Waits
from cashpath.ledger.answers import Held
from cashpath.ledger.ledger import SHARED, Ledger
from cashpath.ledger.seen import OpenClaim
from cashpath.records.keys import RecordKey, SystemId
from cashpath.waiting import Wait, wait_for


def settle(held: Held, desk: BrandDesk, ledger: Ledger, now: datetime) -> list[Wait]:
    """Link or drop the expired claims that the root alone can have made; what is still to be waited for."""
    waits = []
    for claim in held.seen.claims:
        if claim.until > millis(now):
            rest = (claim.until - millis(now)) / 1000
            waits.append(Wait(kind="claimed", why=f"{claim.key} is being created in {claim.system}", seconds=rest))
            continue
        if claim.key.kind not in SHARED:
            waits += _settled(claim, held, desk, ledger)
    return waits


def settle_rest(
    held: Held, desk: BrandDesk, ledger: Ledger, now: datetime, tried: AbstractSet[tuple[RecordKey, SystemId]]
) -> list[Wait]:
    """Link or drop what ran out, may be shared, and was none of the records that the plan `tried` to write."""
    left = [c for c in held.seen.claims if c.key.kind in SHARED and c.until <= millis(now)]
    return [wait for c in left if (c.key, c.system) not in tried for wait in _settled(c, held, desk, ledger)]


def _settled(claim: OpenClaim, held: Held, desk: BrandDesk, ledger: Ledger) -> list[Wait]:
    try:
        _settle(claim, held, desk, ledger)
    except Waits as fault:
        return [wait_for(fault)]
    return []


def _settle(claim: OpenClaim, held: Held, desk: BrandDesk, ledger: Ledger) -> None:
    found = made_of(claim, desk.at(claim.system))
    if found is None:
        ledger.drop_claim(held, claim)
        return
    root = claim.key if claim.key.kind in SHARED and not claim.key.is_described else held.root
    ledger.link(held, claim.key, claim.system, found, match=claim.match, root=root)
