"""The queues of a flow: live notices, bulk messages, and the dead letters of both, the one door for all that could not
be finished."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_sqs as sqs
from constructs import Construct

RETENTION = Duration.days(14)  # the longest that SQS keeps a message
TRIES = 5  # only what nobody foresaw is tried again by SQS: what waits is sent anew by the flow
RECORDER_TIMEOUT = 60  # seconds; of record_exceptions, which empties the dead-letter queues
PATIENCE = 6  # Lambda, "Using Lambda with Amazon SQS": a queue's visibility is at least six times the timeout


class FlowQueue(Construct):
    """`queue` is what the flow takes notices from, `bulk` what it takes a backlog from, a hundred in each message, and
    `dead` where it gives them up. `timeout`: the flow's, in seconds."""

    def __init__(self, scope: Construct, id: str, *, name: str, timeout: int, removal: RemovalPolicy) -> None:
        super().__init__(scope, id)

        def queue(id: str, name: str, timeout: int, dead: sqs.DeadLetterQueue | None) -> sqs.Queue:
            return sqs.Queue(
                self,
                id,
                queue_name=name,
                encryption=sqs.QueueEncryption.SQS_MANAGED,
                enforce_ssl=True,
                retention_period=RETENTION,
                visibility_timeout=Duration.seconds(PATIENCE * timeout),
                dead_letter_queue=dead,
                removal_policy=removal,
            )

        self.dead = queue("Dead", f"{name}-dead", RECORDER_TIMEOUT, None)
        gives_up = sqs.DeadLetterQueue(queue=self.dead, max_receive_count=TRIES)
        self.queue = queue("Queue", name, timeout, gives_up)
        self.bulk = queue("Bulk", f"{name}-bulk", timeout, gives_up)
