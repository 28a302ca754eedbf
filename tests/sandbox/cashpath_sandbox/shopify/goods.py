"""The mutations of products and variants that the stand-in shop takes, and how it finds either by its origin.

Left out: options beyond the first, sales channels, handles, stock.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cashpath_sandbox.shopify.query import Args, Node

if TYPE_CHECKING:
    from cashpath_sandbox.shopify.standin import ShopifyStandin

Body = dict[str, Any]
SINGLE = "Default Title"


def root(shop: "ShopifyStandin") -> Node:
    """What a mutation of goods starts from."""
    return {
        "productCreate": lambda args: _create(shop, args["product"]),
        "productUpdate": lambda args: _update(shop, args["product"]),
        "productVariantsBulkCreate": lambda args: _variants_created(shop, args),
        "productVariantsBulkUpdate": lambda args: _variants_changed(shop, args),
    }


def product_by_origin(shop: "ShopifyStandin", args: Args) -> Node | None:
    """The product that a unique metafield names."""
    found = (body for body in shop.store.all("products") if _carries(body, args["identifier"]["customId"]))
    return next((shop.store.product(body["id"]) for body in found), None)


def variant_by_origin(shop: "ShopifyStandin", args: Args) -> Node | None:
    """The variant that a unique metafield names."""
    every = (v for body in shop.store.all("products") for v in body.get("variants") or ())
    found = (v for v in every if _carries(v, args["identifier"]["customId"]))
    return next((shop.store.variant(v["id"]) for v in found), None)


def _carries(body: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    return any(
        (m["namespace"], m["key"], m["value"]) == (wanted["namespace"], wanted["key"], wanted["value"])
        for m in body.get("metafields") or ()
    )


def _create(shop: "ShopifyStandin", given: Mapping[str, Any]) -> Node:
    """A product comes with one variant that nobody made, for nothing."""
    if not str(given.get("title") or "").strip():
        return _refusal("product", "title", "Title can't be blank")
    body = {
        "title": given["title"],
        "status": str(given.get("status") or "ACTIVE").lower(),
        "metafields": [dict(m) for m in given.get("metafields") or ()],
        "variants": [{"title": SINGLE, "sku": "", "price": "0.00"}],
    }
    return _answer(shop, shop.put("products", body))


def _update(shop: "ShopifyStandin", given: Mapping[str, Any]) -> Node:
    body = shop.store.get("products", _id(given["id"]))
    if body is None:
        return _refusal("product", "id", "Product does not exist")
    if "title" in given and not str(given["title"] or "").strip():
        return _refusal("product", "title", "Title can't be blank")
    changed = {name: given[name] for name in ("title",) if name in given}
    if "status" in given:
        changed["status"] = given["status"].lower()
    return _answer(shop, shop.put("products", {"id": body["id"], **changed}))


def _variants_created(shop: "ShopifyStandin", args: Args) -> Node:
    body = shop.store.get("products", _id(args["productId"]))
    if body is None:
        return _refusal("productVariants", "productId", "Product does not exist")
    kept = _kept(list(body.get("variants") or ()), args.get("strategy") or "DEFAULT")
    titles = {variant.get("title") or SINGLE for variant in kept}
    made = []
    for given in args["variants"]:
        name = given["optionValues"][0]["name"]
        if name in titles:
            return _refusal("productVariants", "variants", f"The variant '{name}' already exists.")
        titles.add(name)
        metafields = [dict(m) for m in given.get("metafields") or ()]
        made.append(_changed({"title": name, "sku": "", "price": "0.00", "metafields": metafields}, given))
    shop.put("products", {"id": body["id"], "variants": [*kept, *made]})
    after = (shop.store.get("products", body["id"]) or {})["variants"]
    return _told(shop, [variant["id"] for variant in after[len(kept) :]])


def _kept(there: list[Body], strategy: str) -> list[Body]:
    """What remains beside new variants: a standalone one goes as the strategy says."""
    if len(there) != 1 or strategy == "PRESERVE_STANDALONE_VARIANT":
        return there
    unnamed = (there[0].get("title") or SINGLE) == SINGLE
    return [] if unnamed or strategy == "REMOVE_STANDALONE_VARIANT" else there


def _variants_changed(shop: "ShopifyStandin", args: Args) -> Node:
    body = shop.store.get("products", _id(args["productId"]))
    if body is None:
        return _refusal("productVariants", "productId", "Product does not exist")
    changes = {_id(given["id"]): given for given in args["variants"]}
    there = {str(variant["id"]): variant for variant in body.get("variants") or ()}
    if not changes.keys() <= there.keys():
        return _refusal("productVariants", "variants", "Product variant does not exist")
    variants = [_changed(variant, changes.get(id, {})) for id, variant in there.items()]
    shop.put("products", {"id": body["id"], "variants": variants})
    return _told(shop, list(changes))


def _changed(variant: Mapping[str, Any], given: Mapping[str, Any]) -> Body:
    item = given.get("inventoryItem") or {}
    theirs = {"price": given, "taxable": given, "sku": item}
    changed = {**variant, **{name: of[name] for name, of in theirs.items() if name in of}}
    return {**changed, **({"requires_shipping": item["requiresShipping"]} if "requiresShipping" in item else {})}


def _answer(shop: "ShopifyStandin", id: str) -> Node:
    return {"__typename": "Payload", "product": shop.store.product(id), "userErrors": []}


def _told(shop: "ShopifyStandin", ids: Sequence[Any]) -> Node:
    return {"__typename": "Payload", "productVariants": [shop.store.variant(id) for id in ids], "userErrors": []}


def _refusal(name: str, field: str, message: str) -> Node:
    errors = [{"__typename": "UserError", "field": [field], "message": message}]
    return {"__typename": "Payload", name: None, "userErrors": errors}


def _id(gid: str) -> str:
    return str(gid).rpartition("/")[2]
