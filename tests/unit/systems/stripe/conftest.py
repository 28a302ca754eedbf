"""An empty account for each test."""

import pytest

from cashpath_sandbox.stripe.bench import Account, account


@pytest.fixture
def stripe() -> Account:
    return account()
