"""Theirs to ours and ours to theirs, one module for each kind. Pure: no request, no clock."""

ORIGIN = "cashpath_origin"  # in the metadata of all that Cashpath creates: the canonical key
LINE = "cashpath_line"  # in the metadata of a subscription's item: the keys of the order lines that it bills
ORDER = "cashpath_order"
CHARGED_UNTIL = "cashpath_charged_until"
ARCHIVED = "cashpath_archived"  # in a customer's metadata: `true` where nobody deals with them any more
TAX_ID = "cashpath_tax_id"  # in a customer's metadata: a tax number that Stripe has no type for
