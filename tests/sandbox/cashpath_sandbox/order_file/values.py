"""What single values of an order may say, and the sentence for each that says something else.

Amounts are checked against the decimals of their currency (ISO 4217): the one beside them, else the order's, which is
`currency` of the validation's context.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from cashpath.records.money import EXPONENTS

YEARS = range(2000, 2101)  # in which an order may have been placed
BIGINT = 2**63 - 1  # the largest id, and minor units of an amount: what a database keeps in 64 bits
UNITS = 2**31 - 1  # GraphQL specification, "Int", which is what Shopify's quantities are
_PLAIN = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,30})?")  # longer numbers are mistakes, and costly to reckon with


def _wrong(why: str) -> PydanticCustomError:
    """What is wrong with a value. The text is ours, so no brace in it is a place-holder."""
    return PydanticCustomError("shape", "{why}", {"why": why})


def _currency(value: Any) -> Any:
    if not isinstance(value, str) or value not in EXPONENTS:
        raise _wrong("no currency of ISO 4217; write its three letters, such as EUR")
    return value


def _plain(value: Any) -> str:
    """A number in plain decimal digits, as Shopify writes all of them; '' where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = f"{Decimal(repr(value)):f}" if isinstance(value, float) else str(value)
    return text if _PLAIN.fullmatch(text) else ""


def _whole(value: Any, most: int) -> bool:
    """Whether it is a whole number from 0 to `most`."""
    text = _plain(value)
    return text.isdecimal() and int(text) <= most


def _amount(value: Any, info: ValidationInfo) -> Any:
    told = info.data.get("currency_code") or (info.context or {}).get("currency")
    currency = told if isinstance(told, str) and told in EXPONENTS else "EUR"
    if not (text := _plain(value)):
        raise _wrong('no amount; write it as "12.50"')
    amount, digits = Decimal(text), EXPONENTS[currency]
    if abs(amount.scaleb(digits)) > BIGINT:
        raise _wrong("more than any order costs; write what was charged")
    near = amount.quantize(Decimal(1).scaleb(-digits))
    if near != amount:
        decimals = f"{digits} decimals" if digits else "no decimals"
        raise _wrong(f'{currency} amounts have {decimals}; write what was charged, such as "{near:f}"')
    return value


def _price(value: Any, info: ValidationInfo) -> Any:
    if Decimal(_plain(_amount(value, info))) < 0:
        raise _wrong("below zero; write the price before discounts, and what was taken off in discount_allocations")
    return value


def _quantity(value: Any) -> Any:
    if not _whole(value, UNITS):
        raise _wrong(f"no quantity; write a whole number from 0 to {UNITS}, and what was returned in refunds")
    return value


def _id(value: Any) -> Any:
    if not _whole(value, BIGINT):
        raise _wrong("no id; write Shopify's number, or leave it out")
    return value


def _text(value: Any) -> Any:
    if isinstance(value, bool | dict | list):
        raise _wrong("no text; write it in quotes")
    return str(value)


def _flag(value: Any) -> Any:
    if not isinstance(value, bool):
        raise _wrong("neither true nor false; write one of them, without quotes")
    return value


def _rate(value: Any) -> Any:
    text = _plain(value)
    if not text or not 0 <= Decimal(text) < 10:
        raise _wrong("no rate of tax; write 19 percent as 0.19")
    return value


def _time(value: Any) -> Any:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _wrong('no time; write it as "2026-11-20T09:30:00+01:00"') from None
    if at.year not in YEARS:
        raise _wrong(f"not between {YEARS[0]} and {YEARS[-1]}; write when the order was placed")
    return value


def _country(value: Any) -> Any:
    if not isinstance(value, str) or len(value) != 2 or not value.isalpha() or not value.isascii():
        raise _wrong("no country of ISO 3166; write its two letters, such as DE")
    return value


Currency = Annotated[Any, BeforeValidator(_currency)]
Amount = Annotated[Any, BeforeValidator(_amount)]
Price = Annotated[Any, BeforeValidator(_price)]
Quantity = Annotated[Any, BeforeValidator(_quantity)]
Id = Annotated[Any, BeforeValidator(_id)]
Text = Annotated[Any, BeforeValidator(_text)]
Flag = Annotated[Any, BeforeValidator(_flag)]
Rate = Annotated[Any, BeforeValidator(_rate)]
Time = Annotated[Any, BeforeValidator(_time)]
Country = Annotated[Any, BeforeValidator(_country)]
