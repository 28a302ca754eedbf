"""One process of the races: a warm Lambda with the real handler of create_orders, fed from a queue as its mapping does.

    python -m tests.together.worker GATE_URL

Each line that it reads is a race: the queue's address, the guards that are out of the code, the gates that it stops
at. It answers `done` once the queue holds nothing, notices that wait included.
"""

import json
import sys
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import boto3
from functions.create_orders.handler import handler
from tests.together import gates
from tests.together.guards import without

CONTEXT = SimpleNamespace(
    function_name="create_orders", memory_limit_in_mb=512, aws_request_id="race", invoked_function_arn="create_orders"
)
AGAIN = 2  # seconds after which a message whose function failed shows again; six minutes with a real mapping


def main(gate_url: str) -> None:
    """Run in one race after the other, until there is no more input."""
    sqs: Any = boto3.client("sqs")
    _say("ready")
    for line in sys.stdin:
        race = json.loads(line)
        with ExitStack() as stack:
            for guard in race["without"]:
                stack.enter_context(without(guard))
            for gate in race["gates"]:
                stack.enter_context(gates.at(gate, gate_url))
            while _left(sqs, race["queue"]):
                _take(sqs, race["queue"])
        _say("done")


def _take(sqs: Any, queue: str) -> None:
    asked = {"QueueUrl": queue, "MaxNumberOfMessages": 1, "WaitTimeSeconds": 1}
    for message in sqs.receive_message(**asked).get("Messages", []):
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "eventSource": "aws:sqs",
        }
        answer = handler({"Records": [record]}, CONTEXT)
        again = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
        if answer["batchItemFailures"]:
            sqs.change_message_visibility(**again, VisibilityTimeout=AGAIN)
        else:
            sqs.delete_message(**again)


def _left(sqs: Any, queue: str) -> bool:
    names = [f"ApproximateNumberOfMessages{name}" for name in ("", "NotVisible", "Delayed")]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return any(int(found.get(name, "0")) for name in names)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
