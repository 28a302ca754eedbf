"""A function as Lambda unpacks it: its handler, the settings that the local stage compiles to, its environment."""

import base64
import hashlib
import hmac
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.stub import SECRET

from cashpath.settings import compiled
from cashpath.settings.load import load
from cashpath_sandbox.shopify import orders

ROOT = Path(__file__).parents[2]
FLOOR = Path(__file__).with_name("floor.py")
QUEUES = json.dumps({"create_orders": "https://sqs.eu-central-1.amazonaws.com/000000000000/create_orders"})
ENVIRONMENT: Mapping[str, str] = {
    "CASHPATH_STAGE": "local",
    "CASHPATH_ROLE": "storefront",
    "CASHPATH_QUEUES": QUEUES,
    "CASHPATH_DEAD_LETTERS": QUEUES,
    "CASHPATH_LEDGER": "ledger",
    "CASHPATH_EXCEPTIONS": "exceptions",
    "CASHPATH_MATCH_KEY": "match-key",
    "POWERTOOLS_TRACE_DISABLED": "1",
}


@contextmanager
def unpacked(name: str) -> Iterator[Path]:
    """The handler's file in a folder of its own, as the stage of `make demo` deploys it."""
    stage = load(ROOT / "infra" / "stages" / "local.toml")
    with TemporaryDirectory(prefix="cashpath-bench-") as folder:
        handler = Path(shutil.copy(ROOT / "functions" / name / "handler.py", folder))
        settings = {"settings.json": compiled.flow_slice(stage, name)}
        settings |= {
            f"settings.{role}.json": compiled.receiver_slice(stage, role) for role in compiled.receivers(stage)
        }
        for file, text in settings.items():
            (handler.parent / file).write_text(text, encoding="utf-8")
        yield handler


def webhook() -> dict[str, Any]:
    """A plain order's signed webhook, as API Gateway hands it over (HTTP APIs, payload format 2.0)."""
    body = json.dumps(orders.made("plain").body)
    signature = hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).digest()
    headers = {
        "x-shopify-hmac-sha256": base64.b64encode(signature).decode(),
        "x-shopify-topic": "orders/create",
        "x-shopify-shop-domain": "cashpath-demo.myshopify.com",
        "x-shopify-event-id": "event-1",
    }
    return {
        "rawPath": "/webhooks/shop",
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {"domainName": "api.test", "http": {"method": "POST", "path": "/webhooks/shop"}},
        "body": body,
        "isBase64Encoded": False,
    }
