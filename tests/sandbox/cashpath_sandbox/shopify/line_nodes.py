"""Lines of an order and their taxes, from the shape of Shopify's webhook into that of Admin GraphQL."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Protocol

from cashpath.records import Money
from cashpath.records.money import exponent
from cashpath_sandbox.shopify.nodes import Body, bag, both, gid
from cashpath_sandbox.shopify.query import Node


class Shop(Protocol):
    """What an order's node needs to know of the shop: records as they are now, None where they are gone."""

    def customer(self, id: Any) -> Node | None:
        """A customer's node."""

    def company(self, id: Any) -> Node | None:
        """A company's node."""

    def product(self, id: Any) -> Node | None:
        """A product's node."""

    def variant(self, id: Any) -> Node | None:
        """A variant's node."""


def line_item(line: Body, order: Body, shop: Shop) -> Node:
    """The LineItem node."""
    quantity, current = line["quantity"], current_quantity(line, order)
    price, seen = _both(line, "price", order)
    discounted = price * quantity - _sum([d["amount"] for d in line["discount_allocations"]], order)
    taxes = [tax_line(tax, order) for tax in line["tax_lines"]]
    tax = _sum([t["price"] for t in line["tax_lines"]], order)
    standing, standing_tax = _standing(line, order, discounted, tax, current)
    included = bool(order.get("taxes_included"))
    return {
        "__typename": "LineItem",
        "id": gid("LineItem", line["id"]),
        "title": line["title"],
        "name": line.get("name") or line["title"],
        "variantTitle": line.get("variant_title"),
        "sku": line.get("sku"),
        "quantity": quantity,
        "currentQuantity": current,
        "nonFulfillableQuantity": 0 if line.get("fulfillable_quantity", quantity) else quantity,
        "requiresShipping": bool(line.get("requires_shipping")),
        "taxable": bool(line.get("taxable")),
        "isGiftCard": bool(line.get("gift_card")),
        "originalUnitPriceSet": bag(price, seen),
        "priceAfterAllDiscountsBeforeTaxesSet": bag(standing - standing_tax if included else standing),
        "discountAllocations": [_allocation(d, order) for d in line["discount_allocations"]],
        "taxLines": taxes,
        "currentTaxLines": _shares(taxes, standing_tax),
        "duties": [_duty(duty, order) for duty in line["duties"]],
        "variant": shop.variant(line["variant_id"]) if line.get("variant_id") else None,
        "product": shop.product(line["product_id"]) if line.get("product_id") else None,
        "sellingPlan": _selling_plan(line),
    }


def shipping_line(line: Body, order: Body) -> Node:
    """The ShippingLine node; refunds of shipping are taken off the first one."""
    price, seen = _both(line, "price", order)
    allocations = line.get("discount_allocations") or []
    discounted = price - _sum([d["amount"] for d in allocations], order)
    refunded, refunded_tax = _refunded_shipping(order) if line is order["shipping_lines"][0] else (None, None)
    taxes = [tax_line(tax, order) for tax in line.get("tax_lines") or ()]
    tax = _sum([t["price"] for t in line.get("tax_lines") or ()], order)
    return {
        "__typename": "ShippingLine",
        "id": gid("ShippingLine", line["id"]) if line.get("id") else None,
        "title": line.get("title") or "Shipping",
        "originalPriceSet": bag(price, seen),
        "discountedPriceSet": bag(discounted),
        "currentDiscountedPriceSet": bag(discounted - refunded if refunded else discounted),
        "discountAllocations": [_allocation(d, order) for d in allocations],
        "taxLines": taxes,
        "currentTaxLines": _shares(taxes, tax - refunded_tax if refunded_tax else tax),
    }


def current_quantity(line: Body, order: Body) -> int:
    """Units that stand: as told, else what was ordered less what refunds took off."""
    told = line.get("current_quantity")
    return int(told) if told is not None else line["quantity"] - sum(r["quantity"] for r in _removed(line, order))


def tax_line(tax: Body, order: Body) -> Node:
    """A TaxLine node."""
    price, seen = _both(tax, "price", order)
    return {
        "__typename": "TaxLine",
        "title": tax.get("title") or "Tax",
        "rate": float(tax["rate"]) if tax.get("rate") is not None else None,
        "channelLiable": tax.get("channel_liable"),
        "priceSet": bag(price, seen),
    }


