"""What races are run on: many processes with the real handler of create_orders, one queue, one ledger.

AWS is MiniStack: SQS, DynamoDB and Secrets Manager over HTTP. Vendors are the stand-ins on sockets and a real Tryton.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cashpath.ledger.tables import EXCEPTIONS, LEDGER
from cashpath.notice import Notice
from cashpath.settings.compiled import flow_slice
from cashpath.settings.load import load
from cashpath_sandbox.aws import ROOT, LocalAws, free_port
from cashpath_sandbox.hubspot.portal import HubSpot
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.standin import serve
from cashpath_sandbox.stripe import running as stripe
from cashpath_sandbox.stripe.kept import API_KEY
from cashpath_sandbox.stripe.proxy import StripeStandin
from cashpath_sandbox.tryton import server as tryton
from cashpath_sandbox.world import SHOP, Ports

from .gates import Gate

FLOW = "create_orders"
PROCESSES = 8
Told = Sequence[Notice]


@dataclass
class Track:
    """The vendors, AWS, and the workers."""

    aws: LocalAws
    shop: ShopifyStandin
    portal: HubSpot
    billing: StripeStandin
    erp: tryton.Tryton
    gate: Gate
    log: Path
    workers: list["subprocess.Popen[str]"] = field(default_factory=list)

    def race(
        self,
        notices: Told,
        *,
        without: Sequence[str] = (),
        gates: Sequence[str] = (),
        patience: float = 5.0,
        then: Callable[[], Told] | None = None,
    ) -> list[Any]:
        """Put notices into the queue at once and let all processes work until it is empty; what they gave up.

        `without` are guards to take out of the code, `gates` where workers stop, `patience` for how long (seconds);
        `then` happens once somebody waits at the first gate, and its notices are sent then.
        """
        self.gate.opened(patience)
        sqs = self.aws.client("sqs")
        given_up, queue = (sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in ("dead-letters", "queue"))
        self._send(queue, notices)
        for worker in self.workers:
            assert worker.stdin is not None
            worker.stdin.write(json.dumps({"queue": queue, "without": list(without), "gates": list(gates)}) + "\n")
            worker.stdin.flush()
        if then is not None:
            self.gate.somebody_came(gates[0])
            self._send(queue, then())
        for worker in self.workers:
            self.hear(worker, "done")
        found = sqs.receive_message(QueueUrl=given_up, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]

    def hear(self, worker: "subprocess.Popen[str]", word: str) -> None:
        """Wait until a worker says so, between the lines that its function logs."""
        assert worker.stdout is not None
        said = any(line == f"{word}\n" for line in worker.stdout)
        assert said, self.log.read_text(encoding="utf-8")[-3000:]

    def _send(self, queue: str, notices: Told) -> None:
        sqs = self.aws.client("sqs")
        for start in range(0, len(notices), 10):
            batch = notices[start : start + 10]
            entries = [{"Id": str(i), "MessageBody": notice.to_json()} for i, notice in enumerate(batch)]
            sqs.send_message_batch(QueueUrl=queue, Entries=entries)

    def notice(self, order: str) -> Notice:
        """A notice of the order as it stands, received now."""
        body = next(o for o in self.shop.store.all("orders") if str(o["id"]) == order)
        version = int(datetime.fromisoformat(body["updated_at"]).timestamp() * 1000)
        received = int(datetime.now(UTC).timestamp() * 1000)
        return Notice(flow=FLOW, system="shop", kind="order", id=order, received=received, version=version)


@contextmanager
def track(directory: Path) -> Iterator[Track]:
    """Everything up, on free ports, without a deployment; the workers are ready."""
    ports = Ports.free()
    with ExitStack() as stack:
        aws = LocalAws(port=ports.aws, state=directory / "aws")
        stack.callback(aws.stop)
        aws.start()
        erp = tryton.start(ports.tryton, directory / "tryton")
        stack.callback(erp.stop)
        billing = stack.enter_context(stripe.start(ports.stripe, directory / "stripe"))
        shop, portal, gate = ShopifyStandin(shop=SHOP), HubSpot(token="pat-eu1-test"), Gate()
        gate_port = free_port()
        for standin, port in ((shop, ports.shopify), (portal, ports.hubspot), (gate, gate_port)):
            stack.callback(serve(standin, port).shutdown)
        _furnish(aws, ports, directory, shop, portal, erp)
        made = Track(aws, shop, portal, billing.standin, erp, gate, directory / "workers.log")
        _hire(made, directory, f"http://127.0.0.1:{gate_port}", stack)
        yield made


def _furnish(
    aws: LocalAws, ports: Ports, directory: Path, shop: ShopifyStandin, portal: HubSpot, erp: tryton.Tryton
) -> None:
    """Tables, secrets, and the function's slice of the local stage."""
    dynamo = aws.client("dynamodb")
    for table, name in ((LEDGER, "ledger"), (EXCEPTIONS, "exceptions")):
        dynamo.create_table(**table.create_request(name))
    secrets: dict[str, Mapping[str, str]] = {
        "shop": {"access_token": shop.token},
        "hubspot": {"access_token": portal.token},
        "stripe": {"api_key": API_KEY},
        "tryton": {"user": erp.user, "password": erp.password},
    }
    for system, secret in secrets.items():
        aws.put_secret(f"cashpath/local/{system}/api", secret)
    aws.put_secret("match-key", {"key": "the key that emails are hashed with"})
    (directory / "settings.json").write_text(flow_slice(load(ports.stage(directory)), FLOW), encoding="utf-8")


def _hire(track: Track, directory: Path, gate_url: str, stack: ExitStack) -> None:
    """Make the queues and start the workers."""
    sqs, seen = track.aws.client("sqs"), {"VisibilityTimeout": "360"}
    made = {name: sqs.create_queue(QueueName=name, Attributes=seen)["QueueUrl"] for name in ("queue", "dead-letters")}
    environment = {
        **os.environ,
        **track.aws.environment,
        "CASHPATH_LEDGER": "ledger",
        "CASHPATH_EXCEPTIONS": "exceptions",
        "CASHPATH_QUEUES": json.dumps({FLOW: made["queue"]}),
        "CASHPATH_DEAD_LETTERS": json.dumps({FLOW: made["dead-letters"]}),
        "CASHPATH_MATCH_KEY": "match-key",
        "LAMBDA_TASK_ROOT": str(directory),
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "tests.together.worker", gate_url]
    out = stack.enter_context(track.log.open("wb"))
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": out, "text": True}
    for _ in range(PROCESSES):
        worker = subprocess.Popen(command, env=environment, cwd=ROOT, **pipes)
        stack.callback(worker.wait)
        stack.callback(worker.kill)
        track.workers.append(worker)
    for worker in track.workers:
        track.hear(worker, "ready")
