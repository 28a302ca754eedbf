"""How HubSpot spells values: every property is text. Both directions, pure."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from cashpath.records.money import BadRecord, Money

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Properties that are compared as numbers or as moments, by whatever object they stand on.
NUMBERS = frozenset(
    {
        "amount",
        "price",
        "quantity",
        "discount",
        "hs_total_price",
        "hs_subtotal_price",
        "hs_tax",
        "hs_shipping_cost",
        "cashpath_discount",
        "cashpath_tax",
        "cashpath_total_tax",
        "cashpath_discounts",
        "cashpath_shipping",
        "cashpath_shipping_tax",
        "cashpath_charges_tax",
        "cashpath_duties",
        "cashpath_fees",
        "cashpath_tip",
        "cashpath_rounding",
    }
)
MOMENTS = frozenset(("closedate", "hs_external_created_date"))


def amount(money: Money | None) -> str:
    """An amount as we write it: exact, with the currency's decimals; '' clears the property."""
    return "" if money is None else f"{money.decimal:f}"


def moment(at: datetime) -> str:
    """A moment as we write it: ISO 8601 in UTC, to the millisecond, as HubSpot returns it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime:
    """The moment that a date property names: ISO 8601, or epoch milliseconds. Raises BadRecord where it is neither."""
    try:
        if text.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as error:
        raise BadRecord(f"{text!r} is not a date that HubSpot writes") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def millis(text: str) -> int | None:
    """A modification mark in epoch milliseconds; None where there is none."""
    return epoch_millis(moment_of(text)) if text else None


def epoch_millis(at: datetime) -> int:
    """A moment in whole epoch milliseconds, as HubSpot keeps it: what is finer is cut off."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def number_of(text: str, where: str) -> Decimal:
    """The number in a property, zero where it is empty. Raises BadRecord, naming `where`, if it is none."""
    try:
        number = Decimal(text or "0")
    except InvalidOperation as error:
        raise BadRecord(f"{where} is {text!r}, which is no number") from error
    if not number.is_finite():
        raise BadRecord(f"{where} is {text!r}, which is no number")
    return number


def canonical(name: str, value: str | None) -> str:
    """A property's value as two of them are compared: numbers without trailing zeros, moments to the millisecond."""
    text = (value or "").strip()
    if not text:
        return ""
    if name in MOMENTS:
        return moment(moment_of(text))
    if name in NUMBERS or name.startswith("hs_price_"):
        number = number_of(text, name)
        return f"{number.normalize():f}" if number else "0"
    return text


def chosen(by_field: Mapping[str, Mapping[str, str]], fields: Collection[str]) -> dict[str, str]:
    """The properties that spell `fields`, out of those that spell each field."""
    return {name: value for f, values in by_field.items() if f in fields for name, value in values.items()}
