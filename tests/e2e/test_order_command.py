"""`cashpath-sandbox order FILE` on the deployed stack: an order arrives, or is held up by what a person can settle."""

import json
import subprocess
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from cashpath_sandbox import cli, follow, standing
from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.shopify.orders import made
from cashpath_sandbox.world import World

from .stack import Stack
from .until import PATIENT, until

pytestmark = pytest.mark.xdist_group("e2e")

NOWHERE = "QQ"  # a country that the ERP does not know


@pytest.fixture
def order(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], tuple[int, str]]:
    """Run the command with an order; its exit code, and what it prints."""
    monkeypatch.setattr(standing, "up", lambda: world)
    monkeypatch.setattr(follow, "PATIENCE", follow.PATIENCE * PATIENT)

    def run(body: Any) -> tuple[int, str]:
        file = tmp_path / "my-order.json"
        file.write_text(json.dumps(body), encoding="utf-8")
        result = CliRunner().invoke(cli.app, ["order", str(file)], env={"COLUMNS": "100"})
        return result.exit_code, result.stdout

    return run


def someones(n: int) -> dict[str, Any]:
    """An order of a customer who is nobody else's, and of goods that nobody else sells."""
    body = deepcopy(dict(made("plain", n).body))
    body["customer"] |= {"id": 8_900_000_000_000 + n, "email": f"order.{n}@example.com"}
    body["email"] = body["customer"]["email"]
    return body


def test_an_order_of_ones_own_is_followed_until_it_is_everywhere(order: Callable[[Any], tuple[int, str]]) -> None:
    code, said = order({"orders": [someones(8801)]})
    assert code == 0, said
    assert "in the CRM; in the ERP" in said
    assert said.endswith("The order is in all systems that are to have it, and they agree.\n")


def test_an_order_whose_customer_no_system_takes_ends_as_what_a_person_can_settle(
    order: Callable[[Any], tuple[int, str]], world: World, eyes: Eyes, stack: Stack
) -> None:
    body = someones(8802)
    places = (body["billing_address"], body["shipping_address"], body["customer"]["default_address"])
    for place in places:
        place["country_code"] = NOWHERE
    code, said = order(body)
    assert code == 0, said
    assert "The order is held up:" in said
    assert f"why         Tryton has no country {NOWHERE}" in said

    for place in places:
        place["country_code"] = "DE"
    addresses = {name: body[name] for name in ("billing_address", "shipping_address")}
    httpx.patch(f"{world.shopify}/_sandbox/orders/{body['id']}", json=addresses, timeout=20).raise_for_status()
    httpx.post(f"{world.shopify}/_sandbox/customers", json=body["customer"], timeout=20).raise_for_status()
    assert pasted(said) == "1 sent again\n"
    until(lambda: eyes.in_erp(f"shop/order/{body['id']}"), within=120, about="the order follows by itself")
    until(lambda: not stack.stuck_for("no_country"), within=60, about="the exception closed itself")


def pasted(said: str) -> str:
    """What a shell that knows nothing prints, once the line to export and the command to run are pasted into it."""
    lines = [line.strip() for line in said.splitlines()]
    [export] = [line for line in lines if line.startswith("export ")]
    [afterwards] = [line.removeprefix("afterwards").strip() for line in lines if line.startswith("afterwards")]
    shell = subprocess.run(
        ["/bin/bash", "-c", f"{export}\n{afterwards}"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert shell.returncode == 0, shell.stderr
    return shell.stdout
