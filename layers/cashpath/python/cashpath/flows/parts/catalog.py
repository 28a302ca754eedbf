"""What is sold, wherever an order needs it: in the ERP each variant of its lines, and what bundles among them contain;
in billing only what recurs there."""

from collections.abc import Iterable, Iterator

from cashpath.flows.parts.view import Need
from cashpath.records import Line, Order, Record, RecordKey, Role, Subscription, Variant
from cashpath.records.keys import LINE
from cashpath.systems.desk import Desk


def recurring_variant(order: Order, line: Line) -> RecordKey:
    """What billing sells again for this line: its variant; for a line of no variant, one of the line's own."""
    return line.variant or RecordKey(order.key.system, "variant", f"{LINE}{line.key}")


def described(order: Order) -> dict[RecordKey, Variant]:
    """The variants that only the order describes: recurring lines that name none."""
    own = [line for line in order.lines if line.recurring and not line.variant]
    return {
        recurring_variant(order, line): Variant(
            key=recurring_variant(order, line),
            sku=line.sku,
            title=line.title,
            price=line.unit_price,
            recurring=line.recurring,
        )
        for line in own
    }


def is_held_with_parts(desk: Desk) -> bool:
    """Whether the brand's ERP holds what bundles contain, which then must be there first."""
    return "erp" in desk.systems and "variant" in desk.role("erp").facts.kinds["variant"].references


def contained(records: Iterable[Record]) -> Iterator[Need]:
    """What bundles contain, in the ERP: nothing that contains anything itself."""
    parts = [part.variant for record in records if isinstance(record, Variant) for part in record.parts]
    yield from (Need(part, "erp") for part in dict.fromkeys(parts))


def needed(
    order: Order, roles: tuple[Role, ...], starting: Iterable[Subscription], known: Iterable[Record]
) -> Iterator[Need]:
    """Where the variants sold must be, what `known` bundles contain first. Lines without one, custom or of a deleted
    product, stay descriptive."""
    if "erp" in roles:
        yield from contained(known)
        yield from (Need(variant, "erp") for variant in dict.fromkeys(line.variant for line in order.lines) if variant)
    items = [item.variant for subscription in starting for item in subscription.items]
    yield from (Need(variant, "billing") for variant in dict.fromkeys(items))
