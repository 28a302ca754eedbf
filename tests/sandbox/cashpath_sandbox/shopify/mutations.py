"""The mutations of customers that the stand-in shop takes: create, change, address, consent, merge, erase.

Left out: drafts of a merge, addresses beyond the default one, the weeks that Shopify may take to erase somebody, and
what a metafield's definition would refuse.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cashpath_sandbox.shopify.query import Args, Node

if TYPE_CHECKING:
    from cashpath_sandbox.shopify.standin import ShopifyStandin

Body = dict[str, Any]
PERSONAL = (
    "email",
    "first_name",
    "last_name",
    "phone",
    "default_address",
    "addresses",
    "note",
    "email_marketing_consent",
)
_PLAIN = {
    "email": "email",
    "firstName": "first_name",
    "lastName": "last_name",
    "phone": "phone",
    "locale": "locale",
    "taxExempt": "tax_exempt",
}
_ADDRESS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "company": "company",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "zip": "zip",
    "provinceCode": "province_code",
    "countryCode": "country_code",
    "phone": "phone",
}


def root(shop: "ShopifyStandin") -> Node:
    """What a mutation starts from."""
    made: dict[str, Callable[[Args], Node]] = {
        "customerCreate": lambda args: _create(shop, args["input"]),
        "customerUpdate": lambda args: _update(shop, args["input"]),
        "customerAddressCreate": lambda args: _address(shop, args),
        "customerAddressUpdate": lambda args: _address(shop, args),
        "customerAddressDelete": lambda args: _address(shop, {**args, "address": None}),
        "customerEmailMarketingConsentUpdate": lambda args: _consent(shop, args["input"]),
        "customerMerge": lambda args: _merge(shop, args),
        "customerRequestDataErasure": lambda args: _erase(shop, args),
        "metafieldDefinitionCreate": lambda args: _define(shop, args["definition"]),
    }
    return {"__typename": "Mutation", **made}


def by_origin(shop: "ShopifyStandin", args: Args) -> Node | None:
    """The customer that a unique metafield names."""
    wanted = args["identifier"]["customId"]
    for body in shop.store.all("customers"):
        if any((m["namespace"], m["key"], m["value"]) == _metafield(wanted) for m in body.get("metafields") or ()):
            return shop.store.customer(body["id"])
    return None


def _metafield(of: Mapping[str, str]) -> tuple[str, str, str]:
    return of["namespace"], of["key"], of["value"]


def _create(shop: "ShopifyStandin", given: Mapping[str, Any]) -> Node:
    if error := _taken(shop, given, own=""):
        return error
    body = _changed({"locale": "en", "tax_exempt": False}, given)
    return _answer(shop, shop.put("customers", body))


def _update(shop: "ShopifyStandin", given: Mapping[str, Any]) -> Node:
    id = _id(given["id"])
    body = shop.store.get("customers", id)
    if body is None:
        return _refusal("id", "Customer does not exist")
    if error := _taken(shop, given, own=id):
        return error
    return _keep(shop, body, _changed(body, given))


def _address(shop: "ShopifyStandin", args: Args) -> Node:
    body = shop.store.get("customers", _id(args["customerId"]))
    if body is None:
        return {"__typename": "Payload", "address": None, **_errors("customerId", "Customer does not exist")}
    address = args["address"]
    kept = {ours: address.get(theirs) for theirs, ours in _ADDRESS.items()} if address else None
    if kept is not None:
        there = body.get("default_address") or {}
        kept["id"] = there.get("id") or int(body["id"]) + 1
    _keep(shop, body, {**body, "default_address": kept})
    told = {"__typename": "MailingAddress", "id": f"gid://shopify/MailingAddress/{kept['id']}"} if kept else None
    return {"__typename": "Payload", "address": told, "deletedAddressId": args.get("addressId"), "userErrors": []}


def _consent(shop: "ShopifyStandin", given: Mapping[str, Any]) -> Node:
    body = shop.store.get("customers", _id(given["customerId"]))
    if body is None:
        return _refusal("customerId", "Customer does not exist")
    return _keep(shop, body, _changed(body, {"emailMarketingConsent": given["emailMarketingConsent"]}))


def _merge(shop: "ShopifyStandin", args: Args) -> Node:
    loser, survivor = (shop.store.get("customers", _id(args[n])) for n in ("customerOneId", "customerTwoId"))
    if loser is None or survivor is None:
        return {"__typename": "Payload", "resultingCustomerId": None, **_errors("customerOneId", "Invalid customer")}
    shop.merge_customers(str(loser["id"]), str(survivor["id"]))
    kept = f"gid://shopify/Customer/{survivor['id']}"
    return {"__typename": "Payload", "resultingCustomerId": kept, "userErrors": []}


def _erase(shop: "ShopifyStandin", args: Args) -> Node:
    id = _id(args["customerId"])
    if shop.store.get("customers", id) is None:
        return {"__typename": "Payload", "customerId": None, **_errors("customerId", "Customer does not exist")}
    shop.redact_customer(id)
    return {"__typename": "Payload", "customerId": args["customerId"], "userErrors": []}


def _define(shop: "ShopifyStandin", definition: Mapping[str, Any]) -> Node:
    shop.definitions.append({"__typename": "MetafieldDefinition", **definition})
    made = {"__typename": "MetafieldDefinition", "id": f"gid://shopify/MetafieldDefinition/{len(shop.definitions)}"}
    return {"__typename": "Payload", "createdDefinition": made, "userErrors": []}


def _changed(body: Mapping[str, Any], given: Mapping[str, Any]) -> Body:
    changed = {**body, **{ours: given[theirs] for theirs, ours in _PLAIN.items() if theirs in given}}
    if changed.get("email"):
        changed["email"] = str(changed["email"]).lower()
    if consent := given.get("emailMarketingConsent"):
        changed["email_marketing_consent"] = {"state": consent["marketingState"].lower()}
    metafields = {(m["namespace"], m["key"]): m for m in body.get("metafields") or ()}
    metafields |= {(m["namespace"], m["key"]): dict(m) for m in given.get("metafields") or ()}
    return {**changed, "metafields": list(metafields.values())}


def _keep(shop: "ShopifyStandin", before: Mapping[str, Any], after: Mapping[str, Any]) -> Node:
    """What a customer is from now on; the shop tells of it only where anything changed."""
    if dict(before) != dict(after):
        shop.put("customers", after)
    return _answer(shop, str(after["id"]))


def _answer(shop: "ShopifyStandin", id: str) -> Node:
    return {"__typename": "Payload", "customer": shop.store.customer(id), "userErrors": []}


def _taken(shop: "ShopifyStandin", given: Mapping[str, Any], own: str) -> Node | None:
    """Email addresses and phone numbers are unique in a shop."""
    for name in ("email", "phone"):
        value = str(given.get(name) or "").lower()
        others = (b for b in shop.store.all("customers") if str(b["id"]) != own)
        if value and any(str(other.get(name) or "").lower() == value for other in others):
            return _refusal(name, f"{name.title()} has already been taken")
    if given.get("phone") and not str(given["phone"]).startswith("+"):
        return _refusal("phone", "Phone is invalid")
    return None


def _refusal(field: str, message: str) -> Node:
    return {"__typename": "Payload", "customer": None, **_errors(field, message)}


def _errors(field: str, message: str) -> Node:
    return {"userErrors": [{"__typename": "UserError", "field": [field], "message": message}]}


def _id(gid: str) -> str:
    return str(gid).rpartition("/")[2].partition("?")[0]
