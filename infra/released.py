"""The stack that a release replaces: the layer, the functions behind their aliases, the public address, schedules."""

from collections.abc import Iterable, Mapping

from aws_cdk import ArnFormat, CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from cashpath.flows.manifest import FLOWS, FlowFacts
from cashpath.records.keys import Role
from cashpath.settings import compiled
from cashpath.settings.stage import Stage
from infra import bundle
from infra.constructs.function import Function, House
from infra.constructs.schedule import Schedule
from infra.constructs.webhooks import Webhooks
from infra.kept import Kept
from infra.target import Target

RECEIVER_TIMEOUT = 10  # seconds; a vendor that waits five has given up by then
# What the ledger asks of a table (docs/ledger.md); a transaction needs the right to each of its writes.
TABLE_ACTIONS = tuple(
    f"dynamodb:{action}"
    for action in ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
)
SWEEP_TIMEOUT = 300  # seconds; Lambda runs one sweep a minute, and a long one may overlap: a notice too many, no more


class Released(Stack):
    """All that holds no state."""

    def __init__(self, scope: Construct, stage: Stage, kept: Kept, target: Target) -> None:
        prefix = f"cashpath-{stage.name}"
        super().__init__(scope, f"{prefix}-released", description="Cashpath: what a release replaces")
        self._stage, self._kept = stage, kept
        self._house = House(
            prefix=prefix,
            target=target,
            layer=lambda_.LayerVersion(
                self,
                "Layer",
                code=lambda_.Code.from_asset(str(bundle.layer(target))),
                compatible_runtimes=[target.runtime],
                compatible_architectures=[target.architecture],
            ),
            log_days=stage.stage.log_days,
            environment={"CASHPATH_STAGE": stage.name},
        )
        self.webhooks = Webhooks(self, "Webhooks", name=prefix, target=target, log_days=stage.stage.log_days)
        receivers = self._receivers()
        self.webhooks.route({id: receivers[role] for role, ids in compiled.receivers(stage).items() for id in ids})
        flows = {flow: self._flow(flow, facts) for flow, facts in FLOWS.items()}
        mappings = {flow: self._map(flow, function) for flow, function in flows.items()}
        sweep = self._reconcile()
        self.functions = [*receivers.values(), *flows.values(), sweep]
        self._outputs(mappings)

    def _receivers(self) -> Mapping[Role, Function]:
        """One asset, deployed once for each role: each may read its own secrets only."""
        roles = compiled.receivers(self._stage)
        slices = {f"settings.{role}.json": compiled.receiver_slice(self._stage, role) for role in roles}
        code = bundle.function("receive", slices)
        public_url = self._stage.stage.public_url or (self.webhooks.url if self._house.target.endpoint else "")
        found: dict[Role, Function] = {}
        for role, systems in roles.items():
            wanted = [flow for flow, facts in FLOWS.items() if facts.wants.get(role)]
            urls = {flow: self._kept.queues[flow].queue.queue_url for flow in wanted}
            function = Function(
                self,
                f"receive-{role}",
                house=self._house,
                name=f"receive-{role}",
                code=code,
                timeout=RECEIVER_TIMEOUT,
                environment={
                    "CASHPATH_ROLE": role,
                    "CASHPATH_QUEUES": self.to_json_string(urls),
                    **({"CASHPATH_PUBLIC_URL": public_url} if public_url else {}),
                },
            )
            self._may_read(function, [self._stage.webhook_secret(system) for system in systems])
            for flow in wanted:
                self._kept.queues[flow].queue.grant_send_messages(function.role)
            found[role] = function
        return found

    def _flow(self, flow: str, facts: FlowFacts) -> Function:
        function = self._worker(flow, timeout=facts.timeout)
        self._kept.queues[flow].queue.grant_send_messages(function.role)
        self._kept.queues[flow].dead.grant_send_messages(function.role)
        return function

    def _map(self, flow: str, function: Function) -> sources.SqsEventSource:
        source = sources.SqsEventSource(
            self._kept.queues[flow].queue,
            batch_size=1,
            max_concurrency=FLOWS[flow].at_once,
            report_batch_item_failures=True,
        )
        function.alias.add_event_source(source)
        return source

    def _reconcile(self) -> Function:
        function = self._worker("reconcile", timeout=SWEEP_TIMEOUT)
        for pair in self._kept.queues.values():
            pair.queue.grant_send_messages(function.role)
        polled = compiled.polled(self._stage)
        hooked = [id for id in self._stage.systems if id not in polled]
        if polled:
            Schedule(self, "EachMinute", function=function, every=Duration.minutes(1), event={"systems": list(polled)})
        Schedule(self, "EachHour", function=function, every=Duration.hours(1), event={"systems": hooked})
        return function

    def _worker(self, name: str, *, timeout: int) -> Function:
        """A function that works with the ledger and calls systems."""
        kept = self._kept
        function = Function(
            self,
            name,
            house=self._house,
            name=name,
            code=bundle.function(name, {"settings.json": compiled.flow_slice(self._stage, name)}),
            timeout=timeout,
            environment={
                "CASHPATH_LEDGER": kept.ledger.table_name,
                "CASHPATH_EXCEPTIONS": kept.exceptions.table_name,
                "CASHPATH_QUEUES": self.to_json_string(kept.urls),
                "CASHPATH_DEAD_LETTERS": self.to_json_string(kept.dead_urls),
                "CASHPATH_MATCH_KEY": kept.match_key_name,
            },
        )
        kept.ledger.grant(function.role, *TABLE_ACTIONS)
        kept.exceptions.grant(function.role, *TABLE_ACTIONS)
        kept.match_key.grant_read(function.role)
        self._may_read(function, [self._stage.api_secret(id) for id in self._stage.systems])
        return function

    def _may_read(self, function: Function, secrets: Iterable[str]) -> None:
        """The owner makes the systems' secrets, so only their names are known; AWS adds six characters to each."""
        arns = [
            self.format_arn(
                service="secretsmanager",
                resource="secret",
                resource_name=f"{name}-??????",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for name in secrets
        ]
        function.role.add_to_policy(iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=arns))

    def _outputs(self, mappings: Mapping[str, sources.SqsEventSource]) -> None:
        functions = {function.name: function.alias.function_arn for function in self.functions}
        ids = {flow: source.event_source_mapping_id for flow, source in mappings.items()}
        CfnOutput(self, "ApiUrl", value=self.webhooks.url)
        CfnOutput(self, "AliasArns", value=self.to_json_string(functions)).override_logical_id("Functions")
        CfnOutput(self, "MappingIds", value=self.to_json_string(ids)).override_logical_id("Mappings")
