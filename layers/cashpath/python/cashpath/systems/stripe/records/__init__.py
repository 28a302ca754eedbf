"""Theirs to ours and ours to theirs, one module for each kind. Pure: no request, no clock."""

ORIGIN = "cashpath_origin"  # in the metadata of all that Cashpath creates: the canonical key
LINE = "cashpath_line"  # in the metadata of a subscription's item: the keys of the order lines that it bills
ORDER = "cashpath_order"
CHARGED_UNTIL = "cashpath_charged_until"
ARCHIVED = "cashpath_archived"  # in a customer's metadata: `true` where nobody deals with them any more
TAX_ID = "cashpath_tax_id"  # in a customer's metadata: a tax number that Stripe has no type for
SKU = "sku"  # in a product's metadata: Stripe's products have none
NATURE = "cashpath_nature"  # in a product's metadata: what it is to the merchant, unless it is a good
TAX_CATEGORY = "cashpath_tax_category"  # in a product's metadata: a tax category that is no tax code of Stripe's
REPLACES = "cashpath_replaces"  # in a price's metadata: the price that is to be archived once this one is the default
REPLACED_BY = "cashpath_replaced_by"  # in a price's metadata: the price that became the default instead
AGREED = "cashpath_agreed"  # in the metadata of a subscription's item that was moved: what its order was sold at
