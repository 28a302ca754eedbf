"""What somebody must hear of, told to the stage's topic: each alarm is one line of the table below."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.constructs.flow_queue import FlowQueue
from infra.constructs.function import Function

OLD_NOTICE = Duration.hours(1)  # a paused flow or a system that is down; the queue itself forgets after 14 days
OLD_BULK = Duration.hours(6)  # the feeder keeps the queue short, so a message of it is done within minutes
OLD_DEAD_LETTER = Duration.minutes(15)  # the recorder takes them within seconds


class Alarms(Construct):
    """Adds alarms one by one; each says in its description what it means and what to look at."""

    def __init__(self, scope: Construct, id: str, *, topic: sns.ITopic, prefix: str) -> None:
        super().__init__(scope, id)
        self._action = actions.SnsAction(topic)
        self._prefix = prefix
        self._stage = prefix.removeprefix("cashpath-")
        self._command = f"cashpath --stage {self._stage}"

    def exceptions_opened(self, recorder: Function) -> None:
        """Somebody has to decide something."""
        opened = cloudwatch.Metric(
            namespace="Cashpath",
            metric_name="ExceptionsOpened",
            dimensions_map={"service": recorder.name, "stage": self._stage},
            statistic="Sum",
        )
        meaning = f"a notice could not be finished: see `{self._command} exceptions list`"
        self._add("exceptions-opened", opened, meaning)

    def errors(self, function: Function, meaning: str) -> None:
        """A function ended in an error that it did not report as a failed item."""
        self._add(f"{function.name}-errors", function.function.metric_errors(statistic="Sum"), meaning)

    def ages(self, flow: str, queues: FlowQueue) -> None:
        """Messages that nobody takes, and dead letters that the recorder does not."""
        self._add(
            f"{flow}-old-notice",
            queues.queue.metric_approximate_age_of_oldest_message(statistic="Maximum"),
            f"notices of {flow} are not taken: is it paused (`{self._command} resume {flow}`), or a system down?",
            threshold=OLD_NOTICE.to_seconds(),
            periods=2,
        )
        self._add(
            f"{flow}-old-bulk-message",
            queues.bulk.metric_approximate_age_of_oldest_message(statistic="Maximum"),
            f"a backfill of {flow} does not go on: is it paused (`{self._command} resume {flow}`), or a system down?",
            threshold=OLD_BULK.to_seconds(),
            periods=2,
        )
        self._add(
            f"{flow}-old-dead-letter",
            queues.dead.metric_approximate_age_of_oldest_message(statistic="Maximum"),
            f"what {flow} gave up is not recorded: look at the log of record_exceptions",
            threshold=OLD_DEAD_LETTER.to_seconds(),
            periods=3,
        )

    def not_run(self, name: str, rule: str, every: Duration) -> None:
        """A schedule that did not run for three times as long as it should have taken, or for a day: that is as long as
        CloudWatch looks back."""
        period = Duration.minutes(min(24 * 60, max(5, 3 * every.to_minutes())))
        runs = cloudwatch.Metric(
            namespace="AWS/Events",
            metric_name="Invocations",
            dimensions_map={"RuleName": rule},
            statistic="Sum",
            period=period,
        )
        self._add(
            f"{name}-not-run",
            runs,
            f"the schedule {name} did not run: is its rule enabled, and may it call its function?",
            missing=cloudwatch.TreatMissingData.BREACHING,
            below=True,
        )

    def _add(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        meaning: str,
        *,
        threshold: float = 1,
        periods: int = 1,
        below: bool = False,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        over = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self._prefix}-{name}",
            alarm_description=meaning,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD if below else over,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(self._action)
