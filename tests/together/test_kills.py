"""Killed before and after every request to a vendor or AWS, or its answer lost: the end is that of a clean run.

Positions are counted from a clean run of a B2B order with a one-off and a recurring line. All of them run with the
real connectors of shop, CRM and billing and an in-memory ERP, which takes a tenth of a second each; a real Tryton
takes four, so every sixth of its own requests is tried with it.
"""

from collections.abc import Iterator

import pytest

from cashpath_sandbox.standin import VendorFault
from cashpath_sandbox.together_found import Found
from cashpath_sandbox.tryton import server
from cashpath_sandbox.tryton.server import Tryton

from .position import Moment, Position

NTH = 6  # of the real Tryton's requests, every so many-th is killed


@pytest.fixture(scope="module")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryton]:
    started = server.start(0, tmp_path_factory.mktemp("tryton"))
    yield started
    started.stop()


def undisturbed(tryton: Tryton | None = None) -> Position:
    position = Position(1, tryton)
    position.world.drains()
    return position


def differences(position: Position, clean: Found) -> list[str]:
    """What is otherwise than after a clean run, in words."""
    held = position.found()
    told = [f"queue: {len(position.world.queue.dead)} dead letters"] if position.world.queue.dead else []
    told += [f"claims: {claim}" for claim in position.world.open_claims(position.order)]
    for place, wanted in clean.items():
        told += [f"{place} lacks {what}" for what in (wanted - held[place]).elements()]
        told += [f"{place} has besides {what}" for what in (held[place] - wanted).elements()]
    return told


def test_a_clean_run_makes_one_of_each() -> None:
    position = undisturbed()
    kinds = [text.partition("(")[0] for text in position.found()["erp"].elements()]
    assert sorted(kinds) == ["Company", "Customer", "Order", "Variant", "Variant"]
    portal, billing = position.world.portal, position.world.billing
    assert {t.name: sum(1 for _ in portal.store.all(t)) for t in {k[0] for k in portal.store.items}} == {
        "companies": 1,
        "contacts": 1,
        "deals": 1,
        "line_items": 2,
    }
    assert billing.stock() == {
        "customers": 1,
        "products": 1,
        "prices": 1,
        "subscriptions": 1,
        "subscription_items": 1,
        "tax_ids": 0,
    }


def test_an_order_whose_function_was_killed_at_any_request_ends_as_if_it_had_not_been() -> None:
    """First when its message shows again, then when it is redriven three days later."""
    clean = undisturbed()
    wanted, wrong = clean.found(), []
    for moment in clean.moments():
        position = Position()
        position.spoil(moment)
        position.world.drains()
        wrong += [f"{moment}, sent again: {d}" for d in differences(position, wanted)]
        position.redrive()
        wrong += [f"{moment}, sent again and redriven: {d}" for d in differences(position, wanted)]
    assert wrong == []


def test_an_order_that_was_killed_at_any_request_and_redriven_three_days_later_ends_as_a_clean_one() -> None:
    """Its message was lost, so the redrive is the first to find what was left behind. Before a request is after the one
    before it."""
    clean = undisturbed()
    wanted, wrong = clean.found(), []
    for moment in (m for m in clean.moments() if m.effect in ("kill_after", "cut_after")):
        position = Position()
        position.spoil(moment)
        position.run_once()
        position.lose_all()
        position.redrive()
        wrong += [f"{moment}, redriven: {d}" for d in differences(position, wanted)]
    assert wrong == []


def test_an_order_killed_at_a_request_to_a_real_tryton_ends_as_a_clean_one(tryton: Tryton) -> None:
    undisturbed(tryton)  # the books hold the sandbox's currencies and taxes by now
    clean = Position(2, tryton)
    clean.world.drains()
    wanted, wrong = clean.found(), []
    moments = [m for m in clean.moments() if m.place == "erp" and m.effect == "kill_after"]
    for n, moment in enumerate(moments[1::NTH], start=3):
        position = Position(n, tryton)
        position.spoil(moment)
        position.world.drains()
        wrong += [f"{moment}: {d}" for d in differences(position, wanted)]
    assert wrong == []


@pytest.mark.parametrize("effect", ["kill_before", "kill_after", "cut_after", "repeated"])
def test_an_order_killed_as_its_notice_is_put_back_to_wait_ends_as_a_clean_one(effect: str) -> None:
    wanted = undisturbed().found()
    position = Position()
    position.world.portal.faults.extend([VendorFault(kind="status", status=503, times=3)])
    position.spoil(Moment("queue", 0, effect))
    position.world.drains()
    assert position.world.wires["queue"].sent, "nothing was put back"
    assert differences(position, wanted) == []


@pytest.mark.parametrize("effect", ["kill_before", "kill_after", "cut_after", "repeated"])
def test_an_order_killed_as_it_is_handed_to_a_person_ends_as_a_clean_one_once_they_are_done(effect: str) -> None:
    clean, position = Position(card=False), Position(card=False)
    position.spoil(Moment("queue", 0, effect))
    for each in (clean, position):
        each.world.drains()
        assert {given["cause"]["code"] for given in each.world.queue.given_up} == {"no_payment_method"}
        each.card_saved()
        each.redrive()
    assert differences(position, clean.found()) == []
    assert position.world.billing.stock()["subscriptions"] == 1
