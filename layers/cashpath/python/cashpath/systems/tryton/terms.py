"""What the books have a say in of a party: language, currency, tax, payment terms, receivable account. Pure.

All are values that Tryton keeps beside the party, by company where accounting needs it, and that a write of the party
sets (its own modification mark moves). A party without a value of its own has the default of Tryton's configuration,
where there is one. An account is named by its code, a payment term by its name. A party is tax exempt when its tax rule
for sales is the one that the option `exempt_tax_rule` names; without that option nothing is told or held of it. Nor of
a credit limit without the option `credit_limits`: it takes the module account_credit_limit, and is an amount in the
currency of the books, which the option `currency` names.
Source: trytond_account 8.2 `party.py` (customer_tax_rule, account_receivable), trytond_account_invoice 8.2 `party.py`
(customer_payment_term), trytond_sale 8.2 `party.py` (customer_currency).
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import Company, Customer
from cashpath.systems.tryton import text
from cashpath.systems.tryton.books import Books, whole
from cashpath.systems.tryton.contacts import Row

FIELDS = ("lang", "customer_tax_rule", "customer_payment_term", "account_receivable", "customer_currency")
CREDIT_LIMIT = "credit_limit_amount"
# The languages that Tryton ships (trytond 8.2, `ir/lang.xml`); one that somebody added is left alone.
_SHIPPED = "bg ca cs de en es es_419 et fa fi fr hu id it lo lt nl pl pt ro ru sl tr uk zh_CN"
LANGUAGES = frozenset(_SHIPPED.split())
_SCRIPTS = {"zh": "zh_CN", "zh-cn": "zh_CN", "zh-hans": "zh_CN", "zh-sg": "zh_CN"}


def language(locale: str) -> str:
    """Tryton's language for a BCP 47 tag: with its region where Tryton has it so, else without; '' where it has
    neither (Chinese in traditional characters is no simplified Chinese)."""
    tag = text.line(locale).lower().replace("_", "-")
    by_tag = {code.lower().replace("_", "-"): code for code in LANGUAGES}
    if tag in by_tag:
        return by_tag[tag]
    base, _, rest = tag.partition("-")
    if base == "zh":
        return _SCRIPTS.get(tag) or _SCRIPTS.get(f"zh-{rest.partition('-')[0]}", "")
    return by_tag.get(base, "")


def shown(record: Customer | Company, fields: Iterable[str], currency: str) -> dict[str, object]:
    """What `normalised` says of the terms, as far as `fields` go. `currency` is that of the books."""
    limit = record.credit_limit if record.credit_limit and record.credit_limit.currency == currency else None
    everything: dict[str, object] = {
        "credit_limit": str(limit) if limit is not None else None,
        "currency": text.line(record.currency).upper(),
        "tax_exempt": record.tax_exempt,
        "payment_terms": text.line(record.payment_terms),
        "receivable_account": text.line(record.receivable_account),
    }
    if isinstance(record, Customer):
        everything["locale"] = language(record.locale).replace("_", "-")
    wanted = set(fields)
    return {name: value for name, value in everything.items() if name in wanted}


def held(row: Row, books: Books) -> dict[str, object]:
    """What Tryton holds of the terms."""
    now = told(row, books)
    limit = now["credit_limit"]
    code = language(locale(row, books)).replace("_", "-")
    return {**now, "locale": code, "credit_limit": str(limit) if limit is not None else None}


def told(row: Row, books: Books) -> dict[str, Any]:
    """The terms as a canonical record has them."""
    rule, limit = row["customer_tax_rule"], row.get(CREDIT_LIMIT)
    return {
        "credit_limit": whole(limit, books.currency_codes.get(books.company_currency, "")),
        "currency": books.currency_codes.get(row["customer_currency"] or 0, ""),
        "tax_exempt": rule is not None and rule == books.exempt_rule,
        "payment_terms": _named(books.payment_terms, row["customer_payment_term"]),
        "receivable_account": _named(books.receivables, row["account_receivable"]),
    }


def locale(row: Row, books: Books) -> str:
    """The party's language as a BCP 47 tag."""
    return _named(books.languages, row["lang"]).replace("_", "-")


def values(wanted: Mapping[str, object], now: Mapping[str, object], books: Books) -> dict[str, Any]:
    """Tryton's values for the terms that differ from `now`; where the party is created (`now` is empty), for those
    that say anything: the rest is left to Tryton's defaults.

    Raises NeedsPerson where Tryton does not know one by its name.
    """
    result: dict[str, Any] = {}
    for name in _VALUES:
        if name not in wanted or wanted[name] == (now[name] if now else type(wanted[name])()):
            continue
        field, value = _VALUES[name](wanted[name], books)
        result[field] = value
    return result


def _lang(code: object, books: Books) -> tuple[str, int | None]:
    name = str(code).replace("-", "_")
    return "lang", _known(books.languages, name, "language", "activate it in Tryton (Administration, Localization)")


def _currency(code: object, books: Books) -> tuple[str, int | None]:
    return "customer_currency", _known(books.currencies, str(code), "currency", "add it in Tryton (Currencies)")


def _exempt(exempt: object, books: Books) -> tuple[str, int | None]:
    if exempt and books.exempt_rule is None:
        raise NeedsPerson(
            "Tryton has no tax rule for sales with the name that exempt_tax_rule gives",
            remedy="create it (Financial, Configuration, Taxes, Rules) or correct the system's settings, then redrive",
            owner="erp",
            code="no_tax_rule",
        )
    return "customer_tax_rule", books.exempt_rule if exempt else None


def _limit(limit: object, books: Books) -> tuple[str, Decimal | None]:
    amount, _, currency = str(limit or "").partition(" ")
    if limit and books.currencies.get(currency) != books.company_currency:
        raise NeedsPerson(
            f"the credit limit {limit} is not in the currency of Tryton's books",
            remedy="correct `currency` in the system's settings, then redrive",
            owner="erp",
            code="no_currency",
        )
    return CREDIT_LIMIT, Decimal(amount) if limit else None


def _terms(name: object, books: Books) -> tuple[str, int | None]:
    remedy = "add it in Tryton (Financial, Configuration, Payment Terms) or correct the source"
    return "customer_payment_term", _known(books.payment_terms, str(name), "payment term", remedy)


def _receivable(code: object, books: Books) -> tuple[str, int | None]:
    remedy = "open the account in Tryton as a receivable that asks for a party, or correct the source"
    return "account_receivable", _known(books.receivables, str(code), "receivable account", remedy)


_VALUES: Mapping[str, Callable[[object, Books], tuple[str, object]]] = {
    "locale": _lang,
    "currency": _currency,
    "tax_exempt": _exempt,
    "payment_terms": _terms,
    "receivable_account": _receivable,
    "credit_limit": _limit,
}


def _known(ids: Mapping[str, int], name: str, what: str, remedy: str) -> int | None:
    if not name:
        return None
    if name not in ids:
        code = f"no_{what.replace(' ', '_')}"
        raise NeedsPerson(f"Tryton has no {what} {name!r}", remedy=f"{remedy}, then redrive", owner="erp", code=code)
    return ids[name]


def _named(ids: Mapping[str, int], id: int | None) -> str:
    return next((name for name, known in ids.items() if known == id), "") if id else ""
