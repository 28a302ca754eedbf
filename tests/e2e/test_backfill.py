"""What nobody told Cashpath of is brought over by one command, a hundred notices in a message."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cashpath_sandbox.eyes import Eyes

from .agreement import agree
from .merchant import Merchant
from .stack import Stack
from .until import until

pytestmark = pytest.mark.xdist_group("e2e")


def test_orders_that_the_shop_never_told_of_are_brought_over_by_a_backfill(
    merchant: Merchant, eyes: Eyes, stack: Stack, directory: Path
) -> None:
    began = datetime.now(UTC)
    stack.subscribes("customers/redact")
    try:
        untold = [merchant.places("plain") for _ in range(5)]
    finally:
        stack.subscribes()
    command = ("backfill", "orders", "--brand", "demo", "--settings", str(directory / "local.toml"))

    def listed() -> bool:
        """Whether the shop's search, which lags, lists them all by now."""
        said = stack.operator(*command, "--since", began.isoformat(), "--restart", "--no-wait")
        (sent,) = (line.split()[1] for line in said.splitlines() if line.startswith("sent"))
        return int(sent) >= len(untold)

    until(listed, within=60, about="the shop lists its orders")
    for order in untold:
        agree(eyes, order.origin, order.amounts, within=90)
    stack.drains(within=90)
    assert any('"backfill"' in line for group, line in stack.logs() if group.endswith("create_orders"))
