"""What a company has set up in Tryton that sales need: currencies, taxes, our service products, countries.

Read once for a warm function. Where something is missing they are read again, in case someone has set it up since.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import Money
from cashpath.systems.tryton import text
from cashpath.systems.tryton.facts import RELATIONS
from cashpath.systems.tryton.pricing import SERVICES, Service
from cashpath.systems.tryton.rpc import Rpc
from cashpath.systems.tryton.taxing import PURPOSES, Purpose, Rounding, TaxTable

Row = Mapping[str, Any]
# What Tryton lets a party's receivable account be (trytond_account 8.2, `party.py`).
RECEIVABLE = [("type.receivable", "=", True), ("party_required", "=", True), ("closed", "!=", True)]


@dataclass(frozen=True)
class Books:
    """The set-up of one company. `services` gives product id and unit, `guests` the party of orders that name no
    customer; languages, payment terms and accounting categories by name, receivable accounts by code, types of relation
    by the field of a customer that they hold."""

    company: int
    company_currency: int
    currencies: Mapping[str, int]
    countries: Mapping[str, int]
    taxes: TaxTable
    services: Mapping[Service, tuple[int, int]]
    price_digits: int
    guests: int | None
    payment_term: int | None
    goods_category: int | None
    gift_category: int | None
    unit: int
    languages: Mapping[str, int] = field(default_factory=dict)
    payment_terms: Mapping[str, int] = field(default_factory=dict)
    receivables: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, int] = field(default_factory=dict)
    exempt_rule: int | None = None
    relations: Mapping[str, int] = field(default_factory=dict)

    @property
    def country_codes(self) -> Mapping[int, str]:
        """Countries the other way round."""
        return {id: code for code, id in self.countries.items()}

    @property
    def currency_codes(self) -> Mapping[int, str]:
        """Currencies the other way round."""
        return {id: code for code, id in self.currencies.items()}


class Database:
    """One Tryton database: calls in the context of a company, and its books."""

    def __init__(self, rpc: Rpc, options: Mapping[str, Any]) -> None:
        self._rpc = rpc
        self.options = options
        self._companies: dict[str, int] = {}
        self._books: dict[int, Books] = {}
        self._types: dict[str, Mapping[str, str]] = {}
        self.times_read = 0

    def search(self, model: str, domain: list[Any], fields: tuple[str, ...], **page: Any) -> list[Row]:
        """The records of `model` that match, inactive ones too; by default oldest first."""
        order = page.get("order", [["id", "ASC"]])
        arguments = (domain, page.get("offset", 0), page.get("limit"), order, list(fields))
        company = page.get("company")
        rows: list[Row] = self._rpc.reads(f"model.{model}.search_read", *arguments, context=self._context(company))
        return rows

    def reads(self, method: str, *arguments: Any, company: int | None = None) -> Any:
        """The result of any other method that changes nothing."""
        return self._rpc.reads(method, *arguments, context=self._context(company))

    def writes(self, method: str, *arguments: Any, company: int | None = None, rights: Row | None = None) -> Any:
        """The result of a method that changes something; `rights` where fields open to some groups alone."""
        return self._rpc.writes(method, *arguments, context={**self._context(company), **(rights or {})})

    def rights(self) -> Row:
        """The groups of our user, as Tryton's own client tells them with each call."""
        preferences = self.reads("model.res.user.get_preferences", True)
        return {name: preferences[name] for name in ("administrator", "groups")}

    def field_types(self, model: str) -> Mapping[str, str]:
        """The type of each field of a model, read once. Raises NeedsPerson where the user may not see it."""
        if model not in self._types:
            fields = self.reads(f"model.{model}.fields_get", None, 0, company=self.company(""))
            self._types[model] = {name: str(field["type"]) for name, field in fields.items()}
        return self._types[model]

    def company(self, brand: str) -> int:
        """The company that keeps the brand's books: `companies` by brand, else `company`, by id or by name."""
        named = str((self.options.get("companies") or {}).get(brand) or self.options.get("company") or "")
        if named not in self._companies:
            self._companies[named] = self._find_company(named)
        return self._companies[named]

    def books(self, brand: str) -> Books:
        """The books of the brand's company."""
        company = self.company(brand)
        if company not in self._books:
            self._books[company] = _Reading(self, company).books()
            self.times_read += 1
        return self._books[company]

    def forget(self) -> None:
        """Read the books again on next use: someone may have set up what was missing."""
        self._books.clear()

    def _find_company(self, named: str) -> int:
        companies = self.search("company.company", [], ("party.name",))
        found = [c["id"] for c in companies if named in ("", str(c["id"]), c["party."]["name"])]
        if len(found) != 1:
            names = ", ".join(f"{c['id']} {c['party.']['name']}" for c in companies)
            raise NeedsPerson(
                f"the settings name the company {named!r}, Tryton shows its user: {names or 'none'}",
                remedy="name one company in the system's settings, and allow Cashpath's user to it",
                owner="erp",
                code="no_company",
            )
        only: int = found[0]
        return only

    @staticmethod
    def _context(company: int | None) -> dict[str, Any]:
        context: dict[str, Any] = {"active_test": False, "language": "en"}
        return {**context, "company": company} if company else context


