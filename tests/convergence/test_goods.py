"""For any owners and any interleaving of edits, faults and deliveries, a catalogue ends at its owners' last values."""

import pytest

from .goods import Storm

CHUNKS, CHUNK = 8, 10


@pytest.mark.parametrize("first", range(0, CHUNKS * CHUNK, CHUNK))
def test_every_product_ends_as_its_owners_last_had_it_and_subscribers_pay_its_present_price(first: int) -> None:
    ended = [(seed, Storm(seed).run().wrong) for seed in range(first, first + CHUNK)]
    assert [(seed, wrong) for seed, wrong in ended if wrong] == []


@pytest.mark.parametrize("first", range(1_000, 1_030, CHUNK))
def test_a_variant_that_its_owner_deleted_is_sold_nowhere(first: int) -> None:
    ended = [(seed, Storm(seed, deletes=True).run().wrong) for seed in range(first, first + CHUNK)]
    assert [(seed, wrong) for seed, wrong in ended if wrong] == []


def test_a_flow_that_does_nothing_fails_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cashpath.flows.parts.copies.differing", lambda *_: frozenset())
    assert all(Storm(seed).run().wrong for seed in range(5))


def test_subscribers_whom_nobody_moves_fail_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cashpath.flows.parts.goods.moved", lambda *_: iter(()))
    assert any("still pays" in line for seed in range(5) for line in Storm(seed).run().wrong)
