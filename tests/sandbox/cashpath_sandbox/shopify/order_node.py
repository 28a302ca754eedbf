"""An order from the shape of Shopify's webhook into that of Admin GraphQL.

The webhook says less: amounts that stand after an edit are told for the order, not for its lines, and payments not at
all. A line's are reckoned from the refunds that an edit leaves behind (`refund_line_items`, with what they took off),
else in proportion; payments from the key `transactions`, else one sale of all through the first gateway where the
order is paid. The keys `transactions`, `risk`, `metafields` and a line's `selling_plan` are the sandbox's own
additions to the webhook's shape.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cashpath.records import Money
from cashpath_sandbox.shopify import nodes
from cashpath_sandbox.shopify.line_nodes import Shop, line_item, shipping_line, tax_line, tax_totals
from cashpath_sandbox.shopify.nodes import Body, bag, both, gid
from cashpath_sandbox.shopify.query import Node, connection

_FULFILMENT = {"fulfilled": "FULFILLED", "partial": "PARTIALLY_FULFILLED", "restocked": "RESTOCKED"}


def order(body: Body, shop: Shop) -> Node:
    """The Order node. `shop` gives what the order refers to, as it is now: a product may be gone."""
    lines = [line_item(line, body, shop) for line in body["line_items"]]
    shipping = [shipping_line(line, body) for line in body["shipping_lines"] if not line.get("is_removed")]
    paid = _transactions(body)
    return {
        **_head(body),
        **_totals(body),
        **_buyers(body, shop),
        "taxLines": tax_totals([t for part in (*lines, *shipping) for t in part["taxLines"]]),
        "currentTaxLines": tax_totals([t for part in (*lines, *shipping) for t in part["currentTaxLines"]]),
        "additionalFees": [_fee(fee, body) for fee in body.get("additional_fees") or ()],
        "shippingLines": connection(shipping),
        "transactions": lambda args: paid[: args.get("first")],
        "risk": _risk(body),
        "lineItems": connection(lines),
        "metafield": nodes.metafields(body),
    }


def amount(body: Body, *fields: str) -> tuple[Money, Money] | None:
    """Shop and presentment money of the first of `fields` that the order names."""
    found = (both(body, field, body["currency"]) for field in fields)
    return next((pair for pair in found if pair), None)


def _head(body: Body) -> Node:
    return {
        "__typename": "Order",
        "id": gid("Order", body["id"]),
        "legacyResourceId": str(body["id"]),
        "name": body["name"],
        "createdAt": body["created_at"],
        "processedAt": body["processed_at"],
        "updatedAt": body["updated_at"],
        "cancelledAt": body.get("cancelled_at"),
        "closedAt": body.get("closed_at"),
        "displayFulfillmentStatus": _FULFILMENT.get(body.get("fulfillment_status") or "", "UNFULFILLED"),
        "currencyCode": body["currency"],
        "presentmentCurrencyCode": body.get("presentment_currency") or body["currency"],
        "taxesIncluded": bool(body.get("taxes_included")),
        "dutiesIncluded": bool(body.get("duties_included")),
        "email": body.get("email") or body.get("contact_email"),
        "phone": body.get("phone"),
        "note": body.get("note"),
        "test": bool(body.get("test")),
        "tags": [tag.strip() for tag in (body.get("tags") or "").split(",") if tag.strip()],
        "sourceName": body.get("source_name"),
        "customAttributes": [
            {"__typename": "Attribute", "key": a["name"], "value": a.get("value")} for a in body["note_attributes"]
        ],
        "billingAddress": nodes.address(body.get("billing_address")),
        "shippingAddress": nodes.address(body.get("shipping_address")),
    }


def _totals(body: Body) -> Node:
    none = Money.zero(body["currency"])
    totals = {
        "totalPriceSet": amount(body, "total_price"),
        "currentTotalPriceSet": amount(body, "current_total_price", "total_price"),
        "totalTaxSet": amount(body, "total_tax"),
        "currentTotalTaxSet": amount(body, "current_total_tax", "total_tax"),
        "totalTipReceivedSet": amount(body, "total_tip_received"),
        "totalDiscountsSet": amount(body, "total_discounts"),
    }
    duties = amount(body, "current_total_duties"), amount(body, "original_total_duties")
    rounding = amount(body, "total_cash_rounding_payment_adjustment") or (none, none)
    return {
        **{name: bag(*(found or (none, none))) for name, found in totals.items()},
        "currentTotalDutiesSet": bag(*duties[0]) if duties[0] else None,
        "originalTotalDutiesSet": bag(*duties[1]) if duties[1] else None,
        "totalCashRoundingAdjustment": {"__typename": "CashRoundingAdjustment", "paymentSet": bag(*rounding)},
    }


def _buyers(body: Body, shop: Shop) -> Node:
    person = body.get("customer")
    customer = shop.customer(person["id"]) if person else None
    company = shop.company(body["company"]["id"]) if body.get("company") else None
    if company:
        contact = {"__typename": "CompanyContact", "customer": customer} if customer else None
        entity: Node | None = {"__typename": "PurchasingCompany", "company": company, "contact": contact}
    else:
        entity = customer
    return {"customer": customer, "purchasingEntity": entity}


def _fee(fee: Body, order: Body) -> Node:
    shop, seen = both(fee, "price", order["currency"]) or (Money.zero(order["currency"]),) * 2
    return {
        "__typename": "AdditionalFee",
        "id": gid("AdditionalFee", fee["id"]),
        "name": fee.get("name") or "Fee",
        "price": bag(shop, seen),
        "taxLines": [tax_line(tax, order) for tax in fee.get("tax_lines") or ()],
    }


def _transactions(body: Body) -> Sequence[Node]:
    told = body.get("transactions")
    if told is None:
        told = _sale(body)
    return [_transaction(t, body) for t in told]


def _sale(body: Body) -> Sequence[Mapping[str, Any]]:
    gateways = body.get("payment_gateway_names") or []
    if body.get("financial_status") not in ("paid", "partially_refunded", "refunded") or not gateways:
        return []
    first = next((name for name in gateways if name != "gift_card"), gateways[0])
    return [{"id": body["id"], "kind": "sale", "status": "success", "gateway": first, "amount": body["total_price"]}]


def _transaction(told: Mapping[str, Any], order: Body) -> Node:
    card = {"__typename": "CardPaymentDetails"} if told.get("payment_details") else None
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", told.get("id") or order["id"]),
        "kind": told["kind"].upper(),
        "status": told["status"].upper(),
        "gateway": told.get("gateway"),
        "amountSet": bag(*_paid(told, order)),
        "paymentDetails": card,
    }


def _paid(told: Mapping[str, Any], order: Body) -> tuple[Money, Money]:
    """What was paid, in the shop's currency and the customer's. REST tells a payment in the customer's alone: the
    shop's is its share of the total, near enough for a stand-in."""
    if told.get("amount_set") or (told.get("currency") or order["currency"]) == order["currency"]:
        return both(told, "amount", order["currency"]) or (Money.zero(order["currency"]),) * 2
    seen = Money.of(str(told["amount"]), told["currency"])
    total, seen_total = amount(order, "total_price") or (seen, seen)
    if not seen_total.minor or seen_total.currency != seen.currency:
        return Money.zero(order["currency"]), seen
    return Money(total.minor * seen.minor // seen_total.minor, order["currency"]), seen


def _risk(body: Body) -> Node:
    risk = body.get("risk") or {}
    levels = risk.get("assessments") or []
    return {
        "__typename": "OrderRiskSummary",
        "recommendation": (risk.get("recommendation") or "none").upper(),
        "assessments": [{"__typename": "OrderRiskAssessment", "riskLevel": level.upper()} for level in levels],
    }
