"""Secrets Manager: JSON secrets, fetched once and kept for the life of the warm Lambda."""

import json
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Secrets:
    """Secrets by name. `client` is boto3's, opened on first use where none is given."""

    def __init__(self, client: "SecretsManagerClient | None" = None) -> None:
        self._known: dict[str, Mapping[str, str]] = {}
        self._one_at_a_time = threading.Lock()  # the passes of a bulk message need the same ones at the same moment
        if client is not None:
            self.client = client

    @cached_property
    def client(self) -> "SecretsManagerClient":
        """boto3's client, opened on first use."""
        import boto3

        return boto3.client("secretsmanager")

    def get(self, name: str, fresh: bool = False) -> Mapping[str, str]:
        """The secret's fields. With `fresh` it is read again, as a vendor's refusal calls for.

        Raises ValueError where the secret is not a JSON object of strings; never says what it holds.
        """
        with self._one_at_a_time:
            if fresh or name not in self._known:
                self._known[name] = _fields(name, self.client.get_secret_value(SecretId=name).get("SecretString", ""))
            return self._known[name]


def _fields(name: str, text: str) -> Mapping[str, str]:
    try:
        body = json.loads(text)
    except ValueError:
        body = None  # raised below without the text, which json's own error would carry along
    if not isinstance(body, dict) or not all(isinstance(value, str) for value in body.values()):
        raise ValueError(f"the secret {name} is not a JSON object of strings; set it to one")
    return body
