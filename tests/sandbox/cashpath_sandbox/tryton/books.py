"""Sets up the books of the sandbox company in an empty Tryton database, as an accountant would, with proteus.

Run once, by `setup`, in a process of its own: proteus keeps Tryton's pool for the life of the process.
"""

import datetime
import sys
from decimal import Decimal
from typing import Any

from proteus import Model, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.account_invoice.tests.tools import create_payment_term, set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company

from cashpath.records.money import EXPONENTS
from cashpath_sandbox.tryton.setup import (
    COMPANY,
    CONTACT,
    EXEMPT,
    FURTHER,
    GUESTS,
    PASSWORD,
    REDUCED,
    UNTAXED,
    USER,
)

GROUPS = (
    "account.group_account",
    "account_credit_limit.group_credit_limit",
    "account_product.group_account_product_admin",
    "party.group_party_admin",
    "product.group_product_admin",
    "sale.group_sale",
    "sale.group_sale_admin",
    "stock.group_stock",
)
VAT_RATES = ("0", "0.05", "0.07", "0.08", "0.10", "0.19", "0.20", "0.0825")
UNIT_TAXES = {"rounding": "6.3.6", "collected": "6.3.6", "channel": "2.2.4"}
# What is sold that is no product of the shop: product code, title, account it is booked to.
SERVICES = {
    "CASHPATH-SHIPPING": ("Shipping", "4.1"),
    "CASHPATH-DUTY": ("Duties", "4.1"),
    "CASHPATH-FEE": ("Fees", "4.1"),
    "CASHPATH-TIP": ("Tips", "4.1"),
    "CASHPATH-ROUNDING": ("Rounding", "4.1"),
    "CASHPATH-GIFT-CARD": ("Gift cards", "gift"),
}
# ISO 3166-1 alpha-2.
COUNTRIES = """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV
BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM
FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM
JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"""


def main(database: str, conf: str) -> None:
    """Set up everything that an order needs. Raises where the database has been set up before."""
    config.set_trytond(database, config_file=conf)
    _currencies()
    Model.get("country.country").save([_new("country.country", name=code, code=code) for code in COUNTRIES.split()])
    create_company(_new("party.party", name=COMPANY), _one("currency.currency", code="EUR"))
    accounts = _accounts()
    _taxes(accounts)
    _products(accounts)
    _terms()
    _relations()
    guests = _new("party.party", name=GUESTS)
    guests.save()
    _user()


def _new(model: str, **values: Any) -> Any:
    record = Model.get(model)()
    for name, value in values.items():
        setattr(record, name, value)
    if model == "party.party":
        record.save()
    return record


def _one(model: str, **values: Any) -> Any:
    (record,) = Model.get(model).find([(name, "=", value) for name, value in values.items()])
    return record


def _currencies() -> None:
    currencies = [
        _new(
            "currency.currency",
            name=code,
            code=code,
            digits=digits,
            rounding=Decimal(1).scaleb(-digits),
        )
        for code, digits in EXPONENTS.items()
    ]
    Model.get("currency.currency").save(currencies)
    euro = _one("currency.currency", code="EUR")
    rates = [
        _new("currency.currency.rate", date=datetime.date(2020, 1, 1), rate=Decimal(rate), currency=currency)
        for currency, rate in [
            (euro, "1"),
            (_one("currency.currency", code="USD"), "1.1"),
            (_one("currency.currency", code="JPY"), "160"),
            (_one("currency.currency", code="KWD"), "0.35"),
        ]
    ]
    Model.get("currency.currency.rate").save(rates)


def _accounts() -> dict[str, Any]:
    """The chart that Tryton ships, three fiscal years, and an account for gift cards sold."""
    company = get_company()
    create_chart(company)
    this_year = datetime.date.today().year
    for year in (this_year - 1, this_year, this_year + 1):
        start, end = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
        fiscal_year = create_fiscalyear(company, (start, end))
        fiscal_year.start_date, fiscal_year.end_date = start, end
        fiscal_year = set_fiscalyear_invoice_sequences(fiscal_year)
        fiscal_year.click("create_period")
    accounts: dict[str, Any] = get_accounts(company)
    kind = _new("account.account.type", name="Gift cards sold", company=company, statement="income", revenue=True)
    kind.save()
    gift = _new("account.account", name="Gift cards sold", code="2.2.9", company=company, type=kind)
    gift.parent = _one("account.account", code="2.2.0")
    gift.save()
    accounts["gift"] = gift
    return accounts


def _taxes(accounts: dict[str, Any]) -> None:
    """Percentages, and taxes worth one minor unit each (systems/tryton/taxing.py says what for)."""
    taxes = []
    for rate in VAT_RATES:
        name = f"VAT {Decimal(rate) * 100:.2f}%"
        tax = _new("account.tax", name=name, description=name, type="percentage", rate=Decimal(rate))
        tax.invoice_account = tax.credit_note_account = accounts["tax"]
        taxes.append(tax)
    for purpose, code in UNIT_TAXES.items():
        account = _one("account.account", code=code)
        for unit in ("1", "0.01", "0.001"):
            name = f"Cashpath {purpose} {unit}"
            tax = _new("account.tax", name=name, description=name, type="fixed", amount=Decimal(unit))
            tax.invoice_account = tax.credit_note_account = account
            taxes.append(tax)
    Model.get("account.tax").save(taxes)
    _new("account.tax.rule", name=EXEMPT, kind="sale").save()


def _products(accounts: dict[str, Any]) -> None:
    unit = _one("product.uom", name="Unit")
    revenue, gift = (
        _new("product.category", name=name, accounting=True, account_revenue=account, account_expense=None)
        for name, account in [("Goods", accounts["revenue"]), ("Gift cards", accounts["gift"])]
    )
    others = [
        _new("product.category", name=name, accounting=True, account_revenue=accounts["revenue"], account_expense=None)
        for name in (REDUCED, UNTAXED)
    ]
    Model.get("product.category").save([revenue, gift, *others])
    for code, (title, booked) in SERVICES.items():
        template = _new("product.template", name=title, type="service", default_uom=unit, salable=True)
        template.list_price = Decimal(0)
        template.account_category = gift if booked == "gift" else revenue
        (product,) = template.products
        product.suffix_code = code
        template.save()


def _terms() -> None:
    term = create_payment_term()
    term.save()
    sales = Model.get("sale.configuration")(1)
    sales.sale_invoice_method, sales.sale_shipment_method = "order", "order"
    sales.sale_process_after = datetime.timedelta(days=30)
    sales.save()
    books = Model.get("account.configuration")(1)
    books.tax_rounding = "line"
    books.save()


def _relations() -> None:
    """Whom a person buys for; from the company's side, who buys for it."""
    for name, reverse in ((CONTACT, "Contact"), (FURTHER, "Also contact")):
        there, back = (_new("party.relation.type", name=each) for each in (name, reverse))
        Model.get("party.relation.type").save([there, back])
        there.reverse, back.reverse = back, there
        Model.get("party.relation.type").save([there, back])


def _user() -> None:
    """The user that Cashpath signs in as: what it needs and no administration."""
    data = Model.get("ir.model.data")
    group = Model.get("res.group")
    company = get_company()
    user = _new("res.user", name="Cashpath", login=USER, password=PASSWORD)
    user.companies.append(company)
    user.company = company
    for name in GROUPS:
        user.groups.append(group(data.get_id(name, config.get_config().context)))
    user.save()


if __name__ == "__main__":
    main(*sys.argv[1:])