class _Reading:
    """Reads one company's books."""

    def __init__(self, database: Database, company: int) -> None:
        self._database = database
        self._company = company
        self._options = database.options

    def books(self) -> Books:
        currencies = {row["code"]: row["id"] for row in self._active("currency.currency", ("code",))}
        countries = {row["code"]: row["id"] for row in self._active("country.country", ("code",)) if row["code"]}
        (company,) = self._rows("company.company", [("id", "=", self._company)], ("currency",))
        units = self._rows("product.uom", [("symbol", "=", "u")], ("symbol",))
        mine = [("company", "=", self._company)]
        digits = self._database.reads("model.sale.line.fields_get", ["unit_price"], 0, company=self._company)
        return Books(
            company=self._company,
            company_currency=company["currency"],
            currencies=currencies,
            countries=countries,
            taxes=self._taxes(),
            services=self._services(),
            price_digits=_price_digits(digits["unit_price"]),
            guests=self._named("party.party", "guest_party", "Webshop guests"),
            payment_term=self._named("account.invoice.payment_term", "payment_term", ""),
            goods_category=self._named("product.category", "goods_category", "Goods"),
            gift_category=self._named("product.category", "gift_category", "Gift cards"),
            unit=units[0]["id"] if units else 0,
            languages=self._ids("ir.lang", [], "code"),
            payment_terms=self._ids("account.invoice.payment_term", [("active", "=", True)], "name"),
            receivables=self._ids("account.account", [*mine, *RECEIVABLE], "code"),
            categories=self._ids("product.category", [("accounting", "=", True)], "name"),
            exempt_rule=self._exempt_rule(),
            relations=self._relations(),
        )

    def _ids(self, model: str, domain: list[Any], name: str) -> Mapping[str, int]:
        """Ids by a name that people use; of two with the same name the older one."""
        rows = self._rows(model, domain, (name,))
        return {row[name]: row["id"] for row in reversed(rows) if row[name]}

    def _exempt_rule(self) -> int | None:
        named = self._options.get("exempt_tax_rule")
        domain = [("company", "=", self._company), ("kind", "in", ["sale", "both"]), ("name", "=", named)]
        rows = self._rows("account.tax.rule", domain, ("name",), limit=1) if named else []
        return rows[0]["id"] if rows else None

    def _relations(self) -> Mapping[str, int]:
        named = {field: option for field, option in RELATIONS.items() if self._options.get(option)}
        rows = self._rows("party.relation.type", [], ("name",)) if named else []
        ids = {text.line(row["name"]): row["id"] for row in reversed(rows)}
        names = {field: text.line(str(self._options[option])) for field, option in named.items()}
        return {field: ids[name] for field, name in names.items() if name in ids}

    def _rows(self, model: str, domain: list[Any], fields: tuple[str, ...], **page: Any) -> list[Row]:
        return self._database.search(model, domain, fields, company=self._company, **page)

    def _active(self, model: str, fields: tuple[str, ...]) -> list[Row]:
        return self._rows(model, [("active", "=", True)], fields)

    def _named(self, model: str, option: str, otherwise: str) -> int | None:
        name = self._options.get(option) or otherwise
        rows = self._rows(model, [("name", "=", name)], ("name",)) if name else []
        return rows[0]["id"] if rows else None

    def _taxes(self) -> TaxTable:
        domain = [
            ("company", "=", self._company),
            ("active", "=", True),
            ("parent", "=", None),
            ["OR", ("group", "=", None), ("group.kind", "in", ["sale", "both"])],
        ]
        order = [["sequence", "ASC"], ["id", "ASC"]]
        rows = self._rows("account.tax", domain, ("name", "type", "rate", "amount"), order=order)
        (configuration,) = self._database.reads(
            "model.account.configuration.read", [1], ["tax_rounding"], company=self._company
        )
        rates: dict[Decimal, list[tuple[int, str]]] = {}
        for row in rows:
            if row["type"] == "percentage":
                rates.setdefault(row["rate"].normalize(), []).append((row["id"], row["name"]))
        rounding: Rounding = "line" if configuration["tax_rounding"] == "line" else "document"
        collect = self._options.get("unknown_taxes") == "collect"
        return TaxTable(rates, _unit_taxes(rows), rounding, collect)

    def _services(self) -> Mapping[Service, tuple[int, int]]:
        codes: dict[str, Service] = {f"CASHPATH-{service}": service for service in SERVICES}
        domain = [("code", "in", list(codes)), ("active", "=", True)]
        rows = self._rows("product.product", domain, ("code", "sale_uom"))
        return {codes[row["code"]]: (row["id"], row["sale_uom"]) for row in rows}


def _unit_taxes(rows: list[Row]) -> Mapping[tuple[Purpose, int], int]:
    names: dict[str, tuple[Purpose, int]] = {
        f"Cashpath {purpose} {unit}": (purpose, digits)
        for purpose in PURPOSES
        for digits, unit in ((0, "1"), (2, "0.01"), (3, "0.001"))
    }
    return {
        names[row["name"]]: row["id"]
        for row in rows
        if row["name"] in names
        and row["type"] == "fixed"
        and -row["amount"].as_tuple().exponent == names[row["name"]][1]
    }


def _price_digits(field: Row) -> int:
    """How many decimals a unit price has: `[product] price_decimal` of the server's configuration."""
    digits = field.get("digits")
    return int(digits[1]) if isinstance(digits, list) and isinstance(digits[1], int) else 4


def whole(amount: Decimal | None, currency: str) -> Money | None:
    """An amount of Tryton's as money; None where it is finer than the currency's minor unit."""
    if amount is None or not currency:
        return None
    unit = Money(0, currency).decimal
    return Money.of(amount.quantize(unit), currency) if amount == amount.quantize(unit) else None
