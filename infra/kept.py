"""The stack that outlives every release: tables, queues, the key that matches are hashed with, who is alarmed."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from cashpath.flows.manifest import FLOWS
from cashpath.settings.stage import Stage
from infra.constructs.flow_queue import FlowQueue


class Kept(Stack):
    """What a release must never replace."""

    def __init__(self, scope: Construct, stage: Stage) -> None:
        prefix = f"cashpath-{stage.name}"
        super().__init__(
            scope,
            f"{prefix}-kept",
            description="Cashpath: what outlives a release",
            termination_protection=stage.stage.kept,
        )
        removal = RemovalPolicy.RETAIN if stage.stage.kept else RemovalPolicy.DESTROY
        self.ledger = self._table("Ledger", f"{prefix}-ledger", removal)
        self.exceptions = self._table("Exceptions", f"{prefix}-exceptions", removal)
        self.queues: Mapping[str, FlowQueue] = {
            flow: FlowQueue(self, flow, name=f"{prefix}-{flow}", timeout=facts.timeout, removal=removal)
            for flow, facts in FLOWS.items()
        }
        self.match_key_name = f"cashpath/{stage.name}/match-key"
        self.match_key = secretsmanager.Secret(
            self,
            "MatchKey",
            secret_name=self.match_key_name,
            description="Keys the hashes by which the ledger matches people without storing who they are",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}", generate_string_key="key", exclude_punctuation=True, password_length=64
            ),
            removal_policy=removal,
        )
        self.alarms = sns.Topic(self, "Alarms", topic_name=f"{prefix}-alarms", enforce_ssl=True)
        for address in stage.stage.alarms:
            self.alarms.add_subscription(subscriptions.EmailSubscription(address))
        self._outputs()

    def _table(self, id: str, name: str, removal: RemovalPolicy) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            id,
            table_name=name,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=removal is RemovalPolicy.RETAIN,
            removal_policy=removal,
        )

    def _outputs(self) -> None:
        CfnOutput(self, "LedgerTable", value=self.ledger.table_name)
        CfnOutput(self, "ExceptionsTable", value=self.exceptions.table_name)
        CfnOutput(self, "QueueUrls", value=self.to_json_string(self.urls)).override_logical_id("Queues")
        CfnOutput(self, "DeadUrls", value=self.to_json_string(self.dead_urls)).override_logical_id("DeadLetters")

    @property
    def urls(self) -> dict[str, str]:
        """The queue of each flow."""
        return {flow: pair.queue.queue_url for flow, pair in self.queues.items()}

    @property
    def dead_urls(self) -> dict[str, str]:
        """The dead-letter queue of each flow."""
        return {flow: pair.dead.queue_url for flow, pair in self.queues.items()}
