"""A shop's customers are brought over into HubSpot's and Stripe's stand-ins and a real Tryton, killed on the way.

A function environment that is killed had taken a message, which shows again; a feeder that is killed is started anew.
"""

from collections.abc import Iterator, Sequence

import pytest

from cashpath_sandbox.backlog import CRM, DEAD, ERP, SHOP
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.tryton import server
from cashpath_sandbox.tryton.server import Tryton

from .backfill import TARGETS, Moved

pytestmark = pytest.mark.xdist_group("backfill")


@pytest.fixture
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryton]:
    started = server.start(0, tmp_path_factory.mktemp("tryton"))
    yield started
    started.stop()


def moved(many: int, tryton: Tryton, deaths: Sequence[int | str], *, feeder_dies_at: int) -> Moved:
    """Everybody brought over; the feeder was killed once, and the function as `deaths` says."""
    move = Moved(many, tryton)
    move.backlog.deaths = list(deaths)
    with pytest.raises(Killed):
        move.feed(feeder_dies_at)
    move.feed()
    return move


def is_whole(move: Moved) -> None:
    """Nobody is missing, and nobody is there twice."""
    everybody = {f"{SHOP}/customer/{id}" for id in move.customers}
    assert len(everybody) == move.many
    for target in TARGETS:
        found = move.origins(target)
        assert found.keys() == everybody, f"{target} lacks or has besides: {sorted(found.keys() ^ everybody)[:5]}"
        assert set(found.values()) == {1}, f"{target} has doubles"
    assert move.backlog.queue.messages[DEAD] == []


def is_flat(weights: Sequence[int]) -> None:
    """The last messages leave no more in memory than the first ones did, and none of them much: 10,000 customers of
    300 bytes would be three millions."""
    half = len(weights) // 2
    assert max(weights[half:]) < 1.1 * max(weights[:half])
    assert max(weights) < 1_600_000


@pytest.mark.parametrize(
    "deaths",
    [
        pytest.param((700, 40, 1500), id="at any request"),
        pytest.param(("batch/upsert", "party.create", "POST /v1/customers"), id="after each target's write"),
    ],
)
def test_customers_killed_three_times_on_the_way_are_all_there_and_nobody_twice(
    tryton: Tryton, deaths: Sequence[int | str]
) -> None:
    move = moved(300, tryton, deaths, feeder_dies_at=8)
    assert move.sent(SHOP, "ExportRun") == 1, "the second feeder uses what the killed one began"
    assert move.sent(CRM, "batch/upsert") <= 3 + 5
    assert move.sent(CRM, "contacts/batch/read") <= 3 + 10
    assert move.sent(CRM, "companies/batch/read") <= 3 + 10, "for whom a hundred contacts buy"
    assert move.sent(ERP, "party.create") <= 3 + 5
    is_whole(move)


@pytest.mark.proof
def test_ten_thousand_customers_cost_the_crm_a_request_for_each_hundred_and_leave_nothing_in_memory(
    tryton: Tryton,
) -> None:
    deaths = ("batch/upsert", 30_000, "party.create")
    move = moved(10_000, tryton, deaths, feeder_dies_at=150)
    assert move.sent(SHOP, "Export") + move.sent(SHOP, "CustomersChanged") <= 12
    assert move.sent(CRM, "batch/upsert") <= 110
    assert move.sent(CRM, "contacts/batch/read") <= 200
    assert move.sent(CRM, "companies/batch/read") <= 200, "for whom a hundred contacts buy"
    assert move.sent(ERP, "party.create") <= 110
    assert max(move.alive) <= 10
    is_flat(move.weights)
    is_whole(move)
