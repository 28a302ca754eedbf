"""Hundreds of random histories, in chunks that run side by side. Thousands: `make proof` (proof.py)."""

import pytest

from .proof import Task, lived

CHUNKS, CHUNK = 24, 10


@pytest.mark.parametrize("first", range(0, CHUNKS * CHUNK, CHUNK))
def test_after_every_fault_each_target_holds_what_the_shop_says_once(first: int) -> None:
    _, ended = lived(Task("order", first, CHUNK))
    assert [(one.seed, one.wrong) for one in ended if one.wrong] == []
    assert sum(one.writes for one in ended) > 100, "nothing much happened in these histories"
