"""AWS on this machine: MiniStack, with the very CDK app deployed into it by the CDK's own command.

MiniStack runs each Lambda worker as a process of the interpreter that runs MiniStack itself, with its environment: so
it is started with this environment's Python and next to no variables.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config

ROOT = Path(__file__).parents[3]
STATE = ROOT / ".cashpath" / "aws"
ACCOUNT = "000000000000"
REGION = "eu-central-1"
PORT = 4599
PATIENCE = 60.0  # seconds that the emulator may take to start; it takes one


class AwsError(Exception):
    """AWS on this machine could not be brought up. The message ends with what its log says."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What the two stacks say of themselves. `functions` are alias ARNs by name; all else is by the flow's name."""

    api_url: str
    ledger: str
    exceptions: str
    queues: Mapping[str, str]
    dead_letters: Mapping[str, str]
    functions: Mapping[str, str]
    mappings: Mapping[str, str]
    bulk_queues: Mapping[str, str] = field(default_factory=dict)
    erasures: str = ""

    @classmethod
    def of(cls, outputs: Mapping[str, Mapping[str, str]], stage: str) -> Self:
        """Read from what `cdk deploy --outputs-file` wrote."""
        kept, released = outputs[f"cashpath-{stage}-kept"], outputs[f"cashpath-{stage}-released"]
        return cls(
            api_url=released["ApiUrl"],
            ledger=kept["LedgerTable"],
            exceptions=kept["ExceptionsTable"],
            queues=json.loads(kept["Queues"]),
            dead_letters=json.loads(kept["DeadLetters"]),
            functions=json.loads(released["Functions"]),
            mappings=json.loads(released["Mappings"]),
            bulk_queues=json.loads(kept["BulkQueues"]),
            erasures=kept.get("ErasuresTable", ""),
        )


@dataclass(frozen=True)
class LocalAws:
    """One emulator, by its port and the folder that holds all that it writes."""

    port: int = PORT
    state: Path = STATE

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What an AWS client needs in its environment to talk to it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def client(self, service: str, config: Config | None = None) -> Any:
        """A boto3 client of it."""
        return boto3.client(  # type: ignore[call-overload]  # any service, by name
            service,
            config=config,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="local",
        )

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def start(self) -> None:
        """Start it, and return when it answers. It outlives this process; `stop` ends it.

        Raises AwsError where something answers already: what an earlier one holds must not be taken for this one's.
        """
        if self.answers():
            raise AwsError(
                f"an emulator answers already on port {self.port}: another sandbox on this machine, or what is left of "
                f"one that was killed. End it (`make down` there, or its process `ministack`), then start again"
            )
        temporary = self.state / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        log = self.state / "log"
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "LAMBDA_EXECUTOR": "local",
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "STATE_DIR": str(self.state / "state"),
            "TMPDIR": str(temporary),
            "IOT_MTLS_ENABLED": "0",
        }
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self.state,
                start_new_session=True,
            )
        (self.state / "pid").write_text(str(process.pid), encoding="utf-8")
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AwsError(f"MiniStack did not start on port {self.port}:\n{_tail(log)}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it and its workers, where it was started by us, and return when its port is free."""
        file = self.state / "pid"
        if not file.exists():
            return
        pid = int(file.read_text(encoding="utf-8"))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while self.answers():
            if time.monotonic() > deadline:
                raise AwsError(f"MiniStack (process {pid}) does not stop:\n{_tail(self.state / 'log')}")
            time.sleep(0.05)
        file.unlink()

    def deploy(self, stage: Path) -> Deployed:
        """Deploy both stacks of a stage, as `make deploy` does into a real account, and return their outputs."""
        context = {"stage": str(stage.resolve()), "endpoint": self.endpoint}
        if not self._bootstrapped():
            # From a folder without a cdk.json: the command would synthesise the app for nothing.
            self._cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", cwd=self.state)
        outputs = self.state / "outputs.json"
        self._cdk(
            "deploy",
            "--all",
            "--require-approval=never",
            "--method=direct",
            f"--outputs-file={outputs}",
            f"--output={self.state / 'cdk.out'}",
            *(f"--context={name}={value}" for name, value in context.items()),
            cwd=ROOT,
        )
        written: dict[str, dict[str, str]] = json.loads(outputs.read_text(encoding="utf-8"))
        name = next(iter(written)).split("-", 1)[1].rsplit("-", 1)[0]
        return Deployed.of(written, name)

    def put_secret(self, name: str, value: Mapping[str, Any]) -> None:
        """Set a secret, as the owner of a real account does by hand."""
        secrets, text = self.client("secretsmanager"), json.dumps(value)
        try:
            secrets.create_secret(Name=name, SecretString=text)
        except secrets.exceptions.ResourceExistsException:
            secrets.put_secret_value(SecretId=name, SecretString=text)

    def _bootstrapped(self) -> bool:
        parameters = self.client("ssm")
        try:
            parameters.get_parameter(Name="/cdk-bootstrap/hnb659fds/version")
        except parameters.exceptions.ParameterNotFound:
            return False
        return True

    def _cdk(self, *arguments: str, cwd: Path) -> None:
        log = self.state / "cdk.log"
        command: Sequence[str] = [str(ROOT / "node_modules" / ".bin" / "cdk"), *arguments, "--ci", "--no-notices"]
        quiet = {"NODE_NO_WARNINGS": "1", "CDK_DISABLE_CLI_TELEMETRY": "true"}
        with log.open("wb") as output:
            done = subprocess.run(
                command,
                cwd=cwd,
                env={**os.environ, **self.environment, **quiet},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise AwsError(f"cdk {arguments[0]} failed:\n{_tail(log)}")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])
