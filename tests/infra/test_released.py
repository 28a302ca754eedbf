"""What a release replaces: routes, functions, and what each may do."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from cashpath.flows.manifest import FLOWS

pytestmark = pytest.mark.xdist_group("infra")

RECEIVERS = {"receive-storefront": "shop", "receive-crm": "hubspot", "receive-billing": "stripe"}
FUNCTIONS = {*RECEIVERS, *FLOWS, "record_exceptions", "reconcile"}
SYSTEMS = ("shop", "hubspot", "stripe", "tryton")


def of(template: Template, type_: str) -> list[Mapping[str, Any]]:
    """The properties of all resources of a type."""
    return [found["Properties"] for found in template.find_resources(type_).values()]


def functions(released: Template) -> dict[str, Mapping[str, Any]]:
    return {f["FunctionName"].removeprefix("cashpath-production-"): f for f in of(released, "AWS::Lambda::Function")}


def rights(released: Template, function: str) -> Iterator[tuple[str, str]]:
    """What a function may do: each action with what it may be done to, as text."""
    role = functions(released)[function]["Role"]["Fn::GetAtt"][0]
    for policy in of(released, "AWS::IAM::Policy"):
        if {"Ref": role} in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow"
                actions, resources = statement["Action"], statement["Resource"]
                for action in [actions] if isinstance(actions, str) else actions:
                    for resource in resources if isinstance(resources, list) else [resources]:
                        yield action, json.dumps(resource)


def secrets(released: Template, function: str) -> set[str]:
    """The systems' secrets that a function may read, as <system>/<which>."""
    read = [on for action, on in rights(released, function) if action == "secretsmanager:GetSecretValue"]
    named = [on for on in read if ":secret:cashpath/" in on]
    return {on.partition(":secret:cashpath/production/")[2].partition("-??????")[0] for on in named}


def test_every_system_with_webhooks_has_a_route_of_its_own_and_nothing_else_answers(released: Template) -> None:
    keys = {route["RouteKey"] for route in of(released, "AWS::ApiGatewayV2::Route")}
    assert keys == {f"POST /webhooks/{system}" for system in ("shop", "hubspot", "stripe")}


def test_the_public_address_is_throttled_and_logs_who_called(released: Template) -> None:
    (stage,) = of(released, "AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"requestId", "routeKey", "status"} <= set(logged)


def test_all_functions_run_on_arm_are_traced_and_stand_behind_an_alias(released: Template) -> None:
    assert set(functions(released)) == FUNCTIONS
    for function in functions(released).values():
        assert function["Architectures"] == ["arm64"]
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert "ReservedConcurrentExecutions" not in function
    released.resource_count_is("AWS::Lambda::Alias", len(FUNCTIONS))
    released.resource_count_is("AWS::Lambda::Version", len(FUNCTIONS))


def test_every_log_is_kept_for_as_long_as_the_stage_says_and_no_longer(released: Template) -> None:
    logs = of(released, "AWS::Logs::LogGroup")
    assert len(logs) == len(FUNCTIONS) + 1
    assert {log["RetentionInDays"] for log in logs} == {30}


def test_the_receivers_are_one_asset_deployed_once_for_each_role(released: Template) -> None:
    code = {json.dumps(functions(released)[name]["Code"]) for name in RECEIVERS}
    assert len(code) == 1


@pytest.mark.parametrize(("receiver", "system"), RECEIVERS.items())
def test_a_receiver_reads_its_own_secrets_and_sends_to_queues_and_may_do_nothing_else(
    released: Template, receiver: str, system: str
) -> None:
    assert secrets(released, receiver) == {f"{system}/webhook"}
    actions = {action for action, _ in rights(released, receiver)}
    services = {action.partition(":")[0] for action in actions}
    assert services == {"logs", "xray", "secretsmanager", "sqs"}
    assert {action for action in actions if action.startswith("sqs:")} == {
        "sqs:SendMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
    }


@pytest.mark.parametrize("function", [*FLOWS, "reconcile"])
def test_a_function_that_calls_systems_reads_their_api_secrets_and_no_webhook_secret(
    released: Template, function: str
) -> None:
    assert secrets(released, function) == {f"{system}/api" for system in SYSTEMS}


def test_the_recorder_reads_no_secret_and_never_writes_to_the_ledger(released: Template) -> None:
    allowed = list(rights(released, "record_exceptions"))
    assert not [action for action, _ in allowed if action.startswith("secretsmanager:")]
    written = [on for action, on in allowed if action in ("dynamodb:PutItem", "dynamodb:UpdateItem")]
    assert written
    assert not [on for on in written if "Ledger" in on]


def test_only_sync_customers_keeps_the_list_of_erasures(released: Template) -> None:
    may = {name for name in FUNCTIONS if any("Erasures" in on for _, on in rights(released, name))}
    told = {name for name, of in functions(released).items() if "CASHPATH_ERASURES" in of["Environment"]["Variables"]}
    assert may == told == {"sync_customers"}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_no_function_may_do_anything_to_everything_but_send_traces(released: Template, function: str) -> None:
    everywhere = {action for action, on in rights(released, function) if on == '"*"' or "*" in action}
    assert everywhere == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_takes_one_notice_at_a_time_and_as_many_at_once_as_its_vendors_bear(
    released: Template, flow: str
) -> None:
    released.has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {
            "BatchSize": 1,
            "ScalingConfig": {"MaximumConcurrency": FLOWS[flow].at_once},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        },
    )
    assert functions(released)[flow]["Timeout"] == FLOWS[flow].timeout


