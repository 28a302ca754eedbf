"""Something that runs by the clock."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra.constructs.function import Function


class Schedule(Construct):
    """Calls the function's alias `every` so often with `event`, or whenever `at` says where that is not evenly. A run
    that failed is not repeated: the next one asks for all since the last that succeeded."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: Function,
        every: Duration,
        event: Mapping[str, Any],
        at: events.Schedule | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.every = every
        target = targets.LambdaFunction(
            function.alias,
            event=events.RuleTargetInput.from_object(dict(event)),
            retry_attempts=0,
            max_event_age=Duration.minutes(1),
        )
        self.rule = events.Rule(self, "Rule", schedule=at or events.Schedule.rate(every), targets=[target])
