"""The stack that a release replaces: the layer, the functions behind their aliases, the public address, schedules."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from cashpath.flows.manifest import FLOWS, FlowFacts
from cashpath.settings import compiled
from cashpath.settings.stage import Stage
from infra import bundle
from infra.constructs.alarms import Alarms
from infra.constructs.flow_queue import RECORDER_TIMEOUT
from infra.constructs.function import Function, House
from infra.constructs.receivers import receivers
from infra.constructs.schedule import Schedule
from infra.constructs.webhooks import Webhooks
from infra.constructs.worker import may_read_secrets, takes_dead_letters, takes_notices, worker
from infra.kept import Kept
from infra.target import Target

FORGETS = "sync_customers"  # the flow that erases, and lists whom
# UTC: a comparison that is not finished in one run of five minutes goes on in the next
NIGHTLY = events.Schedule.cron(minute="0/10", hour="1-4")
SWEEP_TIMEOUT = 300  # seconds; one that takes longer than its minute overlaps the next: a notice too many, no more


class Released(Stack):
    """All that holds no state."""

    def __init__(self, scope: Construct, stage: Stage, kept: Kept, target: Target) -> None:
        prefix, days = f"cashpath-{stage.name}", stage.stage.log_days
        super().__init__(scope, f"{prefix}-released", description="Cashpath: what a release replaces")
        self._stage, self._kept = stage, kept
        self._house = House(prefix=prefix, target=target, layer=self._layer(target), log_days=days, stage=stage.name)

        self.webhooks = Webhooks(self, "Webhooks", name=prefix, target=target, log_days=days)
        called = stage.stage.public_url or (self.webhooks.url if target.endpoint else "")
        receive = receivers(self, self._house, kept, stage, called)
        self.webhooks.route({id: receive[role] for role, ids in compiled.receivers(stage).items() for id in ids})
        flows = {flow: self._flow(flow, facts) for flow, facts in FLOWS.items()}
        mappings = {flow: takes_notices(flows[flow], kept.queues[flow].queue, FLOWS[flow].at_once) for flow in FLOWS}
        bulk = {flow: takes_notices(flows[flow], kept.queues[flow].bulk, FLOWS[flow].bulk_at_once) for flow in FLOWS}
        recorder = self._recorder()
        sweep = self._sweep()
        schedules = self._schedules(sweep)

        alarms = Alarms(self, "Alarms", topic=kept.alarms, prefix=prefix)
        alarms.exceptions_opened(recorder)
        alarms.errors(recorder, "dead letters are not recorded: look at the log of record_exceptions")
        alarms.errors(sweep, "a system could not be asked what changed: look at the log of reconcile")
        for function in receive.values():
            alarms.errors(function, f"webhooks end in an error: look at the log of {function.name}")
        for flow, queues in kept.queues.items():
            alarms.ages(flow, queues)
        for schedule in schedules:
            alarms.not_run(schedule.node.id, schedule.rule.rule_name, schedule.every)
        self.functions = [*receive.values(), *flows.values(), recorder, sweep]
        self._outputs({"Mappings": mappings, "BulkMappings": bulk})

    def _layer(self, target: Target) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            "Layer",
            code=lambda_.Code.from_asset(str(bundle.layer(target))),
            compatible_runtimes=[target.runtime],
            compatible_architectures=[target.architecture],
        )

    def _flow(self, flow: str, facts: FlowFacts) -> Function:
        kept = self._kept
        function = self._worker(flow, facts.timeout)
        kept.ledger.may_write(function.role)
        kept.exceptions.may_write(function.role)
        if flow == FORGETS:
            function.function.add_environment("CASHPATH_ERASURES", kept.erasures.name)
            kept.erasures.may_write(function.role)
        kept.match_key.grant_read(function.role)
        kept.queues[flow].queue.grant_send_messages(function.role)
        kept.queues[flow].bulk.grant_send_messages(function.role)
        kept.queues[flow].dead.grant_send_messages(function.role)
        return function

    def _sweep(self) -> Function:
        function = self._worker("reconcile", SWEEP_TIMEOUT)
        self._kept.ledger.may_write(function.role)
        for pair in self._kept.queues.values():
            pair.queue.grant_send_messages(function.role)
            pair.bulk.grant_send_messages(function.role)
        return function

    def _worker(self, name: str, timeout: int) -> Function:
        """A worker that calls systems."""
        settings = {"settings.json": compiled.flow_slice(self._stage, name)}
        function = worker(self, self._house, self._kept, name, timeout=timeout, settings=settings)
        may_read_secrets(function, [self._stage.api_secret(id) for id in self._stage.systems])
        return function

    def _recorder(self) -> Function:
        kept = self._kept
        function = worker(self, self._house, kept, "record_exceptions", timeout=RECORDER_TIMEOUT, settings={})
        kept.ledger.may_read(function.role)
        kept.exceptions.may_write(function.role)
        takes_dead_letters(function, [pair.dead for pair in kept.queues.values()])
        return function

    def _schedules(self, sweep: Function) -> list[Schedule]:
        """Systems without webhooks are asked each minute; of all others, it makes up for what got lost. Each night
        what the sync flows look after is compared."""
        polled = compiled.polled(self._stage)
        hooked = [id for id in self._stage.systems if id not in polled]
        wanted = (("each-minute", Duration.minutes(1), polled), ("each-hour", Duration.hours(1), hooked))
        nightly = Schedule(self, "each-night", function=sweep, every=Duration.days(1), event={"all": True}, at=NIGHTLY)
        return [
            nightly,
            *(
                Schedule(self, name, function=sweep, every=every, event={"systems": list(systems)})
                for name, every, systems in wanted
                if systems
            ),
        ]

    def _outputs(self, mappings: Mapping[str, Mapping[str, sources.SqsEventSource]]) -> None:
        arns = {function.name: function.alias.function_arn for function in self.functions}
        CfnOutput(self, "ApiUrl", value=self.webhooks.url)
        CfnOutput(self, "AliasArns", value=self.to_json_string(arns)).override_logical_id("Functions")
        for name, of in mappings.items():
            ids = {flow: source.event_source_mapping_id for flow, source in of.items()}
            CfnOutput(self, f"{name}Ids", value=self.to_json_string(ids)).override_logical_id(name)
