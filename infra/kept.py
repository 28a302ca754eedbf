"""The stack that outlives every release: tables, queues, the key that matches are hashed with, who is alarmed."""

from collections.abc import Iterable, Mapping

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from cashpath.flows.manifest import FLOWS
from cashpath.ledger.tables import ERASURES, EXCEPTIONS, LEDGER
from cashpath.settings.stage import Stage
from infra.constructs.flow_queue import FlowQueue
from infra.constructs.table import Table


class Kept(Stack):
    """What a release must never replace. Whatever is added here stays when the stack goes, unless the stage says
    `kept = false`."""

    def __init__(self, scope: Construct, stage: Stage) -> None:
        prefix = f"cashpath-{stage.name}"
        keep = stage.stage.kept
        super().__init__(
            scope, f"{prefix}-kept", description="Cashpath: what outlives a release", termination_protection=keep
        )
        removal = RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY
        self.ledger = Table(self, "Ledger", definition=LEDGER, prefix=prefix, removal=removal)
        self.exceptions = Table(self, "Exceptions", definition=EXCEPTIONS, prefix=prefix, removal=removal)
        self.erasures = Table(self, "Erasures", definition=ERASURES, prefix=prefix, removal=removal)
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

    def _outputs(self) -> None:
        CfnOutput(self, "LedgerTable", value=self.ledger.name)
        CfnOutput(self, "ExceptionsTable", value=self.exceptions.name)
        CfnOutput(self, "ErasuresTable", value=self.erasures.name)
        CfnOutput(self, "QueueUrls", value=self.urls).override_logical_id("Queues")
        CfnOutput(self, "DeadUrls", value=self.dead_urls).override_logical_id("DeadLetters")
        CfnOutput(self, "BulkUrls", value=self.bulk_urls).override_logical_id("BulkQueues")

    @property
    def urls(self) -> str:
        """The address of each flow's queue, as JSON."""
        return self.urls_of(self.queues)

    def urls_of(self, flows: Iterable[str]) -> str:
        """The addresses of some flows' queues, as JSON."""
        return self.to_json_string({flow: self.queues[flow].queue.queue_url for flow in flows})

    @property
    def bulk_urls(self) -> str:
        """The address of each flow's bulk queue, as JSON."""
        return self.to_json_string({flow: queues.bulk.queue_url for flow, queues in self.queues.items()})

    @property
    def dead_urls(self) -> str:
        """The address of each flow's dead-letter queue, as JSON."""
        return self.to_json_string({flow: pair.dead.queue_url for flow, pair in self.queues.items()})
