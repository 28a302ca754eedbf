"""What a portal lacks for what Cashpath is to do there: scopes, Cashpath's properties, those that a brand maps. Reads
only; for `cashpath check`."""

from collections.abc import Iterator, Mapping
from typing import Any

from cashpath.systems.connection import Connection
from cashpath.systems.http import Api, Refused
from cashpath.systems.hubspot.objects import TYPES
from cashpath.systems.hubspot.properties import known_properties, missing_properties
from cashpath.systems.hubspot.refusals import explained
from cashpath.systems.hubspot.translation import TYPES as OF_KIND

# "Private apps" (developer documentation): the scopes and the portal of a private app's token.
TOKEN = "/oauth/v2/private-apps/get/access-token-info"
SCOPES = (
    *(f"crm.objects.{type.name}.{right}" for type in TYPES for right in ("read", "write")),
    "crm.objects.owners.read",
)
# The specifications of products and line items: one older scope does for both.
OLDER: Mapping[str, str] = {
    f"crm.objects.{name}.{right}": "e-commerce" for name in ("products", "line_items") for right in ("read", "write")
}


def lacking(connection: Connection, api: Api) -> Iterator[str]:
    """One sentence for each thing that is missing, with its remedy."""
    yield from _token(connection, api)
    with explained("Cashpath's properties"):
        missing = [f"{made.on.name}.{made.name}" for made in missing_properties(api)]
    if missing:
        id = connection.id
        yield f"{id}: the properties {', '.join(missing)} are missing; run `cashpath prepare {id}`"
    for kind in connection.mapping.kinds:
        type = OF_KIND[kind][0]
        with explained(f"the properties of {type.name}"):
            known = known_properties(api, type)
        for name in connection.mapping.asked(kind):
            if name not in known:
                yield (
                    f"{connection.id}: {type.name} have no property {name!r}, which a field of {kind} is mapped to; "
                    "create it in HubSpot (Settings, Properties), or name another"
                )


def _token(connection: Connection, api: Api) -> Iterator[str]:
    told = _told(connection, api)
    if told is None:
        return  # no private app's token, so the first request that lacks a scope says so
    portal = connection.options.get("portal")
    if portal is not None and told.get("hubId") not in (None, portal):
        yield (
            f"{connection.id}: its token is of portal {told['hubId']}, the stage says {portal}; put the token of that "
            "portal into the secret, or the right `portal` into the stage's TOML"
        )
    granted = frozenset(told.get("scopes") or ())
    missing = [scope for scope in SCOPES if scope not in granted and OLDER.get(scope) not in granted]
    if missing:
        yield f"{connection.id}: the private app lacks {', '.join(missing)}; add them under its scopes in HubSpot"


def _told(connection: Connection, api: Api) -> dict[str, Any] | None:
    try:
        body = {"tokenKey": connection.secret()["access_token"]}
        told = api.read("POST", TOKEN, json=body).json()
    except Refused:
        return None
    return told if isinstance(told, dict) else None
