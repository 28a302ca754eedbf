"""What the stand-in emits: events, kept for good, and their signed delivery to one endpoint."""

import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from cashpath_sandbox.stripe.shapes import Doc, new_id

TRIES = 5  # Stripe tries for three days; a sandbox gives up sooner


def signature(body: bytes, at: int, *keys: str) -> str:
    """`Stripe-Signature`: one `v1` for each secret, as during a roll."""
    signed = (hmac.new(key.encode(), b"%d." % at + body, hashlib.sha256).hexdigest() for key in keys)
    return ",".join([f"t={at}", *(f"v1={one}" for one in signed)])


@dataclass
class Outbox:
    """Events of one account, oldest first in `emitted`, and where they go. Deliveries run in a thread of their own,
    so they may overtake the answer of the request that caused them, as Stripe's may."""

    now: Callable[[], datetime]
    version: str
    livemode: bool = False
    url: str = ""
    secrets: tuple[str, ...] = ()
    emitted: list[Doc] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    _due: "queue.Queue[Doc]" = field(default_factory=queue.Queue)
    _worker: threading.Thread | None = None

    def emit(self, topic: str, about: Doc) -> Doc:
        """Something happened to an object."""
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": self.version,
            "created": int(self.now().timestamp()),
            "data": {"object": json.loads(json.dumps(about))},
            "livemode": self.livemode,
            "pending_webhooks": int(bool(self.url)),
            "request": {"id": None, "idempotency_key": None},
            "type": topic,
        }
        self.emitted.append(event)
        if self.url:
            self._later(event)
        return event

    def redeliver(self) -> int:
        """Send all that was ever emitted again, signed anew as Stripe does for each attempt."""
        for event in self.emitted:
            self._later(event)
        return len(self.emitted)

    def delivered(self) -> None:
        """Wait until nothing is due any more."""
        self._due.join()

    def due(self) -> int:
        """How many deliveries are not over yet."""
        return self._due.unfinished_tasks

    def signed(self, event: Doc) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a delivery of `event` at this moment."""
        body = json.dumps(event, indent=2).encode()
        at = int(self.now().timestamp())
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0 (sandbox)"}
        return body, headers | {"Stripe-Signature": signature(body, at, *self.secrets)}

    def _later(self, event: Doc) -> None:
        self._due.put(event)
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, daemon=True)
            self._worker.start()

    def _work(self) -> None:
        with httpx.Client(timeout=20.0) as client:
            while True:
                event = self._due.get()
                try:
                    self.answers.append(self._deliver(client, event))
                finally:
                    self._due.task_done()

    def _deliver(self, client: httpx.Client, event: Doc) -> int:
        status = 0
        for attempt in range(TRIES):
            body, headers = self.signed(event)
            try:
                status = client.post(self.url, content=body, headers=headers).status_code
            except httpx.HTTPError:
                status = 0  # no answer: like Stripe, try again
            if 200 <= status < 300:
                return status
            threading.Event().wait(0.2 * 2**attempt)
        return status
