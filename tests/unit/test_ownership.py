"""Each field has exactly one owner, and nobody writes over what another owns."""

import pytest

from cashpath import ownership
from cashpath.records import (
    KINDS,
    ROLES,
    Company,
    Customer,
    Kind,
    Product,
    Record,
    RecordKey,
    Role,
    Subscription,
    SystemId,
    Variant,
)
from cashpath.records.order import Order

RECORDS: dict[Kind, type[Record]] = {
    "customer": Customer,
    "company": Company,
    "product": Product,
    "variant": Variant,
    "order": Order,
    "subscription": Subscription,
}


def test_every_kind_of_record_has_owners() -> None:
    assert set(ownership.MATRIX) == set(KINDS) == set(RECORDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_field_has_exactly_one_owner_and_nobody_owns_what_is_no_field(kind: Kind) -> None:
    assert set(ownership.MATRIX[kind]) == RECORDS[kind].field_names()
    assert set(ownership.MATRIX[kind].values()) <= set(ROLES)


def test_one_field_given_to_two_owners_is_refused() -> None:
    with pytest.raises(ValueError, match="email is owned by storefront and by crm"):
        ownership.owned({"storefront": "email phone", "crm": "email"})


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_create_seeds_every_field_and_an_update_leaves_what_the_target_owns(kind: Kind, role: Role) -> None:
    record = Record(key=RecordKey(SystemId("shop"), kind, "1"))
    created = ownership.DEFAULT.for_role(record, role, exists=False)
    updated = ownership.DEFAULT.for_role(record, role, exists=True)
    assert created == RECORDS[kind].field_names()
    assert created - updated == ownership.DEFAULT.seeds(record, role)
    assert created - updated == {name for name in created if ownership.DEFAULT.owner(kind, name) == role}


@pytest.mark.parametrize(
    ("kind", "field", "role"),
    [
        ("order", "lines", "storefront"),
        ("order", "total", "storefront"),
        ("order", "sold_as", "crm"),
        ("customer", "tax_exempt", "erp"),
        ("customer", "payable", "billing"),
        ("company", "name", "crm"),
        ("company", "tax_id", "erp"),
        ("variant", "price", "storefront"),
        ("subscription", "state", "billing"),
        ("subscription", "charged_until", "billing"),
        ("subscription", "items", "storefront"),
    ],
)
def test_the_field_is_decided_where_most_shops_decide_it(kind: Kind, field: str, role: Role) -> None:
    assert ownership.DEFAULT.owner(kind, field) == role
