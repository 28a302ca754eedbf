"""Orders from before the brand's cutover, which others entered into CRM and ERP: linked where they are, and left alone.

An order number alone names no order, since numbers begin anew with each shop: what has it must be of the same total.
"""

from collections.abc import Iterator, Mapping

from cashpath.flows.parts import matching
from cashpath.plan import Finding, Join
from cashpath.records import Order, RecordKey, Role
from cashpath.systems.desk import Desk, Links
from cashpath.systems.port import Reading, System

Found = Mapping[Role, tuple[Reading, ...]]


def entered(order: Order, roles: tuple[Role, ...], links: Links, desk: Desk) -> Found:
    """What each role holds that others entered and that may be this order; in a role where it is linked, whether that
    is what others entered. Raises what a connector raises: such an order can wait for all of them."""
    return {role: _entered(order, desk.role(role), links.get((order.key, role))) for role in roles}


def _entered(order: Order, system: System, id: str | None) -> tuple[Reading, ...]:
    if id is not None:
        linked = system.read("order", id)
        return (linked,) if linked and linked.origin != order.key else ()
    numbered = system.candidates("order", f"number:{order.number}") if order.number else ()
    return tuple(reading for reading in numbered if _is_same(reading, order))


def _is_same(reading: Reading, order: Order) -> bool:
    """Whether somebody entered this order there. What Cashpath made says itself what it is."""
    theirs = reading.record
    return reading.origin is None and isinstance(theirs, Order) and theirs.total == order.total


def joined(key: RecordKey, found: Found, links: Links) -> Iterator[Join | Finding]:
    """Links the order where it was entered once; where it was entered twice, a person says which one counts."""
    for role, readings in found.items():
        match readings:
            case _ if (key, role) in links:
                continue
            case [one]:
                yield Join(key=key, role=role, id=one.at.id)
            case [_, _, *_]:
                yield matching.ambiguous(key, role, list(readings))
