"""A sandbox that stays up: started in the background by `up`, ended by `down`, found again by whoever asks."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from cashpath_sandbox.patience import until
from cashpath_sandbox.world import UP, World

PATIENCE = 300  # seconds that everything together may take to come up


class NotUp(Exception):
    """The sandbox did not come up, or did not end. The message says what its log says."""


def up(directory: Path = UP, *, free_ports: bool = False, waiting: Callable[[], None] = lambda: None) -> World:
    """The sandbox of `directory`, started unless it is up. `waiting` is called again and again meanwhile."""
    if (world := World.load(directory)) and _alive(directory):
        return world
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    command = [
        sys.executable,
        "-m",
        "cashpath_sandbox.world",
        str(directory),
        *(["--free-ports"] if free_ports else []),
    ]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    (directory / "pid").write_text(str(process.pid), encoding="utf-8")

    def look() -> World | None:
        waiting()
        if process.poll() is not None:
            raise NotUp(f"the sandbox ended while it started:\n{_tail(directory)}")
        return World.load(directory)

    if world := until(look, PATIENCE):
        return world
    down(directory)
    raise NotUp(f"the sandbox is not up after {PATIENCE} seconds:\n{_tail(directory)}")


def down(directory: Path = UP) -> bool:
    """End the sandbox of `directory` and wait until it is gone. False where none was up."""
    if not _alive(directory):
        return False
    pid = int((directory / "pid").read_text(encoding="utf-8"))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if until(lambda: not _alive(directory), PATIENCE):
        return True
    raise NotUp(f"the sandbox (process {pid}) does not end:\n{_tail(directory)}")


def _alive(directory: Path) -> bool:
    file = directory / "pid"
    if not file.exists():
        return False
    pid = int(file.read_text(encoding="utf-8"))
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _tail(directory: Path) -> str:
    text = (directory / "log").read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-30:])
