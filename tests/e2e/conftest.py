"""One deployed sandbox for all end-to-end tests, and what they look at it with.

They run on one worker (each file names the same xdist group): the sandbox is theirs alone, one that takes a vendor down
must not do so under another, and what was emitted in all is delivered again when everything else is over.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cashpath_sandbox import standing
from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.world import World

from .merchant import Merchant
from .stack import Stack

HERE = Path(__file__).parent
# Later ones disturb what earlier ones measure, or speak of all that happened before.
TURNS = (
    "test_orders",
    "test_changes",
    "test_order_command",
    "test_deals",
    "test_webhooks",
    "test_backfill",
    "test_customers",
    "test_drift",
    "test_storms",
    "test_outages",
    "test_erasure",
    "test_traces",
    "test_redelivery",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of this folder into their turns."""
    mine = [item for item in items if HERE in item.path.parents]
    turns = iter(sorted(mine, key=lambda item: TURNS.index(item.path.stem)))
    items[:] = [next(turns) if HERE in item.path.parents else item for item in items]


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sandbox keeps its files."""
    return tmp_path_factory.mktemp("sandbox") / "up"


@pytest.fixture(scope="session")
def world(directory: Path) -> Iterator[World]:
    """A sandbox on ports of its own."""
    try:
        yield standing.up(directory, free_ports=True)
    finally:
        standing.down(directory)


@pytest.fixture(scope="session")
def eyes(world: World) -> Eyes:
    """What a person finds in each system."""
    return Eyes(world)


@pytest.fixture(scope="session")
def stack(world: World) -> Stack:
    """The deployed stack."""
    return Stack(world)


@pytest.fixture(scope="session")
def merchant(world: World) -> Merchant:
    """The people of the shop."""
    return Merchant(world)
