"""Products and variants as Shopify holds them when the ERP owns the catalogue: what is compared, and the input of its
mutations. Pure; `goods_writer` sends it.

Not held: a variant's `archived`, since only its product has a status in Shopify (to archive the product for one
variant would take the others off sale); a variant's `title`, which Shopify composes of the product's and the option's
and so does not read back; `product`, which a variant never changes there (shopify.dev/docs/api/admin-graphql/2026-07/
objects/ProductVariant); `parts`, which only the app that assigned them may change (shopify.dev/docs/apps/build/
product-merchandising/bundles/add-variant-fixed-bundle).
"""

from collections.abc import Collection, Mapping

from cashpath.records import Product, Record, Variant
from cashpath.systems.shopify.catalog import SINGLE

PRODUCT_FIELDS = frozenset({"title", "archived"})
VARIANT_FIELDS = frozenset({"sku", "price", "taxable", "shippable"})


def state(record: Record, fields: Collection[str]) -> dict[str, object]:
    """What Shopify will hold of a product or a variant. No price is not a price of nothing."""
    whole: dict[str, object] = {}
    match record:
        case Product():
            whole = {"title": record.title.strip(), "archived": record.archived}
        case Variant():
            whole = {
                "sku": record.sku.strip(),
                "price": [str(record.price.decimal), record.price.currency] if record.price else None,
                "taxable": record.taxable,
                "shippable": record.shippable,
            }
    return {name: value for name, value in whole.items() if name in fields}


def product_input(changes: Mapping[str, object]) -> dict[str, object]:
    """The fields of ProductCreateInput and ProductUpdateInput that these changes are."""
    given: dict[str, object] = {"title": changes["title"]} if "title" in changes else {}
    if "archived" in changes:
        given["status"] = "ARCHIVED" if changes["archived"] else "ACTIVE"
    return given


def variant_input(changes: Mapping[str, object]) -> dict[str, object]:
    """The fields of ProductVariantsBulkInput that these changes are. SKU and shipping are its inventory item's."""
    given: dict[str, object] = {}
    if isinstance(price := changes.get("price"), list):
        given["price"] = price[0]
    if "taxable" in changes:
        given["taxable"] = changes["taxable"]
    item = {"sku": "sku", "shippable": "requiresShipping"}
    if stocked := {theirs: changes[ours] for ours, theirs in item.items() if ours in changes}:
        given["inventoryItem"] = stocked
    return given


def choice(variant: Variant, product_title: str, taken: Collection[str]) -> str:
    """What buyers choose the variant by: its own title without the product's, else its SKU, else its id. Shopify
    wants it unique in the product, and would take `Default Title` for a variant that nobody made."""
    own = variant.title.strip().removeprefix(product_title).strip(" -")
    for name in (own, variant.sku.strip()):
        if name and name != SINGLE and name not in taken:
            return name
    return variant.key.id
