"""For any owners and any interleaving of edits, faults and deliveries, every system ends at the owners' last values."""

import pytest

from cashpath.plan import Plan

from .people import COMPANIES, Storm

CHUNKS, CHUNK = 12, 10


@pytest.mark.parametrize("first", range(0, CHUNKS * CHUNK, CHUNK))
def test_every_field_ends_as_its_owner_last_had_it_in_every_system(first: int) -> None:
    ended = [(seed, Storm(seed).run().wrong) for seed in range(first, first + CHUNK)]
    assert [(seed, wrong) for seed, wrong in ended if wrong] == []


@pytest.mark.parametrize("first", range(2_000, 2_040, CHUNK))
def test_every_field_of_a_company_ends_as_its_owner_last_had_it_in_every_system(first: int) -> None:
    ended = [(seed, Storm(seed, sort=COMPANIES).run().wrong) for seed in range(first, first + CHUNK)]
    assert [(seed, wrong) for seed, wrong in ended if wrong] == []


@pytest.mark.parametrize("first", range(1_000, 1_060, CHUNK))
def test_two_customers_merged_in_one_system_end_as_one_in_all_that_can_merge(first: int) -> None:
    ended = [(seed, Storm(seed, merges=True).run().wrong) for seed in range(first, first + CHUNK)]
    assert [(seed, wrong) for seed, wrong in ended if wrong] == []


@pytest.mark.parametrize("first", range(3_000, 3_060, CHUNK))
def test_somebody_who_is_erased_in_one_system_is_named_nowhere(first: int) -> None:
    ended = [(seed, Storm(seed, erases=True).run().wrong) for seed in range(first, first + CHUNK)]
    assert [(seed, wrong) for seed, wrong in ended if wrong] == []


def test_a_flow_that_does_nothing_fails_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cashpath.flows.parts.copies.differing", lambda *_: frozenset())
    assert all(Storm(seed).run().wrong for seed in range(5))
    assert all(Storm(seed, sort=COMPANIES).run().wrong for seed in range(5))


def test_a_flow_that_forgets_nobody_fails_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cashpath.flows.parts.erasing.plan", lambda _: Plan(skipped="nobody is forgotten"))
    assert all("still names" in str(Storm(seed, erases=True).run().wrong) for seed in range(3))
