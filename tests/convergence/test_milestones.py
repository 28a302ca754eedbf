"""A milestone is recorded with the write that earned it, never before."""

from .directed import FIRST, Directed
from .world import SYSTEMS


def test_an_order_counts_as_ordered_from_when_its_sale_is_there() -> None:
    history = Directed()
    history.happens("shop", "read order", "lands", takes=5, nth=2)  # so that the claim outlasts the lease by seconds
    history.happens("erp", "create order", "killed")
    history.edit()
    history.later(77)
    history.edit()  # the lease has run out, the claim has not
    assert history.ends() == []
    world = history.world
    [sale] = world.targets[SYSTEMS["erp"]].made_for("order", world.shop.key(FIRST))
    created = world.books[SYSTEMS["erp"]].rows["order", sale][0].at
    seen = world.ledger().peek(world.shop.key(FIRST))
    assert seen is not None
    assert seen.milestones["ordered"] >= created
