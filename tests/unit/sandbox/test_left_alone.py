"""How `order FILE` reads the flow's own plan: whether anything is wanted of an order at all."""

import pytest

from cashpath_sandbox.left_alone import reason


@pytest.mark.parametrize(
    "answer",
    [
        {"plan": ["erp: bring shop/order/1 up to date, or create it"]},
        {"plan": ["person: order #1 is flagged as high risk (lower its risk)"]},
        {"plan": [], "failure": "shop/order/1 cannot be found"},
        {"errorMessage": "timed out"},
    ],
)
def test_an_order_of_which_something_is_wanted_or_unknown_is_still_under_way(answer: dict[str, object]) -> None:
    assert reason(answer) == ""


def test_an_order_that_goes_nowhere_is_told_with_the_flows_own_words() -> None:
    assert reason({"plan": ["a test order, and the books are real"]}) == "a test order, and the books are real"


def test_an_order_with_an_empty_plan_is_over_or_old() -> None:
    assert "cutover" in reason({"plan": []})
