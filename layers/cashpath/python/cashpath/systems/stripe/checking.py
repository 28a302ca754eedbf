"""What a key of Stripe's may not do, asked by reading one object of each kind: for `cashpath check`."""

from collections.abc import Iterator, Sequence

import httpx

from cashpath.faults import CredentialsRefused
from cashpath.systems.http import Refused
from cashpath.systems.mapping import FieldMap
from cashpath.systems.stripe.api import StripeApi

# Path, and the name of the permission where a restricted key is made (https://docs.stripe.com/keys/restricted-api-keys)
_NEEDED = (
    ("/v1/customers", "Customers"),
    ("/v1/payment_methods", "PaymentMethods"),
    ("/v1/products", "Products"),
    ("/v1/prices", "Prices"),
    ("/v1/subscriptions", "Subscriptions"),
    ("/v1/events", "Events"),
)
KEY_MAX = 40  # https://docs.stripe.com/metadata
_WRITTEN = frozenset({"Customers", "Products", "Prices", "Subscriptions"})


def lacking(api: StripeApi, mapping: FieldMap) -> Sequence[str]:
    """One sentence for each thing that is missing: the key itself, its mode, or a permission of a restricted key
    (Stripe answers 403, https://docs.stripe.com/error-handling); and for a mapped field that no metadata can hold."""
    unfit = list(_unfit(mapping))
    try:
        return [*_unreadable(api), *unfit]
    except CredentialsRefused as refused:
        return [f"{refused.cause}: {refused.remedy}", *unfit]


def _unfit(mapping: FieldMap) -> Iterator[str]:
    for kind in mapping.kinds:
        for key in mapping.asked(kind):
            if len(key) > KEY_MAX or "[" in key or "]" in key:
                yield f"{key!r} is no key of Stripe's metadata: map the {kind}'s field to 40 characters without [ and ]"


def _unreadable(api: StripeApi) -> Iterator[str]:
    for path, name in _NEEDED:
        try:
            api.read("GET", f"{path}?limit=1")
        except Refused as refused:
            if refused.status != httpx.codes.FORBIDDEN:
                raise
            access = "Write" if name in _WRITTEN else "Read"
            yield f"the key may not read {path}: give it the permission {name} ({access}) in Stripe's API keys"
