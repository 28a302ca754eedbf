"""One customer in four systems: what sync_customers plans for them."""

from dataclasses import replace

import pytest

from cashpath.faults import Elsewhere, SystemDown
from cashpath.flows import sync_customers
from cashpath.ownership import MATRIX, Ownership
from cashpath.plan import Absorb, Join, Merge, Put
from cashpath.records import RecordKey, Role
from cashpath_sandbox.desk import NAMES
from cashpath_sandbox.onecustomer import ADA, ENGINES, People

COUNTESS = replace(ADA, email="countess@example.com")
OTHERS: tuple[Role, ...] = ("crm", "billing", "erp")


@pytest.fixture
def people() -> People:
    return People()


def test_a_new_customer_of_the_shop_is_created_once_in_every_other_system(people: People) -> None:
    ada = people.knows(ADA)
    people.passes(ada, times=3)
    for role in OTHERS:
        assert (people.only(role).email, people.only(role).last_name) == ("ada@example.com", "King")


def test_a_customer_that_agrees_everywhere_is_written_nowhere(people: People) -> None:
    ada = people.knows(ADA)
    people.passes(ada)
    assert all(write.differing == frozenset() for write in people.plan(ada).writes if isinstance(write, Put))


def test_each_field_ends_as_its_owner_last_had_it(people: People) -> None:
    ada = people.knows(ADA)
    people.passes(ada)
    people.edits("storefront", phone="+441632960009")
    people.edits("crm", account_owner="sam@example.com", phone="wrong")
    people.edits("erp", payment_terms="30 days", email="wrong@example.com")
    people.passes(ada)
    for role in ("storefront", *OTHERS):
        held = people.only(role)
        assert (held.phone, held.account_owner, held.payment_terms, held.email) == (
            "+441632960009",
            "sam@example.com",
            "30 days",
            "ada@example.com",
        )


def test_a_field_that_the_brand_gave_to_the_crm_follows_the_crm(people: People) -> None:
    people.decides(ownership=Ownership(owners={**MATRIX, "customer": {**MATRIX["customer"], "phone": "crm"}}))
    ada = people.knows(ADA)
    people.passes(ada)
    people.edits("crm", phone="+441632960077")
    people.edits("storefront", phone="+441632960000")
    people.passes(ada)
    assert {people.only(role).phone for role in ("storefront", *OTHERS)} == {"+441632960077"}


def test_a_change_that_is_only_watched_is_planned_by_itself(people: People) -> None:
    people.decides(ownership=Ownership(raised=frozenset({"customer.phone"})))
    ada = people.knows(ADA)
    people.passes(ada)
    people.edits("erp", phone="+441632960055")
    watched = [w for w in people.plan(ada).writes if isinstance(w, Put) and w.watch and w.differing]
    assert [(w.role, w.watch, w.fields) for w in watched] == [("erp", "phone", frozenset({"phone"}))]


def test_an_account_that_exists_already_is_linked_and_brought_to_the_owners_values(people: People) -> None:
    ada = people.knows(ADA)
    people.knows(
        ADA.__class__(key=ADA.key, email="Ada@Example.com", phone="old", account_owner="sam@x.de"), "crm", "51"
    )
    plan = people.passes(ada)
    assert Join(key=ada, role="crm", id="51", match=("email:ada@example.com",)) in plan.writes
    assert (people.only("crm").phone, people.only("erp").account_owner) == (ADA.phone, "sam@x.de")


def test_two_contacts_with_one_email_are_never_guessed(people: People) -> None:
    ada = people.knows(ADA)
    people.knows(ADA, "crm", "51")
    people.knows(ADA, "crm", "52")
    plan = people.passes(ada)
    [finding] = plan.findings
    assert finding.code == "ambiguous_match"
    assert "51" in finding.cause
    assert f"cashpath customers link {ada} {NAMES['crm']}" in finding.remedy
    assert len(people.held("crm")) == 2
    assert people.only("erp").email == "ada@example.com"