def tax_totals(taxes: Sequence[Node]) -> list[Node]:
    """Tax lines summed by title and rate, as an order tells them."""
    found: dict[tuple[Any, ...], Node] = {}
    for tax in taxes:
        group = tax["title"], tax["rate"], tax["channelLiable"]
        amount = _worth(tax)
        if group in found:
            amount += _worth(found[group])
        found[group] = {**tax, "priceSet": bag(amount)}
    return list(found.values())


def _worth(tax: Node) -> Money:
    shop = tax["priceSet"]["shopMoney"]
    return Money.of(shop["amount"], shop["currencyCode"])


def _shares(taxes: Sequence[Node], total: Money) -> list[Node]:
    was = sum(_worth(tax).minor for tax in taxes)
    if not was:
        return list(taxes)
    shares = total.allocate([_worth(tax).minor for tax in taxes])
    return [{**tax, "priceSet": bag(share)} for tax, share in zip(taxes, shares, strict=True)]


def _standing(line: Body, order: Body, discounted: Money, tax: Money, current: int) -> tuple[Money, Money]:
    """What stands of a line's price after discounts, and of its tax."""
    if current == line["quantity"]:
        return discounted, tax
    removed = _removed(line, order)
    if sum(r["quantity"] for r in removed) == line["quantity"] - current:
        return (
            discounted - _sum([r.get("subtotal") or "0" for r in removed], order),
            tax - _sum([r.get("total_tax") or "0" for r in removed], order),
        )
    return _part(discounted, current, line["quantity"]), _part(tax, current, line["quantity"])


def _part(amount: Money, of: int, whole: int) -> Money:
    exact = amount.decimal * of / whole
    step = Decimal(1).scaleb(-exponent(amount.currency))
    return Money.of(exact.quantize(step, ROUND_HALF_EVEN), amount.currency)


def _removed(line: Body, order: Body) -> list[Mapping[str, Any]]:
    lines = (r for refund in order["refunds"] for r in refund.get("refund_line_items") or ())
    return [r for r in lines if r["line_item_id"] == line["id"]]


def _refunded_shipping(order: Body) -> tuple[Money, Money]:
    adjustments = [a for refund in order["refunds"] for a in refund.get("order_adjustments") or ()]
    shipping = [a for a in adjustments if a.get("kind") == "shipping_refund"]
    return -_sum([a["amount"] for a in shipping], order), -_sum([a.get("tax_amount") or "0" for a in shipping], order)


def _allocation(told: Body, order: Body) -> Node:
    shop, seen = _both(told, "amount", order)
    applications = order["discount_applications"]
    index = told.get("discount_application_index") or 0
    application = applications[index] if index < len(applications) else {}
    kinds = {"discount_code": "DiscountCodeApplication", "manual": "ManualDiscountApplication"}
    name = kinds.get(application.get("type") or "", "AutomaticDiscountApplication")
    title = application.get("title") or application.get("description") or "Discount"
    code = {"code": application.get("code") or title} if name == "DiscountCodeApplication" else {"title": title}
    return {
        "__typename": "DiscountAllocation",
        "allocatedAmountSet": bag(shop, seen),
        "discountApplication": {"__typename": name, **code},
    }


def _duty(duty: Body, order: Body) -> Node:
    return {
        "__typename": "Duty",
        "id": gid("Duty", duty["id"]),
        "harmonizedSystemCode": duty.get("harmonized_system_code"),
        "countryCodeOfOrigin": duty.get("country_code_of_origin"),
        "price": bag(*_both(duty, "price", order)),
        "taxLines": [tax_line(tax, order) for tax in duty.get("tax_lines") or ()],
    }


def _selling_plan(line: Body) -> Node | None:
    plan = line.get("selling_plan") or (line.get("selling_plan_allocation") or {}).get("selling_plan")
    if not plan:
        return None
    id = gid("SellingPlan", plan["id"]) if plan.get("id") else None
    return {"__typename": "LineItemSellingPlan", "name": plan.get("name") or "Plan", "sellingPlanId": id}


def _both(told: Body, field: str, order: Body) -> tuple[Money, Money]:
    return both(told, field, order["currency"]) or (Money.zero(order["currency"]),) * 2


def _sum(amounts: Sequence[Any], order: Body) -> Money:
    return Money.sum((Money.of(str(amount), order["currency"]) for amount in amounts), order["currency"])
