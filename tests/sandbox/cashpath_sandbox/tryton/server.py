"""Tryton's server as a process of its own on 127.0.0.1, over a copy of the set-up database."""

import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx

from cashpath_sandbox.patience import until
from cashpath_sandbox.tryton import setup

READY_WITHIN = 60  # seconds; starting takes about three on an idle machine


@dataclass
class Tryton:
    """A running server."""

    url: str
    directory: Path
    process: "subprocess.Popen[bytes]"
    database: str = setup.DATABASE
    user: str = setup.USER
    password: str = setup.PASSWORD

    def stop(self) -> None:
        """End the server; its database stays in `directory`."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(port: int, directory: Path) -> Tryton:
    """Serve the database in `directory` (a fresh copy where there is none yet) on `port` (0 takes a free one).

    Returns when it answers. Raises RuntimeError, with the end of its log, where it ends or does not answer in time.
    """
    if not (directory / f"{setup.DATABASE}.sqlite").exists():
        setup.copy(directory)
    port = port or _free_port()
    conf = setup.write_conf(directory, port)
    log = directory / "trytond.log"
    with log.open("wb") as out:
        command = [setup.tool("trytond"), "-c", str(conf), "-d", setup.DATABASE]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    server = Tryton(url=f"http://127.0.0.1:{port}", directory=directory, process=process)
    if not _answers(server):
        server.stop()
        raise RuntimeError(f"Tryton does not answer: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
    return server


def _answers(server: Tryton) -> bool:
    """Whether it answers in time; False at once where it ended."""
    until(lambda: server.process.poll() is not None or _is_up(server), READY_WITHIN)
    return server.process.poll() is None and _is_up(server)


def _is_up(server: Tryton) -> bool:
    body = {"id": 0, "method": "common.server.version", "params": []}
    try:
        return httpx.post(f"{server.url}/rpc/", json=body).is_success
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
