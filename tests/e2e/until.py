"""Waits on conditions: what the deployed stack does, it does in its own time."""

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL = 0.3  # seconds between two looks
PATIENT = 3  # how many times as long as an idle machine a busy one may take: a bound, nothing waits for it


def busy() -> float:
    """How many times as long as on an idle machine anything takes now, by the processes that wait for a core."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def until(look: Callable[[], T], *, within: float, about: str) -> T:
    """What `look` finds once it finds anything that is true. Fails where `within` seconds of an idle machine, or
    PATIENT times as long on a busy one, did not bring it about."""
    deadline, pause = time.monotonic() + within * PATIENT, threading.Event()
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within * PATIENT:.0f} s: {about}; last seen: {found!r}")
        pause.wait(POLL)
    return found
