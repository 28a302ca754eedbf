"""A deal or an order of HubSpot as a canonical order, with its line items. Pure.

A deal that people made has what HubSpot gave them: an amount, a currency, line items with unit discounts, a tax amount
where the portal taxes. One that we made carries the rest in `cashpath_` properties.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from cashpath.records import (
    BadRecord,
    Charge,
    Discount,
    Line,
    Money,
    Order,
    RecordKey,
    ShippingLine,
    SystemId,
    Tax,
)
from cashpath.records.money import exponent
from cashpath.systems.connection import origin_of
from cashpath.systems.hubspot.catalog import recurring_of
from cashpath.systems.hubspot.objects import DEALS, Theirs, spelled
from cashpath.systems.hubspot.orders import line_key
from cashpath.systems.hubspot.properties import LINE, ORIGIN
from cashpath.systems.hubspot.stages import Stages
from cashpath.systems.hubspot.values import moment_of, number_of

# "Line items" and "Deals" (default properties): what a portal may be set to show as a deal's amount.
AMOUNTS = ("hs_tcv", "hs_acv", "hs_arr", "hs_mrr")
DEAL_PROPERTIES = (
    "dealname", "amount", "deal_currency_code", "dealstage", "pipeline", "closedate", "createdate", "description",
    "hs_is_closed_won", "hs_is_closed_lost", "cashpath_total_tax", "cashpath_shipping", *AMOUNTS,
)  # fmt: skip
ORDER_PROPERTIES = (
    "hs_order_name", "hs_total_price", "hs_subtotal_price", "hs_currency_code", "hs_pipeline", "hs_pipeline_stage",
    "hs_external_created_date", "hs_createdate", "hs_order_note", "hs_tax", "hs_shipping_cost",
)  # fmt: skip
SOLD_PROPERTIES = (
    "cashpath_prices_include_tax", "cashpath_discounts", "cashpath_shipping_tax", "cashpath_charges_tax",
    "cashpath_duties", "cashpath_fees", "cashpath_tip", "cashpath_rounding",
)  # fmt: skip
LINE_PROPERTIES = (
    LINE, "name", "hs_sku", "hs_product_id", "quantity", "price", "discount", "hs_discount_percentage",
    "hs_tax_amount", "hs_tax_label", "hs_tax_rate", "recurringbillingfrequency", "cashpath_discount", "cashpath_tax",
)  # fmt: skip


def order_of(theirs: Theirs, items: Sequence[Theirs], system: SystemId, stages: Stages, currency: str) -> Order:
    """The canonical order. `currency` is the portal's, for a deal that names none.

    Raises BadRecord where an amount cannot be read; whether all adds up is for `Order.checked` to say.
    """
    deal = theirs.type is DEALS
    currency = theirs.get("deal_currency_code" if deal else "hs_currency_code") or currency
    lines = tuple(_line(item, theirs, system, currency) for item in items)
    shipping = _shipping(theirs, currency)
    fees = _charges(theirs, "cashpath_fees", currency, taxed=True)
    parts: tuple[Line | ShippingLine | Charge, ...] = (*lines, *shipping, *fees)
    taxes = [tax for part in parts for tax in part.taxes]
    total_tax = Money.sum((tax.amount for tax in taxes), currency)
    name = theirs.get("dealname" if deal else "hs_order_name")
    ours = origin_of(theirs.get(ORIGIN)) is not None
    placed = ("closedate", "createdate") if deal else ("hs_external_created_date", "hs_createdate")
    at = next((theirs.get(p) for p in placed if theirs.get(p)), "")
    companies, people = theirs.associated.get("companies", ()), theirs.associated.get("contacts", ())
    return Order(
        key=RecordKey(system, "order", spelled(theirs.type, theirs.id)),
        number=name if ours and name else f"{'D' if deal else 'O'}-{theirs.id}",
        note=theirs.get("description" if deal else "hs_order_note") or ("" if ours else name),
        ordered_at=moment_of(at),
        currency=currency,
        total=_total(theirs, lines, total_tax, currency),
        total_tax=total_tax,
        state=stages.state_of(theirs),
        sold_as="deal" if deal else "order",
        customer=RecordKey(system, "customer", people[0]) if people else None,
        company=RecordKey(system, "company", companies[0]) if companies else None,
        prices_include_tax=theirs.get("cashpath_prices_include_tax") == "true",
        lines=lines,
        shipping=shipping,
        duties=_charges(theirs, "cashpath_duties", currency),
        fees=fees,
        tip=_money(theirs, "cashpath_tip", currency),
        rounding=_money(theirs, "cashpath_rounding", currency),
        channel="hubspot",
    )


def _line(item: Theirs, parent: Theirs, system: SystemId, currency: str) -> Line:
    where = f"line item {item.id} of {parent.type.name}:{parent.id}"
    quantity = number_of(item.get("quantity") or "1", f"the quantity of {where}")
    if quantity != quantity.to_integral_value():
        raise BadRecord(f"{where}: {quantity} pieces are no whole number; sell it as one piece at the price of all")
    price = _amount(item.get("price"), currency, f"the price of {where}")
    discount = _discount(item, price, int(quantity), where)
    tax = _amount(item.get("cashpath_tax") or item.get("hs_tax_amount"), currency, f"the tax of {where}")
    product = item.get("hs_product_id")
    return Line(
        key=line_key(item.get(LINE)) or item.id,
        title=item.get("name"),
        quantity=int(quantity),
        unit_price=price,
        variant=RecordKey(system, "variant", product) if product else None,
        sku=item.get("hs_sku"),
        discounts=(Discount(title="", amount=discount),) if discount else (),
        taxes=(Tax(title=item.get("hs_tax_label"), rate=_rate(item), amount=tax),) if tax else (),
        recurring=recurring_of(item),
    )


def _discount(item: Theirs, price: Money, quantity: int, where: str) -> Money:
    """What is taken off the whole line: our exact sum, else a percentage, else so much off each unit."""
    exact = item.get("cashpath_discount")
    if exact:
        return _amount(exact, price.currency, f"the discount of {where}")
    percent = number_of(item.get("hs_discount_percentage"), f"the discount of {where}")
    per_unit = number_of(item.get("discount"), f"the discount of {where}")
    off = (price * quantity).decimal * percent / 100 if percent else per_unit * quantity
    unit = Decimal(1).scaleb(-exponent(price.currency))
    return Money.of(off.quantize(unit, ROUND_HALF_UP), price.currency)


def _total(theirs: Theirs, lines: Sequence[Line], tax: Money, currency: str) -> Money:
    """What the customer owes now. A deal's amount may show its lines before tax, or, where lines recur, the value of
    the whole contract or of a year: such a deal owes its lines and their tax."""
    net = Money.sum((line.amount for line in lines), currency)
    where = f"the amount of {theirs.type.name}:{theirs.id}"
    shown = theirs.get("amount" if theirs.type is DEALS else "hs_total_price")
    if theirs.type is not DEALS or origin_of(theirs.get(ORIGIN)):
        return _amount(shown, currency, where)
    same = {number_of(theirs.get(name), where) for name in AMOUNTS if theirs.get(name)} | {net.decimal}
    if not shown or number_of(shown, where) in same:
        return net + tax
    return _amount(shown, currency, where)


def _shipping(theirs: Theirs, currency: str) -> tuple[ShippingLine, ...]:
    price = _money(theirs, "cashpath_shipping" if theirs.type is DEALS else "hs_shipping_cost", currency)
    tax = _money(theirs, "cashpath_shipping_tax", currency)
    if price is None and tax is None:
        return ()
    taxes = (Tax(title="", rate=Decimal(0), amount=tax),) if tax else ()
    return (ShippingLine(key="shipping", title="", price=price or Money.zero(currency), taxes=taxes),)


def _charges(theirs: Theirs, name: str, currency: str, *, taxed: bool = False) -> tuple[Charge, ...]:
    charged = _money(theirs, name, currency)
    tax = _money(theirs, "cashpath_charges_tax", currency) if taxed else None
    if charged is None and tax is None:
        return ()
    taxes = (Tax(title="", rate=Decimal(0), amount=tax),) if tax else ()
    return (Charge(key=name, title="", amount=charged or Money.zero(currency), taxes=taxes),)


def _rate(item: Theirs) -> Decimal:
    return number_of(item.get("hs_tax_rate"), f"the tax rate of line item {item.id}") / 100


def _money(theirs: Theirs, name: str, currency: str) -> Money | None:
    """The amount in a property; None where it is empty or zero."""
    return _amount(theirs.get(name), currency, f"{name} of {theirs.type.name}:{theirs.id}") or None


def _amount(text: str, currency: str, where: str) -> Money:
    number = number_of(text, where)
    try:
        return Money.of(number, currency)
    except BadRecord as error:
        raise BadRecord(f"{where}: {error}") from error
