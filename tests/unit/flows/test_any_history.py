"""Whatever happens to an order, and whoever cannot answer meanwhile: in the end all hold its last state, once."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from cashpath.records import Line, Recurring, Role
from cashpath_sandbox.oneshop import ADA, MONTHLY, Shop

YEARLY = Recurring(interval="year", biller="billing")
THINGS = (("MUG", None), ("TEA", MONTHLY), ("OIL", YEARLY))
TARGETS: tuple[Role, ...] = ("crm", "billing", "erp")

# How many of each thing an order holds; None where it has no such line.
quantities = st.none() | st.integers(0, 3)
baskets = st.tuples(quantities, quantities, quantities)
steps = st.one_of(
    baskets.map(lambda basket: ("edit", basket)),
    st.sets(st.sampled_from(TARGETS)).map(lambda roles: ("down", roles)),
    st.sets(st.sampled_from(TARGETS)).map(lambda roles: ("left_alone", roles)),
    st.booleans().map(lambda trusted: ("trusted", trusted)),
    st.just(("pass", None)),
)


def lines(shop: Shop, basket: tuple[int | None, ...]) -> list[Line]:
    return [
        shop.line(sku, quantity, recurring=recurring)
        for (sku, recurring), quantity in zip(THINGS, basket, strict=True)
        if quantity is not None
    ]


def lived(first: tuple[int | None, ...], history: list[tuple[str, Any]], end: str) -> tuple[Shop, list[Line], set[str]]:
    """A shop after an order was placed, all of `history` happened, and everybody answers again; the lines that stand
    then; and what a person is asked to settle."""
    shop = Shop()
    shop.knows(ADA)
    shop.pays_by_card()
    for sku, _ in THINGS:
        shop.sells(sku)
    now = lines(shop, first)
    order = shop.places(*now)
    for what, value in history:
        match what:
            case "edit":
                now = lines(shop, value)
                shop.edits(order, lines=tuple(now), total=shop.worth(now))
            case "pass":
                shop.passes()
            case "trusted":
                shop.trusted = value
            case _:
                setattr(shop.desk, what, value)
    shop.edits(order, state=end)
    shop.desk.down, shop.desk.left_alone = set(), set()
    shop.trusted = False  # the pass before may have died: the ledger then trusts no fingerprint
    shop.passes()
    return shop, now, {finding.code for finding in shop.passes().findings}


@example((1, 1, None), [("pass", None), ("edit", (1, None, None)), ("pass", None), ("edit", (1, 1, None))])
@given(baskets, st.lists(steps, max_size=8))
def test_a_standing_order_ends_at_its_last_state_everywhere(
    first: tuple[int | None, ...], history: list[tuple[str, Any]]
) -> None:
    shop, now, asked = lived(first, history, "open")
    for role in ("crm", "erp"):
        held = shop.only(role, "order")
        assert (held.state, held.total) == ("open", shop.worth(now))
        assert [(line.key, line.quantity) for line in held.lines] == [(line.key, line.quantity) for line in now]
    charged = {item.line: item.quantity for s in running(shop) for item in s.items}
    recurs = {line.key: line.quantity for line in now if line.recurring and line.quantity}
    assert charged == recurs or (asked == {"subscription_ended"} and charged.items() < recurs.items())
    assert len(shop.held("erp", "customer")) == len(shop.held("crm", "customer")) == 1
    assert len(shop.held("billing", "customer")) == 1


@given(baskets, st.lists(steps, max_size=8))
def test_a_cancelled_order_is_nowhere_or_cancelled_and_charges_nobody(
    first: tuple[int | None, ...], history: list[tuple[str, Any]]
) -> None:
    shop, _, asked = lived(first, history, "cancelled")
    assert asked == set()
    for role in ("crm", "erp"):
        assert [order.state for order in shop.held(role, "order")] in ([], ["cancelled"])
    assert running(shop) == []


def running(shop: Shop) -> list[Any]:
    return [s for s in shop.held("billing", "subscription") if s.state == "active"]
