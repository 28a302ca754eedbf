"""The deployed stack as its operators and its vendors meet it: webhooks at its address, queues, exceptions, logs."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from cashpath.ledger.exceptions import Exceptions, Filed
from cashpath_sandbox.shopify.deliveries import Emitted
from cashpath_sandbox.under_way import UnderWay
from cashpath_sandbox.world import SHOP, World

from .until import until

FLOW = "create_orders"
PATIENCE = 90.0  # seconds for an answer: ten deliveries at once start ten processes, on whatever machine this is
CALM = 6  # looks in a row that must find nothing under way: a vendor's echo takes a moment to arrive
LOGGED_AT_ONCE = 10_000  # events that CloudWatch Logs returns at most


class Stack:
    """One deployment."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._sqs = world.aws.client("sqs")
        self._under_way = UnderWay(world)
        self._exceptions = Exceptions(
            world.deployed.exceptions, now=lambda: datetime.now(UTC), client=world.aws.client("dynamodb")
        )

    # --- webhooks
    def told(self, event: Mapping[str, Any]) -> int:
        """Deliver one of the shop's events again; the status of the answer."""
        body = json.dumps(event["body"], ensure_ascii=False).encode()
        return self.from_shop(body, event["topic"], event=event["event"]).status_code

    def from_shop(
        self, body: bytes, topic: str = "orders/updated", *, event: str = "", **headers: str
    ) -> httpx.Response:
        """A delivery that the shop signed, with these headers instead of its own."""
        signed = self.signed_by_shop(body, topic, event)
        return httpx.post(
            self.world.webhooks["shop"]["url"], content=body, headers=merged(signed, headers), timeout=PATIENCE
        )

    def signed_by_shop(self, body: bytes, topic: str, event: str = "e2e") -> dict[str, str]:
        """The headers of a delivery of the shop."""
        emitted = Emitted(topic, SHOP, body, event or "e2e", datetime.now(UTC).isoformat())
        return emitted.headers(self.world.webhooks["shop"]["secret"])

    def from_crm(self, body: bytes, *, at: float | None = None, **headers: str) -> httpx.Response:
        """A delivery that the CRM signed at `at`. HubSpot, "Validating requests", version 3."""
        hook = self.world.webhooks["hubspot"]
        stamp = str(round((at or time.time()) * 1000))
        signed = b"POST" + hook["url"].encode() + body + stamp.encode()
        signature = base64.b64encode(hmac.new(hook["secret"].encode(), signed, hashlib.sha256).digest()).decode()
        head = {"X-HubSpot-Request-Timestamp": stamp, "X-HubSpot-Signature-v3": signature}
        head |= {"Content-Type": "application/json"}
        return httpx.post(hook["url"], content=body, headers=merged(head, headers), timeout=PATIENCE)

    def from_billing(self, body: bytes, *, at: float | None = None, **headers: str) -> httpx.Response:
        """A delivery that billing signed at `at`. Stripe, "Verify webhook signatures manually"."""
        hook = self.world.webhooks["stripe"]
        stamp = str(int(at or time.time()))
        signature = hmac.new(hook["secret"].encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        head = {"Stripe-Signature": f"t={stamp},v1={signature}", "Content-Type": "application/json"}
        return httpx.post(hook["url"], content=body, headers=merged(head, headers), timeout=PATIENCE)

    def events(self, order: str) -> list[Mapping[str, Any]]:
        """All that the shop ever told of an order, oldest first."""
        told = httpx.get(f"{self.world.shopify}/_sandbox/emitted", timeout=20).raise_for_status().json()
        return [event for event in told if _order_of(event["body"]) == order]

    def at_once(self, events: Sequence[Mapping[str, Any]]) -> list[int]:
        """Deliver events of the shop all at the same moment; the statuses of the answers."""
        with ThreadPoolExecutor(max_workers=len(events)) as pool:
            return list(pool.map(self.told, events))

    def subscribes(self, *topics: str) -> None:
        """What the shop tells of by itself: these topics, all where none is named."""
        hook = {**self.world.webhooks["shop"], "topics": list(topics)}
        httpx.post(f"{self.world.shopify}/_sandbox/webhook", json=hook, timeout=20).raise_for_status()

    @contextmanager
    def crm_tells_nothing(self) -> Iterator[None]:
        """What the CRM has to tell meanwhile is told afterwards."""
        address, hook = f"{self.world.hubspot}/_sandbox/webhooks", self.world.webhooks["hubspot"]
        httpx.post(address, json={**hook, "url": ""}, timeout=20).raise_for_status()
        try:
            yield
        finally:
            httpx.post(address, json=dict(hook), timeout=20).raise_for_status()

    @contextmanager
    def nobody_sweeps(self) -> Iterator[None]:
        """No schedule asks meanwhile what changed: the ERP, asked each minute, would tell of whoever is new there, and
        whatever else is new of them be carried over too."""
        events = self.world.aws.client("events")
        rules = [rule["Name"] for rule in events.list_rules()["Rules"] if "ScheduleExpression" in rule]
        for name in rules:
            events.disable_rule(Name=name)
        try:
            yield
        finally:
            for name in rules:
                events.enable_rule(Name=name)

    # --- queues
    def under_way(self) -> int:
        """How many notices, dead letters and deliveries of vendors there are."""
        return sum(self._under_way.counts().values())

    def drains(self, within: float) -> None:
        """Return when nothing is under way any more."""
        calm = 0

        def look() -> bool:
            nonlocal calm
            calm = 0 if self.under_way() else calm + 1
            return calm >= CALM

        until(look, within=within, about="the queues are empty")

    def messages(self) -> list[str]:
        """The bodies of up to ten messages that wait for the flow. Each look counts as a try of theirs: look seldom."""
        url = self.world.deployed.queues[FLOW]
        got = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in got.get("Messages", ())]

    # --- operators
    def stuck(self) -> list[Filed]:
        """The exceptions that are open."""
        return list(self._exceptions.open())

    def stuck_for(self, code: str, text: str = "") -> list[Filed]:
        """Those of one cause whose words name `text`."""
        return [filed for filed in self.stuck() if filed.cause.code == code and text in filed.cause.cause]

    def operator(self, *command: str) -> str:
        """What an operator's command prints."""
        done = subprocess.run(
            [str(Path(sys.executable).parent / "cashpath"), *command],
            env={**os.environ, **self.world.aws.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def asks_what_changed(self, *systems: str) -> None:
        """Run the sweep that asks systems without webhooks, and does so each minute anyway, now."""
        self.world.aws.client("lambda").invoke(
            FunctionName=self.world.deployed.functions["reconcile"], Payload=json.dumps({"systems": list(systems)})
        )

    def compares(self) -> dict[str, Any]:
        """Run the comparison of all that is made each night, now; what it says."""
        answer = self.world.aws.client("lambda").invoke(
            FunctionName=self.world.deployed.functions["reconcile"], Payload=json.dumps({"all": True})
        )
        said: dict[str, Any] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, said
        return said

    # --- logs
    def logs(self) -> Iterator[tuple[str, str]]:
        """Every line that any function or the API ever logged, with its group; some of them twice.

        MiniStack answers with a group's 10,000 oldest events from a time on and names no next page, so each page is
        asked for from the time of the last one's end.
        """
        logs = self.world.aws.client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            name, since = group["logGroupName"], 0
            while events := logs.filter_log_events(logGroupName=name, startTime=since)["events"]:
                yield from ((name, event["message"]) for event in events)
                if len(events) < LOGGED_AT_ONCE:
                    break
                assert events[-1]["timestamp"] > since, f"{name} logs more in a millisecond than can be read"
                since = events[-1]["timestamp"]

    # --- outages
    def written(self) -> dict[str, list[str]]:
        """Every request that changed anything in a stand-in, oldest first."""
        found = {}
        for name in ("shopify", "hubspot", "stripe"):
            log = httpx.get(f"{getattr(self.world, name)}/_sandbox/log", timeout=PATIENCE).raise_for_status().json()
            found[name] = [f"{entry['method']} {entry['path']}" for entry in log if entry["writes"]]
        return found

    def breaks(self, address: str, *faults: Mapping[str, Any]) -> None:
        """Let a stand-in misbehave from now on; as it should, where no fault is named."""
        httpx.post(f"{address}/_sandbox/faults", json=list(faults), timeout=20).raise_for_status()


def merged(signed: Mapping[str, str], others: Mapping[str, str]) -> httpx.Headers:
    """The headers of a delivery, some of them others: `x_shopify_topic` is `X-Shopify-Topic`."""
    headers = httpx.Headers(signed)
    headers.update({name.replace("_", "-"): value for name, value in others.items()})
    return headers


def _order_of(body: Mapping[str, Any]) -> str:
    return str(body["order_edit"]["order_id"] if "order_edit" in body else body.get("id"))
