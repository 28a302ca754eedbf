"""Hundreds of random histories, in chunks that run side by side. Thousands: `make proof` (proof.py)."""

import sys

import pytest

from .histories import History
from .proof import chunk, told

CHUNKS, CHUNK = 24, 10


@pytest.mark.parametrize("first", range(0, CHUNKS * CHUNK, CHUNK))
def test_after_every_fault_each_target_holds_what_the_shop_says_once(first: int) -> None:
    ended = [History(seed).run() for seed in range(first, first + CHUNK)]
    assert [(one.seed, one.wrong) for one in ended if one.wrong] == []
    assert sum(one.writes for one in ended) > 100, "nothing much happened in these histories"


@pytest.mark.proof
@pytest.mark.parametrize("first", range(10_000, 13_000, 50))
def test_of_thousands_of_histories_none_diverges(first: int) -> None:
    ended = chunk(first, 50)
    assert [(one.seed, one.wrong) for one in ended if one.wrong] == []
    sys.stdout.write(f"{told(ended)}\n")
