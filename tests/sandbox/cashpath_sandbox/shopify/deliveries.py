"""Signed webhooks of the stand-in shop. Every event that it ever emitted is kept, and can be delivered again.

Left out: Shopify's own retries (eight in four hours) and the removal of a subscription that keeps failing; a delivery
that fails is kept with its status, and `redeliver` sends it again.
"""

import base64
import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

TIMEOUT = 5.0  # seconds; Shopify waits no longer for an answer
VERSION = "2026-07"


@dataclass
class Emitted:
    """One event: what it says, and how each of its deliveries ended (a status, 0 where nothing answered)."""

    topic: str
    shop: str
    body: bytes
    event: str
    triggered_at: str
    statuses: list[int] = field(default_factory=list)

    def headers(self, secret: str) -> dict[str, str]:
        """The headers of a delivery; each has an id of its own, the event keeps its."""
        signature = base64.b64encode(hmac.new(secret.encode(), self.body, hashlib.sha256).digest()).decode()
        return {
            "Content-Type": "application/json",
            "X-Shopify-Topic": self.topic,
            "X-Shopify-Hmac-Sha256": signature,
            "X-Shopify-Shop-Domain": self.shop,
            "X-Shopify-API-Version": VERSION,
            "X-Shopify-Webhook-Id": str(uuid.uuid4()),
            "X-Shopify-Event-Id": self.event,
            "X-Shopify-Triggered-At": self.triggered_at,
        }


@dataclass
class Target:
    """Where deliveries go, signed with what; `topics` are the ones subscribed to (empty: all)."""

    url: str
    secret: str
    topics: Sequence[str] = ()


class Deliveries:
    """Emits events and sends them to the target, if there is one, without holding up the shop."""

    def __init__(self, shop: str) -> None:
        self.shop = shop
        self.target: Target | None = None
        self.emitted: list[Emitted] = []
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="shopify-webhooks")
        self._under_way: set[Future[int]] = set()
        self._lock = threading.Lock()

    def emit(self, topic: str, body: Mapping[str, Any], at: datetime) -> Emitted:
        """An event happened: keep it, and send it where it is subscribed to."""
        raw = json.dumps(body, ensure_ascii=False).encode()
        event = Emitted(topic, self.shop, raw, str(uuid.uuid4()), at.isoformat())
        self.emitted.append(event)
        self.send([event])
        return event

    def send(self, events: Sequence[Emitted]) -> None:
        """Deliver these events, each in its own request."""
        target = self.target
        if target is None:
            return
        for event in events:
            if not target.topics or event.topic in target.topics:
                future = self._pool.submit(deliver, event, target)
                with self._lock:
                    self._under_way.add(future)
                future.add_done_callback(self._under_way.discard)

    def due(self) -> int:
        """How many deliveries are not over yet."""
        return sum(not future.done() for future in list(self._under_way))

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until all that is under way is delivered."""
        with self._lock:
            under_way = list(self._under_way)
        for future in under_way:
            future.result(timeout)


def deliver(event: Emitted, target: Target) -> int:
    """Send one delivery now; the status of the answer, 0 where there was none."""
    try:
        answer = httpx.post(target.url, content=event.body, headers=event.headers(target.secret), timeout=TIMEOUT)
        status = answer.status_code
    except httpx.TransportError:
        status = 0
    event.statuses.append(status)
    return status
