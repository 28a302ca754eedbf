"""The receiver, with real vendors' signatures, against moto's SQS and Secrets Manager: every answer it gives."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cashpath.aws.queues import Queues
from cashpath.notice import Notice
from cashpath.receive import REREAD_AFTER, Receiver, WebhookSecrets
from cashpath.records.keys import Role, SystemId
from cashpath.settings.slices import ReceiverSlice, SystemSlice
from cashpath.systems.hubspot import webhooks as hubspot
from cashpath.systems.inbound import Inbound

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ACCOUNT: dict[str, Any] = {
    "region_name": "eu-central-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}
ORDER = {
    "id": 1001,
    "admin_graphql_api_id": "gid://shopify/Order/1001",
    "updated_at": "2026-11-24T11:59:00Z",
    "email": "ada@example.com",
}
LIMIT = 4 * 1024 * 1024
WANTS = {"order": ("create_orders", "settle_invoices")}


@dataclass
class House:
    """A receiver of each role, with its queues and secrets."""

    sqs: Any
    secrets: Any
    urls: Mapping[str, str]
    clock: list[float] = field(default_factory=lambda: [0.0])

    def __post_init__(self) -> None:
        self.known = WebhookSecrets(self.secrets, clock=lambda: self.clock[0])

    def receiver(
        self, system: str, vendor: str, role: Role, options: Mapping[str, Any], public_url: str = ""
    ) -> Receiver:
        one = SystemSlice(
            id=SystemId(system), vendor=vendor, role=role, secret=f"cashpath/{system}/webhook", options=options
        )
        settings = ReceiverSlice(stage="test", role=role, systems={one.id: one}, wants=WANTS)
        queues = Queues(self.urls, {}, self.sqs)
        return Receiver(settings, queues=queues, secrets=self.known, now=lambda: NOW, public_url=public_url)

    @property
    def shopify(self) -> Receiver:
        return self.receiver("shop", "shopify", "storefront", {"shop": "acme.myshopify.com"})

    @property
    def hubspot(self) -> Receiver:
        return self.receiver("portal", "hubspot", "crm", {"portal": 4242})

    def set_secret(self, system: str, *secrets: str) -> None:
        self.secrets.put_secret_value(
            SecretId=f"cashpath/{system}/webhook", SecretString=json.dumps({"secrets": secrets})
        )

    def notices(self, flow: str = "create_orders") -> list[Notice]:
        found: list[Notice] = []
        while page := self.sqs.receive_message(QueueUrl=self.urls[flow], MaxNumberOfMessages=10).get("Messages"):
            found += [Notice.from_json(message["Body"]) for message in page]
        return found


@pytest.fixture
def house() -> Iterator[House]:
    with mock_aws():
        sqs, secrets = boto3.client("sqs", **ACCOUNT), boto3.client("secretsmanager", **ACCOUNT)
        for system in ("shop", "portal"):
            secrets.create_secret(Name=f"cashpath/{system}/webhook", SecretString='{"secrets": ["one"]}')
        flows = ("create_orders", "settle_invoices")
        yield House(sqs, secrets, {flow: sqs.create_queue(QueueName=flow)["QueueUrl"] for flow in flows})


def event(
    path: str, body: bytes, headers: Mapping[str, str], *, encoded: bool = False, query: str = ""
) -> dict[str, Any]:
    """What API Gateway hands to the function (HTTP APIs, payload format 2.0)."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": dict(headers),
        "requestContext": {
            "domainName": "abc.execute-api.eu-central-1.amazonaws.com",
            "http": {"method": "POST", "path": path},
        },
        "body": base64.b64encode(body).decode() if encoded else body.decode(),
        "isBase64Encoded": encoded,
    }


def shopify(
    body: Any = ORDER,
    *,
    secret: str = "one",
    topic: str = "orders/create",
    path: str = "/webhooks/shop",
    encoded: bool = False,
    tampered: bytes = b"",
) -> dict[str, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": "acme.myshopify.com",
        "X-Shopify-Event-Id": "event-1",
        "X-Shopify-Hmac-SHA256": signature,
    }
    return event(path, raw + tampered, headers, encoded=encoded)


