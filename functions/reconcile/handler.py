"""reconcile: asks systems what changed since it last asked, and sends notices for it."""

from typing import Any

from cashpath.wiring import wire_reconcile

sweep = wire_reconcile()


def handler(event: dict[str, Any], context: Any) -> Any:
    return sweep(event, context)
