"""What is wrong with an order is told once, about the order, and closes itself when it is put right."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from cashpath import waiting
from cashpath.bulk.message import packed
from cashpath.faults import SystemDown
from cashpath.record_exceptions import DeadLetter, Recorder, letters
from cashpath.records import BadRecord, Kind, RecordKey
from cashpath.systems.port import Reading

from .directed import FIRST, Directed, Setting
from .schedules import about_to_be_corrected, with_an_older_notice_under_way
from .world import SYSTEMS, WATCHED

CARD = RecordKey(SYSTEMS["billing"], "customer", "cus_1")


def _unreadable(kind: Kind, id: str) -> Reading | None:
    raise BadRecord(f"order {id}: 'XXX' is not an ISO 4217 currency")


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

    for reads in (_unreadable, read, _unreadable):  # before it is a root, and when it is one
        with patch.object(shop, "read", reads):
            history.edit()
            history.later(5)
    assert list(history.world.office.open()) == ["shop/order/1001"]
    assert history.world.queue.failures == []
    [cause] = history.world.office.open().values()
    assert cause.owner == "storefront"


STUCK = ["shop/order/1001"]


def test_a_covered_notice_that_is_killed_itself_closes_the_exception_when_it_comes_again() -> None:
    history = about_to_be_corrected()
    history.happens("ledger", "update_item R#", "killed", nth=2, late=0)
    history.happens("ledger", "update_item R#", "killed", nth=3, late=0)
    assert history.ends() == []


def test_a_letter_is_no_longer_filed_where_its_recorder_was_killed_and_the_order_was_put_right_meanwhile() -> None:
    history = Directed()
    history.happens("ledger", "transact_write_items Put X#", "killed", late=0)
    history.edit(wrong=True)
    history.later(30)
    history.edit()
    history.later(30)
    assert history.ends() == []


def test_a_pass_that_saw_an_older_version_closes_no_exception_that_is_filed_before_it_comes_to_closing() -> None:
    history = with_an_older_notice_under_way()
    edited = history.edit(tell=False, wrong=True)
    history.world.notify(*edited, after=10_000)
    history.happens("ledger", "get_item X#", "lands", takes=50)
    assert history.world.drain()
    assert list(history.world.office.open()) == STUCK


def test_an_order_that_does_not_add_up_is_an_exception_though_its_notice_is_dated_before_a_pass_began() -> None:
    history = Directed()
    history.edit()
    history.later(90)
    history.tell(*history.order())
    history.later(1)
    edited, _ = history.edit(tell=False, wrong=True)
    history.world.notify(edited, None, received=-1_500)  # by a clock that is behind
    assert history.world.drain()
    assert list(history.world.office.open()) == STUCK


def test_refused_credentials_are_over_though_the_pass_that_was_answered_again_was_killed_at_closing() -> None:
    history = Directed()
    history.edit()
    history.later(60)
    history.happens("crm", "change order", "refused")
    history.edit()
    history.later(60)
    assert list(history.world.office.open()) == ["crm/"]
    history.happens("ledger", "get_item X#all:crm", "killed")
    assert history.ends() == []


def test_what_was_wrong_before_there_was_a_root_is_over_once_a_pass_finished_whatever_its_clock_says() -> None:
    clocks = iter((1_000, -1_000))
    history = Directed(skew=lambda: next(clocks))
    with patch.object(history.world.systems[SYSTEMS["storefront"]], "read", _unreadable):
        history.edit()
        history.later(0.5)
    history.world.grow_cold()  # the next pass runs on another machine
    history.edit()
    assert history.ends() == []


def test_what_a_target_waited_for_in_vain_is_a_trouble_of_its_order_and_over_with_it() -> None:
    history = Directed(Setting(recurring=True))
    history.edit()
    history.later(120)

    def down(*_: object, **__: object) -> None:
        raise SystemDown("billing is down", system=SYSTEMS["billing"])

    with patch.object(waiting, "CEILING", timedelta(minutes=10)):
        with patch.object(history.world.systems[SYSTEMS["billing"]], "write", down):
            history.edit()
            history.later(5)
            history.by_hand("crm", note="by hand")
            history.later(3_600)
        assert list(history.world.office.open()) == STUCK
        history.world.redrive(FIRST)
        history.later(3_600)
    assert history.ends() == []


def test_a_bulk_message_that_nobody_foresaw_to_fail_is_no_trouble_of_the_orders_in_it_that_were_done() -> None:
    history = Directed()
    key, version = history.edit(tell=False)
    history.world.notify(key, version, after=5_000)
    history.later(60)
    bulk = packed([replace(history.world.emitted[-1], trigger="backfill")])
    recorder = Recorder(history.world.exceptions(), history.world.ledger())
    for letter in letters(DeadLetter(id="m1", flow="create_orders", body=bulk, tries=5)):
        assert recorder.record(letter) == "covered"
    assert history.ends() == []
