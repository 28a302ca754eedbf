"""Whether Cashpath wants anything written of an order at all, as the flow's own function plans it."""

import json
import time
from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from cashpath_sandbox.world import World

OLD = (
    "it is over, or from before the cutover, and was in no other system. "
    "Take created_at, processed_at and updated_at out of the file to place it as of today"
)
PROMPT = Config(read_timeout=10, retries={"total_max_attempts": 1})  # who waits for an order waits for no plan
WRITES = tuple(f"{word}:" for word in ("storefront", "crm", "billing", "erp", "person", "drift"))


def why_not(world: World, id: str) -> str:
    """Why Cashpath wants nothing written of an order, as the flow's own function plans it; '' where it wants any."""
    return reason(_plan(world, id))


def reason(answer: Mapping[str, Any]) -> str:
    """The same, of what the function answered. '' as well where there is no plan now."""
    if "failure" in answer or "plan" not in answer:
        return ""
    lines: list[str] = answer["plan"]
    wanted = [line for line in lines if line.startswith(WRITES)]
    return "" if wanted else "; ".join(lines) or OLD


def _plan(world: World, id: str) -> Mapping[str, Any]:
    notice = {"flow": "create_orders", "system": "shop", "kind": "order", "id": id}
    body = {"preview": {**notice, "received": int(time.time() * 1000), "trigger": "redrive", "v": 1}}
    function = world.deployed.functions["create_orders"]
    try:
        answer = world.aws.client("lambda", PROMPT).invoke(FunctionName=function, Payload=json.dumps(body))
    except ReadTimeoutError:
        return {"failure": "a system keeps the plan waiting"}
    said: Mapping[str, Any] = json.loads(answer["Payload"].read() or "{}")
    return said
