"""Nothing is made twice in Stripe, and a stored error never stands in the way for ever."""

from dataclasses import replace

import httpx
import pytest

from cashpath.faults import CredentialsRefused, NeedsPerson, RateLimited, SystemDown, Unanswered, Waits
from cashpath.systems.stripe.api import VERSION
from cashpath_sandbox.killable import Answer, Killed
from cashpath_sandbox.stripe.bench import ADA, Account, account
from cashpath_sandbox.stripe.kept import API_KEY


def post(stripe: Account, key: str, form: dict[str, str]) -> httpx.Response:
    """A write with an idempotency key, by plain HTTP."""
    headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": key}
    with httpx.Client(transport=httpx.WSGITransport(app=stripe.standin), base_url="http://stripe.test") as client:
        return client.post("/v1/customers", data=form, headers=headers)


def test_a_customer_whose_creation_got_no_answer_is_not_created_again(stripe: Account) -> None:
    stripe.transport.misbehave(0, "kill_after")
    with pytest.raises(Killed):
        stripe.write(ADA)
    stripe.transport.reset()
    stripe.write(ADA)
    assert stripe.standin.stock()["customers"] == 1
    assert stripe.agrees(ADA)


def test_a_stored_server_error_does_not_block_the_customer_for_a_day(stripe: Account) -> None:
    stripe.standin.failing.append(("/v1/customers", 500))
    with pytest.raises(Unanswered):
        stripe.write(ADA)
    stripe.write(ADA)
    assert stripe.standin.stock()["customers"] == 1


def test_a_replayed_customer_that_was_deleted_meanwhile_is_created_anew(stripe: Account) -> None:
    gone = stripe.connector.write(stripe.wanted(ADA)).id
    stripe.api("DELETE", f"/v1/customers/{gone}")
    assert stripe.connector.write(stripe.wanted(ADA)).id != gone


def test_a_replayed_customer_that_was_edited_meanwhile_is_put_right(stripe: Account) -> None:
    made = stripe.connector.write(stripe.wanted(ADA)).id
    stripe.api("POST", f"/v1/customers/{made}", {"name": "Somebody Else"})
    assert stripe.write(ADA) == made
    assert stripe.agrees(ADA)


def test_a_customer_edited_by_hand_the_same_way_twice_a_day_is_put_right_twice(stripe: Account) -> None:
    id = stripe.write(ADA)
    for _ in range(2):
        stripe.api("POST", f"/v1/customers/{id}", {"name": "Somebody Else"})
        stripe.write(ADA)
        assert stripe.agrees(ADA)


def test_every_write_carries_a_key_of_its_own_and_the_pinned_version(stripe: Account) -> None:
    seen: list[httpx.Headers] = []
    inner = stripe.transport.inner

    class Watching(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            seen.append(request.headers)
            return inner.handle_request(request)

    stripe.transport.inner = Watching()
    stripe.write(ADA)
    stripe.write(replace(ADA, last_name="King"))
    keys = [headers["Idempotency-Key"] for headers in seen if "Idempotency-Key" in headers]
    assert len(keys) == len(set(keys)) == 2
    assert {headers["Stripe-Version"] for headers in seen} == {VERSION}


def test_the_pinned_version_is_the_one_that_the_stripe_package_publishes() -> None:
    from stripe._api_version import _ApiVersion

    assert VERSION == _ApiVersion.CURRENT


def test_stripe_replays_the_first_answer_for_a_day_and_refuses_other_content_under_its_key(stripe: Account) -> None:
    first = post(stripe, "k1", {"email": "a@example.com"})
    again = post(stripe, "k1", {"email": "a@example.com"})
    other = post(stripe, "k1", {"email": "b@example.com"})
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    stripe.clock.sleep(24 * 3600 + 1)
    assert post(stripe, "k1", {"email": "a@example.com"}).json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Answer(409, {}, b'{"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}'), Unanswered),
        (Answer(400, {}, b'{"error": {"type": "idempotency_error"}}'), Waits),
        (Answer(429, {"Retry-After": "30"}, b'{"error": {"code": "lock_timeout"}}'), RateLimited),
        (Answer(402, {}, b'{"error": {"type": "card_error", "code": "card_declined"}}'), NeedsPerson),
        (Answer(400, {}, b"<html>"), NeedsPerson),
        (Answer(401, {}, b'{"error": {}}'), CredentialsRefused),
        (Answer(500), Unanswered),
    ],
)
def test_each_refusal_of_a_write_says_what_to_do_next(
    stripe: Account, answer: Answer, failure: type[Exception]
) -> None:
    stripe.transport.answer_always(answer)
    with pytest.raises(failure) as raised:
        stripe.write(ADA)
    assert type(raised.value) is failure


@pytest.mark.parametrize(("key", "live"), [("sk_live_1", False), ("rk_live_1", False), ("sk_test_1", True)])
def test_a_key_of_the_other_mode_never_reaches_stripe(key: str, live: bool) -> None:
    stripe = account(key=key, live=live)
    with pytest.raises(CredentialsRefused, match="mode"):
        stripe.write(ADA)
    assert stripe.transport.sent == []


def test_a_read_that_fails_means_that_stripe_is_down(stripe: Account) -> None:
    stripe.transport.answer_always(Answer(500))
    with pytest.raises(SystemDown):
        stripe.connector.read("customer", "cus_1")


def test_one_bad_record_among_many_spoils_only_itself(stripe: Account) -> None:
    bad = replace(ADA, key=replace(ADA.key, id="2"))
    gone = replace(stripe.wanted(bad), id="cus_gone")
    first, second = stripe.connector.write_many([gone, stripe.wanted(ADA)])
    assert isinstance(first, NeedsPerson)
    assert not isinstance(second, Exception)
