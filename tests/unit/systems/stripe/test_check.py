"""`cashpath check` says what Stripe's key lacks, before a flow finds out."""

import pytest

from cashpath.systems.mapping import FieldMap, Mapped
from cashpath.systems.port import Checkable
from cashpath_sandbox.killable import Answer
from cashpath_sandbox.stripe.bench import Account, account


def lacking(stripe: Account) -> list[str]:
    assert isinstance(stripe.connector, Checkable)
    return list(stripe.connector.check())


def test_a_secret_key_of_the_right_mode_lacks_nothing(stripe: Account) -> None:
    assert lacking(stripe) == []
    assert stripe.writes() == 0


def test_a_restricted_key_is_told_each_permission_that_it_lacks() -> None:
    stripe = account(key="rk_test_1", live=False)
    assert lacking(stripe) == []
    stripe.standin.forbidden = frozenset({"prices", "events"})
    prices, events = lacking(stripe)
    assert "/v1/prices" in prices
    assert "Prices (Write)" in prices
    assert "Events (Read)" in events


@pytest.mark.parametrize(("key", "live", "mode"), [("sk_live_1", False, "test"), ("rk_test_1", True, "live")])
def test_a_key_of_the_other_mode_is_named_and_nothing_is_sent(key: str, live: bool, mode: str) -> None:
    stripe = account(key=key, live=live)
    (sentence,) = lacking(stripe)
    assert f"not one of {mode} mode" in sentence
    assert stripe.transport.sent == []


def test_a_mapped_field_that_no_metadata_can_hold_is_named() -> None:
    fields = (Mapped(name="club", field="club[level]"), Mapped(name="tier", field="Tier"))
    (sentence,) = lacking(account(mapping=FieldMap({"customer": fields})))
    assert "club[level]" in sentence


def test_a_key_that_stripe_refuses_is_named_with_its_remedy(stripe: Account) -> None:
    stripe.transport.answer_always(Answer(401, {}, b'{"error": {}}'))
    (sentence,) = lacking(stripe)
    assert "put a valid credential into the secret of stripe" in sentence
