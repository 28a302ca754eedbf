"""How a variant is written: the product under an id of ours, then its price. Every step may be a killed pass's last."""

from collections.abc import Mapping, Sequence
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import RecordKey
from cashpath.systems.port import Wanted, Written
from cashpath.systems.stripe.api import StripeApi, at
from cashpath.systems.stripe.records import variant as variants
from cashpath.systems.stripe.records.variant import Terms
from cashpath.systems.stripe.writers.compare import difference, present

LOOKUP_KEYS_MAX = 10  # https://docs.stripe.com/api/prices/list, lookup_keys


class Variants:
    """Creates and updates products, and makes prices: found by `lookup_key`, else created with it."""

    def __init__(self, api: StripeApi, tax: str) -> None:
        self._api = api
        self._tax = tax

    def write(self, wanted: Wanted) -> Written:
        """The product under its own id, then its price, then what differs; the price it had before is archived."""
        id = wanted.id or variants.product_id(wanted.record.key)
        found, created = self._product(id), False
        if found is None:
            if wanted.id is not None:
                present(None, id, "product")
            found, created = self._create(wanted), True
        price = found["default_price"]
        changes = difference(variants.state(wanted, self._tax), variants.held(found, price, wanted, self._tax))
        terms = variants.wanted_terms(wanted, self._tax)
        price_id = self.price(id, terms, wanted.record.key) if terms and "price" in changes else None
        if changes:
            about = str(wanted.record.key)
            self._api.update(at("/v1/products", id), variants.update_body(changes, price_id), about=about)
        if price_id and price and price["active"] and price["id"] != price_id:
            self._api.update(
                at("/v1/prices", price["id"]), variants.price_body(active=False), about=str(wanted.record.key)
            )
        return Written(id=id, created=created)

    def price(self, product: str, terms: Terms, origin: RecordKey) -> str:
        """The id of the product's price with these terms."""
        return self.prices([(product, terms, origin)])[0]

    def prices(self, sold: Sequence[tuple[str, Terms, RecordKey]]) -> list[str]:
        """The ids of the prices of products with these terms: found, or created. An archived one is used again."""
        known = self._known([terms.lookup_key(product) for product, terms, _ in sold])
        return [self._usable(known.get(terms.lookup_key(product)), product, terms, key) for product, terms, key in sold]

    def _usable(self, found: Mapping[str, Any] | None, product: str, terms: Terms, origin: RecordKey) -> str:
        if found is None:
            try:
                made, _ = self._api.create("/v1/prices", terms.create_body(product, origin), about=str(origin))
                return str(made["id"])
            except NeedsPerson:
                lookup_key = terms.lookup_key(product)  # another pass may have made it: the key is taken
                found = self._known([lookup_key]).get(lookup_key)
                if found is None:
                    raise
        if not found["active"]:
            self._api.update(at("/v1/prices", found["id"]), variants.price_body(active=True), about=str(origin))
        return str(found["id"])

    def _product(self, id: str) -> dict[str, Any] | None:
        return self._api.get(at("/v1/products", id), expand=["default_price"])

    def _create(self, wanted: Wanted) -> dict[str, Any]:
        body = variants.create_body(wanted)
        try:
            made, _ = self._api.create("/v1/products", body, about=str(wanted.record.key))
        except NeedsPerson:
            made_by_another = self._product(body["id"])
            if made_by_another is None:
                raise
            return made_by_another
        return made if isinstance(made["default_price"], dict) else {**made, "default_price": None}

    def _known(self, lookup_keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(lookup_keys), LOOKUP_KEYS_MAX):
            asked = list(lookup_keys[start : start + LOOKUP_KEYS_MAX])
            found |= {price["lookup_key"]: price for price in self._api.list("/v1/prices", lookup_keys=asked)}
        return found
