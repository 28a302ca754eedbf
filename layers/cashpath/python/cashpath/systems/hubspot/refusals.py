"""What HubSpot means when it refuses a request: its error categories as the shared kinds of failure."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cashpath.faults import Fault, NeedsPerson, NotYet
from cashpath.systems.http import Refused

NOT_FOUND = "OBJECT_NOT_FOUND"
NAMES = ("propertyName", "requiredScopes", "requiredGranularScopes", "missingScopes")  # contexts that hold no values


def error_of(refused: Refused) -> dict[str, Any]:
    """The error object of an answer; empty where the answer has none ("Error handling": category, message, …)."""
    try:
        body = json.loads(refused.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def told(refused: Refused) -> str:
    """What an answer says, without the values it repeats: its category, its codes, and the properties it names."""
    error = error_of(refused)
    named = [str(error.get("category", ""))]
    details = [error, *(d for d in error.get("errors", ()) if isinstance(d, dict))]
    named += [str(d[name]) for d in details for name in ("code", "subCategory") if isinstance(d.get(name), str)]
    named += re.findall(r'"(?:error|name)" *: *"(\w+)"', str(error.get("message", "")))
    named += re.findall(r"Existing ID: \d+", str(error.get("message", "")))
    for detail in details:
        context = detail.get("context")
        if isinstance(context, dict):
            named += [str(name) for key in NAMES for name in context.get(key, ())]
    return ", ".join(dict.fromkeys(filter(None, named))) or f"status {refused.status}"


def is_missing(refused: Refused) -> bool:
    """Whether HubSpot says that there is no such record, rather than no such address."""
    return refused.status == 404 and error_of(refused).get("category") == NOT_FOUND


def is_conflict(refused: Refused) -> bool:
    """Whether a unique value is already another record's: an email address answers 409, a custom property 400."""
    return refused.status == 409 or (refused.status == 400 and "CONFLICTING_UNIQUE_VALUE" in refused.body)


@contextmanager
def explained(what: str, *, creating: bool = False) -> Iterator[None]:
    """Turn a refusal inside into the failure it means. `what` names the record in the message.

    A create that meets a record with the same unique value waits: that record answers to the same email address (or
    is this very one, written by a request whose answer was lost), so the next pass reads it and links it. Creating
    another is never right, and linking it here would decide a match, which is the flow's business.
    """
    try:
        yield
    except Refused as refused:
        raise _meaning(refused, what, creating=creating) from refused


def _meaning(refused: Refused, what: str, *, creating: bool) -> Fault:
    said = told(refused)
    if is_conflict(refused):
        if creating:
            return NotYet(f"{what}: HubSpot already has a record with this unique value: {said}")
        return NeedsPerson(
            f"{what}: HubSpot has another record with this value: {said}",
            remedy="merge the two records in HubSpot, then redrive",
            owner="crm",
            code="conflict",
        )
    if is_missing(refused):
        return NeedsPerson(
            f"{what} is gone from HubSpot (deleted or archived)",
            remedy="restore it in HubSpot (Settings, Data Management, Restore), then redrive",
            owner="crm",
            code="target_gone",
        )
    if refused.status == 403:
        return NeedsPerson(
            f"{what}: the private app may not do this: {said}",
            remedy="give the private app the scopes that HubSpot names, then redrive",
            owner="crm",
            code="missing_scopes",
        )
    if "PROPERTY_DOESNT_EXIST" in refused.body:
        return NeedsPerson(
            f"{what}: the portal lacks a property: {said}",
            remedy="add Cashpath's properties to the portal (systems/hubspot/properties.py lists them), then redrive",
            owner="crm",
            code="not_set_up",
        )
    return NeedsPerson(
        f"{what}: HubSpot refuses what we wrote ({refused.status}): {said}",
        remedy="put right the value that HubSpot names at its source, or the property's settings, then redrive",
        owner="crm",
        code="refused",
    )
