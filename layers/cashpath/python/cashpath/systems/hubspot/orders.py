"""Our orders as HubSpot spells them: a deal or an order object, with one line item for each line. Pure.

Amounts are those that the customer owes, exact, in the order's currency; HubSpot's own property where it has one,
else a `cashpath_` one, so that total, tax and lines can be read beside the storefront's by anybody.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from cashpath.records import Charge, Discount, Line, Money, Order, ShippingLine, Tax
from cashpath.systems.hubspot.catalog import frequency
from cashpath.systems.hubspot.objects import DEALS, SOLD, ObjectType, located
from cashpath.systems.hubspot.properties import LINE
from cashpath.systems.hubspot.stages import Stages
from cashpath.systems.hubspot.values import amount, moment

ByField = Mapping[str, Mapping[str, str]]
PER_UNIT = Decimal("0.000001")  # finer than a cent by so much that quantities up to 9,999 still round to the exact cent


def object_type(order: Order, id: str | None) -> ObjectType:
    """The type that holds this order: what it already is, else what it is to be sold as."""
    there = located("order", id) if id else None
    return there[0] if there else SOLD[order.sold_as]


def sold(order: Order, type: ObjectType, stages: Stages) -> ByField:
    """The properties of the deal or order itself, by the canonical field that they spell."""
    zero = Money.zero(order.currency)
    shipping = Money.sum((s.amount for s in order.shipping), order.currency)
    common = {
        "state": stages.spelled(type, order.state),
        "prices_include_tax": {"cashpath_prices_include_tax": "true" if order.prices_include_tax else "false"},
        "duties": {"cashpath_duties": amount(_charged(order.duties, order.currency))},
        "fees": {
            "cashpath_fees": amount(_charged(order.fees, order.currency)),
            "cashpath_charges_tax": amount(_taxed((*order.duties, *order.fees), order.currency)),
        },
        "tip": {"cashpath_tip": amount(order.tip or zero)},
        "rounding": {"cashpath_rounding": amount(order.rounding or zero)},
    }
    lines = {"cashpath_discounts": amount(_discounted(order))}
    shipped = {"cashpath_shipping_tax": amount(_taxed(order.shipping, order.currency))}
    if type is DEALS:
        return common | {
            "number": {"dealname": order.number},
            "ordered_at": {"closedate": moment(order.ordered_at)},
            "currency": {"deal_currency_code": order.currency},
            "total": {"amount": amount(order.total)},
            "total_tax": {"cashpath_total_tax": amount(order.total_tax)},
            "note": {"description": order.note},
            "lines": lines,
            "shipping": {"cashpath_shipping": amount(shipping), **shipped},
        }
    return common | {
        "number": {"hs_order_name": order.number},
        "ordered_at": {"hs_external_created_date": moment(order.ordered_at)},
        "currency": {"hs_currency_code": order.currency},
        "total": {"hs_total_price": amount(order.total)},
        "total_tax": {"hs_tax": amount(order.total_tax)},
        "note": {"hs_order_note": order.note},
        "lines": {"hs_subtotal_price": amount(_subtotal(order)), **lines},
        "shipping": {"hs_shipping_cost": amount(shipping), **shipped},
    }


def line_items(order: Order) -> Mapping[str, Mapping[str, str]]:
    """The properties of each line item, by line key. A line of which nothing stands any more has none."""
    return {line.key: _line_item(order, line) for line in order.lines if line.quantity}


def line_mark(order: Order, key: str) -> str:
    """What the line item of a line carries, unique in the portal: the order's origin and the line's key."""
    return f"{order.key}#{key}"


def line_key(mark: str) -> str:
    """The line's key in such a mark; '' where there is none."""
    return mark.partition("#")[2]


def _line_item(order: Order, line: Line) -> Mapping[str, str]:
    discount = _given(line.discounts, order.currency)
    return {
        LINE: line_mark(order, line.key),
        "name": line.title,
        "hs_sku": line.sku,
        "quantity": str(line.quantity),
        "price": amount(line.unit_price),
        # "Line items" (CRM API guide): `discount` is taken off each unit. The exact sum stands beside it.
        "discount": f"{(discount.decimal / line.quantity).quantize(PER_UNIT, ROUND_HALF_EVEN).normalize():f}",
        "cashpath_discount": amount(discount),
        "cashpath_tax": amount(_taxed((line,), order.currency)),
        "recurringbillingfrequency": frequency(line.recurring),
    }


def _given(discounts: Iterable[Discount], currency: str) -> Money:
    return Money.sum((d.amount for d in discounts), currency)


def _discounted(order: Order) -> Money:
    return Money.sum((_given(line.discounts, order.currency) for line in order.lines), order.currency)


def _subtotal(order: Order) -> Money:
    return Money.sum((line.amount for line in order.lines), order.currency)


def _charged(charges: Iterable[Charge], currency: str) -> Money:
    return Money.sum((charge.amount for charge in charges), currency)


def _taxed(parts: Iterable[Line | ShippingLine | Charge], currency: str) -> Money:
    taxes: Iterable[Tax] = (tax for part in parts for tax in part.taxes)
    return Money.sum((tax.amount for tax in taxes), currency)
