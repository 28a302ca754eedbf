"""Customers, companies, products and variants, from the shape of Shopify's webhooks into that of Admin GraphQL."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cashpath.records import Money
from cashpath_sandbox.shopify.query import Args, Node, connection

Body = Mapping[str, Any]


def gid(kind: str, id: Any) -> str:
    """A global id."""
    return f"gid://shopify/{kind}/{id}"


def money(amount: Money) -> Node:
    """A MoneyV2. Shopify writes at least one decimal, for currencies without any too."""
    text = str(amount.decimal)
    return {
        "__typename": "MoneyV2",
        "amount": text if "." in text else f"{text}.0",
        "currencyCode": amount.currency,
    }


def bag(shop: Money, presentment: Money | None = None) -> Node:
    """A MoneyBag; the customer saw the same where no presentment is given."""
    return {"__typename": "MoneyBag", "shopMoney": money(shop), "presentmentMoney": money(presentment or shop)}


def both(body: Body, field: str, currency: str) -> tuple[Money, Money] | None:
    """Shop and presentment money of a field, from its `_set` or, where that is left out, plain; None where neither."""
    pair = body.get(f"{field}_set")
    if pair:
        shop, seen = pair["shop_money"], pair.get("presentment_money") or pair["shop_money"]
        return (
            Money.of(str(shop["amount"]), shop["currency_code"]),
            Money.of(str(seen["amount"]), seen["currency_code"]),
        )
    if body.get(field) is None:
        return None
    plain = Money.of(str(body[field]), currency)
    return plain, plain


def metafields(body: Body) -> Any:
    """The field `metafield(namespace, key)`. The sandbox keeps them in the body under `metafields`."""
    kept = {(m["namespace"], m["key"]): m for m in body.get("metafields") or ()}

    def metafield(args: Args) -> Node | None:
        found = kept.get((args.get("namespace"), args["key"]))
        return {"__typename": "Metafield", **found} if found else None

    return metafield


def address(body: Body | None) -> Node | None:
    """A MailingAddress."""
    if not body:
        return None
    first, last = body.get("first_name"), body.get("last_name")
    return {
        "__typename": "MailingAddress",
        "id": gid("MailingAddress", f"{body.get('id') or 0}?model_name=CustomerAddress"),
        "firstName": first,
        "lastName": last,
        "name": body.get("name") or " ".join(part for part in (first, last) if part) or None,
        "company": body.get("company"),
        "address1": body.get("address1"),
        "address2": body.get("address2"),
        "city": body.get("city"),
        "zip": body.get("zip"),
        "province": body.get("province"),
        "provinceCode": body.get("province_code"),
        "country": body.get("country"),
        "countryCodeV2": body.get("country_code"),
        "phone": body.get("phone"),
    }


def customer(body: Body, companies: Sequence[Body] = ()) -> Node:
    """A Customer, with the companies that it is the contact of."""
    email, phone = body.get("email"), body.get("phone")
    return {
        "__typename": "Customer",
        "id": gid("Customer", body["id"]),
        "legacyResourceId": str(body["id"]),
        "createdAt": body["created_at"],
        "updatedAt": body["updated_at"],
        "firstName": body.get("first_name"),
        "lastName": body.get("last_name"),
        "locale": body.get("locale") or "en",
        "note": body.get("note"),
        "taxExempt": bool(body.get("tax_exempt")),
        "defaultEmailAddress": _email(body) if email else None,
        "defaultPhoneNumber": {"__typename": "CustomerPhoneNumber", "phoneNumber": phone} if phone else None,
        "defaultAddress": address(body.get("default_address")),
        "addressesV2": connection([node for told in addresses(body) if (node := address(told))]),
        "metafields": metafields_of(body),
        "companyContactProfiles": [
            {"__typename": "CompanyContact", "company": {"__typename": "Company", "id": gid("Company", c["id"])}}
            for c in companies
        ],
        "metafield": metafields(body),
    }


def addresses(body: Body) -> list[Body]:
    """All addresses of a customer, the default one first."""
    default = body.get("default_address")
    return [*([default] if default else []), *(body.get("addresses") or ())]


def _email(body: Body) -> Node:
    consent = body.get("email_marketing_consent") or {}
    state = str(consent.get("state") or "not_subscribed").upper()
    return {"__typename": "CustomerEmailAddress", "emailAddress": body["email"], "marketingState": state}


def metafields_of(body: Body) -> Any:
    """The connection `metafields(keys)`: all, where no keys are given."""

    def found(args: Args) -> Node:
        wanted = args.get("keys")
        kept = [m for m in body.get("metafields") or () if wanted is None or f"{m['namespace']}.{m['key']}" in wanted]
        return connection([{"__typename": "Metafield", **m} for m in kept])(args)

    return found


def company(body: Body, contact: Node | None) -> Node:
    """A Company with its locations. `main_contact` in the body is a customer's id."""
    locations = [_location(location, body) for location in body.get("locations") or ()]
    return {
        "__typename": "Company",
        "id": gid("Company", body["id"]),
        "name": body["name"],
        "createdAt": body["created_at"],
        "updatedAt": body["updated_at"],
        "externalId": body.get("external_id"),
        "mainContact": {"__typename": "CompanyContact", "customer": contact} if contact else None,
        "locations": connection(locations),
        "metafields": metafields_of(body),
        "metafield": metafields(body),
    }


