"""How a variant is written: the product under an id of ours, then its price. Every step may be a killed pass's last."""

from collections.abc import Mapping, Sequence
from typing import Any

from cashpath.faults import CredentialsRefused, NeedsPerson
from cashpath.records import RecordKey
from cashpath.systems.mapping import FieldMap
from cashpath.systems.port import Wanted, Written
from cashpath.systems.stripe.api import PAGE, StripeApi, at
from cashpath.systems.stripe.records import variant as variants
from cashpath.systems.stripe.records.terms import Terms
from cashpath.systems.stripe.writers.compare import difference, present

PATH, PRICES = "/v1/products", "/v1/prices"
LOOKUP_KEYS_MAX = 10  # https://docs.stripe.com/api/prices/list, lookup_keys


class Variants:
    """Creates and updates products, and makes prices: found by `lookup_key`, else created with it."""

    def __init__(self, api: StripeApi, tax: str, mapping: FieldMap) -> None:
        self._api = api
        self._tax = tax
        self._mapping = mapping

    def get(self, id: str) -> dict[str, Any] | None:
        """The product with its default price, in one request."""
        return self._api.get(at(PATH, id), expand=[*variants.EXPANDED])

    def get_many(self, ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
        """Those of the products that exist, a hundred in a request (https://docs.stripe.com/api/products/list, ids)."""
        expand = [f"data.{name}" for name in variants.EXPANDED]
        unique = list(dict.fromkeys(ids))
        pages = [unique[start : start + PAGE] for start in range(0, len(unique), PAGE)]
        return {product["id"]: product for page in pages for product in self._api.list(PATH, ids=page, expand=expand)}

    def write(self, wanted: Wanted) -> Written:
        """The product under its own id, then its price, then what differs; then the price it had before is archived,
        which Stripe refuses while that one is the default."""
        about = str(wanted.record.key)
        found, created = self._product(wanted)
        id, before = found["id"], found["default_price"]
        if before and variants.replaced(before):
            self._archive(variants.replaced(before), by=before["id"], about=about)
            before["metadata"] = {}
        changes = difference(
            variants.state(wanted, self._tax, self._mapping), variants.held(found, wanted, self._tax, self._mapping)
        )
        terms = variants.wanted_terms(wanted, self._tax)
        now = None
        if terms and changes.keys() & variants.PRICED:
            old = before["id"] if before else ""
            now = self._successor(id, terms, wanted.record.key, fresh=created, replaces=old)
        if changes:
            self._api.update(at(PATH, id), variants.update_body(changes, wanted, now, self._mapping), about=about)
        if now and before and before["id"] != now:
            self._archive(before["id"], by=now, about=about)
        return Written(id=id, created=created)

    def prices(self, sold: Sequence[tuple[str, Terms, RecordKey]]) -> list[str]:
        """The ids of the prices of products with these terms: found, or created. An archived one is used again."""
        known = self._known([terms.lookup_key(product) for product, terms, _ in sold])
        ids = []
        for product, terms, origin in sold:
            found = known.get(terms.lookup_key(product)) or self._made(product, terms, origin)
            if not found["active"]:
                self._api.update(at(PRICES, found["id"]), variants.sold_again(), about=str(origin))
            ids.append(str(found["id"]))
        return ids

    def _product(self, wanted: Wanted) -> tuple[dict[str, Any], bool]:
        if wanted.id is not None:
            return present(self.get(wanted.id), wanted.id, "product"), False
        body = variants.create_body(wanted, self._mapping)
        try:
            made, before = self._api.create(PATH, body, about=str(wanted.record.key))
        except CredentialsRefused:
            raise
        except NeedsPerson:
            made_by_another = self.get(body["id"])
            if made_by_another is None:
                raise
            return made_by_another, False
        return made, not before

    def _successor(self, product: str, terms: Terms, origin: RecordKey, *, fresh: bool, replaces: str) -> str:
        """The id of the price that is to be the default, found or made; a `fresh` product has none yet. It says which
        price it replaces until that one is archived."""
        lookup_key = terms.lookup_key(product)
        known = None if fresh else self._known([lookup_key]).get(lookup_key)
        found = known or self._made(product, terms, origin, replaces)
        before = "" if replaces == found["id"] else replaces
        if not found["active"] or variants.replaced(found) != before:
            self._api.update(at(PRICES, found["id"]), variants.in_use(before), about=str(origin))
        return str(found["id"])

    def _made(self, product: str, terms: Terms, origin: RecordKey, replaces: str = "") -> Mapping[str, Any]:
        try:
            return self._api.create(PRICES, terms.create_body(product, origin, replaces), about=str(origin))[0]
        except CredentialsRefused:
            raise
        except NeedsPerson:
            lookup_key = terms.lookup_key(product)  # another pass may have made it: the key is taken
            found = self._known([lookup_key]).get(lookup_key)
            if found is None:
                raise
            return found

    def _archive(self, old: str, *, by: str, about: str) -> None:
        self._api.update(at(PRICES, old), variants.archived(by), about=about)
        self._api.update(at(PRICES, by), variants.settled(), about=about)

    def _known(self, lookup_keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(lookup_keys), LOOKUP_KEYS_MAX):
            asked = list(lookup_keys[start : start + LOOKUP_KEYS_MAX])
            found |= {price["lookup_key"]: price for price in self._api.list(PRICES, lookup_keys=asked)}
        return found
