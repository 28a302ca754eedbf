"""Each guard of the protocol is needed: the very history that converges with it diverges without it."""

import pytest

from .guards import GUARDS, without
from .schedules import SCHEDULES


def test_every_guard_has_a_history_that_needs_it() -> None:
    assert GUARDS.keys() == SCHEDULES.keys()


@pytest.mark.parametrize("guard", GUARDS)
def test_a_history_converges_with_the_guard_and_diverges_without(guard: str) -> None:
    assert SCHEDULES[guard]() == []
    with without(guard):
        assert SCHEDULES[guard]() != []
    assert SCHEDULES[guard]() == []
