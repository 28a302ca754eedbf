"""What is sold, wherever an order needs it: in the ERP each variant of its lines, in billing only what recurs there."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cashpath.flows.parts.view import Need
from cashpath.records import Line, Order, RecordKey, Role, Subscription, Variant
from cashpath.records.keys import LINE


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


def for_order(variant: Variant) -> Variant:
    """The variant as an order needs it: a bundle without what it contains, which sync_catalog brings. No order waits
    for that."""
    return replace(variant, parts=())


def needed(order: Order, roles: tuple[Role, ...], starting: Iterable[Subscription]) -> Iterator[Need]:
    """Where the variants sold must be. Lines without one, custom or of a deleted product, stay descriptive."""
    if "erp" in roles:
        yield from (Need(variant, "erp") for variant in dict.fromkeys(line.variant for line in order.lines) if variant)
    items = [item.variant for subscription in starting for item in subscription.items]
    yield from (Need(variant, "billing") for variant in dict.fromkeys(items))
