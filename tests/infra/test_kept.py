"""What outlives a release."""

import json

import pytest
from aws_cdk.assertions import Match, Template

from cashpath.flows.manifest import FLOWS
from cashpath.ledger.tables import ERASURES, EXCEPTIONS, LEDGER, TableDefinition

pytestmark = pytest.mark.xdist_group("infra")


@pytest.mark.parametrize("flow", FLOWS)
def test_a_notice_is_kept_for_14_days_and_hidden_for_six_times_as_long_as_a_pass_may_take(
    kept: Template, flow: str
) -> None:
    for name in (flow, f"{flow}-bulk"):
        kept.has_resource_properties(
            "AWS::SQS::Queue",
            {
                "QueueName": f"cashpath-production-{name}",
                "MessageRetentionPeriod": 14 * 24 * 3600,
                "VisibilityTimeout": 6 * FLOWS[flow].timeout,
                "SqsManagedSseEnabled": True,
                "RedrivePolicy": {"maxReceiveCount": 5, "deadLetterTargetArn": Match.any_value()},
            },
        )
    kept.has_resource_properties(
        "AWS::SQS::Queue",
        {
            "QueueName": f"cashpath-production-{flow}-dead",
            "MessageRetentionPeriod": 14 * 24 * 3600,
            "SqsManagedSseEnabled": True,
        },
    )


@pytest.mark.parametrize("definition", [LEDGER, EXCEPTIONS, ERASURES], ids=lambda definition: definition.name)
def test_a_table_is_as_the_package_defines_it_can_be_restored_and_not_be_deleted(
    kept: Template, definition: TableDefinition
) -> None:
    asked = definition.create_request(f"cashpath-production-{definition.name}")
    ends = {"AttributeName": definition.ttl, "Enabled": True} if definition.ttl else Match.absent()
    kept.has_resource(
        "AWS::DynamoDB::Table",
        {
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "TableName": asked["TableName"],
                "BillingMode": asked["BillingMode"],
                "KeySchema": asked["KeySchema"],
                "AttributeDefinitions": asked["AttributeDefinitions"],
                "GlobalSecondaryIndexes": asked["GlobalSecondaryIndexes"],
                "TimeToLiveSpecification": ends,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "DeletionProtectionEnabled": True,
            },
        },
    )


@pytest.mark.parametrize("type_", ["AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"])
def test_what_holds_state_stays_when_its_stack_goes(kept: Template, type_: str) -> None:
    kept.all_resources(type_, {"DeletionPolicy": "Retain"})


def test_alarms_reach_those_whom_the_stage_names(kept: Template) -> None:
    kept.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "finance-ops@example.com"})


def test_the_outputs_are_those_that_tools_read(kept: Template) -> None:
    outputs = kept.to_json()["Outputs"]
    assert {"LedgerTable", "ExceptionsTable", "ErasuresTable", "Queues", "BulkQueues", "DeadLetters"} <= set(outputs)
    assert "create_orders" in json.dumps(outputs["Queues"])
    assert "create_orders" in json.dumps(outputs["BulkQueues"])
