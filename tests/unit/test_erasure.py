"""Somebody asks to be forgotten: where they stood before, that nothing is left, and that no backup undoes it."""

from datetime import timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest

from cashpath.faults import NeedsPerson
from cashpath.notice import Wish
from cashpath.record_exceptions import Recorder
from cashpath.records import BadRecord, Customer, Kind, RecordKey
from cashpath.systems.port import Reading
from cashpath_sandbox.onepersons_world import ADA, BRAND, SYSTEMS, WHERE, World
from cashpath_sandbox.together_steps import Spoilt

ALL = frozenset({"email", "phone", "street"})
SAID = 'the party "Ada King", ada@example.com, +441632960001, has an open sale'


def _stuck_world() -> World:
    """Ada, who bought a mug and whose account is stuck."""
    world = World()
    world.buys()
    world.is_stuck(SAID)
    return world


@pytest.fixture
def world() -> World:
    return _stuck_world()


def test_before_anybody_asks_a_person_stands_in_the_vendors_and_in_nothing_of_ours(world: World) -> None:
    traces = world.traces()
    for place in ("storefront customer", "crm customer", "billing customer", "erp customer", "storefront order"):
        assert traces[place] >= ALL, place
    assert set(traces) == {
        *(f"{role} customer" for role in SYSTEMS),
        *(f"{role} order" for role in ("storefront", "crm", "erp")),
        "exceptions",  # a cause in a vendor's words may name somebody: an erasure clears it
    }
    assert traces["exceptions"] == {"name"}


def test_an_erasure_leaves_nothing_of_a_person_anywhere(world: World) -> None:
    world.redacted()
    world.drains()
    assert world.traces() == {}
    seen = world.ledger.peek(WHERE)
    assert seen is not None
    assert "erased" in seen.milestones
    assert not seen.fingerprints
    [wish] = world.erasures.all()
    assert wish.finished_at is not None
    assert {key.system for key in wish.erased} == set(SYSTEMS.values())


@pytest.mark.parametrize("effect", ["kill_before", "kill_after"])
def test_an_erasure_whose_pass_is_killed_at_any_request_leaves_nothing_of_the_person(effect: Spoilt) -> None:
    left: dict[int, Any] = {}
    for position in count():
        world = _stuck_world()
        world.aws.reset()
        world.aws.misbehave(position, effect)
        world.redacted()
        world.drains()
        if len(world.aws.sent) <= position:
            break
        world.aws.reset()
        left[position] = (world.traces(), [wish.finished_at is None for wish in world.erasures.all()], world.open())
    assert len(left) > 15, "an erasure makes more requests than that"
    assert {position: found for position, found in left.items() if found != ({}, [False], [])} == {}


def test_what_was_stuck_stays_counted_and_names_nobody(world: World) -> None:
    world.redacted()
    world.drains()
    filed = world.exceptions.get(f"sync_customers:storefront/customer/{WHERE.id}")
    assert filed is not None
    assert (filed.cause.code, filed.cause.cause, filed.cause.remedy) == ("erp_refused", "erased", "erased")
    assert filed.closed is not None


def test_a_redelivered_erasure_asks_no_system_again(world: World) -> None:
    world.redacted()
    world.drains()
    before = {role: books.writes for role, books in world.books.items()}
    for _ in range(3):
        world.tell("customer", WHERE.id, wish="erase")
    world.drains()
    assert {role: books.writes for role, books in world.books.items()} == before


def test_a_notice_after_the_erasure_brings_nobody_back(world: World) -> None:
    world.redacted()
    world.drains()
    for role, system in SYSTEMS.items():
        for row in world.books[role].of("customer"):
            world.tell("customer", row.record.key.id, role=role)
            assert row.record.key.system == system
    world.tell("order", "1001", flow="create_orders")
    world.drains()
    assert world.traces() == {}


def test_a_restored_ledger_ends_in_the_same_state_once_the_list_is_applied(world: World) -> None:
    backup = world.backup()
    world.redacted()
    world.drains()
    world.restore(backup)
    world.comes_back("crm")
    assert world.traces()["crm customer"] >= {"email", "phone"}
    for wish in list(world.erasures.all()):
        world.erasures.again(wish)
        world.tell("customer", WHERE.id, wish="erase", trigger="sweep")
    world.drains()
    assert world.traces() == {}
    seen = world.ledger.peek(WHERE)
    assert seen is not None
    assert "erased" in seen.milestones
    [wish] = world.erasures.all()
    assert wish.finished_at is not None