def _location(body: Body, owner: Body) -> Node:
    return {
        "__typename": "CompanyLocation",
        "id": gid("CompanyLocation", body.get("id", owner["id"])),
        "name": body.get("name") or owner["name"],
        "phone": body.get("phone"),
        "billingAddress": _company_address(body.get("billing_address"), owner),
        "shippingAddress": _company_address(body.get("shipping_address"), owner),
        "taxSettings": {
            "__typename": "CompanyLocationTaxSettings",
            "taxRegistrationId": body.get("tax_registration_id"),
            "taxExempt": bool(body.get("tax_exempt")),
        },
    }


def _company_address(body: Body | None, owner: Body) -> Node | None:
    plain = address(body)
    if plain is None:
        return None
    return {
        "__typename": "CompanyAddress",
        "recipient": plain["name"],
        "companyName": plain["company"] or owner["name"],
        "zoneCode": plain["provinceCode"],
        "countryCode": plain["countryCodeV2"],
        **{name: plain[name] for name in ("address1", "address2", "city", "zip", "phone")},
    }


def product(body: Body, pricing: Callable[[Body], Any]) -> Node:
    """A Product. Its variants name it back only by id; `pricing` is what price lists say of one."""
    short = _product(body)
    return {**short, "variants": connection([_variant(v, body, short, pricing) for v in body.get("variants") or ()])}


def variant(body: Body, owner: Body, pricing: Callable[[Body], Any]) -> Node:
    """A ProductVariant with its product, and what price lists say of it."""
    return _variant(body, owner, _product(owner), pricing)


def _product(body: Body) -> Node:
    return {
        "__typename": "Product",
        "id": gid("Product", body["id"]),
        "title": body["title"],
        "status": (body.get("status") or "active").upper(),
        "isGiftCard": bool(body.get("gift_card")),
        "productType": body.get("product_type") or "",
        "category": _category(body.get("category")),
        "metafields": metafields_of(body),
        "options": [
            {"__typename": "ProductOption", "name": option["name"]}
            for option in body.get("options") or [{"name": "Title"}]
        ],
        "createdAt": body["created_at"],
        "updatedAt": body["updated_at"],
        "metafield": metafields(body),
    }


def _component(body: Body) -> Node:
    """A ProductVariantComponent. The sandbox keeps them with the bundle's variant: `variant_id` and `quantity`."""
    return {
        "__typename": "ProductVariantComponent",
        "quantity": body["quantity"],
        "productVariant": {"__typename": "ProductVariant", "id": gid("ProductVariant", body["variant_id"])},
    }


def _category(body: Body | None) -> Node | None:
    return {"__typename": "TaxonomyCategory", "id": body["admin_graphql_api_id"]} if body else None


def _variant(body: Body, owner: Body, product: Node, pricing: Callable[[Body], Any]) -> Node:
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", body["id"]),
        "title": body.get("title") or "Default Title",
        "sku": body.get("sku"),
        "price": body["price"],
        "taxable": body.get("taxable") is not False,
        "updatedAt": body.get("updated_at") or owner["updated_at"],
        "requiresComponents": bool(body.get("requires_components")),
        "productVariantComponents": connection([_component(part) for part in body.get("components") or ()]),
        "contextualPricing": pricing(body),
        "metafields": metafields_of(body),
        "inventoryItem": {
            "__typename": "InventoryItem",
            "requiresShipping": body.get("requires_shipping") is not False,
        },
        "product": product,
        "metafield": metafields(body),
    }
