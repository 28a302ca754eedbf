"""What a shop held before Cashpath came is brought over by one command, which says how it went."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from cashpath.bulk.message import unpacked
from cashpath.bulk.progress import Progress
from cashpath.ledger.exceptions import Cause, Subject
from cashpath.notice import Notice
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.shopify import orders
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.standin import serve
from cashpath_sandbox.subject import MovableClock

STAGE = (Path(__file__).parents[3] / "infra" / "stages" / "local.toml").read_text(encoding="utf-8")


@pytest.fixture
def shop() -> ShopifyStandin:
    """A shop with three orders, of three days."""
    clock = MovableClock(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
    shop = ShopifyStandin(clock=clock, shop="cashpath-demo.myshopify.com")
    for n in range(3):
        dated = dict.fromkeys(("created_at", "updated_at", "processed_at"), clock().isoformat())
        shop.place_order({**orders.made("plain").body, "id": 1001 + n, **dated})
        clock.move(timedelta(days=1))
    return shop


@pytest.fixture
def settings(shop: ShopifyStandin, tmp_path: Path, operator: Any) -> Iterator[str]:
    """A stage whose storefront is that shop, its secret in place. The flow takes messages while the command rests."""
    server = serve(shop)
    file = tmp_path / "stage.toml"
    file.write_text(STAGE.replace("http://127.0.0.1:8301", f"http://127.0.0.1:{server.port}"), encoding="utf-8")
    secret = json.dumps({"access_token": shop.token})
    boto3.client("secretsmanager").create_secret(Name="cashpath/local/shop/api", SecretString=secret)
    operator.taken = []
    operator.stage.sleep = lambda _: operator.taken.extend(taken(operator))
    yield str(file)
    server.shutdown()
    server.server_close()


def taken(operator: Any) -> Iterator[Notice]:
    """The notices of the messages that the flow takes from its bulk queue now."""
    sqs, url = boto3.client("sqs"), operator.stage.bulk_urls["create_orders"]
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        yield from unpacked(message["Body"]) or ()
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def dies(*_: Any) -> None:
    raise Killed("the operator's machine went to sleep")


def test_all_orders_of_the_shop_are_told_of_and_none_of_them_delays_a_live_one(operator: Any, settings: str) -> None:
    said = operator.says("backfill", "orders", "--brand", "demo", "--settings", settings)
    assert [(n.kind, n.id, n.trigger) for n in operator.taken] == [
        ("order", str(id), "backfill") for id in (1001, 1002, 1003)
    ]
    assert operator.queued() == []
    told = {line.split()[0]: line.split()[1] for line in said.splitlines() if len(line.split()) > 1}
    assert (told["sent"], told["done"], told["waiting"]) == ("3", "3", "0")


def test_the_settings_may_be_named_once_for_all_commands(
    operator: Any, settings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASHPATH_SETTINGS", settings)
    operator.says("backfill", "orders", "--brand", "demo")
    assert [notice.id for notice in operator.taken] == ["1001", "1002", "1003"]


def test_only_orders_changed_since_the_date_are_told_of(operator: Any, settings: str) -> None:
    operator.says("backfill", "orders", "--brand", "demo", "--settings", settings, "--since", "2026-11-21")
    assert [notice.id for notice in operator.taken] == ["1002", "1003"]


def test_a_run_that_was_killed_is_gone_on_with_and_says_so(
    operator: Any, settings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("backfill", "orders", "--brand", "demo", "--settings", settings)
    with monkeypatch.context() as death:
        death.setattr(Progress, "end", dies)
        with pytest.raises(Killed):
            operator.run(*command)
    operator.taken.extend(taken(operator))
    operator.taken.clear()
    assert "goes on at 2026-11-22 12:00:00Z" in operator.says(*command)
    assert [notice.id for notice in operator.taken] == ["1003"]


def test_a_second_run_says_when_the_first_sent_all_and_how_to_send_it_again(operator: Any, settings: str) -> None:
    command = ("backfill", "orders", "--brand", "demo", "--settings", settings)
    operator.says(*command)
    operator.taken.clear()
    assert "order: all was sent on 2026-11-24 03:00:00Z; --restart sends it again" in operator.says(*command)
    assert operator.taken == []
    operator.says(*command, "--restart")
    assert [notice.id for notice in operator.taken] == ["1001", "1002", "1003"]


def test_all_orders_are_told_of_after_a_run_for_the_newest_ones(operator: Any, settings: str) -> None:
    command = ("backfill", "orders", "--brand", "demo", "--settings", settings)
    operator.says(*command, "--since", "2026-11-22")
    assert [notice.id for notice in operator.taken] == ["1003"]
    operator.taken.clear()
    operator.says(*command)
    assert [notice.id for notice in operator.taken] == ["1001", "1002", "1003"]


def test_what_is_not_waited_for_is_told_as_waiting_and_exceptions_are_counted(operator: Any, settings: str) -> None:
    about = Subject(flow="create_orders", system="shop", record="order/7")
    operator.stage.exceptions.file(about, Cause(code="bad_record", cause="c", remedy="r"), None, since=1)
    said = operator.says("backfill", "orders", "--brand", "demo", "--settings", settings, "--no-wait")
    assert "up to 100, in 1 messages" in said
    assert "+0 since it began" in said
    assert "done" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("orders", "--brand", "other"), "there is no brand 'other'"),
        (("orders", "--brand", "demo", "--since", "yesterday"), "a date is written 2024-01-31"),
        (("orders", "--brand", "demo", "--system", "salesforce"), "demo has no system 'salesforce'"),
        (("orders", "--brand", "demo", "--system", "stripe"), "create_orders wants no orders of a billing"),
    ],
)
def test_what_cannot_be_brought_over_is_refused_in_words(
    operator: Any, settings: str, arguments: tuple[str, ...], words: str
) -> None:
    refused = operator.run("backfill", *arguments, "--settings", settings)
    assert refused.exit_code == 2
    assert words in " ".join(refused.output.replace("│", " ").split())


def test_nothing_is_sent_to_a_flow_that_is_off_for_the_brand(operator: Any, settings: str) -> None:
    operator.says("mode", "create_orders", "demo", "off")
    refused = operator.run("backfill", "orders", "--brand", "demo", "--settings", settings)
    assert refused.exit_code == 2
    assert operator.taken == []


def test_a_flow_that_this_release_does_not_have_is_named(operator: Any, settings: str) -> None:
    refused = operator.run("backfill", "catalog", "--brand", "demo", "--settings", settings)
    assert str(refused.exception) == "this stage has no flow 'sync_catalog'; it has create_orders"