def test_a_lead_of_the_crm_goes_nowhere_unless_the_brand_says_so(people: People) -> None:
    lead = people.knows(ADA, "crm", "51")
    people.passes(lead)
    assert not people.held("storefront")
    people.decides(customers_to={"crm": ("storefront", "erp")})
    people.passes(lead)
    assert (people.only("storefront").email, people.only("erp").email) == (ADA.email, ADA.email)
    assert not people.held("billing")


def test_the_shops_root_absorbs_that_of_the_crm(people: People) -> None:
    lead = people.knows(ADA, "crm", "51")
    people.passes(lead)
    ada = people.knows(ADA)
    plan = people.passes(ada)
    assert Absorb(key=ada, other=lead, role="crm") in plan.writes
    assert people.desk.root_of(lead) == ada
    assert len(people.held("crm")) == 1


def test_the_crms_root_hands_over_to_the_shops(people: People) -> None:
    people.decides(customers_to={"crm": ("storefront",), "storefront": OTHERS})
    ada = people.knows(ADA)
    people.desk.roots.add(ada)
    lead = people.knows(ADA, "crm", "51")
    with pytest.raises(Elsewhere) as handed:
        people.plan(lead)
    assert handed.value.at == ada


def test_a_merge_in_the_shop_is_carried_over(people: People) -> None:
    ada, countess = people.knows(ADA), people.knows(COUNTESS, id="8")
    people.passes(ada)
    people.passes(countess)
    people.desk.books["storefront"].merge("customer", "8", "7")
    plan = people.passes(ada, absorbs=str(countess))
    assert {write.role for write in plan.writes if isinstance(write, Merge)} == {"crm", "erp"}
    assert (len(people.held("crm")), len(people.held("erp")), len(people.held("billing"))) == (1, 1, 2)
    assert people.desk.root_of(countess) == ada


def test_a_merge_in_the_crm_is_for_the_survivors_root(people: People) -> None:
    ada, countess = people.knows(ADA), people.knows(COUNTESS, id="8")
    people.passes(ada)
    people.passes(countess)
    one, other = people.held("crm")
    people.desk.books["crm"].merge("customer", other.key.id, one.key.id)
    with pytest.raises(Elsewhere) as handed:
        people.plan(countess)
    assert handed.value.at == one.key
    people.passes(ada, about=str(one.key), absorbs=str(other.key))
    assert people.only("storefront").key == ada
    assert len(people.held("erp")) == 1


def test_a_customer_deleted_in_the_shop_is_archived_and_nothing_is_deleted(people: People) -> None:
    ada = people.knows(ADA)
    people.decides(customers_to={"storefront": ("erp",)})
    people.passes(ada)
    people.desk.books["storefront"].remove(ada)
    people.desk.carry_out(sync_customers.gone(people.view(ada), people.rules))
    assert people.only("erp").archived


def test_while_the_owner_of_a_field_is_silent_nothing_is_decided(people: People) -> None:
    ada = people.knows(ADA)
    people.passes(ada)
    people.desk.down.add("erp")
    with pytest.raises(SystemDown, match="erp decides fields"):
        people.plan(ada)


def test_a_person_is_erased_wherever_they_are_and_never_written_again(people: People) -> None:
    ada = people.knows(ADA)
    people.passes(ada)
    people.passes(ada, wish="erase")
    for role in OTHERS:
        assert (people.only(role).email, people.only(role).phone) == ("", "")
    people.milestones.add("erased")
    assert people.plan(ada).skipped


def test_who_buys_for_a_company_waits_for_it(people: People) -> None:
    company = people.knows(ENGINES)
    people.passes(company)
    assert people.only("erp", "company").tax_id == "DE123456789"


def test_a_guest_is_for_the_order_that_describes_them(people: People) -> None:
    order = RecordKey(NAMES["storefront"], "order", "1001")
    assert people.view(order).source is None
    assert "guest" in people.plan(order).skipped