def test_an_erasure_asked_for_in_shadow_is_listed_and_carried_out_once_the_list_is_applied(world: World) -> None:
    world.ledger.set_mode("sync_customers", BRAND, "shadow")
    world.redacted()
    world.drains()
    [wish] = world.erasures.all()
    assert wish.finished_at is None
    assert world.traces()["crm customer"] >= {"email", "phone"}
    world.ledger.set_mode("sync_customers", BRAND, "live")
    world.clock.move(timedelta(minutes=1))
    world.tell("customer", WHERE.id, wish="erase", trigger="sweep")
    world.drains()
    assert "crm customer" not in world.traces()
    [wish] = world.erasures.all()
    assert wish.finished_at is not None


def test_an_erasure_that_one_system_refuses_goes_on_where_it_stood(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise NeedsPerson(
            "Ada King still has a subscription", remedy="end it", owner="billing", code="erase_subscribed"
        )

    with monkeypatch.context() as patch:
        patch.setattr(world.systems[SYSTEMS["billing"]], "erase", refuse)
        world.redacted()
        world.drains()
        [filed] = world.exceptions.open(code="erase_subscribed")
        assert filed.cause.cause == "<personal> still has a subscription"
        [wish] = world.erasures.all()
        assert wish.finished_at is None
    erased = world.books["crm"].writes
    replay = filed.replay(world.millis)
    assert replay is not None
    world.queues.send([replay])
    world.drains()
    assert world.books["crm"].writes == erased
    assert list(world.exceptions.open()) == []
    [wish] = world.erasures.all()
    assert wish.finished_at is not None
    assert (
        RecordKey(SYSTEMS["billing"], "customer", world.books["billing"].of("customer")[0].record.key.id) in wish.erased
    )


def test_who_has_the_same_email_address_and_was_never_linked_is_left_to_a_person(world: World) -> None:
    twin = Customer(key=RecordKey(SYSTEMS["erp"], "customer", "0"), email=ADA.email.upper(), first_name="A.")
    other = world.books["erp"].add(twin).id
    world.redacted()
    world.drains()
    [filed] = world.exceptions.open(code="erase_namesakes")
    assert other in filed.cause.cause
    [wish] = world.erasures.all()
    assert {key.system for key in wish.erased} == set(SYSTEMS.values())
    assert wish.finished_at is None
    replay = filed.replay(world.millis)
    assert replay is not None
    world.queues.send([replay])
    world.drains()
    assert list(world.exceptions.open()) == []
    [wish] = world.erasures.all()
    assert wish.finished_at is not None
    assert world.books["erp"].current("customer", other) is not None, "it may be somebody else's"


def test_what_carries_the_persons_key_is_theirs_though_a_pass_died_before_it_was_linked(world: World) -> None:
    made = Customer(key=RecordKey(SYSTEMS["erp"], "customer", "0"), email=ADA.email, first_name="Ada")
    world.books["erp"].add(made, WHERE)
    world.redacted()
    world.drains()
    assert world.traces() == {}


def test_a_letter_that_is_filed_while_the_person_is_erased_names_nobody(world: World) -> None:
    """The recorder has looked, the erasure goes through from its first request to its last, and then it files."""
    file = world.exceptions.file

    def filed_late(*args: Any, **named: Any) -> bool:
        world.redacted()
        world.drains()
        return file(*args, **named)

    letter = world.letter(SAID)
    with patch.object(world.exceptions, "file", filed_late):
        Recorder(world.exceptions, world.ledger).record(letter)
    assert world.traces() == {}
    assert world.open() == []


@pytest.mark.parametrize("wish", ["agree", "erase"])
def test_somebody_who_could_never_be_read_leaves_nothing_open_and_no_name_once_erased(wish: Wish) -> None:
    world = World()

    def unreadable(kind: Kind, id: str) -> Reading | None:
        raise BadRecord(f"customer {id} ({ADA.name}): 'XX' is no country")

    with patch.object(world.systems[SYSTEMS["storefront"]], "read", unreadable):
        world.tell("customer", WHERE.id, wish=wish)
        world.drains()
    assert len(world.open()) == 1
    world.tell("customer", WHERE.id, wish="erase")
    world.drains()
    assert world.traces() == {}
    assert world.open() == []
