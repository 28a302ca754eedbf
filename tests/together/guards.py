"""The guards that races take out of a worker's code: those of the model, and what saves passes and writes."""

from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import patch

from tests.convergence import guards

from cashpath.apply import _Applying
from cashpath.freshness import Freshness


def _covered() -> Any:
    """Every notice has a pass of its own."""
    return patch.object(Freshness, "covered", lambda self, notice, seen: False)


def _fingerprint() -> Any:
    """Every pass writes, whatever was written before."""
    update = _Applying._update

    def forgetful(self: _Applying, *args: Any) -> None:
        self._fingerprints.clear()
        update(self, *args)

    return patch.object(_Applying, "_update", forgetful)


SAVING: Mapping[str, Callable[[], Any]] = {"covered": _covered, "fingerprint": _fingerprint}


def without(guard: str) -> Any:
    """A context in which the guard is out of the code."""
    return SAVING[guard]() if guard in SAVING else guards.without(guard)
