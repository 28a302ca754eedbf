"""A portal is set up once, by one command, before Cashpath writes into it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from cashpath_sandbox.hubspot.portal import HubSpot
from cashpath_sandbox.standin import serve

STAGE = (Path(__file__).parents[3] / "infra" / "stages" / "local.toml").read_text(encoding="utf-8")


@pytest.fixture
def portal() -> Iterator[str]:
    """A portal without Cashpath's properties; where it answers."""
    server = serve(HubSpot(token="pat-1", bare=True))
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(portal: str, tmp_path: Path, operator: Any) -> str:
    """A stage whose CRM is that portal, its secret in place."""
    file = tmp_path / "stage.toml"
    file.write_text(STAGE.replace("http://127.0.0.1:8302", portal), encoding="utf-8")
    secret = json.dumps({"access_token": "pat-1"})
    boto3.client("secretsmanager").create_secret(Name="cashpath/local/hubspot/api", SecretString=secret)
    return str(file)


def test_a_portal_gets_the_fields_it_lacks_and_nothing_the_second_time(operator: Any, settings: str) -> None:
    assert "created deals.cashpath_origin" in operator.says("prepare", "hubspot", "--settings", settings)
    assert operator.says("prepare", "hubspot", "--settings", settings) == "hubspot has all that it needs\n"


def test_a_system_that_needs_nothing_says_so_and_an_unknown_one_is_named(operator: Any, settings: str) -> None:
    assert operator.says("prepare", "tryton", "--settings", settings) == "tryton needs no preparation\n"
    refused = operator.run("prepare", "salesforce", "--settings", settings)
    assert refused.exit_code == 2
    assert "salesforce" in refused.output
