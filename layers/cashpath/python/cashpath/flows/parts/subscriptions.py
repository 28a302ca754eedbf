"""What recurs and is charged by billing: one subscription for each cadence of an order, so that nobody pays twice."""

from collections.abc import Iterator, Sequence

from cashpath.flows.parts import catalog, matching, orders
from cashpath.flows.parts.view import OrderView
from cashpath.ledger.seen import Seen
from cashpath.plan import Finding, Put
from cashpath.records import Line, Order, RecordKey, Recurring, Subscription, SubscriptionItem
from cashpath.records.catalog import Interval
from cashpath.records.period import period_end
from cashpath.settings.slices import Rules

# The cadences that shops sell. Looked for where the ledger cannot say what an order started before.
CADENCES: tuple[tuple[Interval, int], ...] = (
    *(("day", 1), ("week", 1), ("week", 2), ("week", 4)),
    *(("month", 1), ("month", 2), ("month", 3), ("month", 6), ("year", 1), ("year", 2)),
)
USUAL = tuple(Recurring(interval=interval, count=count, biller="billing") for interval, count in CADENCES)


def key_of(order: RecordKey, cadence: Recurring) -> RecordKey:
    """The subscription that an order starts for a cadence, `1001-month1`: there is one, however often it is edited."""
    return RecordKey(order.system, "subscription", f"{order.id}-{cadence.interval}{cadence.count}")


def recurring_lines(order: Order) -> list[Line]:
    """The lines that billing charges again. None of a renewal, which some subscription has started before."""
    if order.renewal:
        return []
    return [line for line in order.lines if line.recurring and line.recurring.biller == "billing"]


def perhaps_made(order: Order, seen: Seen) -> tuple[RecordKey, ...]:
    """The subscriptions that this order may have started: what it names now, and what was written for it before.

    Where the ledger trusts no fingerprint, the usual cadences are looked for: a removed line must not go on charging.
    """
    named = [key_of(order.key, line.recurring) for line in recurring_lines(order) if line.recurring]
    written = [RecordKey.parse(name.split("|", 2)[2]) for name in seen.fingerprints]
    usual = [] if seen.trusted else [key_of(order.key, cadence) for cadence in USUAL]
    return tuple(dict.fromkeys(key for key in (*named, *written, *usual) if key.kind == "subscription"))


def agreed(view: OrderView) -> tuple[Subscription, ...]:
    """What the order started, as it stands now: where all its lines were removed, or the order is over, cancelled."""
    order = view.order
    if order is None or order.customer is None:
        return ()
    lines = recurring_lines(order)
    cadences = dict.fromkeys(line.recurring for line in lines if line.recurring)
    named = [_subscription(view, order, cadence, [x for x in lines if x.recurring == cadence]) for cadence in cadences]
    gone = [key for key in view.made_before if key not in {subscription.key for subscription in named}]
    return (*named, *(_ended(order, order.customer, key) for key in gone))


def _subscription(view: OrderView, order: Order, cadence: Recurring, lines: Sequence[Line]) -> Subscription:
    assert order.customer is not None
    standing = [line for line in lines if line.quantity > 0 and not orders.is_over(order)]
    # Checkout charged the first period. A deal charged nothing, so billing begins on the day that it closed.
    charged_until = order.ordered_at if view.placed_in == "crm" else period_end(order.ordered_at, cadence)
    return Subscription(
        key=key_of(order.key, cadence),
        customer=order.customer,
        items=tuple(_item(order, line, cadence) for line in standing),
        currency=order.currency,
        charged_until=charged_until,
        state="active" if standing else "cancelled",
        order=order.key,
    )


def _item(order: Order, line: Line, cadence: Recurring) -> SubscriptionItem:
    """What recurs is the unit's own price: discounts of the order were for once."""
    return SubscriptionItem(
        line=line.key,
        variant=catalog.recurring_variant(order, line),
        quantity=line.quantity,
        price=line.unit_price,
        recurring=cadence,
    )


def _ended(order: Order, customer: RecordKey, key: RecordKey) -> Subscription:
    return Subscription(
        key=key,
        customer=customer,
        items=(),
        currency=order.currency,
        charged_until=order.ordered_at,
        state="cancelled",
        order=order.key,
    )


def concerned(view: OrderView) -> tuple[Subscription, ...]:
    """Those that billing has, or that run: what was removed before it was ever started concerns nobody."""
    return tuple(s for s in agreed(view) if s.state == "active" or view.has(s.key, "billing"))


def wanted(view: OrderView, rules: Rules) -> tuple[Subscription, ...]:
    """Those to write: an order from before the cutover starts none."""
    old = view.order is not None and orders.is_old(view.order, rules)
    return tuple(s for s in concerned(view) if view.has(s.key, "billing") or not old)


def starting(order: Order, view: OrderView, rules: Rules) -> Iterator[Put | Finding]:
    """The subscriptions that billing is to hold; where nobody could be charged, a person to ask for a card."""
    if order.customer is None and recurring_lines(order) and not orders.is_over(order):
        yield _nobody(order)
    for subscription in wanted(view, rules):
        fields = rules.ownership.for_role(subscription, "billing", exists=True)
        seeds = rules.ownership.seeds(subscription, "billing")
        if subscription.state == "cancelled":
            yield _end(subscription)
        elif subscription.key in view.ended:
            yield _ended_before(order, subscription)
        elif view.has(subscription.key, "billing"):
            yield Put(record=subscription, role="billing", fields=fields)
        elif "billing" in view.silent or payable(view, subscription.customer):
            yield Put(record=subscription, role="billing", fields=fields, seeds=seeds, milestone="subscribed")
        else:
            yield _no_card(order, subscription)


def payable(view: OrderView, customer: RecordKey) -> bool:
    """Whether billing holds a payment method that it may charge the customer by."""
    if view.payer:
        return view.payer.payable is True
    match matching.same(view.candidates.get((customer, "billing"), ()), customer):
        case [one]:
            return getattr(one.record, "payable", None) is True
    return False


def _end(subscription: Subscription) -> Put:
    fields = frozenset({"state"})
    return Put(record=subscription, role="billing", fields=fields, when="update", milestone="unsubscribed")


def _ended_before(order: Order, subscription: Subscription) -> Finding:
    return Finding(
        kind="person",
        about=subscription.key,
        cause=f"order {order.number} recurs again, and {subscription.key} was ended in billing, which revives none",
        remedy="start a subscription that fits in billing and link it, or take what recurs off the order; then redrive",
        owner="billing",
        code="subscription_ended",
    )


def _no_card(order: Order, subscription: Subscription) -> Finding:
    return Finding(
        kind="person",
        about=subscription.key,
        cause=f"order {order.number} recurs from {subscription.charged_until:%d %B %Y}, and billing has no payment "
        f"method of its customer {subscription.customer}",
        remedy="ask the customer to add a card in billing, then redrive: the subscription is started then",
        owner="billing",
        code="no_payment_method",
    )


def _nobody(order: Order) -> Finding:
    return Finding(
        kind="person",
        about=order.key,
        cause=f"{order.number} has lines that recur, and names a company but no person who pays for them",
        remedy="name the contact who pays, then redrive",
        owner="crm",
        code="no_customer",
    )
