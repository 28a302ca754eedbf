"""The real ledger on moto, on a clock that tests move, with every request counted."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cashpath.ledger.exceptions import Exceptions
from cashpath.ledger.ledger import Held, Ledger
from cashpath.ledger.tables import EXCEPTIONS, LEDGER
from cashpath.records.keys import RecordKey

LEASE = 75_000


@dataclass
class Clock:
    """Epoch ms, moved by hand."""

    at: int = 1_790_000_000_000

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.at / 1000, UTC)

    def pass_by(self, ms: int) -> None:
        self.at += ms


class CountingClient:
    """boto3's client, with every request counted by its name."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.requests: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if name == "exceptions" or not callable(real):
            return real

        def counted(**asked: Any) -> Any:
            self.requests[name] += 1
            return real(**asked)

        return counted


@dataclass
class Books:
    """The ledger of one test and what a pass does with it first."""

    client: CountingClient
    clock: Clock
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = self.another_function()

    def another_function(self) -> Ledger:
        """A second warm function on the same table."""
        return Ledger("ledger", now=self.clock, client=self.client, match_key=lambda: b"a secret")

    def begin(self, key: str, owner: str = "first", brand: str = "eu") -> Held:
        held = self.ledger.begin_root(RecordKey.parse(key), owner=owner, until=self.clock.at + LEASE, brand=brand)
        assert isinstance(held, Held)
        return held

    def take(self, key: str, owner: str = "first") -> Held:
        held = self.ledger.acquire(RecordKey.parse(key), owner=owner, until=self.clock.at + LEASE)
        assert isinstance(held, Held)
        return held

    def items(self) -> list[dict[str, Any]]:
        """All that the table holds, as it holds it."""
        found: list[dict[str, Any]] = self.client.scan(TableName="ledger")["Items"]
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def client(aws: None) -> CountingClient:
    counting = CountingClient(boto3.client("dynamodb"))
    for definition in (LEDGER, EXCEPTIONS):
        counting.create_table(**definition.create_request(definition.name))
    counting.requests.clear()
    return counting


@pytest.fixture
def books(client: CountingClient, clock: Clock) -> Books:
    return Books(client, clock)


@pytest.fixture
def exceptions(client: CountingClient, clock: Clock) -> Exceptions:
    return Exceptions("exceptions", now=clock, client=client)


@pytest.fixture
def requests(client: CountingClient) -> Callable[[], dict[str, int]]:
    """What was asked since the last call."""

    def taken() -> dict[str, int]:
        made = dict(client.requests)
        client.requests.clear()
        return made

    return taken
