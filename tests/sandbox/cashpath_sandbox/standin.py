"""What every stand-in vendor is: a stateful WSGI app with a clock, a log of requests, and faults on demand.

In process it is called through `httpx.WSGITransport(app=standin)`, on a socket it is served by `serve`. Its own
`/_sandbox` routes are for tests and people: `GET /_sandbox/log`, `POST /_sandbox/faults`, `POST /_sandbox/clock`.
"""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

FaultKind = Literal["status", "slow", "cut_before", "cut_after", "hang"]


@dataclass
class VendorFault:
    """Misbehave for the next `times` requests (None: until cleared) whose method is in `methods` and whose path
    contains `path`. `cut_before` drops the connection unprocessed, `cut_after` after processing; `slow` waits
    `seconds` of real time and answers; `hang` waits `seconds` and then drops the connection, processed."""

    kind: FaultKind
    status: int = 500
    seconds: float = 0.0
    retry_after: str = ""
    methods: tuple[str, ...] = ()
    path: str = ""
    times: int | None = 1

    def takes(self, request: Request) -> bool:
        """Whether this fault is for this request; counts it."""
        if self.times == 0 or self.path not in request.full_path:
            return False
        if self.methods and request.method not in self.methods:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(frozen=True)
class Logged:
    """One request that reached the stand-in. `writes` says whether it changed anything."""

    method: str
    path: str
    status: int
    writes: bool
    at: float


class Cut(httpx.RemoteProtocolError):
    """The connection ends without an answer. In process it reaches the client as httpx would raise it."""


@dataclass
class Standin:
    """Base of the stand-ins. A subclass implements `answer` and calls `wrote()` when state changed."""

    offset: timedelta = timedelta(0)
    faults: list[VendorFault] = field(default_factory=list)
    log: list[Logged] = field(default_factory=list)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self._wrote = False

    def now(self) -> datetime:
        """The stand-in's time: the clock, moved by what a test added."""
        return self.clock() + self.offset

    def answer(self, request: Request) -> Response:
        """The vendor's answer to a request. Subclasses implement it."""
        raise LookupError(f"no such route: {request.path}")

    def sandbox(self, request: Request) -> Response:
        """Routes of the sandbox itself, below `/_sandbox`; a subclass adds its own and calls this for the rest."""
        match request.method, request.path:
            case "GET", "/_sandbox/log":
                return answer_json([asdict(entry) for entry in self.log])
            case "POST", "/_sandbox/faults":
                self.faults = [VendorFault(**{**f, "methods": tuple(f.get("methods", ()))}) for f in request.get_json()]
                return answer_json({"faults": len(self.faults)})
            case "POST", "/_sandbox/clock":
                self.offset += timedelta(seconds=request.get_json()["seconds"])
                return answer_json({"now": self.now().isoformat()})
        return answer_json({"error": "no such sandbox route"}, 404)

    def wrote(self) -> None:
        """Called by `answer` when it changed anything."""
        self._wrote = True

    def writes(self) -> list[Logged]:
        """The requests that changed anything, oldest first."""
        return [entry for entry in self.log if entry.writes]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        if request.path.startswith("/_sandbox"):
            with self.lock:
                return self.sandbox(request)(environ, start_response)
        fault = next((f for f in self.faults if f.takes(request)), None)
        if fault and fault.kind in ("slow", "hang"):
            threading.Event().wait(fault.seconds)
        if fault and fault.kind == "cut_before":
            return self._cut(environ)
        if fault and fault.kind == "status":
            headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            self.log.append(
                Logged(request.method, request.full_path, fault.status, writes=False, at=self.now().timestamp())
            )
            return Response(b"{}", fault.status, headers, content_type="application/json")(environ, start_response)
        response = self._processed(request)
        if fault and fault.kind in ("cut_after", "hang"):
            return self._cut(environ)
        return response(environ, start_response)

    def _processed(self, request: Request) -> Response:
        with self.lock:
            self._wrote = False
            try:
                response = self.answer(request)
            except HTTPException as error:
                response = answer_json({"message": error.description}, error.code or 500)
            self.log.append(
                Logged(request.method, request.full_path, response.status_code, self._wrote, self.now().timestamp())
            )
        return response

    @staticmethod
    def _cut(environ: dict[str, Any]) -> Iterable[bytes]:
        socket = environ.get("werkzeug.socket")
        if socket is not None:
            socket.close()
        raise Cut("the connection was cut without an answer")


def answer_json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(json.dumps(body), status, headers, content_type="application/json")


def serve(standin: Standin, port: int = 0) -> BaseWSGIServer:
    """The stand-in on 127.0.0.1, in a daemon thread; `port` 0 takes a free one, which `server.port` then names."""
    server = make_server("127.0.0.1", port, standin, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
