"""sync_customers: a customer or company is the same in all systems, each field as its owner says."""

from typing import Any

from cashpath.wiring import wire

flow = wire("sync_customers")  # settings, ledger and systems are opened on first use, and kept warm


def handler(event: dict[str, Any], context: Any) -> Any:
    return flow(event, context)
