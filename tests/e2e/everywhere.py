"""Every place of the deployed stack and of its vendors where something of a person may stand, as texts by name."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from cashpath_sandbox import traces_of_a_person as traces
from cashpath_sandbox.traces_of_a_person import Person, Place
from cashpath_sandbox.tryton.setup import DATABASE
from cashpath_sandbox.world import World

from .stack import Stack

CRM_TYPES = ("contacts", "companies", "deals", "orders", "products", "line_items")
SHOP_KINDS = ("customers", "companies", "orders", "products")
MOST = 100  # records that billing lists at once


class Everywhere:
    """All tables, queues and logs of a stack, and all that its vendors hold now.

    What vendors keep of the past is not looked at: the webhooks that a stand-in sent, as it needs them to send them
    again, and its log of requests.
    """

    def __init__(self, world: World, stack: Stack, directory: Path) -> None:
        self._world, self._stack = world, stack
        self._erp = directory / "tryton" / f"{DATABASE}.sqlite"
        self._logs = directory / "aws"
        self._http = httpx.Client(timeout=60)

    def of(self, person: Person) -> dict[str, frozenset[str]]:
        """Where something of the person stands, and what."""
        return traces.found(person, [*self.ours(), *self.theirs()])

    def ours(self) -> Iterator[Place]:
        """Whatever Cashpath keeps. Nothing may be under way: SQS shows what waits and not what is at work."""
        dynamodb = self._world.aws.client("dynamodb")
        for table in dynamodb.list_tables()["TableNames"]:
            yield from traces.scanned(dynamodb, table)
        yield from self.queues()
        yield from self._stack.logs()
        yield from traces.files(self._logs, "log")

    def queues(self) -> Iterator[Place]:
        """What waits in any queue, dead letters included. Each look is one of a message's tries: look seldom."""
        sqs = self._world.aws.client("sqs")
        for url in sqs.list_queues()["QueueUrls"]:
            yield from traces.peeked(sqs, url)

    def theirs(self) -> Iterator[Place]:
        """Whatever shop, CRM, billing and ERP hold, the ERP by its database file, archived records included."""
        for kind in SHOP_KINDS:
            yield from self._answered(f"shop {kind}", f"{self._world.shopify}/_sandbox/{kind}")
        for type in CRM_TYPES:
            yield from self._answered(f"crm {type}", f"{self._world.hubspot}/_sandbox/objects/{type}")
        for kind in ("customers", "subscriptions"):
            yield from traces.answers(f"billing {kind}", lambda kind=kind: list(self._billing(kind)))  # type: ignore[misc]
        yield from traces.database(self._erp)

    def _answered(self, name: str, url: str) -> Iterator[Place]:
        yield from traces.answers(name, lambda: self._http.get(url).raise_for_status().json())

    def _billing(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """All objects of a kind, page by page."""
        head, last = {"Authorization": f"Bearer {self._world.tokens['stripe']}"}, ""
        while True:
            asked = {"limit": str(MOST), **({"starting_after": last} if last else {})}
            asked |= {"expand[]": "data.tax_ids"} if kind == "customers" else {}
            answer = self._http.get(f"{self._world.stripe}/v1/{kind}", params=asked, headers=head)
            page = answer.raise_for_status().json()
            yield from page["data"]
            if not page.get("has_more"):
                return
            last = page["data"][-1]["id"]
