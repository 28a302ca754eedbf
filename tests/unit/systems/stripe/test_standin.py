"""The stand-in behaves as Stripe does where our code depends on it, over real HTTP."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from cashpath.systems.inbound import Inbound
from cashpath.systems.stripe import webhooks
from cashpath_sandbox.stripe.kept import API_KEY
from cashpath_sandbox.stripe.running import Running, start

KEY = {"Authorization": f"Bearer {API_KEY}"}


class Endpoint:
    """A webhook endpoint that keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[Inbound] = []
        self.refuse = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.got.append(Inbound(method="POST", uri="", headers=headers, body=body))
                outer.refuse -= 1
                self.send_response(503 if outer.refuse >= 0 else 202)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/webhooks/stripe"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def running(tmp_path: Path, endpoint: Endpoint) -> Iterator[Running]:
    with start(0, tmp_path) as stand:
        httpx.post(f"{stand.url}/_sandbox/webhooks", json={"url": endpoint.url, "secrets": ["whsec_1"]})
        yield stand


def test_changes_are_sent_signed_and_sent_again_signed_anew(running: Running, endpoint: Endpoint) -> None:
    made = httpx.post(f"{running.url}/_sandbox/customers", json={"email": "ada@example.com", "name": "Ada"}).json()
    running.standin.outbox.delivered()
    first = len(endpoint.got)
    assert [json.loads(got.body)["type"] for got in endpoint.got] == [
        "customer.created",
        "payment_method.attached",
        "customer.updated",
    ]
    assert httpx.post(f"{running.url}/_sandbox/redeliver").json() == {"events": first}
    running.standin.outbox.delivered()
    assert len(endpoint.got) == 2 * first
    for got in endpoint.got:
        webhooks.verify(got, ["whsec_1"], {}, datetime.now(UTC))
        (told,) = webhooks.events(got, {})
        assert (told.kind, told.id) == ("customer", made["id"])


def test_a_delivery_that_was_not_accepted_is_sent_again(running: Running, endpoint: Endpoint) -> None:
    endpoint.refuse = 1
    httpx.post(f"{running.url}/v1/customers", data={"email": "ada@example.com"}, headers=KEY)
    running.standin.outbox.delivered()
    assert len({json.loads(got.body)["id"] for got in endpoint.got}) == 1
    assert len(endpoint.got) == 2


def test_a_checkout_leaves_a_customer_who_can_be_charged(running: Running) -> None:
    made = httpx.post(f"{running.url}/_sandbox/customers", json={"email": "ada@example.com"}).json()
    method = made["invoice_settings"]["default_payment_method"]
    attached = httpx.get(
        f"{running.url}/v1/payment_methods", params={"customer": made["id"], "type": "card"}, headers=KEY
    ).json()
    assert [found["id"] for found in attached["data"]] == [method]


def test_the_stand_in_wants_a_secret_key_and_the_pinned_version(running: Running) -> None:
    assert httpx.get(f"{running.url}/v1/customers").status_code == 401
    old = httpx.get(f"{running.url}/v1/customers", headers={**KEY, "Stripe-Version": "2017-08-15"})
    assert old.status_code == 400


def test_localstripe_writes_nothing_but_its_log(running: Running, tmp_path: Path) -> None:
    httpx.post(f"{running.url}/v1/customers", data={"email": "ada@example.com"}, headers=KEY)
    assert [file.name for file in tmp_path.iterdir()] == ["localstripe.log"]
