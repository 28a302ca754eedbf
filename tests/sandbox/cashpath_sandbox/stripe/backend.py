"""localstripe as the sandbox runs it: on loopback only, and without its state file.

localstripe 1.15 writes its whole store to one fixed file in the system's temporary folder after every change, and
listens on all interfaces. The stand-in lives as long as its process, so nothing is written here; and localstripe ends
with whoever started it: when its standard input is closed, killed parents included.

    python -m cashpath_sandbox.stripe.backend PORT
"""

import logging
import os
import sys
import threading

from aiohttp import web
from localstripe.resources import Store
from localstripe.server import app


def main(port: int) -> None:
    """Serve localstripe on 127.0.0.1 until the process is ended."""
    Store.dump_to_disk = lambda self: None
    threading.Thread(target=_end_with_parent, daemon=True).start()
    web.run_app(app, host="127.0.0.1", port=port, access_log=logging.getLogger("aiohttp.access"), print=None)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
