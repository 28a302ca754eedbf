"""What must be true when a history is over: every target holds the owner's value, and every record exists once."""

from collections import Counter
from collections.abc import Iterator

from cashpath import ownership
from cashpath.ledger.seen import Seen
from cashpath.records import Order, RecordKey
from cashpath.systems.port import Wanted
from cashpath_sandbox.memory import MemorySystem, Row

from .shop import EMAIL, SHOP
from .world import BRAND, SYSTEMS, TARGETS, World

SOLD = {"l1": "MUG", "l2": "COFFEE"}  # by line, as the shop sells them


def divergences(world: World) -> list[str]:
    """What is wrong, in plain words; empty where everything converged."""
    return [*_stuck(world), *_orders(world), *_shared(world), *_subscriptions(world)]


def _stuck(world: World) -> Iterator[str]:
    for failure in world.queue.failures:
        yield f"a pass raised {failure!r}"
    for message in world.queue.dead:
        yield f"a dead letter: {message.body}"
    for name, cause in world.filed.open().items():
        yield f"an open exception of {name}: {cause['cause']}"
    for name in world.shop.edits:
        root = RecordKey(SHOP, "order", name)
        seen = world.ledger().peek(root)
        if isinstance(seen, Seen) and seen.claims:
            yield f"open claims of {root}: {seen.claims}"


def _orders(world: World) -> Iterator[str]:
    for name in world.shop.edits:
        order = world.shop.order(name)
        for role in ("crm", "erp"):
            system = world.systems[SYSTEMS[role]]
            mine = [row for row in system.books.of("order") if row.origin == order.key]
            if order.state == "cancelled" and not mine:
                continue
            if len(mine) != 1:
                yield f"{system.id} holds order {name} {len(mine)} times"
                continue
            yield from _differs(system, mine[0], order)


def _differs(system: MemorySystem, row: Row, order: Order) -> Iterator[str]:
    assert isinstance(row.record, Order)
    fields = ownership.for_role(order, system.facts.role, exists=True) - {"sold_as", "customer"}
    refs = {line.variant: _variant_of(system, row.record, line.key) for line in order.lines if line.variant}
    if system.facts.role == "crm":
        refs = {}
    wanted = Wanted(record=order, fields=fields, id=row.record.key.id, brand=BRAND, refs=refs)
    is_, should = system.held("order", row.record.key.id, wanted), system.normalised(wanted)
    assert is_ is not None
    for name in should:
        if is_[name] != should[name]:
            yield f"{system.id} holds {name} {is_[name]} for order {order.key.id}, the shop says {should[name]}"
    customer = row.record.customer
    held = customer and system.books.current("customer", customer.id)
    if not held or getattr(held.record, "email", "") != EMAIL:
        yield f"{system.id} holds order {order.key.id} for {customer}, not for {EMAIL}"


def _variant_of(system: MemorySystem, held: Order, line: str) -> str:
    """The id of what the line sells, where it is the right thing; else one that no line can have."""
    named = next((x.variant for x in held.lines if x.key == line), None)
    row = named and system.books.current("variant", named.id)
    return named.id if named and row and getattr(row.record, "sku", "") == SOLD[line] else "no such variant"


def _shared(world: World) -> Iterator[str]:
    for target in TARGETS:
        books = world.books[target]
        people = Counter(getattr(row.record, "email", "") for row in books.of("customer"))
        things = Counter(getattr(row.record, "sku", "") for row in books.of("variant"))
        for name, count in {**people, **things}.items():
            if count > 1:
                yield f"{target} holds {name} {count} times"


def _subscriptions(world: World) -> Iterator[str]:
    system = world.systems[SYSTEMS["billing"]]
    for name in world.shop.edits if world.shop.recurring else ():
        order = world.shop.order(name)
        mine = [row.record for row in system.books.of("subscription") if row.origin and row.origin.id.startswith(name)]
        if order.state == "cancelled":
            if any(getattr(s, "state", "") != "cancelled" for s in mine) or len(mine) > 1:
                yield f"billing holds {mine} for order {name}, which is cancelled"
            continue
        line = next(line for line in order.lines if line.recurring)
        held = [(item.line, item.quantity, item.price) for s in mine for item in getattr(s, "items", ())]
        if len(mine) != 1 or held != [(line.key, line.quantity, line.unit_price)]:
            yield f"billing holds {len(mine)} subscriptions of {held} for order {name}"
