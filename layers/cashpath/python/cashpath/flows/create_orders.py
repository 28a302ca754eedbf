"""create_orders: a storefront order or won deal becomes a CRM order, an ERP sale and, where it recurs, a subscription.

`read` asks, and decides nothing; `plan` decides, and asks nothing. What they share stands in `parts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cashpath.faults import NotYet, RateLimited, SystemDown
from cashpath.flows.parts import catalog, customers, matching, old_orders, orders, subscriptions
from cashpath.flows.parts.view import Need, OrderView
from cashpath.ledger.seen import Seen
from cashpath.notice import Notice
from cashpath.plan import Finding, Plan
from cashpath.records import ROLES, Customer, Order, Record, RecordKey, Role, Subscription, Variant
from cashpath.settings.slices import Rules
from cashpath.systems.desk import Desk
from cashpath.systems.port import Reading, System

# How many records one pass looks up: with a request each to read, match and create, a minute's work at most. Of an
# order that names more, the next pass takes the next ones, while the order itself waits for them.
AT_ONCE = 100


def plan(view: OrderView, rules: Rules) -> Plan:
    """The writes that bring CRM, ERP and billing into agreement with the order.

    Raises BadRecord where its totals do not add up.
    """
    if reason := orders.goes_nowhere(view, rules):
        return Plan(skipped=reason)
    assert view.order is not None
    order = view.order.checked()
    if finding := orders.held_back(view):
        return Plan.of(finding)
    ensured = _ensured(view, rules)
    unclear = {part.owner for part in ensured if isinstance(part, Finding)}
    return Plan.of(
        *old_orders.joined(order, view.entered, view.links),
        *ensured,
        *(write for write in orders.writes(view, rules) if write.role not in unclear),
        *(part for part in subscriptions.starting(order, view, rules) if "billing" not in unclear),
    )


def _ensured(view: OrderView, rules: Rules) -> list[matching.Ensured]:
    """Everybody and everything that the order names, in each role that needs it."""
    needs = _needs(view, orders.wanted_in(view, rules), subscriptions.wanted(view, rules))
    return [part for need in needs if (part := matching.ensure(need.key, need.role, view, rules))]


def _needs(view: OrderView, roles: tuple[Role, ...], recurring: Sequence[Subscription]) -> tuple[Need, ...]:
    """Who and what must be where before the order can be in `roles` and `recurring` in billing."""
    assert view.order is not None
    return (
        *customers.needed(view, roles, billed=bool(recurring)),
        *catalog.needed(view.order, roles, recurring, view.records.values()),
    )


def read(desk: Desk, notice: Notice, seen: Seen) -> OrderView:
    """The root's order and whatever `plan` needs to decide about it. Each is asked for once, and only where the ledger
    does not know it yet: an order whose everything is linked costs one request.

    Whichever record the notice is about, the order is what counts. Raises what a connector raises of the order's own
    system, or of any where the order is from before the cutover, and NotYet where an order made from a won deal is read
    older than the notice of it (the root's own reading is for the runner to judge). Else a target that cannot answer,
    or is left alone, is left out of the view.
    """
    home = desk.at(seen.root.system)
    source = home.read(seen.root.kind, seen.root.id)
    view = OrderView(source=source, began_in=home.facts.role, placed_in=home.facts.role)
    if source is None or source.origin or not orders.may_begin(source.record, view.began_in):
        return view
    placed = _placed(desk, source, view.began_in, notice)
    if placed is not source:
        home, view = desk.at(placed.at.system), replace(view, placed_in="storefront")
    assert isinstance(placed.record, Order)
    named = desk.canonical(placed.record.references())
    order = _canonical(placed.record, named, seen.root)
    forgotten = notice.wish == "erase" or bool(order.customer and desk.erased([order.customer]))
    view = replace(view, order=customers.forgotten(order) if forgotten else order, forgotten=forgotten)
    view = _linked(view, desk, home, seen)
    if orders.is_old(order, desk.rules):
        view = replace(view, entered=old_orders.entered(order, orders.targets(view), view.links, desk))
    view = _matched(view, desk, home, {canonical: at for at, canonical in named.items()})
    return _billed(view, desk, seen)


def _placed(desk: Desk, source: Reading, began_in: Role, notice: Notice) -> Reading:
    """The storefront order that was made from a won deal, where there is one; else the source."""
    id = desk.links([source.at]).get((source.at, "storefront")) if began_in == "crm" else None
    placed = desk.role("storefront").read("order", id) if id else None
    if placed is None or not isinstance(placed.record, Order):
        return source
    is_told_of = (notice.system, notice.kind, notice.id) == (placed.at.system, placed.at.kind, placed.at.id)
    if is_told_of and notice.version is not None and (placed.version is None or placed.version < notice.version):
        raise NotYet(f"{placed.at} is read older than it is known to be", system=placed.at.system)
    return placed


def _canonical(order: Order, named: Mapping[RecordKey, RecordKey], root: RecordKey) -> Order:
    """The order keyed by its root, naming all others by their canonical keys, and a guest where it names nobody."""
    return customers.with_buyer(
        replace(
            order,
            key=root,
            customer=order.customer and named.get(order.customer, order.customer),
            company=order.company and named.get(order.company, order.company),
            lines=tuple(
                replace(line, variant=line.variant and named.get(line.variant, line.variant)) for line in order.lines
            ),
        )
    )


def _linked(view: OrderView, desk: Desk, home: System, seen: Seen) -> OrderView:
    """With what the ledger knows of the order, of all that it names, and of the subscriptions that it started."""
    assert view.order is not None
    started = subscriptions.perhaps_made(view.order, seen)
    described = _described(view.order)
    real = [key for key in (view.order.key, *view.order.references()) if key not in described]
    links = {(key, home.facts.role): key.id for key in real if key.system == home.id}
    if any(key.system != home.id for key in real):  # some began elsewhere: there their key is their id
        roles = {desk.role(role).id: role for role in ROLES}
        links |= {(key, roles[key.system]): key.id for key in real if key.system in roles}
    links |= desk.links(dict.fromkeys((*real, *described, *started)))
    return replace(view, links=links, made_before=tuple(key for key in started if (key, "billing") in links))


def _described(order: Order) -> dict[RecordKey, Record]:
    """The records that no system has: the order alone describes them."""
    guest = customers.guest(order)
    return {**({guest.key: guest} if order.customer == guest.key else {}), **catalog.described(order)}


def _matched(view: OrderView, desk: Desk, home: System, ids: Mapping[RecordKey, RecordKey]) -> OrderView:
    """With each record that some role still lacks, and what that role has to match it."""
    assert view.order is not None
    order, needs = view.order, _needs(view, orders.targets(view), subscriptions.concerned(view))
    lacking = [need for need in needs if not view.has(need.key, need.role)][:AT_ONCE]
    known = _known(lacking, home, ids, _described(order))
    if any(catalog.contained(known.values())) and catalog.is_held_with_parts(desk):
        view, known, ids = _unpacked(view, desk, known, ids)
        bundles = [known[need.key] for need in lacking if need.role == "erp" and need.key in known]
        inside = [need for need in catalog.contained(bundles) if not view.has(need.key, need.role)]
        lacking = [*inside, *lacking][:AT_ONCE]
        known = _known(lacking, home, ids, known)
    records = {key: _for_order(record, order) for key, record in known.items()}
    candidates: dict[tuple[RecordKey, Role], tuple[Reading, ...]] = {}
    silent: set[Role] = set()
    for need in lacking:
        if need.key in records and need.role not in silent:
            try:
                candidates[need.key, need.role] = matching.looked_up(desk.role(need.role), records[need.key])
            except (RateLimited, SystemDown):
                silent.add(need.role)
    return replace(view, records=records, candidates=candidates, silent=frozenset(silent))


def _known(
    needs: Sequence[Need], home: System, ids: Mapping[RecordKey, RecordKey], known: Mapping[RecordKey, Record]
) -> Mapping[RecordKey, Record]:
    """With what the order's own system says of each of these."""
    found = dict(known)
    for key in dict.fromkeys(need.key for need in needs if need.key not in known):
        at = ids.get(key, key)
        if reading := home.read(at.kind, at.id):
            found[key] = replace(reading.record, key=key)
    return found


def _unpacked(
    view: OrderView, desk: Desk, known: Mapping[RecordKey, Record], ids: Mapping[RecordKey, RecordKey]
) -> tuple[OrderView, Mapping[RecordKey, Record], Mapping[RecordKey, RecordKey]]:
    """With what bundles contain, by canonical keys, and where that is."""
    parts = [part.variant for record in known.values() if isinstance(record, Variant) for part in record.parts]
    named = {part: part for part in parts} | dict(desk.canonical(dict.fromkeys(parts)))
    renamed = {key: record.renamed(named) if isinstance(record, Variant) else record for key, record in known.items()}
    links = {**view.links, **desk.links(dict.fromkeys(named.values()))}
    return replace(view, links=links), renamed, {**ids, **{key: at for at, key in named.items()}}


def _for_order(record: Record, order: Order) -> Record:
    return customers.for_order(record, order) if isinstance(record, Customer) else record


def _billed(view: OrderView, desk: Desk, seen: Seen) -> OrderView:
    """With what billing alone knows: who can be charged where a subscription is yet to be started, and, where one was
    ended for the order before, whether those that are to run have ended."""
    recurring = subscriptions.concerned(view)
    if not recurring or "billing" in view.silent:
        return view
    billing = desk.role("billing")
    try:
        payer = _payer(view, billing, recurring)
        ended = _ended(view, billing, recurring) if "unsubscribed" in seen.milestones else frozenset[RecordKey]()
    except (RateLimited, SystemDown):
        return replace(view, silent=view.silent | {"billing"})
    return replace(view, payer=payer, ended=ended)


def _payer(view: OrderView, billing: System, recurring: Sequence[Subscription]) -> Customer | None:
    for subscription in recurring:
        id = view.links.get((subscription.customer, "billing"))
        if id and not view.has(subscription.key, "billing"):
            payer = billing.read("customer", id)
            return payer.record if payer and isinstance(payer.record, Customer) else None
    return None


def _ended(view: OrderView, billing: System, recurring: Sequence[Subscription]) -> frozenset[RecordKey]:
    keys = [s.key for s in recurring if s.state == "active" and view.has(s.key, "billing")]
    held = {key: billing.read("subscription", view.links[key, "billing"]) for key in keys}
    return frozenset(
        key for key, reading in held.items() if getattr(reading and reading.record, "state", "") != "active"
    )
