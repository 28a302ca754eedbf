"""Who buys, wherever an order needs them: the company first, then the person, a guest where the order names nobody."""

from collections.abc import Iterator
from dataclasses import replace

from cashpath.flows.parts.view import Need, OrderView
from cashpath.records import Address, Customer, Order, RecordKey, Role
from cashpath.records.keys import GUEST


def with_buyer(order: Order) -> Order:
    """The order with somebody to send it to: the guest whom its own addresses describe, where it names nobody."""
    return order if order.customer or order.company else replace(order, customer=guest_key(order))


def guest_key(order: Order) -> RecordKey:
    """The key of whoever bought without an account: theirs is known by this order alone."""
    return RecordKey(order.key.system, "customer", f"{GUEST}{order.key.id}")


def guest(order: Order) -> Customer:
    """Whoever bought without an account, as the order's email and addresses describe them."""
    address = order.billing_address or order.shipping_address or Address()
    first, _, last = address.name.strip().rpartition(" ")
    if not last and not order.email:
        first, last = "Guest", order.number
    return Customer(
        key=guest_key(order),
        email=order.email,
        first_name=first,
        last_name=last,
        phone=address.phone,
        address=order.billing_address or order.shipping_address,
    )


def forgotten(order: Order) -> Order:
    """The order without what it says of its buyer, who is erased: an edit of it brings nobody back. A note is in
    people's own words, which may name anybody."""
    return replace(order, email="", billing_address=None, shipping_address=None, note="")


def is_nameless(order: Order) -> bool:
    """Whether the buyer is a guest without an email address: nobody that a CRM could ever write to."""
    return order.customer == guest_key(order) and not order.email


def for_order(customer: Customer, order: Order) -> Customer:
    """The customer as this order knows them: buying for its company, or for themselves.

    Which other companies a person belongs to is for the customer's own root to carry over.
    """
    return replace(customer, company=order.company, also_for=())


def is_gone(view: OrderView, role: Role) -> bool:
    """Whether who bought is nobody any more in a role: erased there, or not named by an order that the role has and
    whose buyer the storefront has erased. Nobody is made in their place."""
    order = view.order
    if order is None or not order.customer:
        return False
    if view.forgotten:
        return role == "crm" or not view.has(order.customer, role)
    return is_nameless(order) and view.has(order.key, role) and not view.has(order.customer, role)


def needed(view: OrderView, roles: tuple[Role, ...], billed: bool) -> Iterator[Need]:
    """Where the order's company and person must be before the order can be: in `roles`, and in billing if `billed`."""
    order = view.order
    assert order is not None
    for role in roles:
        if order.company:
            yield Need(order.company, role)
        if order.customer and not (role == "crm" and is_nameless(order)) and not is_gone(view, role):
            yield Need(order.customer, role)
    if billed and order.customer and not is_gone(view, "billing"):
        yield Need(order.customer, "billing")
