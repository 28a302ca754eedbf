"""Amounts are Stripe's where Stripe's decimals are not those of ISO 4217."""

import pytest

from cashpath.records import BadRecord, Money
from cashpath.systems.stripe.money import from_stripe, to_stripe


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money.of("10.50", "EUR"), 1050),
        (Money.of("500", "JPY"), 500),
        (Money.of("5.120", "KWD"), 5120),
        (Money.of("5", "ISK"), 500),
        (Money.of("5", "UGX"), 500),
        (Money.of("5.00", "MGA"), 5),
    ],
)
def test_the_customer_is_charged_exactly_the_price(money: Money, amount: int) -> None:
    assert to_stripe(money) == amount
    assert from_stripe(amount, money.currency.lower()) == money


@pytest.mark.parametrize(
    ("money", "why"), [(Money.of("5.124", "KWD"), "last digit"), (Money.of("5.20", "MGA"), "finer")]
)
def test_a_price_that_stripe_cannot_charge_is_refused_rather_than_rounded(money: Money, why: str) -> None:
    with pytest.raises(BadRecord, match=why):
        to_stripe(money)


def test_an_amount_finer_than_the_minor_unit_is_refused_when_read() -> None:
    with pytest.raises(BadRecord, match="finer"):
        from_stripe(550, "isk")
