"""Bundles as Tryton's kits (module product_kit): what one holds, what it tells, and what has to change. Pure.

A kit is a template of type `kit` whose components say which products it contains, and how many of each. Components that
name a product of the template are that product's alone; else they are of all its products. A kit is shipped: it
contains goods, and nothing that has components itself. A sale has one line for a kit, at the kit's price; its
components are what is moved.
Source: trytond_product_kit 8.2, `product.py` (Product.components_used, ComponentMixin.product), `common.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cashpath.faults import NeedsPerson, NotYet
from cashpath.records import RecordKey, SystemId, Variant
from cashpath.records.catalog import Part
from cashpath.systems.tryton.books import Row

TYPE = "kit"
_OF_COMPONENT = (
    *("parent_product", "product", "quantity", "unit", "fixed"),
    *("unit.symbol", "product.code", "product.default_uom"),
)
FIELDS = ("template.products", *(f"template.components.{name}" for name in _OF_COMPONENT))
# What is asked of a product that is to go into a kit, or onto a sale.
PART_FIELDS = ("code", "default_uom", "components", "template.type", "template.components")


def shown(variant: Variant, refs: Mapping[RecordKey, str]) -> list[dict[str, object]]:
    """The contents of a bundle as a kit will hold them: each product once."""
    counted: dict[str, int] = {}
    for part in variant.parts:
        id = refs.get(part.variant, "")
        counted[id] = counted.get(id, 0) + part.quantity
    return [{"variant": id, "quantity": quantity} for id, quantity in sorted(counted.items())]


def held(row: Row) -> list[dict[str, object]]:
    """The contents of a product in the same form; a quantity that no shop can say stands as text."""
    if row["template."]["type"] != TYPE:
        return []
    contents = sorted((str(product), components) for product, components in _by_product(row).items())
    return [
        {"variant": id, "quantity": _pieces(components) or " + ".join(map(_described, components))}
        for id, components in contents
    ]


def told(row: Row, system: SystemId) -> tuple[Part, ...]:
    """The contents of a product as parts; without those whose quantity no shop can say (`unclear`)."""
    if row["template."]["type"] != TYPE:
        return ()
    counted = {product: _pieces(components) for product, components in _by_product(row).items()}
    return tuple(
        Part(variant=RecordKey(system, "variant", str(product)), quantity=quantity)
        for product, quantity in counted.items()
        if quantity
    )


def unclear(row: Row) -> str:
    """Why the contents of a product cannot be told, and what to do; '' where they can."""
    odd = [component for component in _used(row) if not _is_plain(component)]
    if row["template."]["type"] != TYPE or not odd:
        return ""
    return (
        f"the kit {row['code'] or row['template.']['name']} of Tryton contains {_described(odd[0])} of "
        f"{odd[0]['product.']['code']}, which is no number of pieces for each kit; make it one in Tryton (Products, "
        "Components), not fixed and in the product's own unit"
    )


def missing(variant: Variant, refs: Mapping[RecordKey, str]) -> None:
    """Raises NotYet where a part of the bundle is not in Tryton."""
    absent = sorted({str(part.variant) for part in variant.parts if part.variant not in refs})
    if absent:
        raise NotYet(f"{variant.key}: {', '.join(absent)} not in Tryton yet")


def fit(key: RecordKey, parts: Sequence[Mapping[str, object]], products: Mapping[int, Row]) -> None:
    """Raises NeedsPerson where Tryton lets one of these parts, as it is there, into no kit."""
    for part in parts:
        id = str(part["variant"])
        product = products.get(int(id))
        if product is None:
            cause, remedy = f"product {id} of Tryton, which is gone", "link it to the right product"
        elif product["components"] or product["template."]["components"] or product["template."]["type"] == TYPE:
            cause = f"{product['code'] or id}, which has components itself in Tryton: no kit there contains another"
            remedy = "list what that contains in the bundle instead"
        elif product["template."]["type"] != "goods":
            cause = f"{product['code'] or id}, which is no goods in Tryton: a kit there contains nothing else"
            remedy = "make it goods in Tryton, and shipped in the shop, or take it out of the bundle"
        else:
            continue
        raise NeedsPerson(f"{key} contains {cause}", remedy=f"{remedy}, then redrive", owner="erp", code="no_kit_part")


def sold_alone(number: str, products: Sequence[Row]) -> None:
    """Raises NeedsPerson for goods with components that are no kit: Tryton adds a line for each component to a sale,
    at its list price, once the sale is quoted."""
    for product in products:
        if product["template."]["type"] != TYPE and (product["components"] or product["template."]["components"]):
            code = product["code"] or product["id"]
            raise NeedsPerson(
                f"order {number} sells {code}, which Tryton sells together with its components, at their own prices",
                remedy=f"make {code} a kit in Tryton, or remove its components there, then redrive",
                owner="erp",
                code="sold_with_components",
            )


def changes(row: Row | None, parts: Sequence[Mapping[str, object]], products: Mapping[int, Row]) -> list[list[Any]]:
    """The operations on a template's components after which the product contains `parts`: known by what they contain,
    never by position. `row` is None for a template that is yet to be made."""
    now = _changeable(row, parts) if row else []
    known: dict[int, Row] = {}
    for component in now:
        known.setdefault(component["product"], component)
    wanted = {int(str(part["variant"])): int(str(part["quantity"])) for part in parts}
    gone = [c["id"] for c in now if c["product"] not in wanted or c is not known[c["product"]]]
    operations: list[list[Any]] = [["delete", gone]] if gone else []
    created: list[dict[str, Any]] = []
    for product, quantity in wanted.items():
        values = {"quantity": quantity, "unit": products[product]["default_uom"], "fixed": False}
        if product not in known:
            created.append({**values, "product": product, **_owner(row)})
        elif any(known[product][name] != value for name, value in values.items()):
            operations.append(["write", [known[product]["id"]], values])
    return [*operations, ["create", created]] if created else operations


def _used(row: Row) -> list[Row]:
    """The components that count for a product: its own, else those of all products of its template."""
    own = [component for component in row["template."]["components."] if component["parent_product"] == row["id"]]
    return own or [component for component in row["template."]["components."] if not component["parent_product"]]


def _changeable(row: Row, parts: Sequence[Mapping[str, object]]) -> list[Row]:
    """The components that may change: of a template of several products the product's own alone. What is to be no kit
    keeps none at all: goods with components would be sold together with them."""
    if _has_siblings(row):
        return [c for c in row["template."]["components."] if c["parent_product"] == row["id"]]
    return _used(row) if parts else list(row["template."]["components."])


def _owner(row: Row | None) -> dict[str, int]:
    if row is None or not (_has_siblings(row) or any(component["parent_product"] for component in _used(row))):
        return {}
    return {"parent_product": row["id"]}


def _has_siblings(row: Row) -> bool:
    return len(row["template."]["products"]) > 1


def _by_product(row: Row) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for component in _used(row):
        found.setdefault(component["product"], []).append(component)
    return found


def _pieces(components: Sequence[Row]) -> int | None:
    """How many pieces these components are for each kit; None where that is no whole number."""
    return sum(int(c["quantity"]) for c in components) if all(map(_is_plain, components)) else None


def _is_plain(component: Row) -> bool:
    quantity = component["quantity"] or 0
    in_own_unit = component["unit"] == component["product."]["default_uom"]
    return in_own_unit and not component["fixed"] and quantity >= 1 and quantity == int(quantity)


def _described(component: Row) -> str:
    fixed = " (fixed)" if component["fixed"] else ""
    return f"{component['quantity']:g} {component['unit.']['symbol']}{fixed}"