def deals(*ids: int, at: datetime = NOW, query: str = "", base: str = "") -> dict[str, Any]:
    told = [{"subscriptionType": "deal.propertyChange", "portalId": 4242, "objectId": id, "eventId": 7} for id in ids]
    raw = json.dumps(told).encode()
    stamp = str(int(at.timestamp() * 1000))
    base = base or "https://abc.execute-api.eu-central-1.amazonaws.com"
    uri = f"{base}/webhooks/portal" + (f"?{query}" if query else "")
    signature = hubspot.sign(Inbound(method="POST", uri=uri, headers={}, body=raw), "one", stamp).decode()
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
    return event("/webhooks/portal", raw, headers, query=query)


def said(answer: Mapping[str, Any]) -> str:
    error: str = json.loads(answer["body"]).get("error", "")
    return error


def test_a_signed_order_is_in_the_queue_of_each_flow_that_wants_it_before_it_is_answered(house: House) -> None:
    answer = house.shopify(shopify())
    assert answer["statusCode"] == 202
    expected = Notice(
        flow="create_orders",
        system="shop",
        kind="order",
        id="1001",
        received=int(NOW.timestamp() * 1000),
        version=int(datetime(2026, 11, 24, 11, 59, tzinfo=UTC).timestamp() * 1000),
        event="event-1",
    )
    assert house.notices() == [expected]
    assert [notice.flow for notice in house.notices("settle_invoices")] == ["settle_invoices"]


def test_a_body_that_arrives_as_base64_is_checked_over_its_raw_bytes(house: House) -> None:
    assert house.shopify(shopify(encoded=True))["statusCode"] == 202
    assert [notice.id for notice in house.notices()] == ["1001"]


def test_a_delivery_of_several_deals_makes_one_notice_for_each(house: House) -> None:
    ids = range(1, 101)  # HubSpot sends up to 100 events at once
    assert house.hubspot(deals(*ids))["statusCode"] == 202
    assert {notice.id for notice in house.notices()} == {f"deals:{id}" for id in ids}


def test_a_delivery_that_tells_of_one_deal_three_times_makes_one_notice(house: House) -> None:
    assert house.hubspot(deals(7, 8, 7, 7))["statusCode"] == 202
    assert [notice.id for notice in house.notices()] == ["deals:7", "deals:8"]


def test_the_signature_over_the_whole_address_is_that_of_the_address_the_vendor_called(house: House) -> None:
    assert house.hubspot(deals(1, query="a=b&c=%2F"))["statusCode"] == 202
    called = "https://hooks.example.com"
    own = house.receiver("portal", "hubspot", "crm", {"portal": 4242}, public_url=called)
    assert own(deals(1, base=called))["statusCode"] == 202
    assert own(deals(1))["statusCode"] == 401


def test_a_topic_that_no_flow_wants_is_answered_and_counted(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    answer = house.shopify(shopify({"id": 5, "admin_graphql_api_id": "gid://shopify/Cart/5"}, topic="carts/update"))
    assert answer["statusCode"] == 200
    assert house.notices() == []
    line = json.loads(capsys.readouterr().out)
    assert line["WebhookUnwanted"] == 1
    assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "WebhookUnwanted"}]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (shopify(secret="forged"), "matches none"),
        (shopify(tampered=b" "), "matches none"),
        (event("/webhooks/shop", b"{}", {"x-shopify-topic": "orders/create"}), "no x-shopify-hmac-sha256"),
    ],
    ids=["forged", "tampered", "unsigned"],
)
def test_what_the_shop_did_not_sign_is_refused(house: House, request_: dict[str, Any], why: str) -> None:
    answer = house.shopify(request_)
    assert answer["statusCode"] == 401
    assert why in said(answer)
    assert house.notices() == []


def test_a_replay_is_refused_where_the_vendor_signs_the_time(house: House) -> None:
    stale = datetime(2026, 11, 24, 11, 54, 59, tzinfo=UTC)
    answer = house.hubspot(deals(1, at=stale))
    assert answer["statusCode"] == 401
    assert "five minutes" in said(answer)


def test_a_system_that_nobody_described_is_unknown(house: House) -> None:
    answer = house.shopify(shopify(path="/webhooks/another"))
    assert answer["statusCode"] == 404
    assert "another" in said(answer)


