"""Prices as Stripe keeps them: amounts never change, other currencies and volume tiers included.

Left out: graduated charging in previews, packages (`transform_quantity`), metered usage, tiers in other currencies.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cashpath_sandbox.stripe.shapes import Doc, Refusal, known, merged, missing, new_id

LOOKUP_KEYS_MAX = 10  # https://docs.stripe.com/api/prices/list, lookup_keys


@dataclass
class Prices:
    """Prices by id. Amounts never change."""

    docs: dict[str, Doc] = field(default_factory=dict)

    def create(self, body: Doc, at: int) -> Doc:
        """https://docs.stripe.com/api/prices/create"""
        known(
            body,
            "product",
            "currency",
            "unit_amount",
            "recurring",
            "lookup_key",
            "transfer_lookup_key",
            "metadata",
            "tax_behavior",
            "nickname",
            "active",
            "currency_options",
            "billing_scheme",
            "tiers",
            "tiers_mode",
            "custom_unit_amount",
        )
        recurring, tiered = body.get("recurring"), body.get("billing_scheme") == "tiered"
        chosen = (body.get("custom_unit_amount") or {}).get("enabled") == "true"
        amount = None if tiered or chosen else whole(body, "unit_amount")
        doc = {
            "id": new_id("price"),
            "object": "price",
            "active": body.get("active", "true") == "true",
            "billing_scheme": "tiered" if tiered else "per_unit",
            "created": at,
            "currency": body["currency"],
            "currency_options": _options(body, amount),
            "custom_unit_amount": {"maximum": None, "minimum": None, "preset": None} if chosen else None,
            "livemode": False,
            "lookup_key": self._claimed(body, ""),
            "metadata": merged({}, body.get("metadata")),
            "nickname": body.get("nickname"),
            "product": body["product"],
            "recurring": _recurring(recurring) if recurring else None,
            "tax_behavior": body.get("tax_behavior", "unspecified"),
            "tiers": _tiers(body) if tiered else None,
            "tiers_mode": body["tiers_mode"] if tiered else None,
            "transform_quantity": None,
            "type": "recurring" if recurring else "one_time",
            "unit_amount": amount,
            "unit_amount_decimal": None if amount is None else str(amount),
        }
        self.docs[doc["id"]] = doc
        return doc

    def update(self, id: str, body: Doc, *, default: bool) -> Doc:
        """https://docs.stripe.com/api/prices/update; `default`: it is its product's default price."""
        known(body, "active", "metadata", "nickname", "lookup_key", "transfer_lookup_key", "tax_behavior")
        doc = self.get(id)
        if body.get("active") == "false" and default:
            raise Refusal(400, "This price cannot be archived because it is the default price of its product.")
        if "lookup_key" in body:
            doc["lookup_key"] = self._claimed(body, id)
        if "active" in body:
            doc["active"] = body["active"] == "true"
        doc["metadata"] = merged(doc["metadata"], body.get("metadata"))
        doc |= {name: body[name] for name in ("nickname", "tax_behavior") if name in body}
        return doc

    def get(self, id: str, *, param: str = "") -> Doc:
        """The price, named in a path or in `param`."""
        if id not in self.docs:
            raise missing("price", id, param=param or "price", status=400 if param else 404)
        return self.docs[id]

    def matching(self, query: Doc) -> Iterator[Doc]:
        """https://docs.stripe.com/api/prices/list"""
        known(query, "active", "product", "lookup_keys", "currency", "type", "limit", "starting_after", "created")
        if len(query.get("lookup_keys", ())) > LOOKUP_KEYS_MAX:
            raise Refusal(400, f"You can pass at most {LOOKUP_KEYS_MAX} lookup keys.", param="lookup_keys")
        for doc in self.docs.values():
            if "lookup_keys" in query and doc["lookup_key"] not in query["lookup_keys"]:
                continue
            if "active" in query and doc["active"] != (query["active"] == "true"):
                continue
            if all(doc[name] == query[name] for name in ("product", "currency", "type") if name in query):
                yield doc

    def _claimed(self, body: Doc, id: str) -> str | None:
        key: str | None = body.get("lookup_key") or None
        holder = next((d for d in self.docs.values() if key and d["lookup_key"] == key and d["id"] != id), None)
        if holder and body.get("transfer_lookup_key") != "true":
            raise Refusal(400, f"A price (`{holder['id']}`) already uses that lookup key.", param="lookup_key")
        if holder:
            holder["lookup_key"] = None
        return key


def shown(price: Doc, expand: Iterable[str]) -> Doc:
    """The price as Stripe shows it: amounts in other currencies and tiers only where it is asked to expand them."""
    hidden = {"currency_options", "tiers"} - set(expand)
    return {name: value for name, value in price.items() if name not in hidden}


def sold_in(price: Doc, currency: str, quantity: int) -> int:
    """What so many units cost in a currency."""
    if price["tiers"]:
        fitting = (tier for tier in price["tiers"] if tier["up_to"] is None or quantity <= tier["up_to"])
        return int(next(fitting)["unit_amount"]) * quantity
    amount: int = price["currency_options"][currency]["unit_amount"]
    return amount * quantity


def _options(body: Doc, amount: int | None) -> Doc:
    tax = body.get("tax_behavior", "unspecified")
    options = {
        currency: {
            "custom_unit_amount": None,
            "tax_behavior": one.get("tax_behavior", "unspecified"),
            "unit_amount": whole(one, "unit_amount"),
            "unit_amount_decimal": one["unit_amount"],
        }
        for currency, one in body.get("currency_options", {}).items()
    }
    if body["currency"] in options:
        raise Refusal(400, "currency_options cannot name the price's own currency", param="currency_options")
    decimal = None if amount is None else str(amount)
    own = {"custom_unit_amount": None, "tax_behavior": tax, "unit_amount": amount, "unit_amount_decimal": decimal}
    return {body["currency"]: own, **options}


def _tiers(body: Doc) -> list[Doc]:
    """https://docs.stripe.com/api/prices/create: steps that rise, the last without an end."""
    if "recurring" not in body:
        raise Refusal(400, "Tiers are for recurring prices only.", param="billing_scheme")
    if "unit_amount" in body or body.get("tiers_mode") not in ("volume", "graduated"):
        raise Refusal(400, "Tiered prices have tiers_mode and tiers, and no unit_amount.", param="billing_scheme")
    tiers: list[Doc] = body.get("tiers", [])
    bounds = [int(tier["up_to"]) for tier in tiers[:-1]]
    if not tiers or tiers[-1]["up_to"] != "inf" or sorted(set(bounds)) != bounds:
        raise Refusal(400, "The last tier must have up_to inf, and the tiers must rise.", param="tiers")
    return [
        {
            "flat_amount": None,
            "flat_amount_decimal": None,
            "unit_amount": whole(tier, "unit_amount"),
            "unit_amount_decimal": tier["unit_amount"],
            "up_to": None if tier["up_to"] == "inf" else int(tier["up_to"]),
        }
        for tier in tiers
    ]


def _recurring(body: Doc) -> Doc:
    return {
        "interval": body["interval"],
        "interval_count": int(body.get("interval_count", 1)),
        "meter": None,
        "usage_type": "licensed",
        "trial_period_days": None,
    }


def whole(body: Doc, name: str) -> int:
    value = str(body.get(name, ""))
    if not value.isdigit():
        raise Refusal(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)
