"""A stage as an operator finds it: two stacks, tables and queues on moto, and Lambda as a small machine of its own."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from cashpath.cli.app import app
from cashpath.cli.stage import Stage
from cashpath.ledger.tables import EXCEPTIONS, LEDGER

FLOW = "create_orders"
KEPT = {"LedgerTable", "ExceptionsTable", "Queues", "BulkQueues", "DeadLetters"}
Preview = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Lambda:
    """Mappings that are on or off, and functions that answer. `swept` is what reconcile was asked for."""

    enabled: dict[str, bool] = field(default_factory=lambda: {"map-1": True, "map-2": True})
    preview: Preview = lambda notice: {"plan": [f"crm: bring {notice['id']} up to date, or create it"]}
    swept: list[dict[str, Any]] = field(default_factory=list)

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool) -> dict[str, Any]:
        self.enabled[UUID] = Enabled
        return self.get_event_source_mapping(UUID=UUID)

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:
        return {"UUID": UUID, "State": "Enabled" if self.enabled[UUID] else "Disabled"}

    def invoke(self, *, FunctionName: str, Payload: str, InvocationType: str = "RequestResponse") -> dict[str, Any]:
        event = json.loads(Payload)
        if FunctionName == "arn:reconcile:live":
            assert InvocationType == "Event"
            self.swept.append(event)
            return {"StatusCode": 202}
        assert FunctionName == f"arn:{FLOW}:live"
        try:
            answer = {"Payload": self.preview(event["preview"])}
        except RuntimeError as error:
            answer = {"FunctionError": {"is": "Unhandled"}, "Payload": {"errorMessage": str(error)}}
        return {**answer, "Payload": io.BytesIO(json.dumps(answer["Payload"]).encode())}


class TestStage(Stage):
    """The stage with our Lambda in the place of AWS's, and a clock that stands still."""

    __test__ = False
    machine: Lambda

    def client(self, service: str) -> Any:
        return self.machine if service == "lambda" else super().client(service)


@dataclass
class Operator:
    """Somebody at a terminal."""

    stage: TestStage
    machine: Lambda
    slept: list[float]

    def run(self, *command: str) -> Any:
        """Run `cashpath COMMAND`; what it answered."""
        return CliRunner().invoke(app, list(command), obj=self.stage)

    def says(self, *command: str) -> str:
        """What a command that succeeds prints."""
        result = self.run(*command)
        assert result.exit_code == 0, result.output
        text: str = result.stdout
        return text

    def queued(self) -> list[dict[str, Any]]:
        """The notices in the flow's queue."""
        sqs = boto3.client("sqs")
        messages = sqs.receive_message(QueueUrl=self.stage.urls[FLOW], MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        slept: list[float] = []
        night = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
        stage = TestStage("test", outputs=_outputs(), now=lambda: night, sleep=slept.append)
        stage.machine = Lambda()
        yield Operator(stage, stage.machine, slept)


@pytest.fixture
def deployed(operator: Operator) -> Operator:
    """The same operator, who has to find the stage by its two stacks."""
    cloud = boto3.client("cloudformation")
    told = operator.stage.outputs
    for part, names in (("kept", KEPT), ("released", set(told) - KEPT)):
        template = {
            "Resources": {"Any": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"any-{part}"}}},
            "Outputs": {name: {"Value": told[name]} for name in names},
        }
        cloud.create_stack(StackName=f"cashpath-test-{part}", TemplateBody=json.dumps(template))
    operator.stage.outputs = {}
    return operator


def _outputs() -> dict[str, str]:
    """What the two stacks tell of themselves, as the real ones do."""
    dynamodb, sqs = boto3.client("dynamodb"), boto3.client("sqs")
    dynamodb.create_table(**LEDGER.create_request("test-ledger"))
    dynamodb.create_table(**EXCEPTIONS.create_request("test-exceptions"))
    names = (f"test-{FLOW}", f"test-{FLOW}-bulk", f"test-{FLOW}-dead")
    queue, bulk, dead = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in names)
    return {
        "LedgerTable": "test-ledger",
        "ExceptionsTable": "test-exceptions",
        "Queues": json.dumps({FLOW: queue}),
        "BulkQueues": json.dumps({FLOW: bulk}),
        "DeadLetters": json.dumps({FLOW: dead}),
        "Functions": json.dumps({FLOW: f"arn:{FLOW}:live", "reconcile": "arn:reconcile:live"}),
        "Mappings": json.dumps({FLOW: "map-1"}),
        "BulkMappings": json.dumps({FLOW: "map-2"}),
    }
