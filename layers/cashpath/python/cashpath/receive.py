"""Receive, the first step of every change: check a webhook's signature, put notices into queues, answer.

No vendor call, no table, no pydantic, no httpx. The queue has every notice before the answer is sent; a notice holds
references only. What is logged names the system, the topic and the outcome, nothing of the body.
"""

import base64
import binascii
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cashpath.aws.queues import PATIENCE, Queues
from cashpath.notice import Notice
from cashpath.settings.slices import ReceiverSlice, SystemSlice
from cashpath.systems.inbound import BadSignature, Event, Inbound, Malformed
from cashpath.systems.registry import webhooks

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

Answer = dict[str, Any]
# What is counted, by the status that is answered. The metric is embedded in the log line: CloudWatch reads it there.
COUNTED = {200: "WebhookUnwanted", 401: "WebhookRefused", 400: "WebhookMalformed", 503: "WebhookNotQueued"}
REREAD_AFTER = 60.0  # seconds between two readings of a secret because a signature failed: forgers must not drive cost


class WebhookSecrets:
    """The valid secrets of each system, cached for the life of the warm Lambda.

    A secret is `{"secrets": ["new", "old"]}`: two are valid while one is rotated.
    """

    def __init__(
        self, client: "SecretsManagerClient | None" = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if client is not None:
            self.client = client
        self._clock = clock
        self._known: dict[str, tuple[str, ...]] = {}
        self._read: dict[str, float] = {}

    @cached_property
    def client(self) -> "SecretsManagerClient":
        """Secrets Manager, opened on first use."""
        import boto3

        return boto3.client("secretsmanager", config=PATIENCE)

    def of(self, name: str) -> tuple[str, ...]:
        """The secrets under a name, from the cache where they are in it."""
        return self._known[name] if name in self._known else self._fetch(name)

    def renewed(self, name: str) -> tuple[str, ...] | None:
        """The secrets read again, or None where that was done a short while ago, or changed nothing."""
        if self._clock() - self._read[name] < REREAD_AFTER:
            return None
        before = self._known[name]
        after = self._fetch(name)
        return after if after != before else None

    def _fetch(self, name: str) -> tuple[str, ...]:
        self._read[name] = self._clock()
        secret = json.loads(self.client.get_secret_value(SecretId=name)["SecretString"])
        self._known[name] = tuple(secret["secrets"])
        return self._known[name]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a request is answered, and what its log line says. `error` tells the caller what is wrong with it."""

    status: int
    error: str = ""
    topic: str = ""
    event: str = ""
    notices: int = 0

    def answer(self) -> Answer:
        """The answer in the shape of API Gateway's HTTP APIs."""
        body = {"error": self.error} if self.error else {"notices": self.notices}
        return {
            "statusCode": self.status,
            "headers": {"content-type": "application/json"},
            "body": json.dumps(body),
        }


class Receiver:
    """The receiver of one role. Called with API Gateway's event (payload format 2.0)."""

    def __init__(
        self,
        settings: ReceiverSlice,
        *,
        queues: Queues,
        secrets: WebhookSecrets,
        now: Callable[[], datetime],
        public_url: str = "",
    ) -> None:
        self._settings = settings
        self._queues = queues
        self._secrets = secrets
        self._now = now
        self._public_url = public_url

    def __call__(self, event: Mapping[str, Any], _: object = None) -> Answer:
        system = event["rawPath"].removeprefix("/webhooks/")
        outcome = self._receive(system, event)
        self._log(system, outcome)
        return outcome.answer()

    def _receive(self, name: str, event: Mapping[str, Any]) -> Outcome:
        system = self._settings.systems.get(name)  # type: ignore[call-overload]  # any text, not yet known as an id
        if system is None:
            return Outcome(status=404, error=f"no system {name!r:.80} is configured for this address")
        try:
            request = self._inbound(event)
        except binascii.Error:
            return Outcome(status=400, error="the body is said to be base64, and is not")
        if len(request.body) > self._settings.max_body:
            return Outcome(status=413, error=f"the body is over {self._settings.max_body} bytes")
        try:
            self._verify(system, request)
            events = webhooks(system.vendor).events(request, system.options)
        except BadSignature as refusal:
            return Outcome(status=401, error=str(refusal))
        except Malformed as problem:
            return Outcome(status=400, error=str(problem))
        return self._enqueue(system, events)

    def _inbound(self, event: Mapping[str, Any]) -> Inbound:
        http, text = event["requestContext"], event.get("body") or ""
        base = self._public_url or f"https://{http['domainName']}"
        query = f"?{event['rawQueryString']}" if event.get("rawQueryString") else ""
        return Inbound(
            method=http["http"]["method"],
            uri=f"{base}{event['rawPath']}{query}",
            headers={name.lower(): value for name, value in event["headers"].items()},
            body=base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode(),
        )

    def _verify(self, system: SystemSlice, request: Inbound) -> None:
        """Check the signature; where it fails, once more with secrets read again, so that a rotation needs no
        deployment."""
        verify = webhooks(system.vendor).verify
        try:
            verify(request, self._secrets.of(system.secret), system.options, self._now())
        except BadSignature:
            renewed = self._secrets.renewed(system.secret)
            if renewed is None:
                raise
            verify(request, renewed, system.options, self._now())

    def _enqueue(self, system: SystemSlice, events: tuple[Event, ...]) -> Outcome:
        received = int(self._now().timestamp() * 1000)
        notices = _notices(system, events, self._settings.wants, received)
        topic = ",".join(sorted({event.topic for event in events}))
        id = events[0].event if events else ""
        if not notices:
            return Outcome(status=200, topic=topic, event=id)
        left = self._queues.send(notices)
        if left:
            error = f"{len(left)} of {len(notices)} notices could not be queued; please send this again"
            return Outcome(status=503, error=error, topic=topic, event=id, notices=len(notices))
        return Outcome(status=202, topic=topic, event=id, notices=len(notices))

    def _log(self, system: str, outcome: Outcome) -> None:
        known = system in self._settings.systems
        line: dict[str, Any] = {
            "service": "receive",
            "role": self._settings.role,
            "system": system if known else "unknown",
            "topic": outcome.topic[:200],
            "event": outcome.event[:80],
            "status": outcome.status,
            "notices": outcome.notices,
            "error": outcome.error if known else "unknown system",
        }
        if metric := COUNTED.get(outcome.status):
            line |= _metric(metric, self._now()) | {metric: 1, "stage": self._settings.stage}
        print(json.dumps(line))  # noqa: T201  # Lambda's log is its standard output


def _notices(
    system: SystemSlice, events: tuple[Event, ...], wants: Mapping[str, tuple[str, ...]], received: int
) -> list[Notice]:
    """One notice for each record and flow that a delivery concerns, of the newest version that it names: a vendor that
    tells of five fields of one record in one delivery has told of one change."""
    notices: dict[tuple[str, ...], Notice] = {}
    for event in sorted(events, key=lambda e: e.version or 0):
        for flow in wants.get(event.kind, ()):
            notices[flow, event.kind, event.id, event.absorbs, event.wish] = Notice(
                flow=flow,
                system=system.id,
                kind=event.kind,
                id=event.id,
                received=received,
                version=event.version,
                event=event.event,
                absorbs=f"{system.id}/{event.kind}/{event.absorbs}" if event.absorbs else "",
                wish=event.wish,
            )
    return list(notices.values())


def _metric(name: str, now: datetime) -> dict[str, Any]:
    """The part of a log line that makes CloudWatch count it (CloudWatch, "Embedded metric format specification")."""
    definition = {"Namespace": "Cashpath", "Dimensions": [["stage", "role"]], "Metrics": [{"Name": name}]}
    return {"_aws": {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [definition]}}


def open_receiver(folder: Path, environment: Mapping[str, str] = os.environ) -> Receiver:
    """The receiver of the role that the function was deployed for; `folder` holds the settings of all roles.

    What every request needs is opened here, while Lambda starts the function, and not in the first request.
    """
    settings = ReceiverSlice.load(folder / f"settings.{environment['CASHPATH_ROLE']}.json")
    for system in settings.systems.values():
        webhooks(system.vendor)
    queues, secrets = Queues.from_environment(environment), WebhookSecrets()
    _ = queues.client, secrets.client
    return Receiver(
        settings,
        queues=queues,
        secrets=secrets,
        now=lambda: datetime.now(UTC),
        public_url=environment.get("CASHPATH_PUBLIC_URL", ""),
    )
