"""Runs the stand-in of Stripe: localstripe as a child process, the proxy in front of it on a port of its own."""

import atexit
import functools
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

import httpx
from werkzeug.serving import BaseWSGIServer

from cashpath_sandbox.patience import until
from cashpath_sandbox.standin import serve
from cashpath_sandbox.stripe.proxy import StripeStandin

PATIENCE = 30.0  # seconds


@dataclass
class Running:
    """A running stand-in: `standin` to look into, `url` to talk to."""

    standin: StripeStandin
    server: BaseWSGIServer
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """Where the stand-in's API answers."""
        return f"http://127.0.0.1:{self.server.port}"

    def stop(self) -> None:
        """End both."""
        self.server.shutdown()
        self.server.server_close()
        self.standin.backend.close()
        self.process.terminate()
        self.process.wait(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(port: int, state_dir: Path) -> Running:
    """The stand-in on 127.0.0.1:`port` (0 takes a free one); localstripe logs into `state_dir`."""
    process, backend = localstripe(state_dir)
    standin = StripeStandin(backend=backend)
    return Running(standin, serve(standin, port), process)


def in_process(clock: Callable[[], datetime]) -> StripeStandin:
    """A fresh account for one test, used through `httpx.WSGITransport`. One localstripe serves all tests of a process;
    an account sees nothing of another."""
    return StripeStandin(backend=_shared(), clock=clock)


@functools.cache
def _shared() -> httpx.Client:
    folder = tempfile.TemporaryDirectory(prefix="cashpath-stripe-")
    process, backend = localstripe(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(process.terminate)
    return backend


def localstripe(state_dir: Path) -> tuple["subprocess.Popen[bytes]", httpx.Client]:
    """A fresh localstripe on a free port, once it answers, and a client of it."""
    state_dir.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    with (state_dir / "localstripe.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cashpath_sandbox.stripe.backend", str(port)],
            stdout=log,
            stderr=log,
            stdin=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20.0)

    def answers() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"localstripe ended with {process.returncode}: see localstripe.log in {state_dir}")
        try:
            client.get("/v1/customers")
        except httpx.TransportError:
            return False
        return True

    if until(answers, PATIENCE):
        return process, client
    process.terminate()
    raise RuntimeError(f"localstripe does not answer on port {port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
