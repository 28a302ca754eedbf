"""What a HubSpot portal can tell and hold. Pure data."""

from collections.abc import Mapping
from typing import Any

from cashpath.systems.hubspot import spelling
from cashpath.systems.port import Facts, KindFacts

_PERSON = spelling.fields(spelling.CONTACT) | {"tax_id", "address", "company", "also_for"}
_COMPANY = spelling.fields(spelling.COMPANY) | {"domain", "tax_id", "address"}
_PRODUCT = spelling.fields(spelling.PRODUCT) | {"price", "prices", "recurring"}
_CRMS = frozenset({"account_owner", "sales_status"})
FACTS = Facts(
    vendor="hubspot",
    role="crm",
    kinds={
        "customer": KindFacts(
            reads=True,
            tells=_PERSON | _CRMS,
            fields=_PERSON,
            references=frozenset({"company"}),
            matches=frozenset({"email"}),
            merges=True,
        ),
        "company": KindFacts(
            reads=True,
            tells=_COMPANY | _CRMS,
            fields=_COMPANY,
            matches=frozenset({"domain", "tax_id"}),
            merges=True,
        ),
        "variant": KindFacts(reads=True, tells=_PRODUCT, fields=_PRODUCT, matches=frozenset({"sku"})),
        "order": KindFacts(
            reads=True,
            fields=frozenset(
                {
                    "number",
                    "ordered_at",
                    "currency",
                    "total",
                    "total_tax",
                    "state",
                    "customer",
                    "company",
                    "prices_include_tax",
                    "lines",
                    "shipping",
                    "duties",
                    "fees",
                    "tip",
                    "rounding",
                    "note",
                }
            ),
            references=frozenset({"customer", "company"}),
            matches=frozenset({"number"}),
        ),
    },
    # A webhook names when a property changed, which is not the record's own modification mark.
    unversioned=frozenset({"customer", "company", "variant", "order"}),
)


def facts(_: Mapping[str, Any]) -> Facts:
    """The facts of a portal, whatever its options."""
    return FACTS
