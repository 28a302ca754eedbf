"""Declares the mark of the conformance suite, whose tests are tried here on the in-memory vendors."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """As tests/conformance/conftest.py does, which is not loaded where only this folder is run."""
    config.addinivalue_line("markers", "rule(name): the rule of the port that this test states")
