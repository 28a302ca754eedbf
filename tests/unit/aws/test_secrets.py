"""Secrets are fetched once, and never told."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cashpath.aws.secrets import Secrets


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("secretsmanager")


def test_a_warm_function_reads_a_secret_once_and_again_when_it_is_refused(vault: Any) -> None:
    vault.create_secret(Name="crm", SecretString=json.dumps({"token": "old"}))
    secrets = Secrets()
    assert secrets.get("crm") == {"token": "old"}
    vault.put_secret_value(SecretId="crm", SecretString=json.dumps({"token": "new"}))
    assert secrets.get("crm") == {"token": "old"}
    assert secrets.get("crm", fresh=True) == {"token": "new"}
    assert secrets.get("crm") == {"token": "new"}


@pytest.mark.parametrize("text", ["hunter2", '["hunter2"]', '{"token":{"is":"hunter2"}}', '{"token":2}'])
def test_a_secret_of_another_shape_is_refused_without_telling_it(vault: Any, text: str) -> None:
    vault.create_secret(Name="crm", SecretString=text)
    with pytest.raises(ValueError, match="the secret crm is not a JSON object of strings") as raised:
        Secrets(vault).get("crm")
    assert "hunter2" not in str(raised.value)
    assert raised.value.__context__ is None
