"""sync_catalog: a product and its variants are the same in all systems, each field as its owner says."""

from typing import Any

from cashpath.wiring import wire

flow = wire("sync_catalog")  # settings, ledger and systems are opened on first use, and kept warm


def handler(event: dict[str, Any], context: Any) -> Any:
    return flow(event, context)
