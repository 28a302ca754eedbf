"""Webhooks that are delivered once more, as often as wanted, in any order."""

import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from cashpath_sandbox.hubspot.hooks import Hooks
from cashpath_sandbox.shopify.deliveries import Emitted
from cashpath_sandbox.stripe.hooks import signature
from cashpath_sandbox.world import World

BATCH = 10  # events of the CRM in one delivery; it may be up to 100


@dataclass
class Webhooks:
    """All that the stand-ins told since this was made, to be told again."""

    world: World
    _known: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known = {system: len(events) for system, events in self._emitted().items()}

    def again(self, times: int, chance: random.Random) -> Sequence[int]:
        """Deliver each event `times` over, signed anew, in an order that `chance` picks. Answers what was answered."""
        new = {system: events[self._known[system] :] for system, events in self._emitted().items()}
        requests = [
            *(self._shop(event) for event in new["shop"] * times),
            *self._hubspot(chance.sample(new["hubspot"] * times, len(new["hubspot"]) * times)),
            *(self._stripe(event) for event in new["stripe"] * times),
        ]
        chance.shuffle(requests)
        with httpx.Client(timeout=60) as client, ThreadPoolExecutor(max_workers=4) as pool:
            return list(pool.map(lambda request: client.send(request).status_code, requests))

    def _emitted(self) -> dict[str, list[Any]]:
        places = {"shop": self.world.shopify, "hubspot": self.world.hubspot, "stripe": self.world.stripe}
        return {
            system: httpx.get(f"{at}/_sandbox/emitted", timeout=60).raise_for_status().json()
            for system, at in places.items()
        }

    def _shop(self, told: dict[str, Any]) -> httpx.Request:
        hook, body = self.world.webhooks["shop"], json.dumps(told["body"], ensure_ascii=False).encode()
        event = Emitted(told["topic"], told["shop"], body, told["event"], told["triggered_at"])
        return httpx.Request("POST", hook["url"], content=body, headers=event.headers(hook["secret"]))

    def _hubspot(self, told: Sequence[dict[str, Any]]) -> list[httpx.Request]:
        hook = self.world.webhooks["hubspot"]
        hooks = Hooks(portal=0, now=lambda: datetime.now(UTC), url=hook["url"], secret=hook["secret"])
        batches = [told[i : i + BATCH] for i in range(0, len(told), BATCH)]
        deliveries = [delivery for batch in batches for delivery in hooks.deliveries(batch)]
        return [httpx.Request("POST", one.url, content=one.body, headers=one.headers) for one in deliveries]

    def _stripe(self, told: dict[str, Any]) -> httpx.Request:
        hook, body = self.world.webhooks["stripe"], json.dumps(told).encode()
        signed = signature(body, int(datetime.now(UTC).timestamp()), hook["secret"])
        headers = {"Content-Type": "application/json", "Stripe-Signature": signed}
        return httpx.Request("POST", hook["url"], content=body, headers=headers)
