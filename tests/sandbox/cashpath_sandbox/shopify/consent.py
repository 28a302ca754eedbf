"""What the shop tells of consent to marketing email: since 2025-01 in a webhook of its own.

Source: Shopify developer changelog, "New customer's webhook and changes to existing customer's webhooks payload"
(shopify.dev/changelog/new-customer-s-webhook-and-changes-to-existing-customer-s-webhooks-payload).
"""

from collections.abc import Mapping
from typing import Any

TOPIC = "customers_email_marketing_consent/update"


def told(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the shop tells where somebody's consent to marketing email changed: no other body says so."""
    told = after.get("email_marketing_consent")
    if before is None or not told or told == before.get("email_marketing_consent"):
        return None
    return {"customer_id": after["id"], "email_address": after.get("email"), "email_marketing_consent": told}


def is_all(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> bool:
    """Whether an edit changed nothing else of a customer."""
    apart = ("email_marketing_consent", "updated_at")
    return before is not None and all(before.get(name) == after.get(name) for name in after if name not in apart)
