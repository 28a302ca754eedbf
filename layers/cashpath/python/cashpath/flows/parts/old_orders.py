"""Orders from before the brand's cutover, which others entered into CRM and ERP: linked where they are, and left alone.

An order number alone names no order, since numbers begin anew with each shop: what has it must be of the same total.
"""

from collections.abc import Iterator, Mapping

from cashpath.flows.parts import matching
from cashpath.plan import Finding, Join, Milestone
from cashpath.records import Order, Role
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


def joined(order: Order, found: Found, links: Links) -> Iterator[Join | Finding]:
    """Links the order where it was entered once, and dates what is known of it; where it was entered twice, a person
    says which one counts."""
    for role, readings in found.items():
        match readings:
            case _ if (order.key, role) in links:
                continue
            case [one]:
                yield Join(key=order.key, role=role, id=one.at.id, milestones=_dated(role, order))
            case [_, _, *_]:
                yield matching.ambiguous(order.key, role, list(readings))


def _dated(role: Role, order: Order) -> Mapping[Milestone, int]:
    """That the ERP has the order, at the latest since it was placed: whoever entered it dated it so."""
    return {"ordered": int(order.ordered_at.timestamp() * 1000)} if role == "erp" else {}
