"""An operator sees what is stuck, previews its replay, and sends it again."""

import json
from dataclasses import replace
from typing import Any

import pytest

from cashpath.ledger.exceptions import Cause, Subject
from cashpath.notice import Notice

ID = "create_orders:shop/order/1001"
NOTICE = Notice(flow="create_orders", system="shop", kind="order", id="1001", received=5)
CAUSE = Cause(code="bad_record", cause="lines [2] do not add up", remedy="map the fee", owner="storefront")


@pytest.fixture
def stuck(operator: Any) -> Any:
    """Three orders that could not be finished, for two causes."""
    for n, code in (("1001", "bad_record"), ("1002", "bad_record"), ("1003", "ambiguous")):
        about = Subject(flow="create_orders", system="shop", record=f"order/{n}")
        operator.stage.exceptions.file(about, replace(CAUSE, code=code), replace(NOTICE, id=n), since=1, brand="eu")
    return operator


def test_nothing_stuck_is_said_in_words(operator: Any) -> None:
    assert operator.says("exceptions", "list") == "nothing is stuck\n"


def test_the_list_gives_every_id_whole_with_cause_and_owner(stuck: Any) -> None:
    said = stuck.says("exceptions", "list")
    for n in (1001, 1002, 1003):
        assert f"create_orders:shop/order/{n}" in said
    assert "lines [2] do not add up" in said
    assert "storefront" in said


def test_the_list_can_be_narrowed_to_one_cause(stuck: Any) -> None:
    (only,) = json.loads(stuck.says("exceptions", "list", "--cause", "ambiguous", "--json"))
    assert (only["id"], only["owner"], only["brand"]) == ("create_orders:shop/order/1003", "storefront", "eu")
    assert json.loads(stuck.says("exceptions", "list", "--flow", "other", "--json")) == []


def test_one_exception_is_shown_with_its_remedy_and_its_notice(stuck: Any) -> None:
    said = stuck.says("exceptions", "show", ID)
    assert "\nwhat to do   map the fee\n" in said
    assert f"\nafterwards   `cashpath --stage test exceptions redrive {ID}`\n" in said
    assert NOTICE.to_json() in said


def test_an_exception_that_is_not_there_is_said_to_be_so(operator: Any) -> None:
    result = operator.run("exceptions", "show", "nothing")
    assert result.exit_code == 2
    assert "there is no exception 'nothing'" in result.output


def test_a_redrive_sends_the_notice_again_as_a_new_attempt(stuck: Any) -> None:
    assert stuck.says("exceptions", "redrive", ID) == "1 sent again\n"
    (sent,) = stuck.queued()
    assert (sent["id"], sent["trigger"], sent["attempt"]) == ("1001", "redrive", 1)
    assert sent["received"] == stuck.stage.millis


def test_all_of_one_cause_are_redriven_together(stuck: Any) -> None:
    assert stuck.says("exceptions", "redrive", "--cause", "bad_record") == "2 sent again\n"
    assert sorted(sent["id"] for sent in stuck.queued()) == ["1001", "1002"]


def test_a_whole_queue_is_redriven_together(stuck: Any) -> None:
    assert stuck.says("exceptions", "redrive", "--queue", "create_orders") == "3 sent again\n"


def test_a_redrive_must_say_what_it_means(stuck: Any) -> None:
    assert stuck.run("exceptions", "redrive").exit_code == 2
    assert stuck.run("exceptions", "redrive", ID, "--cause", "bad_record").exit_code == 2
    assert stuck.queued() == []


def test_a_dry_run_prints_the_plan_of_the_flows_own_function_and_sends_nothing(stuck: Any) -> None:
    said = stuck.says("exceptions", "redrive", ID, "--dry-run")
    assert said.splitlines() == [ID, "  crm: bring 1001 up to date, or create it"]
    assert stuck.queued() == []


def test_a_dry_run_tells_why_nothing_can_be_planned(stuck: Any) -> None:
    stuck.machine.preview = lambda notice: {"plan": [], "failure": "the shop does not answer"}
    said = stuck.says("exceptions", "redrive", ID, "--dry-run")
    assert said.splitlines() == [ID, "  cannot be planned: the shop does not answer"]


def test_a_dry_run_survives_a_function_that_fails(stuck: Any) -> None:
    def fail(notice: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("out of memory")

    stuck.machine.preview = fail
    said = stuck.says("exceptions", "redrive", ID, "--dry-run")
    assert said.splitlines() == [ID, "  cannot be planned: out of memory"]


def test_a_plan_without_writes_says_so(stuck: Any) -> None:
    stuck.machine.preview = lambda notice: {"plan": []}
    assert "nothing to write" in stuck.says("exceptions", "redrive", ID, "--dry-run")


def test_an_unreadable_message_cannot_be_redriven_but_closed(operator: Any) -> None:
    about = Subject(flow="create_orders", system="message", record="m-7")
    operator.stage.exceptions.file(about, replace(CAUSE, code="unreadable"), None, since=1, evidence={"sha256": "ab"})
    said = operator.says("exceptions", "redrive", about.id)
    assert said.startswith("0 sent again\n1 have no notice")
    assert "ab" in operator.says("exceptions", "show", about.id)
    assert operator.says("exceptions", "close", about.id) == f"{about.id} is closed\n"
    assert operator.says("exceptions", "list") == "nothing is stuck\n"
