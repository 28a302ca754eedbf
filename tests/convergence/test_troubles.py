"""What is wrong with an order is told once, about the order, and closes itself when it is put right."""

from cashpath.records import RecordKey

from .directed import Directed, Setting
from .world import SYSTEMS, WATCHED

CARD = RecordKey(SYSTEMS["billing"], "customer", "cus_1")


def _without_a_card() -> Directed:
    history = Directed(Setting(recurring=True))
    history.world.books[SYSTEMS["billing"]].change(CARD, payable=False)
    history.edit()
    history.later(30)
    return history


def test_a_missing_card_is_one_exception_of_the_order_though_every_target_tells_of_it() -> None:
    history = _without_a_card()
    for target, kind in WATCHED.items():
        for row in history.world.books[target].of(kind):
            history.tell(row.record.key, row.version)
    history.world.drain()
    assert list(history.world.filed.open()) == ["shop/order/1001"]
    [cause] = history.world.filed.open().values()
    assert cause["code"] == "no_payment_method"
    assert cause["owner"] == "billing"


def test_the_exception_of_a_missing_card_closes_itself_once_the_card_is_there_and_the_order_comes_again() -> None:
    history = _without_a_card()
    history.world.drain()
    history.world.books[SYSTEMS["billing"]].change(CARD, payable=True)
    history.later(60)
    history.edit()
    history.world.drain()
    assert history.world.filed.open() == {}
    assert len(history.world.books[SYSTEMS["billing"]].of("subscription")) == 1
