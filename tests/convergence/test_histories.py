"""Hundreds of random histories, in chunks that run side by side. Thousands: `make proof` (proof.py)."""

import pytest

from .histories import History
from .proof import Task, lived

CHUNKS, CHUNK = 24, 10


@pytest.mark.parametrize("first", range(0, CHUNKS * CHUNK, CHUNK))
def test_after_every_fault_each_target_holds_what_the_shop_says_once(first: int) -> None:
    _, ended = lived(Task(first, CHUNK))
    assert [(one.seed, one.wrong) for one in ended if one.wrong] == []
    assert sum(one.writes for one in ended) > 100, "nothing much happened in these histories"


def test_a_seed_tells_the_same_history_again() -> None:
    first, again = History(11), History(11)
    assert first.run() == again.run()
    assert first.world.wires.log == again.world.wires.log
