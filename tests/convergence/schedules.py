"""For each guard of the protocol, the history that needs it: a written schedule that converges with it and not without.

The times that matter (runner.py, waiting.py): a function lives 60 s and begins no write after 48 s, its lease and its
claims stand for 75 s, a request lands within 15 s, two clocks differ by 2 s, a braked system rests 7 s or more.
"""

from collections.abc import Callable, Mapping

from .directed import FIRST, SECOND, Directed, Setting

Schedule = Callable[[], list[str]]
LAGGING = Setting(shop_lag=20_000)


def _placed(setting: Setting | None = None) -> Directed:
    """An order that is in all systems, half a minute or more ago."""
    history = Directed(setting)
    history.edit()
    history.later(90)
    return history


def with_an_older_notice_under_way() -> Directed:
    """A shop that is read late, and a notice of its order that comes in five seconds."""
    history = _placed(LAGGING)
    history.lags = 12_000
    placed, version = history.order()
    history.world.notify(placed, version, after=35_000)
    history.later(30)
    return history


def about_to_be_corrected() -> Directed:
    """An order that is an exception, has been put right, and whose notice of that comes in a second."""
    history = Directed()
    history.edit(wrong=True)
    history.later(30)
    corrected = history.edit(tell=False)
    history.world.notify(*corrected, after=5_000)
    history.later(4)
    return history


def two_passes_write_one_order() -> list[str]:
    """The first is slow on its way to the ERP; the second reads a newer edit and is quick."""
    history = _placed()
    history.happens("erp", "change order", "lands", takes=8)
    history.edit()
    history.later(2)
    history.edit()
    return history.ends()


def a_write_lands_after_its_function_has_ended() -> list[str]:
    """It was sent in the function's last second, and a newer edit is carried over before it lands."""
    history = _placed()
    history.happens("shop", "read order", "lands", takes=46)
    history.happens("erp", "change order", "lands", takes=12)
    history.happens("erp", "change lines", "killed", late=14)
    history.edit()
    history.later(59.5)
    history.edit()
    return history.ends()


def two_orders_of_one_new_customer_come_at_once() -> list[str]:
    """Both look, neither finds her, both would create her."""
    history = Directed()
    history.edit(FIRST)
    history.edit(SECOND)
    return history.ends()


def two_accounts_of_one_new_person_order_at_once() -> list[str]:
    """Two keys, one email address: she is to be in each system once."""
    history = Directed(Setting(buyers="two accounts"))
    history.edit(FIRST)
    history.edit(SECOND)
    return history.ends()


def a_customers_create_lands_late_while_another_order_needs_her() -> list[str]:
    """The first order's function died as it sent it; it is still on its way when the second order comes."""
    history = Directed(Setting(buyers="two accounts"))
    history.happens("erp", "create customer", "killed", late=14)
    history.edit(FIRST)
    history.later(6)
    history.edit(SECOND)
    return history.ends()


def a_function_ends_between_a_create_and_its_link() -> list[str]:
    """The sale is in the ERP, and nobody knows its id."""
    history = Directed()
    history.happens("erp", "create order", "killed", late=0)
    history.edit()
    return history.ends()


def a_sale_is_edited_by_hand_while_the_order_is_read() -> list[str]:
    """The ERP's notice waits in the queue; a pass for the shop's notice begins after it was received, and ends."""
    history = _placed()
    sale = history.by_hand("erp", tell=False, note="by hand")
    history.world.notify(sale, None, after=10_000)
    history.later(5)
    history.tell(*history.order())
    return history.ends()


def a_read_is_late_and_an_older_notice_is_done_with_it() -> list[str]:
    """The pass for the older notice reads what was before the edit, after the edit's own notice was received."""
    history = with_an_older_notice_under_way()
    edited = history.edit(tell=False)
    history.world.notify(*edited, after=10_000)
    return history.ends()


def a_pass_leaves_the_erp_waiting() -> list[str]:
    """It is down. The notice is sent again, and was received before that pass began."""
    history = _placed()
    history.happens("erp", "change order", "down")
    edited = history.edit(tell=False)
    history.world.notify(*edited, after=5_000)
    return history.ends()


def a_write_got_no_answer_and_lands_later() -> list[str]:
    """A newer edit comes meanwhile, and would be overtaken by it."""
    history = _placed()
    history.happens("erp", "change lines", "unanswered", late=14.5)
    history.edit()
    history.later(5)
    history.edit()
    return history.ends()


def a_pass_dies_after_its_writes_and_the_edit_is_taken_back() -> list[str]:
    """What was last noted of the ERP is again what the shop says, but not what the ERP holds."""
    history = _placed()
    history.happens("erp", "change state", "killed", late=0)
    history.edit()
    history.later(5)
    history.edit()
    return history.ends()


def an_order_is_cancelled_while_its_sale_is_created() -> list[str]:
    """The sale lands, its function does not live to hear of it, and the next pass wants no sale at all."""
    history = Directed()
    history.happens("erp", "create order", "killed", late=0)
    history.edit()
    history.later(5)
    for _ in range(3):
        history.edit(tell=False)
    history.edit()
    return history.ends()


def an_edit_is_told_without_a_version_and_read_late() -> list[str]:
    """Nothing says that what is read is old."""
    history = _placed(LAGGING)
    history.lags = 12_000
    history.edit(versioned=False)
    return history.ends()


def a_sale_is_edited_by_hand() -> list[str]:
    """The shop says what it has said before."""
    history = _placed()
    history.by_hand("erp", note="by hand")
    return history.ends()


def an_order_is_read_late_by_an_older_notice_when_an_edit_has_made_it_wrong() -> list[str]:
    """The pass for the older notice begins after the edit's own notice was received, and reads what was before."""
    history = with_an_older_notice_under_way()
    edited, _ = history.edit(tell=False, wrong=True)
    history.world.notify(edited, None, after=10_000)
    return history.ends()


def a_pass_that_puts_an_order_right_dies_before_it_closes_the_exception() -> list[str]:
    """It has given the lease back, so that its notice, sent again, is covered."""
    history = about_to_be_corrected()
    history.happens("ledger", "update_item R#", "killed", nth=2, late=0)
    return history.ends()


SCHEDULES: Mapping[str, Schedule] = {
    "lease": two_passes_write_one_order,
    "lease_outlasts_late_writes": a_write_lands_after_its_function_has_ended,
    "claim": two_orders_of_one_new_customer_come_at_once,
    "claim_on_match": two_accounts_of_one_new_person_order_at_once,
    "claim_outlasts_late_creates": a_customers_create_lands_late_while_another_order_needs_her,
    "claim_lookup": a_function_ends_between_a_create_and_its_link,
    "covered_by_record": a_sale_is_edited_by_hand_while_the_order_is_read,
    "covered_needs_version": a_read_is_late_and_an_older_notice_is_done_with_it,
    "covered_only_if_finished": a_pass_leaves_the_erp_waiting,
    "unanswered_keeps_lease": a_write_got_no_answer_and_lands_later,
    "unfinished_distrusts_fingerprints": a_pass_dies_after_its_writes_and_the_edit_is_taken_back,
    "open_claims_settled": an_order_is_cancelled_while_its_sale_is_created,
    "versionless_waits_for_lag": an_edit_is_told_without_a_version_and_read_late,
    "fingerprint_cleared_by_target_notice": a_sale_is_edited_by_hand,
    "trouble_counts_from_lease": an_order_is_read_late_by_an_older_notice_when_an_edit_has_made_it_wrong,
    "covered_closes_again": a_pass_that_puts_an_order_right_dies_before_it_closes_the_exception,
}
