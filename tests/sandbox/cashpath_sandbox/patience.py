"""Waiting on a condition, bounded by the clock: what each look costs is part of the wait."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
POLL = 0.2  # seconds between two looks


def until(
    look: Callable[[], Found],
    patience: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], object] = time.sleep,
) -> Found:
    """What `look` finds once it finds something; what it found last, once `patience` (seconds) has passed.

    A look that has begun is finished: the whole takes at most `patience` and one look.
    """
    deadline = clock() + patience
    while not (found := look()) and (left := deadline - clock()) > 0:
        pause(min(POLL, left))
    return found
