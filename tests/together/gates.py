"""Where races are made wide: at a critical request, a worker waits for another one to come as far or to go by.

The gate is a server of the test's own process; workers ask it over HTTP. With every guard in its place nobody else
comes, and who waits goes on after a while.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import httpx
from werkzeug.wrappers import Request

from cashpath.apply import _Applying
from cashpath.plan import Put
from cashpath_sandbox.standin import Standin, answer_json

PATIENT = 40.0  # seconds; a function may write for 48


@dataclass
class Gate(Standin):
    """`POST /hold/<name>` is answered to the first that comes once another has gone by (`POST /gone/<name>`), or after
    `patience` seconds; to others at once. `overtaken` are the gates at which somebody was."""

    patience: float = PATIENT
    came: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    overtaken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._changed = threading.Condition()

    def opened(self, patience: float) -> None:
        """For another race."""
        self.patience, self.came, self.gone, self.overtaken = patience, {}, {}, set()

    def somebody_came(self, name: str) -> None:
        """Return once somebody waits at `name`. Raises where nobody comes."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.came.get(name), PATIENT), f"nobody came to {name}"

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        verb, _, name = Request(environ).path.strip("/").partition("/")
        with self._changed:
            if verb == "gone":
                self.gone[name] = self.gone.get(name, 0) + 1
            else:
                self.came[name] = self.came.get(name, 0) + 1
            self._changed.notify_all()
            if verb == "hold" and self.came[name] == 1 and self._overtaken(name):
                self.overtaken.add(name)
        return answer_json({})(environ, start_response)

    def _overtaken(self, name: str) -> bool:
        return bool(self._changed.wait_for(lambda: self.gone.get(name), self.patience))


def _created(name: str, url: str, kind: str) -> Any:
    """Before a record is created in the ERP: whoever comes first lets the next one go by."""
    make = _Applying._make

    def overtaken(self: _Applying, write: Put, *args: Any) -> None:
        here = write.role == "erp" and write.record.key.kind == kind
        if here:
            _post(f"{url}/hold/{name}")
        make(self, write, *args)
        if here:
            _post(f"{url}/gone/{name}")

    return patch.object(_Applying, "_make", overtaken)


def _overtake(name: str, url: str) -> Any:
    """Before a sale is changed in the ERP: whoever comes first lets the next one go by."""
    update = _Applying._update

    def overtaken(self: _Applying, write: Put, *args: Any) -> None:
        here = write.role == "erp" and write.record.key.kind == "order"
        if here:
            _post(f"{url}/hold/{name}")
        update(self, write, *args)
        if here:
            _post(f"{url}/gone/{name}")

    return patch.object(_Applying, "_update", overtaken)


def _post(url: str) -> None:
    httpx.post(url, timeout=PATIENT + 10).raise_for_status()


GATES: Mapping[str, Callable[[str], Any]] = {
    "a party is created": lambda url: _created("a party is created", url, "customer"),
    "a sale is created": lambda url: _created("a sale is created", url, "order"),
    "a sale is changed": lambda url: _overtake("a sale is changed", url),
}


def at(gate: str, url: str) -> Any:
    """A context in which workers stop at the gate."""
    return GATES[gate](url)
