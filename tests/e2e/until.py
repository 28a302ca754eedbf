"""Waits on conditions: what the deployed stack does, it does in its own time."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL = 0.3  # seconds between two looks


def until(look: Callable[[], T], *, within: float, about: str) -> T:
    """What `look` finds once it finds anything that is true. Fails where `within` seconds did not bring it about."""
    deadline, pause = time.monotonic() + within, threading.Event()
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:.0f} s: {about}; last seen: {found!r}")
        pause.wait(POLL)
    return found
