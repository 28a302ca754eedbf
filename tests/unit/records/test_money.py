"""Money is exact: nothing is lost by sharing it, no currency is taken for another, no float comes near it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashpath.records import BadRecord, Money
from cashpath.records.money import EXPONENTS, MixedCurrencies, exponent

ANY_CURRENCY = st.sampled_from(["EUR", "USD", "JPY", "ISK", "KWD", "BHD"])  # two, no and three decimals
ANY_AMOUNT = st.integers(min_value=-(10**24), max_value=10**24)
ANY_MONEY = st.builds(Money, ANY_AMOUNT, ANY_CURRENCY)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=40).filter(any)


@pytest.mark.parametrize(
    ("text", "currency", "minor", "shown"),
    [
        ("12.50", "EUR", 1250, "12.50 EUR"),
        ("12.5", "EUR", 1250, "12.50 EUR"),
        ("12.500", "EUR", 1250, "12.50 EUR"),
        ("-0.01", "USD", -1, "-0.01 USD"),
        ("1200", "JPY", 1200, "1200 JPY"),
        ("1200.00", "JPY", 1200, "1200 JPY"),
        ("1.234", "KWD", 1234, "1.234 KWD"),
        ("0", "EUR", 0, "0.00 EUR"),
        ("1E2", "EUR", 10000, "100.00 EUR"),
    ],
)
def test_an_amount_is_whole_minor_units_of_its_currency(text: str, currency: str, minor: int, shown: str) -> None:
    money = Money.of(text, currency)
    assert (money.minor, str(money)) == (minor, shown)


@pytest.mark.parametrize(("text", "currency"), [("0.001", "EUR"), ("0.5", "JPY"), ("0.0001", "KWD"), ("1.005", "USD")])
def test_what_is_finer_than_a_minor_unit_is_refused_rather_than_rounded(text: str, currency: str) -> None:
    with pytest.raises(BadRecord, match="finer than the minor unit"):
        Money.of(text, currency)


@pytest.mark.parametrize("text", ["", "ten", "1,00", "NaN", "sNaN", "Infinity", "-Infinity", "1e99", "0e-9999", "--1"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(BadRecord, match="is not an amount of money"):
        Money.of(text, "EUR")


def test_a_binary_fraction_that_slipped_past_the_types_is_refused() -> None:
    with pytest.raises(BadRecord):
        Money.of(0.1, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["", "eur", "Euro", "XAU", "BTC"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(BadRecord, match="is not an ISO 4217 currency"):
        Money.of("1", currency)
    with pytest.raises(BadRecord, match="is not an ISO 4217 currency"):
        Money(100, currency)


@given(ANY_MONEY)
def test_an_amount_survives_being_written_in_major_units(money: Money) -> None:
    assert Money.of(money.decimal, money.currency) == money
    assert Money.of(str(money).removesuffix(f" {money.currency}"), money.currency) == money
    assert money.decimal == Decimal(money.minor) / 10 ** exponent(money.currency)


@given(ANY_MONEY, WEIGHTS)
def test_sharing_loses_nothing_and_favours_nobody_by_more_than_a_minor_unit(money: Money, weights: list[int]) -> None:
    shares = money.allocate(weights)
    assert Money.sum(shares, money.currency) == money
    for share, weight in zip(shares, weights, strict=True):
        fair = money.minor * weight
        assert abs(share.minor * sum(weights) - fair) < sum(weights)
        assert weight or not share


@given(ANY_MONEY, WEIGHTS)
def test_sharing_a_credit_is_as_exact_as_sharing_a_charge(money: Money, weights: list[int]) -> None:
    assert Money.sum((-money).allocate(weights), money.currency) == -money


@pytest.mark.parametrize(
    ("minor", "weights", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (100, [2, 1], [67, 33]),
        (-100, [1, 1, 1], [-33, -33, -34]),
        (1, [0, 5], [0, 1]),
        (0, [1, 2], [0, 0]),
        (5, [5], [5]),
    ],
)
def test_the_remainder_goes_to_the_largest_fractions(minor: int, weights: list[int], shares: list[int]) -> None:
    assert [share.minor for share in Money(minor, "EUR").allocate(weights)] == shares


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [2, -1]])
def test_nothing_can_be_shared_by_weights_that_make_no_whole(weights: list[int]) -> None:
    with pytest.raises(BadRecord, match=r"cannot share 1\.00 EUR by the weights"):
        Money(100, "EUR").allocate(weights)


@given(ANY_AMOUNT, ANY_AMOUNT)
def test_amounts_of_different_currencies_are_never_added(a: int, b: int) -> None:
    with pytest.raises(MixedCurrencies, match="of different currencies"):
        Money(a, "EUR") + Money(b, "USD")
    with pytest.raises(MixedCurrencies, match="of different currencies"):
        Money(a, "EUR") - Money(b, "JPY")
    with pytest.raises(MixedCurrencies, match="of different currencies"):
        Money.sum([Money(a, "EUR"), Money(b, "USD")], "EUR")


@given(ANY_CURRENCY, st.lists(ANY_AMOUNT), st.integers(-1000, 1000))
def test_sums_and_multiples_are_those_of_whole_numbers(currency: str, amounts: list[int], times: int) -> None:
    assert Money.sum((Money(a, currency) for a in amounts), currency).minor == sum(amounts)
    assert (Money(7, currency) * times).minor == 7 * times
    assert Money(7, currency) - Money(7, currency) == Money.zero(currency)


def test_no_money_is_false_and_any_other_is_true() -> None:
    assert not Money.zero("EUR")
    assert Money(-1, "EUR")


@pytest.mark.parametrize(
    ("decimals", "currencies"),
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (2, "EUR USD GBP HUF TWD MGA MRU XCG ZWG SLE VED BGN HRK"),
    ],
)
def test_each_currency_has_the_decimals_that_iso_4217_gives_it(decimals: int, currencies: str) -> None:
    assert {currency: EXPONENTS[currency] for currency in currencies.split()} == dict.fromkeys(
        currencies.split(), decimals
    )


def test_only_those_currencies_differ_from_two_decimals() -> None:
    assert (
        sum(decimals != 2 for decimals in EXPONENTS.values()) == 16 + 7 + 1
    )  # and the Belarusian rouble of before 2016
