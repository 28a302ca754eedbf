"""One catalogue in four systems: what sync_catalog plans for a product and its variants."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from cashpath.faults import Elsewhere, NeedsPerson, SystemDown
from cashpath.flows import sync_catalog
from cashpath.ownership import Ownership
from cashpath.plan import Join, Move, Put
from cashpath.records import Kind, Money, RecordKey
from cashpath.records.catalog import Part
from cashpath.systems.port import Reading
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.onecatalog import MONTHLY, Catalogue


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture
def mugs(catalogue: Catalogue) -> RecordKey:
    """A product of two variants in the shop."""
    product = catalogue.offers("Mug")
    catalogue.sells("MUG-S", product)
    catalogue.sells("MUG-L", product)
    return product


def test_a_new_product_is_created_once_with_all_its_variants(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.passes(mugs, times=3)
    for role in ("crm", "erp"):
        assert sorted(catalogue.held(role)) == ["MUG-L", "MUG-S"]
        assert len(catalogue.desk.books[role].of("variant")) == 2
    assert not catalogue.held("billing")


def test_a_product_that_agrees_everywhere_is_written_nowhere(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.passes(mugs)
    before = {role: books.writes for role, books in catalogue.desk.books.items()}
    plan = catalogue.plan(mugs)
    assert all(write.differing == frozenset() for write in plan.writes if isinstance(write, Put))
    assert before == {role: books.writes for role, books in catalogue.desk.books.items()}


def test_each_system_is_asked_once_for_all_variants_together(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.passes(mugs)
    catalogue.desk.asked.clear()
    batches: list[int] = []
    crm = catalogue.desk.role("crm")
    asked = crm.read_many

    def counted(kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
        batches.append(len(ids))
        return asked(kind, ids)

    crm.read_many = counted  # type: ignore[method-assign]
    catalogue.plan(mugs)
    assert batches == [2]


def test_billing_has_what_billing_bills(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.sells("CLUB", mugs, recurring=MONTHLY, nature="membership")
    catalogue.passes(mugs)
    assert list(catalogue.held("billing")) == ["CLUB"]
    assert catalogue.held("erp")["CLUB"].nature == "membership"


def test_a_brand_without_billing_has_its_catalogue_everywhere_else(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.desk.systems = {role: id for role, id in NAMES.items() if role != "billing"}
    catalogue.decides(move_subscribers=True)
    catalogue.sells("CLUB", mugs, recurring=MONTHLY)
    catalogue.passes(mugs, times=2)
    for role in ("crm", "erp"):
        assert sorted(catalogue.held(role)) == ["CLUB", "MUG-L", "MUG-S"]
    assert not catalogue.held("billing")


def test_a_new_price_reaches_every_system(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.sells("CLUB", mugs, recurring=MONTHLY)
    catalogue.passes(mugs)
    catalogue.edits("storefront", "CLUB", price=Money(1500, "EUR"))
    catalogue.passes(mugs)
    for role in ("crm", "billing", "erp"):
        assert catalogue.held(role)["CLUB"].price == Money(1500, "EUR")


def test_subscribers_move_to_a_new_price_only_if_the_brand_says_so(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.sells("CLUB", mugs, recurring=MONTHLY)
    catalogue.passes(mugs)
    assert not [w for w in catalogue.plan(mugs).writes if isinstance(w, Move)]
    catalogue.decides(move_subscribers=True)
    [before] = [w for w in catalogue.plan(mugs).writes if isinstance(w, Move)]
    catalogue.edits("storefront", "CLUB", price=Money(1500, "EUR"))
    writes = catalogue.plan(mugs).writes
    [move] = [w for w in writes if isinstance(w, Move)]
    [put] = [w for w in writes if isinstance(w, Put) and w.role == "billing"]
    assert writes.index(put) < writes.index(move)
    assert move.at != before.at


def test_nobody_moves_to_a_price_that_somebody_else_set_in_billing(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.decides(move_subscribers=True, ownership=Ownership(raised=frozenset({"variant.price"})))
    catalogue.sells("CLUB", mugs, recurring=MONTHLY)
    catalogue.passes(mugs)
    catalogue.edits("billing", "CLUB", price=Money(1, "EUR"))
    assert not [w for w in catalogue.plan(mugs).writes if isinstance(w, Move)]


def test_a_change_by_hand_is_put_right(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.passes(mugs)
    catalogue.edits("erp", "MUG-S", title="Becher")
    catalogue.passes(mugs)
    assert catalogue.held("erp")["MUG-S"].title == "Mug-S"


def test_what_is_there_already_under_the_sku_is_linked(catalogue: Catalogue, mugs: RecordKey) -> None:
    theirs = catalogue.sells("MUG-S", role="crm", title="by hand")
    plan = catalogue.passes(mugs)
    joins = [write for write in plan.writes if isinstance(write, Join)]
    assert [(join.role, join.id, join.match) for join in joins] == [("crm", theirs.id, ("sku:MUG-S",))]
    assert catalogue.held("crm")["MUG-S"].title == "Mug-S"


def test_two_products_of_the_erp_with_one_sku_are_never_guessed(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.sells("MUG-S", role="erp", id="8")
    catalogue.sells("MUG-S", role="erp", id="9")
    plan = catalogue.passes(mugs)
    [finding] = plan.findings
    assert (finding.code, finding.owner) == ("ambiguous_match", "erp")
    assert "8, 9" in finding.cause
    assert len(catalogue.desk.books["erp"].of("variant")) == 3
    assert len(catalogue.held("crm")) == 2


def test_two_variants_of_the_shop_with_one_sku_are_for_a_person(catalogue: Catalogue, mugs: RecordKey) -> None:
    other = catalogue.offers("Cup", id="p2")
    twin = catalogue.sells("MUG-S", other, id="twin")
    plan = catalogue.passes(mugs)
    [finding] = plan.findings
    assert (finding.code, str(twin) in finding.cause, "s-MUG-S" in finding.cause) == ("duplicate_sku", True, True)
    assert list(catalogue.held("erp")) == ["MUG-L"]


def test_a_sku_that_the_owner_changed_stays_with_the_product_it_was_linked_to(
    catalogue: Catalogue, mugs: RecordKey
) -> None:
    catalogue.passes(mugs)
    catalogue.edits("storefront", "MUG-S", sku="MUG-XS")
    catalogue.passes(mugs)
    assert sorted(catalogue.held("erp")) == ["MUG-L", "MUG-XS"]


def test_an_archived_variant_is_created_nowhere_and_archived_where_it_is(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.sells("OLD", mugs, archived=True)
    catalogue.passes(mugs)
    assert "OLD" not in catalogue.held("erp")
    catalogue.edits("storefront", "MUG-S", archived=True)
    catalogue.passes(mugs)
    assert catalogue.held("erp")["MUG-S"].archived


def test_a_bundle_comes_after_its_parts(catalogue: Catalogue, mugs: RecordKey) -> None:
    part = Part(variant=RecordKey(NAMES["storefront"], "variant", "s-MUG-Z"), quantity=2)
    catalogue.sells("A-SET", mugs, nature="bundle", parts=(part,))
    catalogue.sells("MUG-Z", mugs)
    catalogue.passes(mugs)
    assert catalogue.held("erp")["A-SET"].parts[0].quantity == 2
    assert not catalogue.desk.waiting


def test_a_bundle_contains_what_another_product_sells(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.passes(mugs)
    gifts = catalogue.offers("Gifts", id="p2")
    part = Part(variant=catalogue.held("storefront")["MUG-S"].key, quantity=2)
    catalogue.sells("A-SET", gifts, nature="bundle", parts=(part,))
    catalogue.passes(gifts)
    [inside] = catalogue.held("erp")["A-SET"].parts
    assert inside.variant == catalogue.held("erp")["MUG-S"].key
    assert not catalogue.desk.waiting


def test_a_deleted_product_is_archived_in_all_other_systems(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.passes(mugs, times=2)
    shop = catalogue.desk.books["storefront"]
    for row in shop.of("variant"):
        shop.remove(row.record.key)
    shop.remove(mugs)
    catalogue.desk.carry_out(sync_catalog.gone(catalogue.view(mugs), catalogue.rules))
    for role in ("crm", "erp"):
        assert all(variant.archived for variant in catalogue.held(role).values())


def test_a_deleted_variant_of_a_product_that_stays_is_archived(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.passes(mugs, times=2)
    catalogue.desk.books["storefront"].remove(catalogue.held("storefront")["MUG-S"].key)
    catalogue.passes(mugs)
    assert catalogue.held("erp")["MUG-S"].archived
    assert not catalogue.held("erp")["MUG-L"].archived


def test_a_product_of_the_crm_that_the_owner_does_not_have_goes_nowhere(catalogue: Catalogue) -> None:
    theirs = catalogue.sells("PEN", role="crm")
    assert "does not have" in catalogue.plan(theirs).skipped


def test_a_product_of_the_crm_that_the_owner_has_is_for_the_owners_root(catalogue: Catalogue, mugs: RecordKey) -> None:
    theirs = catalogue.sells("MUG-S", role="crm")
    with pytest.raises(Elsewhere) as handed:
        catalogue.plan(theirs)
    assert handed.value.at == catalogue.held("storefront")["MUG-S"].key


def test_where_the_erp_owns_the_catalogue_the_shop_follows(catalogue: Catalogue) -> None:
    catalogue.belongs_to("erp")
    template = catalogue.offers("Mug", role="erp", id="7")
    catalogue.sells("MUG-S", template, role="erp")
    catalogue.sells("MUG-L", template, role="erp")
    catalogue.passes(template, times=2)
    [product] = catalogue.held("storefront", "product").values()
    assert product.title == "Mug"
    assert {variant.product for variant in catalogue.held("storefront").values()} == {product.key}
    assert sorted(catalogue.held("crm")) == ["MUG-L", "MUG-S"]
    catalogue.edits("erp", "MUG-S", title="Small mug")
    catalogue.edits("storefront", "MUG-L", title="wrong")
    catalogue.passes(template)
    assert {v.title for v in catalogue.held("storefront").values()} == {"Small mug", "Mug-L"}


def test_the_product_that_the_shop_has_already_is_linked_by_its_variants(catalogue: Catalogue) -> None:
    catalogue.belongs_to("erp")
    template = catalogue.offers("Mug", role="erp", id="7")
    catalogue.sells("MUG-S", template, role="erp")
    theirs = catalogue.offers("mug, by hand", id="55")
    catalogue.sells("MUG-S", theirs)
    catalogue.passes(template, times=2)
    assert len(catalogue.held("storefront", "product")) == 1
    assert catalogue.held("storefront", "product")["Mug"].key == theirs


def test_what_only_an_order_describes_is_not_for_the_catalogue(catalogue: Catalogue) -> None:
    order = RecordKey(NAMES["storefront"], "order", "1001")
    assert "alone describes" in catalogue.plan(order).skipped


def test_a_system_that_is_down_waits_while_the_others_are_written(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.desk.down.add("erp")
    catalogue.passes(mugs)
    assert len(catalogue.held("crm")) == 2
    assert len(catalogue.desk.waiting) == 2
    catalogue.desk.down.clear()
    catalogue.passes(mugs)
    assert len(catalogue.held("erp")) == 2


def test_while_the_owner_of_a_field_is_silent_nothing_is_decided(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.passes(mugs)
    owners = {kind: dict(fields) for kind, fields in catalogue.rules.ownership.owners.items()}
    owners["variant"]["tax_category"] = "erp"
    catalogue.decides(ownership=Ownership(owners=owners))
    catalogue.desk.down.add("erp")
    with pytest.raises(SystemDown, match="erp decides fields"):
        catalogue.plan(mugs)


def test_a_field_that_the_erp_owns_is_brought_from_there(catalogue: Catalogue, mugs: RecordKey) -> None:
    owners = {kind: dict(fields) for kind, fields in catalogue.rules.ownership.owners.items()}
    owners["variant"]["tax_category"] = "erp"
    catalogue.decides(ownership=Ownership(owners=owners))
    catalogue.passes(mugs)
    catalogue.edits("erp", "MUG-S", tax_category="reduced")
    catalogue.passes(mugs, times=2)
    assert catalogue.held("crm")["MUG-S"].tax_category == "reduced"
    assert catalogue.held("storefront")["MUG-S"].tax_category == "reduced"


def test_what_a_system_says_in_its_owners_stead_is_never_written_back_to_it(
    catalogue: Catalogue, mugs: RecordKey
) -> None:
    owners = {kind: dict(fields) for kind, fields in catalogue.rules.ownership.owners.items()}
    owners["variant"] |= {"title": "billing", "tax_category": "erp"}
    catalogue.decides(ownership=Ownership(owners=owners))
    catalogue.passes(mugs)
    catalogue.edits("erp", "MUG-S", tax_category="reduced")
    [put] = [
        w
        for w in catalogue.plan(mugs).writes
        if isinstance(w, Put) and w.role == "storefront" and "tax_category" in (w.differing or ())
    ]
    assert "title" not in put.fields


def test_a_copy_that_somebody_deleted_is_for_a_person(catalogue: Catalogue, mugs: RecordKey) -> None:
    catalogue.passes(mugs)
    catalogue.desk.books["crm"].remove(catalogue.held("crm")["MUG-S"].key)
    [finding] = catalogue.plan(mugs).findings
    assert (finding.code, finding.owner) == ("target_gone", "crm")


def test_a_product_of_too_many_variants_is_refused_in_words(catalogue: Catalogue, mugs: RecordKey) -> None:
    view = catalogue.view(mugs)
    many = replace(view, goods=view.goods * sync_catalog.MOST)
    with pytest.raises(NeedsPerson, match="more than 500 variants"):
        sync_catalog.plan(many, catalogue.rules)


def test_what_the_owners_system_has_no_word_for_stays_as_each_system_has_it(
    catalogue: Catalogue, mugs: RecordKey
) -> None:
    shop = catalogue.desk.role("storefront")
    plain = shop.facts.kinds["variant"]
    wordless = replace(plain, tells=plain.tells - {"prices"}, fields=plain.fields - {"prices"})
    shop.facts = replace(shop.facts, kinds={**shop.facts.kinds, "variant": wordless})
    catalogue.passes(mugs)
    catalogue.edits("erp", "MUG-S", prices=(Money(1400, "USD"),))
    catalogue.passes(mugs, times=2)
    assert catalogue.held("erp")["MUG-S"].prices == (Money(1400, "USD"),)
    assert catalogue.held("crm")["MUG-S"].prices == ()


def test_where_the_erp_owns_the_catalogue_billing_has_what_the_shop_says_recurs(catalogue: Catalogue) -> None:
    catalogue.belongs_to("erp")
    owners = {kind: dict(fields) for kind, fields in catalogue.rules.ownership.owners.items()}
    owners["variant"]["recurring"] = "storefront"
    catalogue.decides(ownership=Ownership(owners=owners))
    template = catalogue.offers("Club", role="erp", id="7")
    catalogue.sells("CLUB", template, role="erp")
    catalogue.passes(template, times=2)
    assert not catalogue.held("billing")
    catalogue.edits("storefront", "CLUB", recurring=MONTHLY)
    catalogue.passes(template)
    assert catalogue.held("billing")["CLUB"].recurring == MONTHLY
