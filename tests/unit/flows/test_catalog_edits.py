"""Whoever owns a field and whoever edits it: once the notices are through, every system has the owner's last value."""

from random import Random

import pytest

from cashpath.ownership import MATRIX, Ownership
from cashpath.records import ROLES, Money, Product, RecordKey, Recurring, Role, Variant
from cashpath.settings.slices import Rules
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.onestage import OneStage

EDITED = ("title", "price", "tax_category", "shippable", "archived")
SHOP = NAMES["storefront"]
CLUB, MONTHLY = RecordKey(SHOP, "product", "1"), Recurring(interval="month", biller="billing")


def some_value(name: str, rng: Random) -> object:
    match name:
        case "price":
            return Money(rng.randrange(1, 9_999), "EUR")
        case "shippable" | "archived":
            return rng.random() < 0.5
    return f"{name} {rng.randrange(1_000)}"


@pytest.mark.parametrize("seed", range(25))
def test_every_field_ends_as_its_owner_last_had_it_and_nothing_is_written_again(seed: int) -> None:
    rng = Random(seed)
    owners = {name: rng.choice(ROLES) for name in EDITED}
    matrix = Ownership(owners={**MATRIX, "variant": {**MATRIX["variant"], **owners}})
    stage = OneStage(rules=Rules(cutover="2026-01-01T00:00:00+00:00", ownership=matrix))
    stage.has("storefront", Product(key=CLUB, title="Club"))
    ids = [RecordKey(SHOP, "variant", str(n)) for n in range(2)]
    for n, key in enumerate(ids):
        stage.has("storefront", Variant(key=key, product=CLUB, sku=f"C{n}", title=f"Club {n}", recurring=MONTHLY))
    stage.tells("sync_catalog", CLUB)
    held = {(role, v.sku): v.key for role in ROLES for v in stage.held(role)}
    said: dict[tuple[str, str], object] = {}
    for _ in range(40):
        role: Role = rng.choice(ROLES)
        sku, name = rng.choice(("C0", "C1")), rng.choice(EDITED)
        value = some_value(name, rng)
        stage.books[role].change(held[role, sku], **{name: value})
        if owners[name] == role:
            said[sku, name] = value
        stage.later(seconds=rng.randrange(60))
        if rng.random() < 0.4:
            stage.tells("sync_catalog", held[rng.choice(ROLES), rng.choice(("C0", "C1"))])
    everybody = rng.sample(list(held.values()), len(held))
    for key in everybody:
        stage.later(minutes=1)
        stage.tells("sync_catalog", key)
    assert said
    for (sku, name), value in said.items():
        assert {getattr(v, name) for role in ROLES for v in stage.held(role) if v.sku == sku} == {value}
    before = stage.writes()
    for key in everybody:
        stage.later(minutes=1)
        stage.tells("sync_catalog", key)
    assert stage.writes() == before
