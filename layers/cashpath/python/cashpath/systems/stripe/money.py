"""Amounts as Stripe writes them, which is not always ISO 4217. Pure.

Stripe, "Supported currencies", https://docs.stripe.com/currencies: zero-decimal currencies, three-decimal
currencies and the special cases.
"""

from cashpath.records.money import BadRecord, Money, exponent

# Where Stripe's decimals are not ISO's: the ariary has none there, while the krona and the Ugandan shilling keep two
# for compatibility although only whole ones can be charged.
_DECIMALS = {"MGA": 0, "ISK": 2, "UGX": 2}
_THREE = 3
_LAST_DIGIT = 10


def to_stripe(money: Money) -> int:
    """The amount in the unit that Stripe counts in. Raises BadRecord where Stripe cannot charge it."""
    iso, theirs = exponent(money.currency), _DECIMALS.get(money.currency, exponent(money.currency))
    if theirs >= iso:
        amount: int = money.minor * 10 ** (theirs - iso)
    else:
        amount, rest = divmod(money.minor, 10 ** (iso - theirs))
        if rest:
            raise BadRecord(f"{money} is finer than Stripe can charge in {money.currency}; round the price")
    if theirs == _THREE and amount % _LAST_DIGIT:
        raise BadRecord(f"{money}: Stripe wants a last digit of 0 in {money.currency}; round the price to two decimals")
    return amount


def from_stripe(amount: int, currency: str) -> Money:
    """The money that `amount` means in Stripe's lower-case `currency`. Raises BadRecord where it is no whole minor
    unit of ISO 4217."""
    code = currency.upper()
    iso, theirs = exponent(code), _DECIMALS.get(code, exponent(code))
    if iso >= theirs:
        return Money(amount * 10 ** (iso - theirs), code)
    minor, rest = divmod(amount, 10 ** (theirs - iso))
    if rest:
        raise BadRecord(f"Stripe says {amount} {code}, which is finer than the minor unit of {code}")
    return Money(minor, code)
