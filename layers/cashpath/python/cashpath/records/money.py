"""Money: exact amounts. Whole minor units and an ISO 4217 currency, never floats."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Self

# ISO 4217, list one (active codes), published by SIX; funds and metals left out. A digit says how many decimals.
_TWO = """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"""
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
EXPONENTS = dict.fromkeys(_TWO.split(), 2) | dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3)


class BadRecord(ValueError):
    """A record that contradicts itself, or says what no record may say. The message names the place and the fix."""


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
        """The money that a decimal amount names. Raises BadRecord where it is no number or finer than a minor unit."""
        try:
            scaled = Decimal(amount).scaleb(exponent(currency))
        except (InvalidOperation, ValueError) as error:
            raise BadRecord(f"{amount!r} {currency} is not an amount of money") from error
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise BadRecord(f"{amount} {currency} is finer than the minor unit of {currency}")
        return cls(int(scaled), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """No money."""
        return cls(0, currency)

    @classmethod
    def sum(cls, amounts: Iterable["Money"], currency: str) -> "Money":
        """The sum of `amounts`, all of `currency`; zero where there are none."""
        total = Money.zero(currency)
        for amount in amounts:
            total += amount
        return total

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact, with the currency's decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

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
            raise BadRecord(f"{self} and {other} are of different currencies and cannot be added")
        return other