@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_over_the_limit_is_refused_before_it_is_checked(house: House, encoded: bool) -> None:
    assert house.shopify(shopify(b" " * (LIMIT + 1), secret="forged", encoded=encoded))["statusCode"] == 413
    assert house.shopify(shopify(b" " * LIMIT, secret="forged", encoded=encoded))["statusCode"] == 401


@pytest.mark.parametrize(
    ("request_", "where"),
    [
        (shopify(b'{"id": 1001'), "character 11"),
        (shopify({"id": 1001, "admin_graphql_api_id": "gid://shopify/Customer/1001"}), "admin_graphql_api_id"),
        (shopify(ORDER, topic="customers/update"), "admin_graphql_api_id"),
        ({**shopify(), "isBase64Encoded": True}, "base64"),
    ],
    ids=["truncated", "another record", "another topic", "not base64"],
)
def test_what_cannot_be_read_is_said_to_be_so_and_where(house: House, request_: dict[str, Any], where: str) -> None:
    answer = house.shopify(request_)
    assert answer["statusCode"] == 400
    assert where in said(answer)
    assert house.notices() == []


def test_the_vendor_is_asked_to_send_again_where_one_of_the_queues_does_not_take_its_notice(house: House) -> None:
    house.sqs.delete_queue(QueueUrl=house.urls["settle_invoices"])
    answer = house.shopify(shopify())
    assert answer["statusCode"] == 503
    assert "1 of 2" in said(answer)


def test_a_secret_is_rotated_without_a_deployment(house: House) -> None:
    shop = house.shopify
    assert shop(shopify())["statusCode"] == 202
    house.set_secret("shop", "two", "one")
    house.clock[0] += REREAD_AFTER
    assert shop(shopify(secret="two"))["statusCode"] == 202
    assert shop(shopify(secret="one"))["statusCode"] == 202
    house.set_secret("shop", "two")
    house.clock[0] += REREAD_AFTER
    assert shop(shopify(secret="forged"))["statusCode"] == 401  # any failed signature has the secret read again
    assert shop(shopify(secret="one"))["statusCode"] == 401


def test_a_flood_of_forgeries_has_the_secret_read_once_a_minute(house: House) -> None:
    shop = house.shopify
    assert shop(shopify())["statusCode"] == 202
    house.set_secret("shop", "two")
    house.clock[0] += REREAD_AFTER - 1
    assert shop(shopify(secret="two"))["statusCode"] == 401
    house.clock[0] += 1
    assert shop(shopify(secret="two"))["statusCode"] == 202


def test_what_is_logged_names_the_event_and_nothing_of_the_body(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.shopify(shopify())
    house.shopify(shopify(secret="forged"))
    house.shopify(shopify(path="/webhooks/ada@example.com"))
    out = capsys.readouterr().out
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["status"] for line in lines] == [202, 401, 404]
    assert lines[0] | {"system": "shop", "topic": "orders/create", "event": "event-1", "notices": 2} == lines[0]
    for private in ("ada@example.com", "one", "forged"):
        assert f'"{private}' not in out
    assert "ada@" not in out


def test_a_receiver_starts_without_pydantic_httpx_and_powertools(tmp_path: Path) -> None:
    """A cold start has five seconds less what Shopify's answer takes; each of these costs a good part of one."""
    settings = ReceiverSlice(stage="test", role="storefront", systems={}, wants={})
    systems = [
        {"id": id, "vendor": vendor, "role": "storefront", "secret": "", "options": {"portal": 1}}
        for id, vendor in (("shop", "shopify"), ("portal", "hubspot"), ("stripe", "stripe"))
    ]
    body = {"stage": settings.stage, "role": settings.role, "systems": systems, "wants": {}, "max_body": 1}
    (tmp_path / "settings.storefront.json").write_text(json.dumps(body), encoding="utf-8")
    handler = Path(__file__).parents[2] / "functions" / "receive" / "handler.py"
    (tmp_path / "handler.py").write_text(handler.read_text(encoding="utf-8"), encoding="utf-8")
    heavy = ("pydantic", "httpx", "aws_lambda_powertools", "aws_xray_sdk")
    code = f"import handler, sys; print([m for m in {heavy} if m in sys.modules])"
    environment = {
        "CASHPATH_ROLE": "storefront",
        "CASHPATH_QUEUES": "{}",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
