"""What happens to an order after it was placed reaches every system: edits, cancellations, a card that comes later."""

import pytest

from cashpath_sandbox.eyes import Eyes

from .agreement import CANCELLED_IN_CRM, agree
from .merchant import Merchant
from .stack import Stack
from .until import until

pytestmark = pytest.mark.xdist_group("e2e")


def test_an_order_whose_quantities_staff_changed_is_the_changed_one_everywhere(merchant: Merchant, eyes: Eyes) -> None:
    order = merchant.places("plain")
    agree(eyes, order.origin, order.amounts)
    merchant.sets_quantities(order, {order.line(0): 1, order.line(1): 4})
    agree(eyes, order.origin, order.amounts_of(1, 4))


def test_a_line_that_staff_took_off_or_put_on_is_gone_or_there_everywhere(merchant: Merchant, eyes: Eyes) -> None:
    order = merchant.places("plain")
    merchant.sets_quantities(order, {order.line(1): 0})
    agree(eyes, order.origin, order.amounts_of(2, 0))
    total, tax, currency, lines = order.amounts_of(2, 0)
    sieve = {"title": "Sieve", "sku": "SIEVE", "price": "11.90", "quantity": 1}
    added = merchant.adds_line(order, sieve)
    ten = type(total)("10.00")
    more = type(total)("11.90")
    agree(eyes, order.origin, (total + more, tax + more - ten, currency, {**lines, added: (1, ten)}))


def test_a_cancelled_order_is_cancelled_everywhere_and_charges_nobody_again(merchant: Merchant, eyes: Eyes) -> None:
    draft = merchant.makes("mixed subscription")
    assert draft.basket.buyer is not None
    merchant.saves_card(draft.basket.buyer)
    order = merchant.sends(draft)
    agree(eyes, order.origin, order.amounts)
    until(lambda: eyes.in_billing(order.id), within=30, about="the subscription started")
    merchant.cancels(order)
    until(lambda: eyes.in_erp(order.origin)[0].state == "cancelled", within=60, about="the sale is cancelled")
    until(lambda: eyes.in_crm(order.origin)[0].state == CANCELLED_IN_CRM, within=30, about="cancelled in the CRM")
    until(lambda: eyes.in_billing(order.id)[0]["status"] == "canceled", within=30, about="no subscription runs")


def test_an_order_cancelled_at_once_leaves_nothing_behind_that_stands(
    merchant: Merchant, eyes: Eyes, stack: Stack
) -> None:
    order = merchant.places("plain")
    merchant.cancels(order)
    stack.drains(within=60)
    assert [sale.state for sale in eyes.in_erp(order.origin)] in ([], ["cancelled"])
    assert [sold.state for sold in eyes.in_crm(order.origin)] in ([], [CANCELLED_IN_CRM])


def test_a_customer_without_a_card_is_a_persons_to_ask_and_the_redrive_starts_the_subscription(
    merchant: Merchant, eyes: Eyes, stack: Stack
) -> None:
    order = merchant.places("mixed subscription")
    number = order.made.body["name"]
    (filed,) = until(lambda: stack.stuck_for("no_payment_method", number), within=60, about="a person is asked")
    agree(eyes, order.origin, order.amounts)
    assert eyes.in_billing(order.id) == []
    planned = stack.operator("exceptions", "redrive", filed.id, "--dry-run")
    assert "payment method" in planned, planned
    (payer,) = eyes.payers(order.email)
    merchant.adds_card(payer["id"])
    stack.operator("exceptions", "redrive", filed.id)
    (subscription,) = until(lambda: eyes.in_billing(order.id), within=60, about="the subscription started")
    assert subscription["next"] == 1900
    until(lambda: not stack.stuck_for("no_payment_method", number), within=60, about="the exception closed itself")
    assert len(eyes.payers(order.email)) == 1


@pytest.mark.parametrize("case", ["jpy", "kwd"])
def test_a_currency_with_other_decimals_is_exact_after_an_edit_too(case: str, merchant: Merchant, eyes: Eyes) -> None:
    order = merchant.places(case)
    merchant.sets_quantities(order, {order.line(0): 1})
    agree(eyes, order.origin, order.amounts_of(1, 3))
