"""One canonical field as one HubSpot property: tables that both directions of a translation read. Pure.

HubSpot has no property of its own for most of what billing, the ERP and the storefront decide about a customer or a
product, so Cashpath adds its own (`cashpath_…`), made by `prepare`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from cashpath.records import BadRecord, Money, Record
from cashpath.records.catalog import Nature
from cashpath.records.customer import Consent, normal_email
from cashpath.systems.hubspot.objects import Theirs

ByField = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """The canonical field `field` is the property `name`: `to` spells a value, `of` reads one ('' where there is none).
    `label` where Cashpath adds the property."""

    field: str
    name: str
    to: Callable[[Any], str] = str
    of: Callable[[str], Any] = str
    label: str = ""


def spelled(table: Sequence[Spelling], record: Record) -> dict[str, dict[str, str]]:
    """The properties of a record, by the canonical field that they spell."""
    return {row.field: {row.name: row.to(record.value(row.field))} for row in table}


def told(table: Sequence[Spelling], theirs: Theirs) -> dict[str, Any]:
    """The canonical fields of a record of theirs. Raises BadRecord for a value that a field cannot have."""
    return {row.field: row.of(theirs.get(row.name)) for row in table}


def names(table: Sequence[Spelling]) -> tuple[str, ...]:
    """The properties of a table."""
    return tuple(row.name for row in table)


def fields(table: Sequence[Spelling]) -> frozenset[str]:
    """The canonical fields of a table."""
    return frozenset(row.field for row in table)


def yes(value: bool) -> str:
    """A yes or no as a property holds it."""
    return "true" if value else "false"


def is_yes(text: str) -> bool:
    """Whether a property says yes; no where it says nothing."""
    return text == "true"


def is_not_no(text: str) -> bool:
    """Whether a property says yes; yes where it says nothing."""
    return text != "false"


def day(value: date | None) -> str:
    """A day, ISO 8601."""
    return value.isoformat() if value else ""


def day_of(text: str) -> date | None:
    """The day that a property names."""
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError as error:
        raise BadRecord(f"{text!r} is no day; write it as 2026-12-31") from error


def money(value: Money | None) -> str:
    """An amount with its currency, `1200.00 EUR`: exact, and of any currency."""
    return f"{value.decimal:f} {value.currency}" if value else ""


def money_of(text: str) -> Money | None:
    """The amount that a property names."""
    amount, _, currency = text.strip().partition(" ")
    return Money.of(amount, currency) if amount else None


def _one_of(known: tuple[str, ...], usual: str) -> Callable[[str], str]:
    def of(text: str) -> str:
        if text and text not in known:
            raise BadRecord(f"{text!r} is none of {', '.join(filter(None, known))}")
        return text or usual

    return of


def _row(field: str, label: str, **how: Any) -> Spelling:
    return Spelling(field=field, name=f"cashpath_{field}", label=f"{label} (Cashpath)", **how)


ACCOUNT = (
    Spelling(field="phone", name="phone"),
    _row("currency", "Currency"),
    _row("tax_exempt", "Exempt from tax", to=yes, of=is_yes),
    _row("contract_start", "Contract begins", to=day, of=day_of),
    _row("contract_end", "Contract ends", to=day, of=day_of),
    _row("payment_terms", "Payment terms"),
    _row("credit_limit", "Credit limit", to=money, of=money_of),
    _row("receivable_account", "Receivable account"),
    _row("archived", "Archived", to=yes, of=is_yes),
)
CONTACT = (
    Spelling(field="email", name="email", to=normal_email, of=normal_email),
    Spelling(field="first_name", name="firstname"),
    Spelling(field="last_name", name="lastname"),
    *ACCOUNT,
    _row("locale", "Language"),
    _row("marketing", "Consent to marketing", of=_one_of(get_args(Consent), "")),
)
COMPANY = (Spelling(field="name", name="name"), *ACCOUNT)
PRODUCT = (
    Spelling(field="title", name="name"),
    Spelling(field="sku", name="hs_sku"),
    _row("nature", "What it is", of=_one_of(get_args(Nature), "good")),
    _row("tax_category", "Tax category"),
    _row("taxable", "Taxable", to=yes, of=is_not_no),
    _row("shippable", "Shippable", to=yes, of=is_not_no),
    _row("gift_card", "Gift card", to=yes, of=is_yes),
    _row("archived", "Archived", to=yes, of=is_yes),
)
