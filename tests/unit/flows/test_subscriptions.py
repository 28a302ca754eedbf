"""What recurs: who charges for it, from when, and how edits and cancellations reach billing. Nobody pays twice."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cashpath.plan import Join, Put
from cashpath.records import Customer, Discount, Line, Money, Recurring
from cashpath_sandbox.oneshop import ADA, MONTHLY, Shop, puts


@pytest.fixture
def shop() -> Shop:
    """A shop that sells mugs once and tea every month, to Ada, who pays by a card that billing holds."""
    shop = Shop()
    shop.knows(ADA)
    shop.sells("MUG")
    shop.sells("TEA")
    shop.pays_by_card()
    return shop


def tea(shop: Shop, quantity: int = 1, price: str = "15.00", **values: object) -> Line:
    return shop.line("TEA", quantity, price, **{"recurring": MONTHLY, **values})


def test_a_mixed_order_is_one_sale_and_a_subscription_of_what_recurs(shop: Shop) -> None:
    shop.places(shop.line("MUG"), tea(shop, 2))
    shop.passes()
    [item] = shop.only("billing", "subscription").items
    assert (item.line, item.quantity, item.price) == ("l-TEA", 2, Money.of("15.00", "EUR"))
    assert [v.sku for v in shop.held("billing", "variant")] == ["TEA"]
    assert [line.sku for line in shop.only("erp", "order").lines] == ["MUG", "TEA"]
    assert "subscribed" in shop.desk.milestones


def test_billing_starts_where_the_period_that_checkout_charged_ends(shop: Shop) -> None:
    shop.places(tea(shop), ordered_at=datetime(2026, 1, 31, 10, tzinfo=UTC))
    shop.passes()
    assert shop.only("billing", "subscription").charged_until == datetime(2026, 2, 28, 10, tzinfo=UTC)


def test_what_the_storefront_charges_again_is_no_subscription_of_billing(shop: Shop) -> None:
    shop.places(tea(shop, recurring=replace(MONTHLY, biller="storefront")))
    shop.passes()
    assert shop.held("billing", "subscription") == []
    assert [c.key.id for c in shop.held("billing", "customer")] == ["cus_1"]


def test_a_renewal_never_starts_a_subscription(shop: Shop) -> None:
    shop.places(tea(shop), renewal=True)
    shop.passes()
    assert shop.held("billing", "subscription") == []


def test_an_order_of_nothing_that_recurs_brings_nobody_into_billing(shop: Shop) -> None:
    shop.places(shop.line("MUG"))
    shop.passes()
    assert not any(request.startswith("billing") for request in shop.desk.asked)


def test_a_discount_at_checkout_was_for_once(shop: Shop) -> None:
    shop.places(tea(shop, 2, discounts=(Discount(title="WELCOME", amount=Money.of("5.00", "EUR")),)))
    shop.passes()
    assert shop.only("billing", "subscription").items[0].price == Money.of("15.00", "EUR")


def test_lines_of_one_cadence_share_a_subscription_and_others_get_their_own(shop: Shop) -> None:
    shop.sells("OIL")
    yearly = Recurring(interval="year", biller="billing")
    shop.places(tea(shop), shop.line("OIL", recurring=MONTHLY), shop.line("MUG", recurring=yearly))
    shop.passes()
    made = {s.key.id: {item.line for item in s.items} for s in shop.held("billing", "subscription")}
    assert sorted(made.values(), key=len) == [{"l-MUG"}, {"l-TEA", "l-OIL"}]


def test_without_a_payment_method_a_person_is_asked_and_all_else_is_written(shop: Shop) -> None:
    shop.desk.books["billing"].change(shop.key("customer", "cus_1", "billing"), payable=False)
    order = shop.places(tea(shop))
    plan = shop.passes()
    [finding] = plan.findings
    assert (finding.kind, finding.code, finding.owner) == ("person", "no_payment_method", "billing")
    assert finding.about == shop.key("subscription", f"{order.key.id}-month1")
    assert "recurs from 30 June 2026" in finding.cause
    assert shop.held("billing", "subscription") == []
    assert len(shop.held("erp", "order")) == len(shop.held("crm", "order")) == 1


@pytest.mark.parametrize("payable", [False, None])
def test_a_customer_whom_billing_knows_is_charged_only_by_a_method_that_it_holds(
    shop: Shop, payable: bool | None
) -> None:
    shop.desk.link(ADA.key, "billing", "cus_1")
    shop.desk.books["billing"].change(shop.key("customer", "cus_1", "billing"), payable=payable)
    shop.places(tea(shop))
    assert [f.code for f in shop.passes().findings] == ["no_payment_method"]
    shop.desk.books["billing"].change(shop.key("customer", "cus_1", "billing"), payable=True)
    assert shop.passes().findings == ()
    assert len(shop.held("billing", "subscription")) == 1


def test_whoever_billing_does_not_know_is_created_there_so_that_a_card_can_be_added_and_then_charged(
    shop: Shop,
) -> None:
    shop.desk.books["billing"].remove(shop.key("customer", "cus_1", "billing"))
    shop.places(tea(shop))
    assert [f.code for f in shop.passes().findings] == ["no_payment_method"]
    customer = shop.only("billing", "customer")
    shop.desk.books["billing"].change(customer.key, payable=True)
    assert shop.passes().findings == ()
    assert len(shop.held("billing", "subscription")) == 1


def test_a_running_subscription_is_kept_though_its_card_is_gone(shop: Shop) -> None:
    shop.places(tea(shop))
    shop.passes()
    shop.desk.books["billing"].change(shop.key("customer", "cus_1", "billing"), payable=False)
    plan = shop.plan()
    assert plan.findings == ()
    assert ("billing", "subscription") in puts(plan)
    assert shop.desk.asked == ["storefront: read order"]


def test_while_billing_cannot_answer_nobody_is_asked_for_a_card(shop: Shop) -> None:
    shop.places(tea(shop))
    shop.desk.down.add("billing")
    plan = shop.passes()
    assert plan.findings == ()
    assert shop.key("subscription", "1001-month1") in shop.desk.waiting
    shop.desk.down.clear()
    shop.passes()
    assert len(shop.held("billing", "subscription")) == 1


def test_while_billing_cannot_say_whether_a_known_customer_can_pay_nothing_is_started(shop: Shop) -> None:
    shop.desk.link(ADA.key, "billing", "cus_1")
    shop.places(tea(shop))
    shop.desk.down.add("billing")
    assert shop.passes().findings == ()
    assert shop.desk.waiting != []
    assert shop.held("billing", "subscription") == []


def test_two_customers_of_one_email_in_billing_are_for_a_person_and_neither_is_charged(shop: Shop) -> None:
    shop.knows(Customer(key=shop.key("customer", "cus_2", "billing"), email=ADA.email, payable=True), role="billing")
    shop.places(tea(shop))
    plan = shop.passes()
    assert [f.code for f in plan.findings] == ["ambiguous_match"]
    assert shop.held("billing", "subscription") == []
    assert len(shop.held("erp", "order")) == 1


# --- edits


def test_an_edited_quantity_reaches_the_subscription(shop: Shop) -> None:
    order = shop.places(tea(shop, 1))
    shop.passes()
    shop.edits(order, tea(shop, 3))
    shop.passes()
    assert shop.only("billing", "subscription").items[0].quantity == 3


def test_one_of_two_recurring_lines_removed_leaves_the_other(shop: Shop) -> None:
    shop.sells("OIL")
    order = shop.places(tea(shop), shop.line("OIL", recurring=MONTHLY))
    shop.passes()
    shop.edits(order, tea(shop, 0), shop.line("OIL", recurring=MONTHLY))
    shop.passes()
    assert [item.line for item in shop.only("billing", "subscription").items] == ["l-OIL"]


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("left", [0, None])
def test_the_last_recurring_line_removed_ends_the_subscription(shop: Shop, left: int | None, trusted: bool) -> None:
    order = shop.places(shop.line("MUG"), tea(shop))
    shop.passes()
    shop.trusted = trusted
    shop.edits(order, shop.line("MUG"), *([tea(shop, left)] if left is not None else []))
    shop.passes()
    assert shop.only("billing", "subscription").state == "cancelled"
    assert len(shop.held("billing", "subscription")) == 1


def test_a_recurring_line_that_comes_back_after_its_subscription_was_ended_is_for_a_person(shop: Shop) -> None:
    order = shop.places(shop.line("MUG"), tea(shop))
    shop.passes()
    shop.edits(order, shop.line("MUG"))
    shop.passes()
    assert "unsubscribed" in shop.desk.milestones
    shop.edits(order, shop.line("MUG"), tea(shop))
    plan = shop.passes()
    assert [(f.code, f.owner) for f in plan.findings] == [("subscription_ended", "billing")]
    assert ("billing", "subscription") not in puts(plan)
    assert ("erp", "order") in puts(plan)


def test_a_recurring_line_removed_before_it_was_ever_started_starts_nothing(shop: Shop) -> None:
    shop.places(shop.line("MUG"), tea(shop, 0))
    shop.passes()
    assert shop.held("billing", "subscription") == []


def test_a_cancelled_order_ends_its_subscription(shop: Shop) -> None:
    order = shop.places(tea(shop))
    shop.passes()
    shop.edits(order, state="cancelled")
    shop.passes()
    assert shop.only("billing", "subscription").state == "cancelled"


def test_an_order_cancelled_before_it_was_brought_over_starts_no_subscription(shop: Shop) -> None:
    shop.places(tea(shop), state="cancelled")
    assert shop.plan().writes == ()


def test_a_subscription_that_billing_ended_is_not_revived_by_an_edit_of_the_order(shop: Shop) -> None:
    order = shop.places(tea(shop))
    shop.passes()
    shop.desk.books["billing"].change(shop.only("billing", "subscription").key, state="cancelled")
    shop.edits(order, tea(shop, 2))
    shop.passes()
    assert shop.only("billing", "subscription").state == "cancelled"


def test_an_order_from_before_the_cutover_starts_no_subscription(shop: Shop) -> None:
    shop.places(tea(shop), ordered_at=datetime(2025, 11, 1, tzinfo=UTC))
    plan = shop.plan()
    assert (plan.writes, plan.findings) == ((), ())


def test_an_order_of_high_risk_charges_nobody(shop: Shop) -> None:
    shop.places(tea(shop), risk="high")
    assert shop.plan().writes == ()


def test_a_subscription_names_the_order_line_customer_and_product_it_came_from(shop: Shop) -> None:
    order = shop.places(tea(shop))
    plan = shop.plan()
    [put] = [w for w in plan.writes if isinstance(w, Put) and w.record.key.kind == "subscription"]
    assert put.record.key == shop.key("subscription", "1001-month1")
    assert put.record.references() == (ADA.key, shop.key("variant", "v-TEA"))
    assert getattr(put.record, "order", None) == order.key
    assert put.fields | put.seeds >= {"items", "state", "charged_until"}


def test_the_customer_that_billing_has_is_linked(shop: Shop) -> None:
    shop.places(tea(shop))
    plan = shop.plan()
    assert plan.findings == ()
    assert Join(key=ADA.key, role="billing", id="cus_1", match=("email:ada@example.com",)) in plan.writes
