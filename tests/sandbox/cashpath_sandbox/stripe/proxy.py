"""The stand-in of Stripe: routes, idempotency keys and events in front of localstripe, which keeps customers, their
payment methods and products.

Added here, as Stripe documents it, because localstripe 1.15 lacks or ignores it: idempotency keys with their stored
answers and stored errors; prices, subscriptions, previews (`books`); own errors (`resource_missing`, what a deleted
customer leaves, 400 for a product id that is taken); `created` filters and newest-first lists; unsetting by an empty
value; `tax_exempt`, `shipping`, a customer's currency and tax numbers (`numbers`: types, forms, events); `tax_code`,
`shippable`, `default_price` of products, lists of them by `ids`; amounts in other currencies and volume tiers
(`prices`); expanding any of these, and leaving out what is not asked for; the search, which lags and takes ten clauses
joined by OR; events as of the pinned version, their list and signed webhooks; the check of `Stripe-Version`; restricted
keys, of which it knows what they may not touch. Left out: authentication beyond 'a secret key', rate limits (inject a
fault), `previous_attributes` of events, 409 for a key whose first request still runs.

As people use it: `POST /_sandbox/customers {"email", "name"}` makes a customer whose card checkout saved;
everything else is edited through the API itself, or in process as in the dashboard: `edit`, `remove`, `reprice`.
`POST /_sandbox/webhooks {"url", "secrets"}` names the endpoint, `GET` of it says how many deliveries are `due` and what
the others were answered (0: nothing), `POST /_sandbox/redeliver` sends all again, `POST /_sandbox/errors {"path",
"status"}` lets the next write to a path fail after it began, stored for its key; `POST /_sandbox/settings
{"saves_cards": true}` gives each new customer a card.
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from werkzeug.wrappers import Request, Response

from cashpath_sandbox.standin import answer_json
from cashpath_sandbox.stripe.endpoints import VERSION, Endpoints
from cashpath_sandbox.stripe.shapes import Doc, Refusal

KEYS_KEPT = timedelta(hours=24)  # https://docs.stripe.com/api/idempotent_requests


@dataclass
class StoredAnswer:
    """What was answered to the first request with a key."""

    request: str
    status: int
    body: Doc
    until: float


@dataclass
class StripeStandin(Endpoints):
    """The account over HTTP: keys, versions, stored answers, and the sandbox's own routes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.stored: dict[str, StoredAnswer] = {}
        self.failing: list[tuple[str, int]] = []

    def answer(self, request: Request) -> Response:
        """Any request to the API."""
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not key.startswith(("sk_", "rk_")):
            return answer_json({"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}, 401)
        if key.startswith("rk_") and request.path.split("/")[2] in self.forbidden:
            return _refused(Refusal(403, f"The provided key '{key[:8]}***' does not have the required permissions."))
        if request.headers.get("Stripe-Version", VERSION) != VERSION:
            return _refused(Refusal(400, f"This stand-in speaks {VERSION} only"))
        token = request.headers.get("Idempotency-Key", "")
        once = request.method == "POST" and token
        response = self._once(request, token) if once else self._answered(request)
        response.headers.pop("X-Stored", None)
        return response

    def sandbox(self, request: Request) -> Response:
        """See the module."""
        match request.method, request.path:
            case "POST", "/_sandbox/webhooks":
                body = request.get_json()
                self.outbox.url, self.outbox.secrets = body["url"], tuple(body["secrets"])
                return answer_json({"url": self.outbox.url})
            case "GET", "/_sandbox/webhooks":
                outbox = self.outbox
                return answer_json({"url": outbox.url, "due": outbox.due(), "answers": outbox.answers})
            case "POST", "/_sandbox/redeliver":
                return answer_json({"events": self.outbox.redeliver()})
            case "GET", "/_sandbox/emitted":
                return answer_json(self.outbox.emitted)
            case "POST", "/_sandbox/customers":
                return answer_json(self.checked_out(**request.get_json()))
            case "POST", "/_sandbox/errors":
                self.failing.append((request.get_json()["path"], request.get_json()["status"]))
                return answer_json({"failing": self.failing})
            case "POST", "/_sandbox/settings":
                self.saves_cards = bool(request.get_json()["saves_cards"])
                return answer_json({"saves_cards": self.saves_cards})
        return super().sandbox(request)

    def _once(self, request: Request, token: str) -> Response:
        asked = f"{request.path}\n{request.get_data(as_text=True)}"
        before = self.stored.get(token)
        if before and before.until > self._seconds():
            if before.request != asked:
                message = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with."
                )
                return answer_json({"error": {"type": "idempotency_error", "message": message}}, 400)
            return answer_json(before.body, before.status, {"Idempotent-Replayed": "true"})
        response = self._answered(request)
        if response.headers.get("X-Stored", "yes") == "yes":
            until = self._seconds() + KEYS_KEPT.total_seconds()
            self.stored[token] = StoredAnswer(asked, response.status_code, response.get_json(), until)
        return response

    def _answered(self, request: Request) -> Response:
        failing = next((f for f in self.failing if request.method == "POST" and f[0] == request.path), None)
        try:
            if failing:
                self.failing.remove(failing)
                raise Refusal(failing[1], "An error of the sandbox", stored=True)
            body = request.get_data(as_text=True)
            return answer_json(self.asked(request.method, request.path, request.query_string.decode(), body))
        except Refusal as refusal:
            return _refused(refusal)


def _refused(refusal: Refusal) -> Response:
    stored = "yes" if refusal.stored else "no"
    return Response(
        json.dumps({"error": refusal.error}), refusal.status, {"X-Stored": stored}, content_type="application/json"
    )
