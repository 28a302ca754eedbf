"""How far an order has come, in words: who has it already, and what is waited for."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cashpath.ledger.controls import Controls
from cashpath_sandbox.demo.agreement import Agreement
from cashpath_sandbox.eyes import Sold


def arrived(found: Agreement) -> bool:
    """Whether all systems that are to have the order have it, and say the same."""
    return found.holds and (found.starts_nothing or bool(found.billing)) and found.next_charges == found.next_invoice


def progress(found: Agreement) -> str:
    """Where the order is, and where it is not yet: `in the CRM; not yet in the ERP`."""
    parts = [_place("CRM", found.crm, found.shop), _place("ERP", found.erp, found.shop)]
    if not found.starts_nothing:
        parts.append(_billing(found))
    return "; ".join(parts)


def obstacles(controls: Controls, now: int) -> Sequence[str]:
    """What an operator or a failing system keeps from going on at `now` (epoch ms), one sentence each."""
    paused = [f"{flow} is paused; start it: cashpath resume {flow}" for flow in sorted(controls.paused)]
    off = [
        f"{flow} is {mode} for {brand}; let it write: cashpath mode {flow} {brand} live"
        for (flow, brand), mode in sorted(controls.modes.items())
        if mode != "live"
    ]
    braked = [
        f"{system} is asked again at {_clock(brake.until)}: {brake.why}"
        for system, brake in sorted(controls.brakes.items())
        if brake.until > now
    ]
    return [*paused, *off, *braked]


def _place(name: str, held: Sequence[Sold], shop: Sold) -> str:
    if not held:
        return f"not yet in the {name}"
    if len(held) > 1:
        return f"{len(held)} times in the {name}"
    return f"in the {name}" if held[0].amounts == shop.amounts else f"in the {name} with other amounts"


def _billing(found: Agreement) -> str:
    if not found.billing:
        return "no subscription in billing yet"
    same = found.next_charges == found.next_invoice
    return "in billing" if same else f"billing would charge {found.next_charges:,}, not {found.next_invoice:,}"


def _clock(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M:%SZ}"
