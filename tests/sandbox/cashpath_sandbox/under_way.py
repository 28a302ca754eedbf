"""What is on its way in a running sandbox: the vendors' deliveries, the notices in Cashpath's queues, dead letters."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import httpx

from cashpath_sandbox.world import World

_DEPTHS = {"": "waiting", "NotVisible": "in flight", "Delayed": "delayed"}  # of SQS: what a message of each is doing


class UnderWay:
    """Counts what is on its way, through one SQS client that it keeps."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._http = httpx.Client(timeout=60)

    @cached_property
    def _queues(self) -> Any:
        return self._world.aws.client("sqs")

    def counts(self) -> Mapping[str, int]:
        """How many there are of each, by a name for people: `{"sync_catalog delayed": 2}`. Empty where nothing is.

        Deliveries are counted first: one that is over is in a queue by then, or has been worked off.
        """
        counts = {**self._deliveries(), **self._messages()}
        return {name: count for name, count in counts.items() if count}

    def _deliveries(self) -> dict[str, int]:
        world = self._world
        places = {
            "shop": f"{world.shopify}/_sandbox/webhook",
            "hubspot": f"{world.hubspot}/_sandbox/webhooks",
            "stripe": f"{world.stripe}/_sandbox/webhooks",
        }
        answers = {system: self._http.get(address).raise_for_status().json() for system, address in places.items()}
        return {f"webhooks of {system}": int(answer["due"]) for system, answer in answers.items()}

    def _messages(self) -> dict[str, int]:
        deployed = self._world.deployed
        kinds = {"": deployed.queues, " in bulk": deployed.bulk_queues, " dead letters": deployed.dead_letters}
        names = [f"ApproximateNumberOfMessages{depth}" for depth in _DEPTHS]
        counts: dict[str, int] = {}
        for kind, urls in kinds.items():
            for flow, url in urls.items():
                answer = self._queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
                for name, doing in zip(names, _DEPTHS.values(), strict=True):
                    counts[f"{flow}{kind} {doing}"] = int(answer[name])
        return counts
