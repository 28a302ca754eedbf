"""create_orders: an order or a won deal becomes a CRM order, an ERP order and, where it recurs, a subscription."""

from typing import Any

from cashpath.wiring import wire

flow = wire("create_orders")  # settings, ledger and systems are opened on first use, and kept warm


def handler(event: dict[str, Any], context: Any) -> Any:
    return flow(event, context)
