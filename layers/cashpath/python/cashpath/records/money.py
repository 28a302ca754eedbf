"""Money: exact amounts. Whole minor units and an ISO 4217 currency, never floats."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, InvalidOperation
from typing import Self

# ISO 4217, "List one: current currency & funds", published by SIX (www.six-group.com, data standards); funds, metals
# and units of account left out. Compared on 24 November 2026 with the copy kept at github.com/datasets/currency-codes
# (codes-all.csv of 1 February 2026, the euro in Bulgaria included): no code and no exponent differs.
_TWO = """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"""
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
# List three, withdrawn since 2016: a shop's history still names them. (It gives no exponents; these are the last ones.)
_WITHDRAWN_TWO = "ANG BGN CUC HRK MRO SLL STD VEF ZWL"
_WITHDRAWN_NONE = "BYR"
EXPONENTS: Mapping[str, int] = {
    **dict.fromkeys(f"{_TWO} {_WITHDRAWN_TWO}".split(), 2),
    **dict.fromkeys(f"{_NONE} {_WITHDRAWN_NONE}".split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)  # no digit of an amount is ever rounded away
_DIGITS = 30  # more than any amount of money has: a longer one, or an exponent in its place, is a mistake


class BadRecord(ValueError):
    """A record that contradicts itself, or says what no record may say. The message names the place and the fix."""


class MixedCurrencies(BadRecord):
    """Amounts of different currencies met where only one makes sense."""


def exponent(currency: str) -> int:
    """How many decimals `currency` has. Raises BadRecord where ISO 4217 does not know it."""
    if currency not in EXPONENTS:
        raise BadRecord(f"{currency!r} is not an ISO 4217 currency; look at the currency that the source names")
    return EXPONENTS[currency]


@dataclass(frozen=True)
class Money:
    """`minor` whole minor units (cents, yen, fils) of `currency`, an ISO 4217 code."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Self:
        """The money that a decimal amount in major units names, `Money.of("12.50", "EUR")`.

        Raises BadRecord where it is no number, finer than a minor unit, or longer than any amount of money.
        """
        try:
            value = Decimal(amount)
        except (InvalidOperation, ValueError) as error:
            raise BadRecord(f"{amount!r} {currency} is not an amount of money") from error
        if not value.is_finite() or value.adjusted() > _DIGITS or int(value.as_tuple().exponent) < -_DIGITS:
            raise BadRecord(f"{amount!r} {currency} is not an amount of money")
        scaled = value.scaleb(exponent(currency), context=_EXACT)
        if scaled != scaled.to_integral_value():
            raise BadRecord(f"{amount} {currency} is finer than the minor unit of {currency}")
        return cls(int(scaled), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """No money."""
        return cls(0, currency)

    @classmethod
    def sum(cls, amounts: Iterable["Money"], currency: str) -> "Money":
        """The sum of `amounts`; zero where there are none. Raises BadRecord where one is not of `currency`."""
        total = Money.zero(currency)
        for amount in amounts:
            total += amount
        return total

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact, with the currency's decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency), context=_EXACT)

    def __str__(self) -> str:
        return f"{self.decimal:.{exponent(self.currency)}f} {self.currency}"

    def __bool__(self) -> bool:
        return self.minor != 0

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.minor * quantity, self.currency)

    def allocate(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """This money in shares proportional to `weights`, none lost: the remainder goes to the largest fractions.

        Raises BadRecord where the weights are negative or all zero.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise BadRecord(f"cannot share {self} by the weights {list(weights)}")
        shares = [self.minor * weight // whole for weight in weights]
        by_fraction = sorted(range(len(weights)), key=lambda i: (-(self.minor * weights[i] % whole), i))
        for i in by_fraction[: self.minor - sum(shares)]:
            shares[i] += 1
        return tuple(Money(share, self.currency) for share in shares)

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise MixedCurrencies(f"{self} and {other} are of different currencies and cannot be added")
        return other
