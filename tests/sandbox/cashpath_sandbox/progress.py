"""How far an order has come, in words: who has it already, and what is waited for."""

from collections.abc import Sequence

import httpx

from cashpath.ledger.controls import Controls
from cashpath_sandbox.demo.agreement import Agreement
from cashpath_sandbox.eyes import Sold
from cashpath_sandbox.world import World


def arrived(found: Agreement) -> bool:
    """Whether all systems that are to have the order have it, and say the same."""
    return found.holds and (found.starts_nothing or bool(found.billing)) and found.next_charges == found.next_invoice


def progress(found: Agreement) -> str:
    """Where the order is, and where it is not yet: `in the CRM; not yet in the ERP`."""
    parts = [_place("CRM", found.crm, found.shop), _place("ERP", found.erp, found.shop)]
    if not found.starts_nothing:
        parts.append(_billing(found))
    return "; ".join(parts)


def silence(world: World, error: httpx.HTTPError | LookupError) -> str:
    """Which system could not be asked about the order, and why: `the CRM does not answer (503)`."""
    if not isinstance(error, httpx.HTTPStatusError | httpx.RequestError):
        return f"the ERP does not answer ({error})"
    places = {world.shopify: "storefront", world.hubspot: "CRM", world.stripe: "billing", world.tryton: "ERP"}
    address = f"{error.request.url.scheme}://{error.request.url.netloc.decode()}"
    why = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
    return f"the {places.get(address, address)} does not answer ({why})"


def obstacles(controls: Controls) -> Sequence[str]:
    """What an operator or a failing system keeps from going on, one sentence each."""
    paused = [f"{flow} is paused. Start it: cashpath resume {flow}" for flow in sorted(controls.paused)]
    off = [
        f"{flow} is {mode} for {brand}. Let it write: cashpath mode {flow} {brand} live"
        for (flow, brand), mode in sorted(controls.modes.items())
        if mode != "live"
    ]
    braked = [
        f"{system} does not answer Cashpath, which asks it again by itself: {brake.why}"
        for system, brake in sorted(controls.brakes.items())
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
