"""What is wrong with an order is told once, about the order, and closes itself when it is put right."""

from unittest.mock import patch

from cashpath.records import BadRecord, Kind, RecordKey
from cashpath.systems.port import Reading

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
    assert list(history.world.office.open()) == ["shop/order/1001"]
    [cause] = history.world.office.open().values()
    assert cause.code == "no_payment_method"
    assert cause.owner == "billing"


def test_the_exception_of_a_missing_card_closes_itself_once_the_card_is_there_and_the_order_comes_again() -> None:
    history = _without_a_card()
    history.world.drain()
    history.world.books[SYSTEMS["billing"]].change(CARD, payable=True)
    history.later(60)
    history.edit()
    history.world.drain()
    assert history.world.office.open() == {}
    assert len(history.world.books[SYSTEMS["billing"]].of("subscription")) == 1


def test_a_deal_edited_by_hand_while_its_order_does_not_add_up_is_put_right_with_the_order() -> None:
    history = Directed()
    history.edit()
    history.edit()
    history.later(30)
    history.edit(wrong=True)
    history.later(30)
    history.by_hand("crm", note="by hand")
    history.later(30)
    assert list(history.world.office.open()) == ["shop/order/1001"]
    history.edit()  # what the shop says now is what was last written to the CRM
    assert history.ends() == []


def test_an_order_read_late_as_it_was_when_it_did_not_add_up_is_read_again() -> None:
    history = Directed(Setting(shop_lag=20_000))
    history.edit()
    history.later(60)
    history.edit(tell=False, wrong=True)
    history.later(15)
    history.lags = 12_000
    history.edit(versioned=False)  # put right; its notice names no version, and what is read is from before
    assert history.ends() == []


def test_an_order_that_its_own_system_cannot_spell_out_is_one_exception() -> None:
    history = Directed()
    shop = history.world.systems[SYSTEMS["storefront"]]
    read = shop.read

    def unreadable(kind: Kind, id: str) -> Reading | None:
        raise BadRecord(f"order {id}: 'XXX' is not an ISO 4217 currency")

    for reads in (unreadable, read, unreadable):  # before it is a root, and when it is one
        with patch.object(shop, "read", reads):
            history.edit()
            history.later(5)
    assert list(history.world.office.open()) == ["shop/order/1001"]
    assert history.world.queue.failures == []
    [cause] = history.world.office.open().values()
    assert cause.owner == "storefront"
