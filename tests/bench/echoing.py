"""What the real receiver makes of what a stand-in tells: its signed deliveries become notices, in no queue."""

import contextlib
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cashpath.aws.queues import Queues
from cashpath.flows.manifest import FLOWS
from cashpath.notice import Notice
from cashpath.receive import Receiver, WebhookSecrets
from cashpath.records import Role, SystemId
from cashpath.settings.slices import ReceiverSlice, SystemSlice

SECRET = "the secret of this system"
HOST = "hooks.test"


@dataclass
class Taken:
    """SQS and Secrets Manager, as the receiver calls them. `bodies` are the messages."""

    bodies: list[str] = field(default_factory=list)

    def send_message(self, **asked: Any) -> dict[str, Any]:
        self.bodies.append(asked["MessageBody"])
        return {}

    def send_message_batch(self, **asked: Any) -> dict[str, Any]:
        self.bodies += [entry["MessageBody"] for entry in asked["Entries"]]
        return {}

    def get_secret_value(self, **_: Any) -> dict[str, Any]:
        return {"SecretString": json.dumps({"secrets": [SECRET]})}


def address(system: SystemId) -> str:
    """Where a system sends its webhooks."""
    return f"https://{HOST}/webhooks/{system}"


def received(
    system: SystemSlice, deliveries: Iterable[tuple[bytes, Mapping[str, str]]], now: Callable[[], datetime]
) -> list[Notice]:
    """The notices of these deliveries, bodies and headers, signed with `SECRET`."""
    aws: Any = Taken()
    receiver = Receiver(
        ReceiverSlice(stage="bench", role=system.role, systems={system.id: system}, wants=_wants(system.role)),
        queues=Queues(dict.fromkeys(FLOWS, "queue"), {}, aws),
        secrets=WebhookSecrets(aws),
        now=now,
        public_url=f"https://{HOST}",
    )
    for body, headers in deliveries:
        event = {
            "rawPath": f"/webhooks/{system.id}",
            "headers": dict(headers),
            "requestContext": {"domainName": HOST, "http": {"method": "POST"}},
            "body": body.decode(),
        }
        with contextlib.redirect_stdout(io.StringIO()):
            answered = receiver(event)
        assert answered["statusCode"] in (200, 202), answered
    return [Notice.from_json(body) for body in aws.bodies]


def _wants(role: Role) -> dict[str, tuple[str, ...]]:
    kinds = {kind for facts in FLOWS.values() for kind in facts.wants.get(role, ())}
    return {kind: tuple(f for f, facts in FLOWS.items() if kind in facts.wants.get(role, ())) for kind in kinds}
