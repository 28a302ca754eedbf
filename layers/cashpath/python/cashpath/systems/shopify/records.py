"""An order as Shopify tells it, read into the canonical order: the step between a reading and a plan. Pure.

Amounts are the shop's (`shopMoney`) and those that stand now, so that order edits, returns and removed units are
carried over. A cancelled order, of which nothing stands any more, is told as it was ordered: what was called off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from cashpath.records import BadRecord, Charge, Money, Order, RecordKey, SystemId, Tax, Tender
from cashpath.records.keys import Kind
from cashpath.records.order import OrderState, Risk
from cashpath.systems.connection import origin_of
from cashpath.systems.port import Reading
from cashpath.systems.shopify import lines as part
from cashpath.systems.shopify.amounts import Node, address, mark, moment, money, number, taxes
from cashpath.systems.shopify.lines import Basis

# Orders that a subscription app makes for a renewal; the older name and the one since Shopify bills through checkout.
RENEWALS = "subscription_contract"
# Where staff makes orders. A cart's attributes are the buyer's to write, so only here may one name a deal.
STAFF = "shopify_draft_order"
DEAL = "cashpath_deal"
_CARDS = ("shopify_payments", "stripe", "bogus")
_PAID = ("SALE", "CAPTURE")
_LEVELS: tuple[Risk, ...] = ("none", "low", "medium", "high")
_ADVICE: Mapping[str, Risk] = {"CANCEL": "high", "INVESTIGATE": "medium"}


def order_reading(node: Node, nodes: Sequence[Node], system: SystemId, policies: Mapping[str, Node]) -> Reading:
    """The order, of which `nodes` are all its lines. Raises BadRecord where it says what no order may say."""
    return Reading(
        at=RecordKey(system, "order", number(node["id"])),
        record=order(node, nodes, system, policies),
        version=mark(node["updatedAt"]),
        origin=origin_of((node.get("origin") or {}).get("value")),
    )


def order(node: Node, nodes: Sequence[Node], system: SystemId, policies: Mapping[str, Node]) -> Order:
    """The canonical order."""
    currency, basis = node["currencyCode"], _basis(node, nodes)
    tip = money(node.get("totalTipReceivedSet"), currency)
    if tips := part.tip_lines(nodes, tip):
        tip = part.worth(tips, currency, basis)  # a tip that was given back still counts as received
    goods = [n for n in nodes if all(n is not line for line in tips)]
    sold = [n for n in goods if part.units(n, basis)]
    gone = [n for n in goods if not part.units(n, basis)]
    standing, shipped = part.standing([*sold, *gone], node["shippingLines"]["nodes"], node, basis)
    rounding = money((node.get("totalCashRoundingAdjustment") or {}).get("paymentSet"), currency)
    prices = node["totalPriceSet" if basis == "ordered" else "currentTotalPriceSet"]
    company, customer = _buyers(node, system)
    made = Order(
        key=RecordKey(system, "order", number(node["id"])),
        number=node["name"],
        ordered_at=moment(node["processedAt"]),
        currency=currency,
        total=money(prices, currency) + rounding,  # Shopify's price is before the rounding of a cash payment
        total_tax=money(node["totalTaxSet" if basis == "ordered" else "currentTotalTaxSet"], currency),
        state=_state(node),
        customer=customer,
        company=company,
        email=node.get("email") or "",
        billing_address=address(node.get("billingAddress")),
        shipping_address=address(node.get("shippingAddress")),
        prices_include_tax=bool(node["taxesIncluded"]),
        lines=tuple(part.line(p, node, basis, system, policies) for p in standing[: len(sold)]),
        shipping=tuple(part.shipping_line(p, node, basis, i) for i, p in enumerate(shipped, 1)),
        duties=_duties(node, sold, basis),
        fees=_fees(node),
        tip=tip or None,
        rounding=rounding or None,
        tenders=_tenders(node),
        presentment=_presentment(node, prices),
        channel=_channel(node),
        risk=_risk(node),
        test=bool(node["test"]),
        renewal=(node.get("sourceName") or "").startswith(RENEWALS),
        deal=_deal(node),
        note=node.get("note") or "",
    )
    return _converted(made) if made.presentment else made


def _basis(node: Node, nodes: Sequence[Node]) -> Basis:
    nothing_stands = not any(line["currentQuantity"] for line in nodes)
    return "ordered" if node.get("cancelledAt") and nothing_stands else "current"


def _state(node: Node) -> OrderState:
    if node.get("cancelledAt"):
        return "cancelled"
    return "fulfilled" if node["displayFulfillmentStatus"] == "FULFILLED" else "open"


def _buyers(node: Node, system: SystemId) -> tuple[RecordKey | None, RecordKey | None]:
    """The company and the person who bought; of a B2B order the company's contact."""
    buyer = node.get("purchasingEntity") or {}
    person = node.get("customer") or (buyer.get("contact") or {}).get("customer")
    return _key(system, "company", buyer.get("company")), _key(system, "customer", person)


def _key(system: SystemId, kind: Kind, named: Node | None) -> RecordKey | None:
    return RecordKey(system, kind, number(named["id"])) if named else None


