"""Stripe's API v1 over HTTP: one pinned version, keys for idempotency, and Stripe's errors as our kinds of failure."""

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from cashpath.faults import CredentialsRefused, Fault, NeedsPerson, Unanswered, Waits
from cashpath.records.keys import SystemId
from cashpath.systems.connection import Connection, Secret
from cashpath.systems.http import Api, Refused
from cashpath.systems.stripe.forms import encode

# The version that the `stripe` package 16.1 publishes with its parameter types (stripe._api_version), which the
# bodies of our requests are checked against. The two move together.
VERSION = "2026-10-28.endive"
PAGE = 100  # the most that a list gives at once, https://docs.stripe.com/api/pagination
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_REPLAYED = "idempotent-replayed"  # https://docs.stripe.com/error-low-level#idempotency


class Replayed(Fault):
    """The answer is the stored error of an earlier request with the same key, which says nothing of today."""


class StripeApi(Api):
    """One Stripe account. Reads give None where nothing is there; writes raise as `Api.write`, and NeedsPerson."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(
            connection,
            connection.options.get("url", "https://api.stripe.com"),
            role="billing",
            authorise=self._authorised,
            headers={"Stripe-Version": VERSION},
        )
        self._system: SystemId = connection.id
        self._live = connection.options.get("live")

    def get(self, path: str, **parameters: object) -> dict[str, Any] | None:
        """The object at `path`, or None where there is none, or only what a deletion left of it."""
        try:
            found = _json(self.read("GET", _with(path, parameters)))
        except Refused as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            raise self._meaning(refused) from refused
        return None if found.get("deleted") else found

    def list(self, path: str, **parameters: object) -> Iterator[dict[str, Any]]:
        """The objects of a list, newest first as Stripe gives them, page by page on demand."""
        after: dict[str, object] = {}
        while True:
            try:
                page = _json(self.read("GET", _with(path, {"limit": PAGE, **parameters, **after})))
            except Refused as refused:
                raise self._meaning(refused) from refused
            yield from page["data"]
            if not page["has_more"] or not page["data"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}

    def create(self, path: str, body: Mapping[str, Any], *, about: str) -> tuple[dict[str, Any], bool]:
        """Create an object; the second value says whether an earlier request did, whose answer was stored.

        The key is made of what the object is created for and its content, so a pass that was killed sends the same
        request again. Stripe forgets keys after a day and replays errors too, 500s among them
        (https://docs.stripe.com/api/idempotent_requests): a key is no proof that there is nothing yet, the caller has
        looked. A replayed error, or a replayed object that is gone meanwhile, is asked for again under a new key.
        """
        form = encode(body)
        try:
            response = self._post(path, form, idempotency_key(about, path, form))
        except Replayed:
            return _json(self._post(path, form, uuid.uuid4().hex)), False
        made = _json(response)
        if not _replayed(response):
            return made, False
        expand = {"expand": body["expand"]} if "expand" in body else {}
        now = self.get(at(path, made["id"]), **expand)
        return (now, True) if now else (_json(self._post(path, form, uuid.uuid4().hex)), False)

    def update(self, path: str, body: Mapping[str, Any], *, about: str) -> dict[str, Any]:
        """Change an object. A replayed answer would leave the object as it is, which was edited since: the change is
        then sent under a new key, as sending it twice does no harm."""
        form = encode(body)
        try:
            response = self._post(path, form, idempotency_key(about, path, form))
            if not _replayed(response):
                return _json(response)
        except Replayed:
            pass
        return _json(self._post(path, form, uuid.uuid4().hex))

    def delete(self, path: str) -> None:
        """Delete or end an object; one that is gone already stays gone. DELETE takes no key: it is idempotent by
        definition (https://docs.stripe.com/api/idempotent_requests)."""
        try:
            self.write("DELETE", path)
        except Refused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise self._meaning(refused) from refused

    def _authorised(self, secret: Secret) -> Mapping[str, str]:
        """Stripe's keys name their mode (https://docs.stripe.com/keys): a key of the other mode than the account's
        option `live` says would bill real customers from a test, or nobody at all."""
        key = secret["api_key"]
        mode = "live" if self._live else "test"
        if self._live is not None and any(f"_{other}_" in key for other in {"live", "test"} - {mode}):
            raise CredentialsRefused(
                f"the key of {self._system} is not one of {mode} mode, as its option `live` says",
                remedy=f"put a {mode} key into the secret of {self._system}, or correct the option, then redrive",
                system=self._system,
                owner="billing",
            )
        return {"Authorization": f"Bearer {key}"}

    def _post(self, path: str, form: str, key: str) -> httpx.Response:
        try:
            return self.write("POST", path, content=form, headers={**_FORM, "Idempotency-Key": key})
        except Refused as refused:
            raise self._meaning(refused) from refused

    def _failure(self, response: httpx.Response, *, safe: bool) -> Fault:
        if _replayed(response):
            return Replayed(f"{response.status_code}: a stored answer")
        return super()._failure(response, safe=safe)

    def _meaning(self, refused: Refused) -> Fault:
        error = refusal(refused)
        kind, code, message = error.get("type", ""), error.get("code", ""), error.get("message", "no reason given")
        if refused.status == httpx.codes.CONFLICT:
            return Unanswered(
                f"{self._system} is still busy with the same request, which may land", system=self._system
            )
        if kind == "idempotency_error":
            return Waits(f"{self._system} knows the key of this request for another: {message}", system=self._system)
        param = f" ({error['param']})" if error.get("param") else ""
        return NeedsPerson(
            f"Stripe refuses it: {message}{param}",
            remedy=_REMEDIES.get(
                refused.status, "correct what Stripe names, in the record it comes from, then redrive"
            ),
            owner="billing",
            code=code or f"stripe_{refused.status}",
        )


_REMEDIES = {
    402: "ask the customer for a payment method that can be charged, then redrive",
    403: "give the API key of this account the permission that Stripe names, then redrive",
    404: "the record is gone in Stripe: end its link or restore it there, then redrive",
}


def at(path: str, id: str) -> str:
    """Where an object is: a merchant's own product ids may hold anything."""
    return f"{path}/{quote(id, safe='')}"


def refusal(refused: Refused) -> dict[str, Any]:
    """The `error` of an answer (https://docs.stripe.com/api/errors); empty where the answer is none of Stripe's."""
    try:
        body = json.loads(refused.body)
    except ValueError:
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def idempotency_key(about: str, path: str, form: str) -> str:
    """The same for the same request about the same record; at most 255 characters."""
    return hashlib.sha256("\n".join((about, path, form)).encode()).hexdigest()


def _replayed(response: httpx.Response) -> bool:
    return bool(response.headers.get(_REPLAYED, "") == "true")


def _with(path: str, parameters: Mapping[str, object]) -> str:
    return f"{path}?{encode(parameters)}" if parameters else path


def _json(response: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    return body
