"""The lines of an order: what is sold and shipped, with the discounts and taxes that still stand after edits. Pure.

Shopify keeps a line's discounts and taxes as they were at the time of sale, "including refunded and removed
quantities", and says beside them what stands now: `currentQuantity`, `priceAfterAllDiscountsBeforeTaxesSet` and, over
the whole order, `currentTaxLines` by title and rate (Admin GraphQL 2026-07, objects LineItem and Order). A line that
was not edited is taken as it is; for one that was, the shares are worked out so that they make Shopify's own current
amounts to the minor unit.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import Literal

from cashpath.records import Line, Money, RecordKey, ShippingLine, SystemId, Tax
from cashpath.systems.shopify.amounts import Node, discounts, money, number, shared, taxes
from cashpath.systems.shopify.catalog import SINGLE, recurring_line

# Of the two sets of amounts that Shopify keeps: what stands now, or what was ordered, removed units included.
Basis = Literal["current", "ordered"]
_WHOLE = Fraction(1)


@dataclass(frozen=True)
class Taxed:
    """A line or shipping line, its taxes at the time of sale, and which part of it still stands."""

    node: Node
    taxes: tuple[Tax, ...]
    stands: Fraction


def standing(lines: Sequence[Node], shipping: Sequence[Node], order: Node, basis: Basis) -> tuple[list[Taxed], ...]:
    """Lines and shipping lines with the taxes that stand: exact where nothing was removed, else shared out so that
    they make the order's current taxes."""
    currency = order["currencyCode"]
    parts = [Taxed(node, taxes(node["taxLines"], currency), _stands(node, basis)) for node in lines]
    parts += [Taxed(node, taxes(node["taxLines"], currency), _ships(node, currency, basis)) for node in shipping]
    if any(part.stands != _WHOLE for part in parts):
        parts = _reckoned(parts, taxes(order["currentTaxLines"], currency))
    return parts[: len(lines)], parts[len(lines) :]


def line(part: Taxed, order: Node, basis: Basis, system: SystemId, policies: Mapping[str, Node]) -> Line:
    """One thing sold, as much of it as stands."""
    node, currency = part.node, order["currencyCode"]
    quantity = units(node, basis)
    price = money(node["originalUnitPriceSet"], currency)
    sold = discounts(node["discountAllocations"], currency)
    if part.stands != _WHOLE:
        amount = money(node["priceAfterAllDiscountsBeforeTaxesSet"], currency)
        if order["taxesIncluded"]:
            amount += Money.sum((tax.amount for tax in part.taxes), currency)
        sold = shared(price * quantity - amount, sold)
    variant = node.get("variant")
    return Line(
        key=number(node["id"]),
        title=_title(node),
        quantity=quantity,
        unit_price=price,
        variant=RecordKey(system, "variant", number(variant["id"])) if variant else None,
        sku=node.get("sku") or "",
        discounts=sold,
        taxes=part.taxes,
        recurring=recurring_line(node.get("product"), node.get("sellingPlan"), policies),
        gift_card=bool(node["isGiftCard"]),
    )


def shipping_line(part: Taxed, order: Node, basis: Basis, position: int) -> ShippingLine:
    """One shipping line, less what of it was refunded. Shopify may give it no id: then it goes by its position."""
    node, currency = part.node, order["currencyCode"]
    discounted = money(node["discountedPriceSet"], currency)
    now = discounted if basis == "ordered" else money(node["currentDiscountedPriceSet"], currency)
    price = money(node["originalPriceSet"], currency) - (discounted - now)
    return ShippingLine(
        key=number(node["id"]) if node.get("id") else f"shipping-{position}",
        title=node["title"],
        price=price,
        discounts=shared(price - now, discounts(node["discountAllocations"], currency)),
        taxes=part.taxes,
    )


def units(node: Node, basis: Basis) -> int:
    """How many units of a line count."""
    return int(node["quantity"] if basis == "ordered" else node["currentQuantity"])