@pytest.mark.parametrize("flow", FLOWS)
def test_a_backlog_has_a_queue_of_its_own_whose_limit_leaves_live_notices_theirs(released: Template, flow: str) -> None:
    fed = {
        json.dumps(mapping["EventSourceArn"]): mapping
        for mapping in of(released, "AWS::Lambda::EventSourceMapping")
        if flow.replace("_", "") in json.dumps(mapping["EventSourceArn"])
    }
    (bulk,) = (mapping for arn, mapping in fed.items() if "Bulk" in arn)
    assert bulk["BatchSize"] == 1
    assert bulk["ScalingConfig"] == {"MaximumConcurrency": FLOWS[flow].bulk_at_once}
    assert bulk["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    sends = [on for action, on in rights(released, flow) if action == "sqs:SendMessage"]
    assert [on for on in sends if "Bulk" in on]


def test_systems_without_webhooks_are_asked_each_minute_the_others_each_hour_and_all_compared_at_night(
    released: Template,
) -> None:
    asked = {
        rule["ScheduleExpression"]: json.loads(rule["Targets"][0]["Input"])
        for rule in of(released, "AWS::Events::Rule")
    }
    nightly = asked.pop("cron(0/10 1-4 * * ? *)")
    assert nightly == {"all": True}
    assert asked == {
        "rate(1 minute)": {"systems": ["tryton"]},
        "rate(1 hour)": {"systems": ["shop", "hubspot", "stripe"]},
    }


def test_the_nightly_comparison_sends_on_the_bulk_queues_only_while_they_are_short(released: Template) -> None:
    may = {(action, on) for action, on in rights(released, "reconcile") if "Bulk" in on}
    for flow in FLOWS:
        of_flow = {action for action, on in may if flow.replace("_", "") in on}
        assert of_flow == {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}


@pytest.mark.parametrize(
    "alarm",
    [
        "exceptions-opened",
        "record_exceptions-errors",
        "reconcile-errors",
        "receive-storefront-errors",
        "create_orders-old-notice",
        "create_orders-old-bulk-message",
        "create_orders-old-dead-letter",
        "each-minute-not-run",
        "each-hour-not-run",
        "each-night-not-run",
    ],
)
def test_somebody_is_told(released: Template, alarm: str) -> None:
    released.has_resource_properties(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmName": f"cashpath-production-{alarm}",
            "AlarmActions": Match.any_value(),
            "TreatMissingData": "breaching" if alarm.endswith("-not-run") else "notBreaching",
        },
    )


def test_the_outputs_are_those_that_tools_read(released: Template) -> None:
    outputs = released.to_json()["Outputs"]
    assert {"ApiUrl", "Functions", "Mappings", "BulkMappings"} <= set(outputs)
    assert all(name in json.dumps(outputs["Functions"]) for name in FUNCTIONS)


def test_the_layer_holds_the_package_and_what_it_imports_for_arm_and_no_boto3(
    released: Template, assembly: Path
) -> None:
    (layer,) = of(released, "AWS::Lambda::LayerVersion")
    assert layer["CompatibleArchitectures"] == ["arm64"]
    python = assembly / f"asset.{layer['Content']['S3Key'].removesuffix('.zip')}" / "python"
    assert (python / "cashpath" / "receive.py").exists()
    assert (python / "httpx").is_dir()
    assert not (python / "boto3").exists()
    assert {part.name for part in python.iterdir()}.isdisjoint({"pydantic", "cashpath_sandbox", "typer"})
    compiled = [file.name for file in python.rglob("*.so")]
    assert compiled
    assert all("aarch64" in name for name in compiled)
    assert sum(file.stat().st_size for file in python.rglob("*")) < 30_000_000
