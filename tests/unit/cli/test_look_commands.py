"""What an operator sees at 3 a.m.: how the stage is, and what is known of one order."""

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from cashpath.cli import main
from cashpath.cli.show import moment
from cashpath.ledger.answers import Changes
from cashpath.ledger.exceptions import Cause, Subject
from cashpath.ledger.seen import ReadMark
from cashpath.notice import Notice
from cashpath.records.keys import RecordKey, SystemId

ORDER = RecordKey.parse("shop/order/1001")
CRM, ERP = SystemId("hubspot"), SystemId("tryton")


@pytest.fixture
def order(operator: Any) -> Any:
    """An order that is in the CRM, and is just being created in the ERP."""
    ledger, now = operator.stage.ledger, operator.stage.millis
    ledger._match_key = lambda: b"a secret"
    held = ledger.begin_root(ORDER, owner="first", until=now + 75_000, brand="eu")
    ledger.link(held, ORDER, CRM, "31", match=(), root=ORDER)
    ledger.claim(held, ORDER, ERP, until=now - 1, match=())
    ledger.release(
        held,
        Changes(
            fingerprints={f"create_orders|{CRM}|{ORDER}": "aa"},
            reads={f"create_orders|shop|{ORDER}": ReadMark(began=now - 60_000, version=7)},
            milestones={"ordered": now - 120_000},
        ),
    )
    return operator


def test_an_order_is_traced_from_any_system_that_has_it(order: Any) -> None:
    for record in ("shop/order/1001", "hubspot/order/31"):
        said = order.says("trace", record)
        assert "shop/order/1001  hubspot  31" in said
        assert "ordered    2026-11-24 02:58:00Z, 2m ago" in said
        assert "open claims" in said
        assert "tryton" in said


def test_a_trace_as_json_holds_links_claims_and_milestones(order: Any) -> None:
    said = json.loads(order.says("trace", "hubspot/order/31", "--json"))
    assert (said["canonical"], said["root"], said["brand"]) == (str(ORDER), str(ORDER), "eu")
    assert said["links"] == [{"record": str(ORDER), "system": "hubspot", "id": "31"}]
    assert [(c["record"], c["system"]) for c in said["claims"]] == [(str(ORDER), "tryton")]
    assert list(said["milestones"]) == ["ordered"]


def test_a_record_that_was_deleted_for_good_is_unlinked_and_can_be_created_anew(order: Any) -> None:
    assert "not linked to 31 of hubspot" in order.says("unlink", str(ORDER), "hubspot")
    ledger = order.stage.ledger
    assert ledger.links([ORDER], [CRM]) == {}
    assert ledger.origin(RecordKey(CRM, "order", "31")) is None
    assert order.run("unlink", str(ORDER), "hubspot").exit_code == 1


def test_what_the_ledger_does_not_know_is_said_to_be_so(operator: Any) -> None:
    result = operator.run("trace", "shop/order/9")
    assert (result.exit_code, result.stdout) == (1, "the ledger knows nothing of shop/order/9\n")


def test_a_record_that_is_misspelt_is_explained(operator: Any) -> None:
    result = operator.run("trace", "1001")
    assert result.exit_code == 2
    assert "system/kind/id" in result.output


def test_the_status_of_a_quiet_stage_says_that_all_is_well(operator: Any) -> None:
    said = operator.says("status")
    for words in ("create_orders", "Enabled", "no system is braked", "nothing is stuck"):
        assert words in said


def test_a_stage_is_found_by_the_outputs_of_its_two_stacks(deployed: Any) -> None:
    assert "create_orders" in deployed.says("status")


def test_the_status_shows_what_waits_what_is_braked_and_what_is_stuck(order: Any) -> None:
    stage = order.stage
    notice = Notice(flow="create_orders", system="shop", kind="order", id="1001", received=5)
    stage.queues.send([notice, replace(notice, trigger="backfill"), replace(notice, trigger="backfill", id="1002")])
    stage.ledger.set_brake(ERP, stage.millis + 60_000, "it does not answer")
    stage.ledger.set_mode("create_orders", "eu", "shadow")
    about = Subject(flow="create_orders", system="shop", record="order/1001")
    stage.exceptions.file(about, Cause(code="bad_record", cause="c", remedy="r"), notice, since=1)
    said = json.loads(order.says("status", "--json"))
    assert said["flows"]["create_orders"] == {
        "waiting": 1,
        "delayed": 0,
        "in_flight": 0,
        "bulk": {"waiting": 1, "delayed": 0, "in_flight": 0, "mapping": "Enabled"},
        "dead": 0,
        "mapping": "Enabled",
    }
    assert said["brakes"]["tryton"]["why"] == "it does not answer"
    assert said["modes"] == {"create_orders eu": "shadow"}
    assert said["exceptions"] == {"create_orders bad_record": 1}
    assert said["overdue_claims"] == [str(ORDER)]
    told = order.says("status")
    for words in ("in 1m", "it does not answer", "shadow", "bad_record", "nobody settled"):
        assert words in told


@pytest.mark.parametrize(
    ("distance", "words"), [(0, "0s ago"), (59_999, "59s ago"), (-90_000, "in 1m"), (7_200_000, "2h ago")]
)
def test_a_moment_is_told_with_how_far_it_is_from_now(distance: int, words: str) -> None:
    assert moment(1_790_000_000_000, 1_790_000_000_000 + distance) == f"2026-09-21 14:13:20Z, {words}"


def test_a_stage_that_is_not_deployed_is_one_line_and_no_traceback(
    operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["cashpath", "--stage", "nowhere", "exceptions", "list"])
    with pytest.raises(SystemExit, match="cashpath: there is no stack cashpath-nowhere-kept at https"):
        main()


def test_help_loads_neither_boto3_nor_rich_tables() -> None:
    code = (
        "import sys; import cashpath.cli.app; "
        "print([m for m in ('boto3', 'botocore', 'rich.table', 'pydantic') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
