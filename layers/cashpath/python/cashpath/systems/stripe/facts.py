"""What Stripe can hold, and which of its events tell of which kind: data."""

from collections.abc import Mapping
from typing import Any

from cashpath.records.keys import Kind
from cashpath.systems.port import Facts, KindFacts
from cashpath.systems.stripe.records import customer as customers
from cashpath.systems.stripe.records import subscription as subscriptions
from cashpath.systems.stripe.records import variant as variants

FACTS = Facts(
    vendor="stripe",
    role="billing",
    kinds={
        "customer": KindFacts(reads=True, tells=customers.TELLS, fields=customers.FIELDS, matches=frozenset({"email"})),
        "variant": KindFacts(reads=True, tells=variants.FIELDS, fields=variants.FIELDS),
        "subscription": KindFacts(
            reads=True,
            tells=subscriptions.TELLS,
            fields=subscriptions.FIELDS,
            references=frozenset[Kind]({"customer", "variant"}),
        ),
    },
    unversioned=frozenset[Kind]({"customer", "variant", "subscription"}),
)
EVENTS: Mapping[Kind, tuple[str, ...]] = {
    "customer": (
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "customer.source.created",
        "customer.source.deleted",
        "customer.tax_id.created",
        "customer.tax_id.updated",
        "customer.tax_id.deleted",
        "payment_method.attached",
        "payment_method.detached",
    ),
    "variant": (
        "product.created",
        "product.updated",
        "product.deleted",
        "price.created",
        "price.updated",
        "price.deleted",
    ),
    "subscription": (
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
    ),
}


def facts(_: Mapping[str, Any]) -> Facts:
    """The facts of an account, whatever its options."""
    return FACTS