def _duties(node: Node, sold: Sequence[Node], basis: Basis) -> tuple[Charge, ...]:
    """The duties of what stands. Where prices include them (`dutiesIncluded`) they are in the lines already."""
    if node.get("dutiesIncluded"):
        return ()
    currency = node["currencyCode"]
    found = [(line, duty) for line in sold for duty in line["duties"]]
    charges = [
        Charge(
            key=number(duty["id"]),
            title=f"Duty on {line['title']}",
            amount=money(duty["price"], currency),
            taxes=taxes(duty["taxLines"], currency),
        )
        for line, duty in found
    ]
    owed = node.get("originalTotalDutiesSet" if basis == "ordered" else "currentTotalDutiesSet")
    now, was = money(owed, currency), Money.sum((charge.amount for charge in charges), currency)
    if owed is None or now == was or not was:
        return tuple(charges)
    weights = [
        charge.amount.minor * part.units(line, basis) * 1000 // line["quantity"]
        for charge, (line, _) in zip(charges, found, strict=True)
    ]
    return tuple(replace(c, amount=share) for c, share in zip(charges, now.allocate(weights), strict=True))


def _fees(node: Node) -> tuple[Charge, ...]:
    currency = node["currencyCode"]
    return tuple(
        Charge(
            key=number(fee["id"]),
            title=fee["name"],
            amount=money(fee["price"], currency),
            taxes=taxes(fee["taxLines"], currency),
        )
        for fee in node["additionalFees"]
    )


def _tenders(node: Node) -> tuple[Tender, ...]:
    """What was paid: successful sales and captures; an authorisation alone is not money yet. Change given in cash is
    taken off."""
    currency = node["currencyCode"]
    paid = []
    for transaction in node["transactions"]:
        if transaction["status"] != "SUCCESS" or transaction["kind"] not in (*_PAID, "CHANGE"):
            continue
        amount = money(transaction["amountSet"], currency)
        gateway = transaction.get("gateway") or ""
        signed = -amount if transaction["kind"] == "CHANGE" else amount
        paid.append(Tender(kind=_tender(gateway, transaction.get("paymentDetails")), gateway=gateway, amount=signed))
    return tuple(paid)


def _tender(gateway: str, details: Node | None) -> Literal["card", "gift_card", "cash", "other"]:
    if gateway == "gift_card":
        return "gift_card"
    if gateway == "cash":
        return "cash"
    if (details or {}).get("__typename") == "CardPaymentDetails" or gateway.startswith(_CARDS):
        return "card"
    return "other"


def _presentment(node: Node, prices: Node) -> Money | None:
    """What the customer saw, where that was another currency."""
    if node["presentmentCurrencyCode"] == node["currencyCode"]:
        return None
    seen = prices["presentmentMoney"]
    return Money.of(str(seen["amount"]), seen["currencyCode"])


def _channel(node: Node) -> str:
    return node.get("sourceName") or ""


def _risk(node: Node) -> Risk:
    """The gravest of the assessments and of Shopify's own advice; one still pending says nothing yet."""
    summary = node.get("risk") or {}
    found = [_ADVICE.get(summary.get("recommendation") or "", "none")]
    found += [level for a in summary.get("assessments") or () for level in _LEVELS if level.upper() == a["riskLevel"]]
    return max(found, key=_LEVELS.index)


def _deal(node: Node) -> RecordKey | None:
    """The won deal that the order was made from, `system/order/id`: the shop's metafield, or a draft's attribute."""
    text = (node.get("deal") or {}).get("value") or ""
    if not text and node.get("sourceName") == STAFF:
        text = next((a["value"] or "" for a in node["customAttributes"] if a["key"] == DEAL), "")
    if not text:
        return None
    key = origin_of(text)
    if key is None or key.kind != "order":
        raise BadRecord(f"order {node['name']} names the deal {text!r}; write it as system/order/id")
    return key


def _converted(made: Order) -> Order:
    """An order sold in another currency: Shopify converts each amount by itself, so that their sum may miss the
    converted total by parts of a minor unit each. That much, and no more, is put on the largest tax and on `rounding`.
    """
    taxed = made.taxes()
    total_tax = Money.sum((tax.amount for tax in taxed), made.currency)
    missing = made.total_tax - total_tax
    if missing and abs(missing.minor) <= len(taxed):
        made = _with_tax(made, missing, max(taxed, key=lambda tax: tax.amount.minor))
    gap = made.total - _made(made)
    amounts = sum(line.quantity + len(line.discounts) for line in made.lines) + len(made.shipping) + len(taxed) + 2
    if gap and abs(gap.minor) <= amounts:
        made = replace(made, rounding=(made.rounding or Money.zero(made.currency)) + gap)
    return made


def _made(made: Order) -> Money:
    amounts = [sold.amount for sold in made.lines] + [line.amount for line in made.shipping]
    amounts += [charge.amount for charge in (*made.duties, *made.fees)]
    amounts += [extra for extra in (made.tip, made.rounding) if extra]
    return Money.sum(amounts if made.prices_include_tax else [*amounts, made.total_tax], made.currency)


def _with_tax(made: Order, missing: Money, largest: Tax) -> Order:
    def put(charged: tuple[Tax, ...]) -> tuple[Tax, ...]:
        return tuple(replace(t, amount=t.amount + missing) if t is largest else t for t in charged)

    return replace(
        made,
        lines=tuple(replace(line, taxes=put(line.taxes)) for line in made.lines),
        shipping=tuple(replace(line, taxes=put(line.taxes)) for line in made.shipping),
        duties=tuple(replace(duty, taxes=put(duty.taxes)) for duty in made.duties),
        fees=tuple(replace(fee, taxes=put(fee.taxes)) for fee in made.fees),
    )
