"""Setting up: who owns what, what a mapping makes of a sample, what a vendor lacks."""

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
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "stage.toml"
    file.write_text(STAGE, encoding="utf-8")
    return file


@pytest.fixture
def portal() -> Iterator[str]:
    """Where a portal without Cashpath's properties answers."""
    server = serve(HubSpot(token="pat-1", bare=True))
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()


def test_the_matrix_shows_who_owns_each_field_and_what_becomes_of_others_changes(operator: Any, settings: Path) -> None:
    said = operator.says("ownership", "--kind", "customer", "--settings", str(settings))
    assert "storefront (shop)" in said
    [payable] = [line.split() for line in said.splitlines() if line.startswith("payable")]
    assert payable == ["payable", "-", "-", "OWNS", "-", "put", "right"]
    told = json.loads(operator.says("ownership", "--json", "--settings", str(settings)))
    [loyalty] = [row for row in told["demo"]["customer"] if row["field"] == "custom.loyalty"]
    assert (loyalty["crm"], loyalty["billing"], loyalty["erp"]) == ("OWNS", "gets it", "-")
    [prices] = [row for row in told["demo"]["variant"] if row["field"] == "prices"]
    assert prices["storefront"] == "OWNS, cannot tell", "no country is named whose prices it should tell"


def test_a_sample_shows_each_field_before_and_after(operator: Any, settings: Path, tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    sample.write_text(json.dumps({"loyalty_tier": "Gold"}), encoding="utf-8")
    said = operator.says("mapping", "try", "hubspot", "customer", str(sample), "--settings", str(settings))
    assert said.splitlines()[-1].split() == ["custom.loyalty", "loyalty_tier", "text", "Gold", "gold", "Gold"]


def test_a_sample_that_cannot_be_translated_says_so_and_fails(operator: Any, settings: Path, tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    sample.write_text(json.dumps({"loyalty_tier": "Platinum"}), encoding="utf-8")
    failed = operator.run("mapping", "try", "hubspot", "customer", str(sample), "--settings", str(settings))
    assert failed.exit_code == 1
    assert "known are Bronze, Silver, Gold" in failed.output


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("ownership", "--kind", "costumer"), "there is no kind 'costumer'"),
        (("ownership", "--brand", "demmo"), "names no brand 'demmo'"),
        (("mapping", "try", "hubspot", "order", "sample.json"), "can have fields of their own, not 'order'"),
        (("mapping", "try", "hubspott", "customer", "sample.json"), "names no system 'hubspott'"),
        (("mapping", "try", "hubspot", "customer", "nowhere.json"), "is no JSON that can be read"),
    ],
)
def test_whoever_asks_for_what_is_not_there_is_told(
    operator: Any, settings: Path, command: tuple[str, ...], said: str
) -> None:
    failed = operator.run(*command, "--settings", str(settings))
    assert failed.exit_code == 2
    assert said in " ".join(failed.output.replace("│", " ").split())


def test_a_system_whose_secret_is_missing_is_named_and_the_others_are_asked_all_the_same(
    operator: Any, settings: Path, portal: str
) -> None:
    settings.write_text(settings.read_text().replace("http://127.0.0.1:8302", portal), encoding="utf-8")
    boto3.client("secretsmanager").create_secret(
        Name="cashpath/local/hubspot/api", SecretString=json.dumps({"access_token": "pat-1"})
    )
    failed = operator.run("check", "--settings", str(settings))
    assert failed.exit_code == 1
    for system in ("shop", "stripe", "tryton"):
        assert f"✗ {system} cannot be asked: its secret cashpath/local/{system}/api" in failed.output
    assert "no property 'loyalty_tier'" in failed.output


def test_what_a_portal_lacks_is_told_with_its_remedy(operator: Any, settings: Path, portal: str) -> None:
    settings.write_text(settings.read_text().replace("http://127.0.0.1:8302", portal), encoding="utf-8")
    boto3.client("secretsmanager").create_secret(
        Name="cashpath/local/hubspot/api", SecretString=json.dumps({"access_token": "pat-1"})
    )
    asked = ("check", "--system", "hubspot", "--settings", str(settings))
    failed = operator.run(*asked)
    assert failed.exit_code == 1
    assert "contacts.cashpath_origin" in failed.output
    assert "no property 'loyalty_tier'" in failed.output
    operator.says("prepare", "hubspot", "--settings", str(settings))
    assert "cashpath prepare" not in operator.run(*asked).output
