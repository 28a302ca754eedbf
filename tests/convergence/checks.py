"""What must be true when a history is over: every target holds the owner's value, every record exists once, and what
does not add up is an exception."""

from collections.abc import Iterator
from dataclasses import replace

from cashpath import ownership
from cashpath.ledger.seen import Seen
from cashpath.records import Order, RecordKey, SystemId
from cashpath.systems.port import Wanted

from .world import BRAND, SYSTEMS, World

A_DAY = 24 * 3600 * 1000  # ms


def divergences(world: World) -> list[str]:
    """What is wrong, in plain words; empty where everything converged."""
    return [*_stuck(world), *_shared(world), *_orders(world), *_subscriptions(world)]


def _stuck(world: World) -> Iterator[str]:
    for failure in [*world.queue.failures, *world.office.failures]:
        yield f"a pass raised {failure!r}"
    for message in world.queue.dead:
        yield f"a dead letter: {message.body}"
    stuck, wrong = world.office.open(), {str(world.shop.key(name)) for name in world.shop.wrong}
    for name, cause in stuck.items():
        if name not in wrong or cause.code != "bad_record":
            yield f"an open exception of {name}: {cause.cause}"
    for name in sorted(wrong - stuck.keys()):
        yield f"{name} does not add up, and nobody is told"
    due = set(world.ledger().due_claims(world.clock.ms + A_DAY))
    for name in world.shop.edits:
        seen = world.ledger().peek(world.shop.key(name))
        left = name in world.shop.wrong and world.shop.key(name) in due  # to the sweep: its passes end before they wait
        if isinstance(seen, Seen) and seen.claims and not left:
            yield f"open claims of {name}: {seen.claims}"


def _shared(world: World) -> Iterator[str]:
    """The buyer and what she buys are in each system once at most."""
    for id, target in world.targets.items():
        if len(target.like("customer", "email", world.shop.email)) > 1:
            yield f"{id} holds the customer more than once"
        for sku in world.shop.sold().values():
            if id != SYSTEMS["crm"] and len(target.like("variant", "sku", sku)) > 1:
                yield f"{id} holds {sku} more than once"


def _orders(world: World) -> Iterator[str]:
    for name in world.shop.edits:
        order = world.shop.order(name)
        for id in (SYSTEMS["crm"], SYSTEMS["erp"]):
            made = world.targets[id].made_for("order", order.key)
            if (order.state == "cancelled" or name in world.shop.wrong) and not made:
                continue
            if len(made) == 1 and name in world.shop.wrong:
                continue  # what it was when it last added up, or what somebody made of that by hand
            if len(made) == 1:
                yield from _differs(world, id, made[0], replace(order, customer=world.shop.buyer(name)))
            else:
                yield f"{id} holds order {name} {len(made)} times"


def _differs(world: World, id: SystemId, made: str, order: Order) -> Iterator[str]:
    system = world.systems[id]
    fields = ownership.DEFAULT.for_role(order, system.facts.role, exists=True)
    wanted = Wanted(record=order, fields=fields, id=made, brand=BRAND, refs=_refs(world, id, order))
    held, should = system.held("order", made, wanted), system.normalised(wanted)
    assert held is not None
    for name in should:
        if held[name] != should[name]:
            yield f"{id} holds {name} {held[name]} for order {order.key.id}, the shop says {should[name]}"


def _refs(world: World, id: SystemId, order: Order) -> dict[RecordKey, str]:
    """The ids of the buyer and of what is sold, as a person would look them up."""
    target, needs = world.targets[id], world.systems[id].facts.kinds["order"].references
    refs = {}
    if order.customer and (people := target.like("customer", "email", world.shop.email)):
        refs[order.customer] = people[0]
    for line in order.lines if "variant" in needs else ():
        if line.variant and (things := target.like("variant", "sku", line.sku)):
            refs[line.variant] = things[0]
    return refs


def _subscriptions(world: World) -> Iterator[str]:
    billing = world.books[SYSTEMS["billing"]]
    for name in world.shop.edits if world.shop.recurring else ():
        order = world.shop.order(name)
        origin = RecordKey(order.key.system, "subscription", f"{order.key.id}-month1")
        mine = [row.record for row in billing.of("subscription") if row.origin == origin]
        if order.state == "cancelled":
            if any(getattr(s, "state", "") != "cancelled" for s in mine) or len(mine) > 1:
                yield f"billing holds {mine} for order {name}, which is cancelled"
            continue
        if name in world.shop.wrong and len(mine) <= 1:
            continue
        line = next(line for line in order.lines if line.recurring)
        held = [(item.line, item.quantity, item.price) for s in mine for item in getattr(s, "items", ())]
        if len(mine) != 1 or held != [(line.key, line.quantity, line.unit_price)]:
            yield f"billing holds {len(mine)} subscriptions of {held} for order {name}"
