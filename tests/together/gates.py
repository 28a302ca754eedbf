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
    """`POST /meet/<name>` is answered once two have come, `POST /hold/<name>` to the first once a second has gone by
    (`POST /gone/<name>`), to others at once; each after `patience` seconds in any case. `came` counts who came, `met`
    the times that nobody had to give up waiting."""

    patience: float = PATIENT
    came: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    met: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._changed = threading.Condition()

    def opened(self, patience: float) -> None:
        """For another race."""
        self.patience, self.came, self.gone, self.met = patience, {}, {}, {}

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
            self._wait(verb, name)
        return answer_json({"first": self.came.get(name) == 1})(environ, start_response)

    def _wait(self, verb: str, name: str) -> None:
        arrived = self.came.get(name, 0)
        if verb == "meet" and arrived <= 2:
            over = self._changed.wait_for(lambda: self.came[name] >= 2, self.patience)
        elif verb == "hold" and arrived == 1:
            over = self._changed.wait_for(lambda: self.gone.get(name, 0) >= 1, self.patience)
        else:
            return
        if over:
            self.met[name] = self.met.get(name, 0) + 1


def _meet(name: str, url: str, role: str) -> Any:
    """Before a customer is created in a system."""
    make = _Applying._make

    def met(self: _Applying, write: Put, *args: Any) -> None:
        if write.role == role and write.record.key.kind == "customer":
            _post(f"{url}/meet/{name}")
        make(self, write, *args)

    return patch.object(_Applying, "_make", met)


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
    "a party is created": lambda url: _meet("a party is created", url, "erp"),
    "a payer is created": lambda url: _meet("a payer is created", url, "billing"),
    "a sale is changed": lambda url: _overtake("a sale is changed", url),
}


def at(gate: str, url: str) -> Any:
    """A context in which workers stop at the gate."""
    return GATES[gate](url)