def tip_lines(nodes: Sequence[Node], tip: Money) -> Sequence[Node]:
    """The lines that are the tip: Shopify lists a tip both as a line of no product and in the order's
    `totalTipReceivedSet`, and marks the line by nothing but that it can be neither shipped nor fulfilled."""
    if not tip:
        return ()
    bare = [node for node in nodes if not node.get("variant") and not node.get("product") and _nothing_to_do(node)]
    called = [node for node in bare if node["title"].strip().casefold() in ("tip", "tips")]
    for some in (called, bare):
        if some and worth(some, tip.currency, "ordered") == tip:
            return some
    return ()


def worth(nodes: Sequence[Node], currency: str, basis: Basis) -> Money:
    """What the lines make before discounts."""
    return Money.sum((money(n["originalUnitPriceSet"], currency) * units(n, basis) for n in nodes), currency)


def _nothing_to_do(node: Node) -> bool:
    idle = node["nonFulfillableQuantity"] == node["quantity"] and not node["requiresShipping"]
    return bool(idle and not node["isGiftCard"] and not node["taxLines"])


def _title(node: Node) -> str:
    variant = node.get("variantTitle") or ""
    return node["title"] if variant in ("", SINGLE) else f"{node['title']} - {variant}"


def _stands(node: Node, basis: Basis) -> Fraction:
    ordered = int(node["quantity"])
    return Fraction(units(node, basis), ordered) if ordered else _WHOLE


def _ships(node: Node, currency: str, basis: Basis) -> Fraction:
    discounted = money(node["discountedPriceSet"], currency).minor
    if basis == "ordered" or not discounted:
        return _WHOLE
    return Fraction(money(node["currentDiscountedPriceSet"], currency).minor, discounted)


def _reckoned(parts: Sequence[Taxed], current: Sequence[Tax]) -> list[Taxed]:
    """The taxes of the parts that changed, such that each title and rate makes the order's current amount.

    Where that cannot be (less than the unchanged parts bear, or more than was ever sold), each changed tax is its
    share by quantity, and `Order.checked` tells whether that adds up.
    """
    owed: dict[tuple[object, object], int] = defaultdict(int)
    for tax in current:
        owed[tax.title, tax.rate] += tax.amount.minor
    changed: dict[tuple[object, object], list[tuple[int, int]]] = defaultdict(list)
    for i, part in enumerate(parts):
        for j, tax in enumerate(part.taxes):
            if part.stands == _WHOLE:
                owed[tax.title, tax.rate] -= tax.amount.minor
            else:
                changed[tax.title, tax.rate].append((i, j))
    shares = {where: share for group, places in changed.items() for where, share in _shares(parts, places, owed[group])}
    return [
        replace(
            part,
            taxes=tuple(
                replace(tax, amount=Money(shares.get((i, j), tax.amount.minor), tax.amount.currency))
                for j, tax in enumerate(part.taxes)
            ),
        )
        for i, part in enumerate(parts)
    ]


def _shares(
    parts: Sequence[Taxed], places: Sequence[tuple[int, int]], owed: int
) -> Sequence[tuple[tuple[int, int], int]]:
    """`owed` minor units of one tax over the changed parts that bear it, by what stands of each."""
    sold = [parts[i].taxes[j].amount for i, j in places]
    ideal = [parts[i].stands * amount.minor for (i, _), amount in zip(places, sold, strict=True)]
    if sum(ideal, Fraction(0)) <= 0 or not 0 <= owed <= sum(amount.minor for amount in sold):
        return [(place, round(share)) for place, share in zip(places, ideal, strict=True)]
    scale = lcm(*(share.denominator for share in ideal))
    shares = Money(owed, sold[0].currency).allocate([int(share * scale) for share in ideal])
    return [(place, share.minor) for place, share in zip(places, shares, strict=True)]
