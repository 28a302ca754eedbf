"""What receiving a webhook costs, warm and cold, beside the floor."""

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any
from unittest.mock import patch

import boto3
from botocore.awsrequest import AWSRequest, AWSResponse, HeadersDict
from tests.bench.once import imported
from tests.bench.stub import AwsStub, answer
from tests.bench.unpacked import ENVIRONMENT, FLOOR, ROOT, unpacked, webhook

ROUNDS, CALLS = 7, 150  # of each side, in turn, so that a busy machine slows both
STARTS = 7
Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Beside:
    """Ours and the floor's, in ms."""

    ours: float
    floor: float

    @property
    def ratio(self) -> float:
        """How many times the floor."""
        return self.ours / self.floor


class Raw(io.BytesIO):
    """A body as urllib3 hands it over."""

    def stream(self, **_: object) -> Any:
        yield self.read()


def said_yes(request: AWSRequest, **_: object) -> AWSResponse:
    """An answer in the network's place: all that boto3 does before and after is done."""
    target = request.headers["X-Amz-Target"]
    target = target.decode() if isinstance(target, bytes) else target
    told = json.dumps(answer(target, json.loads(request.body))).encode()
    headers: Any = HeadersDict({"Content-Type": "application/x-amz-json-1.0"})
    return AWSResponse(str(request.url), 200, headers, Raw(told))


def warm(stub: AwsStub) -> Beside:
    """CPU of one call, after many: the least of the rounds."""
    with patch.dict(os.environ, {**stub.environment, **ENVIRONMENT}), unpacked("receive") as file:
        boto3.setup_default_session()
        session: Any = boto3.DEFAULT_SESSION
        session.events.register("before-send", said_yes)
        ours, floor = imported(str(file)).handler, imported(str(FLOOR)).handler
        rounds = [(_cpu(ours), _cpu(floor)) for _ in range(ROUNDS)]
    return Beside(min(ours for ours, _ in rounds[1:]), min(floor for _, floor in rounds[1:]))


def _cpu(handler: Handler) -> float:
    event = webhook()
    with contextlib.redirect_stdout(io.StringIO()):
        began = time.process_time()
        for _ in range(CALLS):
            answered = handler(event, None)
        took = time.process_time() - began
    assert answered["statusCode"] == 202, answered
    return took / CALLS * 1000


def cold(stub: AwsStub) -> tuple[Beside, Beside, list[str]]:
    """From a fresh process to its first signed webhook answered: wall and CPU, medians, and what was asked of AWS."""
    starts = []
    with unpacked("receive") as file:
        for _ in range(STARTS):
            stub.asked.clear()
            ours = fresh(file, stub, json.dumps(webhook()))
            asked = list(stub.asked)
            starts.append((ours, fresh(FLOOR, stub, json.dumps(webhook()))))
    wall = Beside(median(o.wall for o, _ in starts), median(f.wall for _, f in starts))
    cpu = Beside(median(o.cpu for o, _ in starts), median(f.cpu for _, f in starts))
    return wall, cpu, asked


@dataclass(frozen=True)
class Start:
    """One fresh process: ms of wall time and CPU, interpreter included, and what it told of its imports."""

    wall: float
    cpu: float
    told: dict[str, Any]


def fresh(file: Path, stub: AwsStub, *event: str) -> Start:
    """Run the handler of a file in a fresh process."""
    environment = {**os.environ, **stub.environment, **ENVIRONMENT, "LAMBDA_TASK_ROOT": str(file.parent)}
    command = [sys.executable, "-m", "tests.bench.once", str(file), *event]
    before, began = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    wall, after = time.perf_counter() - began, getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Start(wall * 1000, cpu * 1000, json.loads(done.stdout.splitlines()[-1]))
