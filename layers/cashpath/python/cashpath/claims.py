"""Open claims of a root: records that some pass began to create and never linked. Settled before anything is planned.

A claim that has not expired is waited for, since its create may still land. One that has is looked up through an
endpoint that reads its own writes, then linked or dropped; so an order cancelled while its sale was being created
leaves no sale behind.
"""

from datetime import datetime

from cashpath.apply import made_of
from cashpath.brakes import BrandDesk, millis
from cashpath.faults import Waits
from cashpath.ledger.answers import Held
from cashpath.ledger.ledger import SHARED, Ledger
from cashpath.ledger.seen import OpenClaim
from cashpath.waiting import Wait, wait_for


def settle(held: Held, desk: BrandDesk, ledger: Ledger, now: datetime) -> list[Wait]:
    """Link or drop every expired claim of the root; what is still to be waited for."""
    waits = []
    for claim in held.seen.claims:
        if claim.until > millis(now):
            rest = (claim.until - millis(now)) / 1000
            waits.append(Wait(kind="claimed", why=f"{claim.key} is being created in {claim.system}", seconds=rest))
            continue
        try:
            _settle(claim, held, desk, ledger)
        except Waits as fault:
            waits.append(wait_for(fault))
    return waits


def _settle(claim: OpenClaim, held: Held, desk: BrandDesk, ledger: Ledger) -> None:
    found = made_of(claim, desk.at(claim.system))
    if found is None:
        ledger.drop_claim(held, claim)
        return
    root = claim.key if claim.key.kind in SHARED else held.root
    ledger.link(held, claim.key, claim.system, found, match=claim.match, root=root)
