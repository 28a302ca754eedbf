"""localstripe as the sandbox runs it: on loopback only, and without its state file.

localstripe 1.15 writes its whole store to one fixed file in the system's temporary folder after every change, and
listens on all interfaces. The stand-in lives as long as its process, so nothing is written here.

    python -m cashpath_sandbox.stripe.backend PORT
"""

import logging
import sys

from aiohttp import web
from localstripe.resources import Store
from localstripe.server import app


def main(port: int) -> None:
    """Serve localstripe on 127.0.0.1 until the process is ended."""
    Store.dump_to_disk = lambda self: None
    web.run_app(app, host="127.0.0.1", port=port, access_log=logging.getLogger("aiohttp.access"), print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
