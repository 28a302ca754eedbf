"""A basket made into the JSON of Shopify's order webhook, with what must be read of it."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cashpath_sandbox.shopify.basket import Basket, Item, Made, Person, Till, expected
from cashpath_sandbox.shopify.intake import iso

Body = dict[str, Any]


def order(basket: Basket, n: int, at: datetime) -> Made:
    """The n-th order of a shop, placed at `at`."""
    till, id = Till(basket), 5_600_000_000_000 + n
    lines = [_line(till, item, i, id) for i, item in enumerate(basket.items)]
    if basket.tip:
        lines.append(_tip(till, id, len(lines)))
    times = dict.fromkeys(("created_at", "processed_at", "updated_at"), iso(at))
    body = {
        "id": id,
        "admin_graphql_api_id": f"gid://shopify/Order/{id}",
        "name": f"#{1000 + n}",
        "order_number": 1000 + n,
        **times,
        "cancelled_at": None,
        "closed_at": None,
        "currency": till.currency,
        "presentment_currency": basket.currency,
        "taxes_included": basket.included,
        "test": basket.test,
        "source_name": basket.source,
        "note": basket.note or None,
        "note_attributes": [{"name": name, "value": value} for name, value in basket.attributes.items()],
        "financial_status": "paid",
        "fulfillment_status": None,
        **_totals(till),
        **_buyer(basket.buyer, iso(at)),
        "line_items": lines,
        "shipping_lines": _shipping(till, id),
        "discount_applications": _applications(basket),
        "tax_lines": _tax_lines(till, [sum(column) for column in _columns(till)]),
        "additional_fees": _fees(till, id),
        "refunds": [],
        "payment_gateway_names": ["gift_card", basket.gateway] if basket.gift_card else [basket.gateway],
        "transactions": _transactions(till, id),
        "risk": {"recommendation": "cancel", "assessments": [basket.risk]} if basket.risk == "high" else None,
    }
    return Made(body, expected(till))


def _columns(till: Till) -> list[list[int]]:
    """For each tax of the order, what every line and the shipping bears of it."""
    rows = [row for row in (*till.line_taxes, till.shipping_taxes) if row]
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in till.basket.taxes]


def _totals(till: Till) -> Body:
    basket = till.basket
    total, tax, subtotal = till.total, till.tax, till.subtotal
    off = basket.off + basket.shipping_off + sum(item.off for item in basket.items)
    found: Body = {}
    for name, minor in (("total_price", total), ("total_tax", tax), ("subtotal_price", subtotal)):
        found |= till.priced(name, minor) | till.priced(f"current_{name}", minor)
    found |= till.priced("total_discounts", off) | till.priced("total_tip_received", basket.tip)
    duties = till.both(till.duties) if till.duties else None
    found["original_total_duties_set"], found["current_total_duties_set"] = duties, duties
    found["total_cash_rounding_payment_adjustment_set"] = till.both(basket.rounding)
    return found


def _line(till: Till, item: Item, i: int, order: int) -> Body:
    product = None if item.deleted else number_of(f"product {item.sku}", 7_000_000_000_000)
    variant = None if item.deleted else number_of(f"variant {item.sku}", 4_000_000_000_000)
    offs = [(item.off, 1 if till.basket.off else 0), (till.order_off[i], 0)]
    return {
        "id": order * 1000 + i,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{order * 1000 + i}",
        "title": item.title,
        "name": item.title,
        "sku": item.sku,
        "variant_title": None,
        "product_id": product,
        "variant_id": variant,
        "product_exists": not item.deleted,
        "quantity": item.quantity,
        "current_quantity": item.quantity,
        "fulfillable_quantity": item.quantity if item.shipped else 0,
        "requires_shipping": item.shipped,
        "taxable": item.taxed,
        "gift_card": item.gift_card,
        **till.priced("price", item.price),
        "discount_allocations": [
            {**till.priced("amount", off), "discount_application_index": place} for off, place in offs if off
        ],
        "tax_lines": _tax_lines(till, till.line_taxes[i]),
        "duties": _duties(till, item, order * 1000 + i),
        "selling_plan": item.plan,
        "product_metafields": list(item.metafields),
    }


def _tip(till: Till, order: int, i: int) -> Body:
    """Shopify lists a tip as a line of no product, too."""
    id = order * 1000 + i
    return {
        "id": id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{id}",
        "title": "Tip",
        "name": "Tip",
        "sku": None,
        "variant_title": None,
        "product_id": None,
        "variant_id": None,
        "quantity": 1,
        "current_quantity": 1,
        "fulfillable_quantity": 0,
        "requires_shipping": False,
        "taxable": False,
        "gift_card": False,
        **till.priced("price", till.basket.tip),
        "discount_allocations": [],
        "tax_lines": [],
        "duties": [],
        "tip_payment_gateway": till.basket.gateway,
    }


def _duties(till: Till, item: Item, id: int) -> list[Body]:
    if not item.duty:
        return []
    return [
        {
            "id": id,
            "harmonized_system_code": "0902.10",
            "country_code_of_origin": "JP",
            "price_set": till.both(item.duty),
            "tax_lines": [],
        }
    ]


def _tax_lines(till: Till, amounts: Sequence[int]) -> list[Body]:
    return [
        {
            **till.priced("price", amount),
            "rate": float(tax.rate),
            "title": tax.title,
            "channel_liable": tax.channel_liable,
        }
        for tax, amount in zip(till.basket.taxes, amounts, strict=False)
    ]


def _shipping(till: Till, order: int) -> list[Body]:
    basket = till.basket
    if basket.shipping is None:
        return []
    place = len(_applications(basket)) - 1
    off = {**till.priced("amount", basket.shipping_off), "discount_application_index": place}
    return [
        {
            "id": order + 1,
            "title": "Standard",
            "code": "standard",
            **till.priced("price", basket.shipping),
            **till.priced("discounted_price", basket.shipping - basket.shipping_off),
            "discount_allocations": [off] if basket.shipping_off else [],
            "tax_lines": _tax_lines(till, till.shipping_taxes),
        }
    ]


def _applications(basket: Basket) -> list[Body]:
    found: list[Body] = []
    if basket.off:
        found.append({"type": "discount_code", "code": basket.code, "target_type": "line_item"})
    if any(item.off for item in basket.items):
        found.append({"type": "automatic", "title": "Three for two", "target_type": "line_item"})
    if basket.shipping_off:
        found.append({"type": "manual", "title": "Courtesy", "target_type": "shipping_line"})
    return found


def _fees(till: Till, order: int) -> list[Body]:
    if not till.basket.fee:
        return []
    return [{"id": order + 2, "name": "Bottle deposit", "price_set": till.both(till.basket.fee), "tax_lines": []}]


def _transactions(till: Till, order: int) -> list[Body]:
    """How it was paid: by gift card first, the rest through the gateway, in cash with its rounding."""
    basket = till.basket
    parts = [("gift_card", basket.gift_card), (basket.gateway, till.total + basket.rounding - basket.gift_card)]
    return [
        {
            "id": order * 10 + i,
            "kind": "sale",
            "status": "success",
            "gateway": gateway,
            "amount": till.plain(minor),
            "currency": till.currency,
        }
        for i, (gateway, minor) in enumerate(parts)
        if minor
    ]


def _buyer(person: Person | None, at: str) -> Body:
    if person is None:
        return {"customer": None, "email": None, "billing_address": None, "shipping_address": None, "company": None}
    address = {
        "first_name": person.first,
        "last_name": person.last,
        "company": person.company["name"] if person.company else None,
        "address1": "Teestraße 7",
        "city": "Hamburg",
        "zip": "20095",
        "country_code": person.country,
        "phone": person.phone,
    }
    customer = {
        "id": number_of(f"{person.email} {person.phone} {person.last}", 8_000_000_000_000),
        "email": person.email,
        "phone": person.phone,
        "first_name": person.first,
        "last_name": person.last,
        "created_at": at,
        "updated_at": at,
        "tax_exempt": False,
        "default_address": address,
    }
    return {
        "customer": customer,
        "email": person.email,
        "phone": person.phone,
        "billing_address": address,
        "shipping_address": address,
        "company": dict(person.company) if person.company else None,
    }


def number_of(text: str, base: int) -> int:
    """An id that is always the same for the same text: the same SKU is the same variant in every order."""
    return base + zlib.crc32(text.encode())
