"""Amounts, ids and metafields as Shopify spells them, read into ours: money bags, taxes, shares of discounts."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cashpath.records import Address, Discount, Money, Tax
from cashpath.records.keys import Kind
from cashpath.systems.mapping import FieldMap
from cashpath.systems.shopify.documents import NO_FIELD

Node = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number(gid: str) -> str:
    """The number in a global id: `gid://shopify/Order/42` -> `42`. Some carry a query string after it."""
    return gid.rsplit("/", 1)[-1].partition("?")[0]


def moment(text: str) -> datetime:
    """A time as Shopify writes it."""
    return datetime.fromisoformat(text)


def mark(text: str) -> int:
    """A modification mark, `updatedAt`, as epoch milliseconds; Shopify writes whole seconds."""
    return (moment(text) - _EPOCH) // timedelta(milliseconds=1)


def money(bag: Node | None, currency: str) -> Money:
    """The shop's side of a money bag; zero where Shopify gives none.

    Raises BadRecord where it is no amount of its currency, or of another currency than the order's.
    """
    if bag is None:
        return Money.zero(currency)
    return _same(Money.of(str(bag["shopMoney"]["amount"]), bag["shopMoney"]["currencyCode"]), currency)


def _same(amount: Money, currency: str) -> Money:
    return amount + Money.zero(currency)  # Money refuses to mix currencies, and says which


def taxes(lines: Sequence[Node], currency: str) -> tuple[Tax, ...]:
    """Tax lines. Who is liable is unknown for some (`channelLiable` null): then the shop is."""
    return tuple(
        Tax(
            title=line["title"],
            rate=Decimal(str(line["rate"])) if line.get("rate") is not None else Decimal(0),
            amount=money(line["priceSet"], currency),
            liable="channel" if line.get("channelLiable") else "shop",
        )
        for line in lines
    )


def discounts(allocations: Sequence[Node], currency: str) -> tuple[Discount, ...]:
    """The shares of discounts that fall on a line, as they were at the time of sale."""
    return tuple(
        Discount(title=_title(allocation["discountApplication"]), amount=amount)
        for allocation in allocations
        if (amount := money(allocation["allocatedAmountSet"], currency))
    )


def _title(application: Node) -> str:
    return application.get("code") or application.get("title") or "Discount"


def shared(total: Money, parts: Sequence[Discount]) -> tuple[Discount, ...]:
    """`total` as discounts under the names of `parts`, in their proportions: what still stands of them."""
    if not total:
        return ()
    weights = [part.amount.minor for part in parts]
    if total.minor < 0 or not parts or sum(weights) <= 0 or min(weights) < 0:
        return (Discount(title="Discount", amount=total),)
    shares = total.allocate(weights)
    return tuple(Discount(title=p.title, amount=share) for p, share in zip(parts, shares, strict=True) if share)


def address(node: Node | None) -> Address | None:
    """A postal address of an order or a customer."""
    if not node:
        return None
    return Address(
        name=node.get("name") or "",
        company=node.get("company") or "",
        street=node.get("address1") or "",
        street2=node.get("address2") or "",
        city=node.get("city") or "",
        postcode=node.get("zip") or "",
        region=node.get("provinceCode") or "",
        country=node.get("countryCodeV2") or "",
        phone=node.get("phone") or "",
    )


def mapped_values(node: Node) -> dict[str, object]:
    """The metafields that were asked for, by `namespace.key`."""
    nodes = (node.get("metafields") or {}).get("nodes") or ()
    return {f"{field['namespace']}.{field['key']}": field["value"] for field in nodes}


def asked(mapping: FieldMap, kind: Kind) -> list[str]:
    """The metafields to ask for where a brand maps them."""
    return list(mapping.asked(kind)) or [NO_FIELD]


def quoted(value: str) -> str:
    """A phrase of Shopify's search syntax (shopify.dev/docs/api/usage/search-syntax)."""
    return json.dumps(value, ensure_ascii=False)
