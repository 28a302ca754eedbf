"""What pydantic's errors mean to the person who wrote the TOML."""

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cashpath.records.keys import ROLES
from cashpath.settings.options import VENDORS

MEANING = {
    "missing": "is missing",
    "extra_forbidden": "is not a setting that Cashpath knows; look for a typing error, or remove the line",
}
MISSING = {
    "cutover": "is missing: orders older than it are linked and never created; write the moment at which Cashpath "
    "takes over, as in cutover = 2026-01-01T00:00:00Z",
    "vendor": f"is missing; write one of {', '.join(VENDORS)}",
    "role": f"is missing; write one of {', '.join(ROLES)}",
    "shop": 'is missing; write the shop\'s own domain, as in shop = "acme.myshopify.com"',
    "portal": "is missing; write the HubSpot account's number (Hub ID), as in portal = 1234567",
    "live": "is missing; write live = true where the Stripe key is a live one, else live = false",
}

# Kinds whose owners no brand can change, and why.
FIXED = {
    "order": "cannot be changed: an order is decided where it was placed, and only as what it was sold by the CRM; "
    "create_orders books it in all other systems by that",
    "subscription": "cannot be changed: its items follow the order, and once it runs billing decides its cycle and "
    "when it ends; create_orders starts it by that",
}
OWNERSHIP = ("catalogue", "customer", "company", "product", "variant", "others_changes", "except_for")


def known_as(name: str, known: Iterable[str]) -> str:
    """The nearest known name, as the end of a sentence about one that is not."""
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(known)) or 'none'}"


def plain(error: ValidationError, where: str = "") -> list[str]:
    """What a pydantic error means, one line for each setting, in the file's own words."""
    lines = []
    for detail in error.errors(include_url=False):
        place = ".".join([*([where] if where else []), *(str(part) for part in detail["loc"] if part != "[key]")])
        kind, last = detail["type"], str(detail["loc"][-1]) if detail["loc"] else ""
        said = MISSING.get(last, MEANING["missing"]) if kind == "missing" else MEANING.get(kind)
        if kind == "extra_forbidden" and detail["loc"][-2:-1] == ("ownership",):
            said = FIXED.get(last, f"is no kind or setting of ownership{known_as(last, OWNERSHIP)}")
        lines.append(f"{place} {said or _refusal(detail)}")
    return lines


def _refusal(detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ")
    given = detail["input"].isoformat() if isinstance(detail["input"], datetime) else repr(detail["input"])
    return f"cannot be {given}: {message[:1].lower()}{message[1:]}"
