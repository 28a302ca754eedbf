"""Random histories of a catalogue: random owners, random edits in random systems, every fault of `fates`, on real code.

Counterpart of `people` for sync_catalog. The generator knows each owner's last value: in the end every system must hold
it, once; whoever subscribed pays the present price; and what was ever emitted, delivered again, must write nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from cashpath.ledger.ledger import Ledger
from cashpath.notice import Notice
from cashpath.ownership import Ownership, catalogue_of
from cashpath.records import ROLES, Money, Product, RecordKey, Recurring, Role, Variant
from cashpath.records.catalog import Part
from cashpath.settings.slices import Rules
from cashpath_sandbox.memory import Books, MemorySystem, facts

from .ended import Ended
from .fates import Chance, Fate
from .people import SYSTEMS, PeopleWorld
from .storms import live_through
from .tables import ledger_over

FLOW = "sync_catalog"
EDITED = ("title", "price", "sku", "archived")
MONTHLY = Recurring(interval="month", biller="billing")


class Subscribed(MemorySystem):
    """Billing. Whoever subscribed to a variant did so at its first price, and pays that until they are `moved`."""

    moved: dict[str, Money | None]

    def move_subscribers(self, variant_id: str) -> int:
        """See `Moves`."""

        def move() -> int:
            row = self.books.current("variant", variant_id)
            assert row is not None
            price = getattr(row.record, "price", None)
            if self.pays(variant_id) == price:
                return 0
            self.moved[variant_id] = price
            self.books.writes += 1
            return 1

        return self._wire("move subscribers", move, writes=True)

    def pays(self, variant_id: str) -> Money | None:
        """What whoever subscribed pays."""
        first = self.books.rows["variant", variant_id][0].record
        return self.moved.get(variant_id, getattr(first, "price", None))


@dataclass
class GoodsWorld(PeopleWorld):
    """The four vendors with a catalogue; billing has subscribers."""

    flow: str = FLOW

    def _vendor(self, role: Role, books: Books) -> MemorySystem:
        if role != "billing":
            return super()._vendor(role, books)
        self.billing = Subscribed(books, facts(role), wire=self.wires.to(books.id))
        self.billing.moved = {}
        return self.billing


@dataclass
class Good:
    """A variant of the owner's catalogue. `mark` is its tax category, which nobody edits. `last` is each owner's last
    word; of a field that is not in it, whatever all agree on."""

    mark: str
    key: RecordKey
    recurring: bool
    last: dict[str, Any] = field(default_factory=dict)


class Storm:
    """One history: products are made, then edited and extended at random, then all faults stop."""

    def __init__(self, seed: int, *, products: int = 2, edits: int = 25, deletes: bool = False) -> None:
        self.seed, self.edits, self.deletes = seed, edits, deletes
        self.rng = rng = Random(seed)
        self.home: Role = rng.choice(("storefront", "erp"))
        self.owners: dict[str, Role] = {name: rng.choice(ROLES) for name in EDITED}
        matrix = catalogue_of(self.home)
        rules = Rules(
            cutover="2020-01-01T00:00:00+00:00",
            move_subscribers=True,
            ownership=Ownership(owners={**matrix, "variant": {**matrix["variant"], **self.owners}}),
        )
        self.chance = Chance(rng)
        self.chance.faults = False
        self.world = GoodsWorld(self._fate, rng, rules, shuffled=False)
        self.goods: list[Good] = []
        self.lost: list[Good] = []
        self.titles: dict[RecordKey, str] = {}
        for n in range(products):
            title = f"product {n}"
            product = self._books(self.home).add(Product(key=self._new("product"), title=title))
            self.titles[product] = title
            for _ in range(2):
                self._sell(product)

    def _fate(self, sent: Any) -> Fate:
        return self.chance(sent)

    def _books(self, role: Role) -> Books:
        return self.world.books[role]

    def _new(self, kind: Any) -> RecordKey:
        return RecordKey(SYSTEMS[self.home], kind, "")

    def _sell(self, product: RecordKey) -> None:
        """One more variant at the owner of the catalogue, now and then a bundle of another."""
        n, rng = len(self.goods) + len(self.lost), self.rng
        recurring = rng.random() < 0.5
        said: dict[str, Any] = {"title": f"title {n}", "price": Money(100 + n, "EUR"), "sku": f"SKU-{n}"}
        parts = (Part(variant=self.goods[0].key, quantity=2),) if self.goods and rng.random() < 0.3 else ()
        variant = Variant(
            key=self._new("variant"),
            product=product,
            tax_category=f"good {n}",
            recurring=MONTHLY if recurring else None,
            nature="bundle" if parts else "good",
            parts=parts,
            **said,
        )
        key = self._books(self.home).add(variant)
        self.goods.append(Good(f"good {n}", key, recurring, {**said, "archived": False}))

    def run(self) -> Ended:
        """Live through it, and say what is wrong in the end."""
        acts = [*[self._edit] * self.edits, *[self._sell_more] * 2, self._retitle, *[self._delete] * self.deletes]
        wrong = live_through(self.world, self.chance, self.rng, acts, self._divergences)
        return Ended.of(self.seed, self.world, wrong)

    def _sell_more(self) -> None:
        self._sell(self.rng.choice(list(self.titles)))

    def _edit(self) -> None:
        good, role, name = self.rng.choice(self.goods), self.rng.choice(ROLES), self.rng.choice(EDITED)
        value: Any = f"{name} {self.rng.randrange(1_000_000)}"
        if name == "price":
            value = Money(self.rng.randrange(1, 100_000), "EUR")
        elif name == "archived":
            value = self.rng.random() < 0.5
        keys = self._held(good, role)
        if not keys:  # not brought there yet
            return
        decides = self._decides(good, name)
        if not self._linked(good, decides):  # what it is created with may be in flight
            good.last.pop(name, None)
        elif decides == role:
            good.last[name] = value
        self._books(role).change(keys[0], **{name: value})

    def _retitle(self) -> None:
        """Somebody gives a product another title: at its owner, or in a storefront that follows."""
        product, role = self.rng.choice(list(self.titles)), self.rng.choice((self.home, "storefront"))
        title = f"product {self.rng.randrange(1_000_000)}"
        if role == self.home:
            self.titles[product] = title
            self._books(role).change(product, title=title)
        elif rows := self._books(role).of("product"):
            self._books(role).change(rows[0].record.key, title=title)

    def _delete(self) -> None:
        """The catalogue's owner gives a variant up; its webhook tells that the product has changed. Not one that nobody
        has heard of yet, which is told to a person; nor the first, which is part of bundles."""
        good = self.rng.choice([g for g in self.goods[1:] if self._ledger().peek(g.key) is not None])
        self.goods.remove(good)
        self.lost.append(good)
        row = self._books(self.home).current("variant", good.key.id)
        assert row is not None
        self._books(self.home).remove(good.key)
        product = getattr(row.record, "product", None)
        assert product is not None
        self.world.emit(
            Notice(flow=FLOW, system=product.system, kind="product", id=product.id, received=self.world.clock.ms)
        )

    def _decides(self, good: Good, name: str) -> Role:
        """Who has the last word: the catalogue's owner where the field's owner does not bill the variant."""
        owner = self.owners[name]
        return self.home if owner == "billing" and not good.recurring else owner

    def _linked(self, good: Good, role: Role) -> bool:
        """Whether it is known to be there: a create that was cut off is completed with what its owners say by then."""
        return (good.key, SYSTEMS[role]) in self._ledger().links([good.key], [SYSTEMS[role]])

    def _ledger(self) -> Ledger:
        return ledger_over(self.world.tables, self.world.clock.now)

    def _held(self, good: Good, role: Role) -> list[RecordKey]:
        rows = self._books(role).of("variant")
        return [row.record.key for row in rows if getattr(row.record, "tax_category", "") == good.mark]

    def _divergences(self) -> Iterator[str]:
        for good in self.goods:
            for role in ROLES:
                yield from self._wrong(good, role)
        yield from self._wrong_products()
        for good in self.lost:
            for role in ROLES:
                for key in self._held(good, role):
                    row = self._books(role).current("variant", key.id)
                    if not getattr(row and row.record, "archived", False):
                        yield f"{role} still sells {good.mark}, which was deleted"
        for about, cause in self.world.office.open().items():
            yield f"{about} is stuck: {cause}"

    def _wrong(self, good: Good, role: Role) -> Iterator[str]:
        keys = self._held(good, role)
        wanted = int(role != "billing" or good.recurring)
        archived = good.last.get("archived") is not False  # what was archived before it got there is created nowhere
        if len(keys) != wanted and not (archived and not keys):
            yield f"{role} holds {good.mark} {len(keys)} times, not {wanted}"
        for key in keys:
            row = self._books(role).current("variant", key.id)
            assert row is not None
            for name in EDITED:
                held = getattr(row.record, name)
                if held != (value := good.last.setdefault(name, held)):
                    yield f"{role} holds {name} {held!r} of {good.mark}, the {self._decides(good, name)} says {value!r}"
            if role == "billing" and (pays := self.world.billing.pays(key.id)) != good.last["price"]:
                yield f"who subscribed to {good.mark} still pays {pays}, not {good.last['price']}"

    def _wrong_products(self) -> Iterator[str]:
        rows = self._books("storefront").of("product")
        titles = sorted(getattr(row.record, "title", "") for row in rows)
        if titles != sorted(self.titles.values()):
            yield f"the storefront holds the products {titles}, not {sorted(self.titles.values())}"
