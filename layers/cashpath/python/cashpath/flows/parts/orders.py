"""The order itself, as each role is to hold it, and the cases in which it goes nowhere."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from cashpath.flows.parts import customers
from cashpath.flows.parts.view import OrderView
from cashpath.plan import Finding, Join, Milestone, Put, Write
from cashpath.records import Order, Record, Role
from cashpath.records.order import OrderState, SoldAs
from cashpath.settings.slices import Rules

HOLDERS: tuple[Role, ...] = ("crm", "erp")
PERSONAL = frozenset({"email", "billing_address", "shipping_address", "note"})
AS_DEAL: dict[OrderState, OrderState] = {"open": "won", "fulfilled": "won", "cancelled": "lost"}
AS_SALE: dict[OrderState, OrderState] = {"won": "open", "lost": "cancelled"}


def may_begin(record: Record, began_in: Role) -> bool:
    """Whether something could follow from a record: an order of the storefront, or a deal of the CRM."""
    match record, began_in:
        case Order(), "storefront":
            return True
        case Order(sold_as=sold_as), "crm":
            return sold_as == "deal"
    return False


def is_over(order: Order) -> bool:
    """Whether nothing is sold any more: cancelled, or a deal that was lost after all."""
    return order.state in ("cancelled", "lost")


def is_old(order: Order, rules: Rules) -> bool:
    """Whether the order was placed before the brand's cutover: then others have booked it already."""
    cutover = datetime.fromisoformat(rules.cutover)
    return order.ordered_at < (cutover if cutover.tzinfo else cutover.replace(tzinfo=UTC))


def targets(view: OrderView) -> tuple[Role, ...]:
    """The roles that are to hold the order: CRM and ERP, but where it began, and but a CRM whose deal it came from.
    What is over goes only where it already is."""
    order = view.order
    if order is None:
        return ()
    roles = [role for role in HOLDERS if role != view.began_in and not (role == "crm" and order.deal)]
    return tuple(role for role in roles if not is_over(order) or view.has(order.key, role))


def wanted_in(view: OrderView, rules: Rules) -> tuple[Role, ...]:
    """The targets that the order is written to: an old one is never created, only kept up where Cashpath made it."""
    order = view.order
    if order is None or not is_old(order, rules):
        return targets(view)
    return tuple(role for role in targets(view) if view.has(order.key, role) and not view.entered.get(role))


def goes_nowhere(view: OrderView, rules: Rules) -> str:
    """Why nothing at all is wanted; '' where something is."""
    source, order = view.source, view.order
    if source is None:
        return "its own system has no such record"
    if source.origin:
        return f"Cashpath made it for {source.origin}, whose root speaks for it"
    if order is None:
        return f"no order begins in the {view.began_in} with this record"
    if view.placed_in == "crm" and order.state != "won" and not was_carried(view):
        return f"the deal is {order.state}, not won"
    if order.test and rules.live:
        return "a test order, and the books are real"
    if order.channel and order.channel in rules.skip_channels:
        return f"another connector books the channel {order.channel}"
    return ""


def was_carried(view: OrderView) -> bool:
    """Whether the order has been brought over before, in whole or in part."""
    return view.order is not None and (view.has(view.order.key, "erp") or bool(view.made_before))


def held_back(view: OrderView) -> Finding | None:
    """What a person must settle before anything of this order is written."""
    order = view.order
    if order is None or is_over(order):
        return None
    if view.placed_in == "crm" and order.state != "won":
        return Finding(
            kind="person",
            about=order.key,
            cause=f"deal {order.number} was won and brought over, and is {order.state} again",
            remedy="win the deal again, or set it to lost, which cancels its sale",
            owner="crm",
            code="deal_reopened",
        )
    if order.risk == "high" and order.state != "fulfilled":
        return Finding(
            kind="person",
            about=order.key,
            cause=f"order {order.number} is flagged as high risk and waits for release",
            remedy="lower its risk, fulfil it or cancel it in the storefront: it is then carried over, or redrive it",
            owner="storefront",
            code="high_risk",
        )
    return None


def writes(view: OrderView, rules: Rules) -> Iterator[Write]:
    """The order in each role that is to hold it; the deal that it was made from is linked, and stays the CRM's."""
    order = view.order
    assert order is not None
    if order.deal and view.began_in == "storefront" and not view.has(order.key, "crm"):
        yield Join(key=order.key, role="crm", id=order.deal.id)
    for role in wanted_in(view, rules):
        record, gone = _as_held_by(role, order, rules), customers.is_gone(view, role)
        if gone:
            record = replace(record, customer=None)
        yield Put(
            record=record,
            role=role,
            fields=rules.ownership.for_role(record, role, exists=True) - _left_alone(view, role, gone),
            seeds=rules.ownership.seeds(record, role),
            when="update" if is_over(order) or is_old(order, rules) else "agree",
            milestone=_milestone(role, record, view),
        )


def _left_alone(view: OrderView, role: Role, gone: bool) -> frozenset[str]:
    """What is not written of an order whose buyer is erased: whose it is, and in the ERP, whose documents need them,
    the addresses and notes that the erasure has blanked. The CRM's, which no erasure of a contact reaches, are
    emptied."""
    if not gone and not view.forgotten:
        return frozenset()
    return frozenset({"customer"} if gone else ()) | (PERSONAL if role == "erp" else frozenset())


def _as_held_by(role: Role, order: Order, rules: Rules) -> Order:
    if role == "erp":
        return replace(order, sold_as="order", state=AS_SALE.get(order.state, order.state))
    sold_as = _sold_as(order, rules)
    return replace(
        order,
        sold_as=sold_as,
        state=AS_DEAL.get(order.state, order.state) if sold_as == "deal" else order.state,
        customer=None if customers.is_nameless(order) else order.customer,
    )


def _sold_as(order: Order, rules: Rules) -> SoldAs:
    if order.renewal:
        return rules.renewals
    return rules.company_orders if order.company else rules.consumer_orders


def _milestone(role: Role, record: Order, view: OrderView) -> Milestone | None:
    if is_over(record):
        return "cancelled"
    if role == "crm":
        return "deal_won" if record.sold_as == "deal" else None
    return "deal_won" if view.began_in == "crm" else "ordered"
