"""Admin GraphQL: send one named document, mind Shopify's query cost, and turn its errors into our kinds of failure.

Source: Shopify, "GraphQL Admin API rate limits" (shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits). Each
answer tells how many points its query may cost, how many are left and how many return in a second; a query that finds
too few is refused, unprocessed, by a THROTTLED error in an answer of status 200.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

import httpx

from cashpath.faults import CredentialsRefused, Fault, NeedsPerson, NotYet, RateLimited, SystemDown, Unanswered
from cashpath.records.keys import SystemId
from cashpath.systems.connection import Connection
from cashpath.systems.http import Api, Refused
from cashpath.systems.shopify import documents

ATTEMPTS = 3
# Seconds to wait in a pass for points to return. A standard plan restores 100 a second and a page of order lines asks
# for some 600; a shorter limit would let a long order start over again and again, and never be read.
LONGEST_WAIT = 10.0
# An app may run five exports of a shop at a time (shopify.dev/docs/api/usage/bulk-operations/queries, "Limitations");
# enum BulkOperationUserErrorCode of 2026-07.
_BUSY = ("LIMIT_REACHED", "OPERATION_IN_PROGRESS")


@dataclass(frozen=True)
class Bucket:
    """What Shopify last said of the points that are left, and when."""

    available: Decimal
    restored: Decimal  # points a second
    at: datetime

    def wait(self, cost: Decimal, now: datetime) -> float:
        """Seconds until `cost` points are there. A bucket without restoring is asked again in a minute."""
        elapsed = Decimal((now - self.at) // timedelta(milliseconds=1)) / 1000
        missing = cost - self.available - elapsed * self.restored
        if missing <= 0:
            return 0.0
        return ceil(missing * 1000 / self.restored) / 1000 if self.restored > 0 else 60.0


class Graph:
    """Admin GraphQL of one shop. A query that failed may be sent again, a mutation only where it was not processed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._path = f"/admin/api/{documents.VERSION}/graphql.json"
        self._api = Api(
            connection,
            str(connection.options["url"]),
            role="storefront",
            authorise=lambda secret: {"X-Shopify-Access-Token": secret["access_token"]},
            headers={"Accept": "application/json"},
        )
        self._bucket: Bucket | None = None
        self._costs: dict[str, Decimal] = {}

    def ask(self, document: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `data` of the answer.

        Raises RateLimited with the time until enough points are there, SystemDown, CredentialsRefused and NeedsPerson.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return self._ask(document, variables)
            except RateLimited:
                if not 0 < self._wait(document) <= LONGEST_WAIT:
                    raise
        return self._ask(document, variables)

    def pages(self, document: str, first: Mapping[str, Any], root: str, connection: str, **also: Any) -> list[Any]:
        """All nodes of a connection whose first page came with its record. Raises NotYet where the record was changed
        between two pages: they would tell of two states."""
        nodes, page = list(first[connection]["nodes"]), first[connection]["pageInfo"]
        while page["hasNextPage"]:
            node = self.ask(document, {"id": first["id"], "after": page["endCursor"], **also})[root]
            if node is None or node["updatedAt"] != first["updatedAt"]:
                system, id = self._connection.id, first["id"].rpartition("/")[2]
                raise NotYet(f"{system}: {root} {id} changed while it was read", system=system)
            nodes += node[connection]["nodes"]
            page = node[connection]["pageInfo"]
        return nodes

    def found(self, document: str, connection: str, variables: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The answers to a search, page by page."""
        after = None
        while True:
            data = self.ask(document, {**variables, "after": after})
            yield data
            if not data[connection]["pageInfo"]["hasNextPage"]:
                return
            after = data[connection]["pageInfo"]["endCursor"]

    def tell(self, document: str, variables: Mapping[str, Any], name: str, about: str) -> Mapping[str, Any]:
        """The payload of a mutation. `name` is its field, `about` what it is for, in keys.

        Raises as `ask`, Unanswered where it may have landed, NeedsPerson with Shopify's own words where it refuses,
        RateLimited where it takes no more exports now.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return self._told(document, variables, name, about)
            except RateLimited:  # refused before it was processed
                if not 0 < self._wait(document) <= LONGEST_WAIT:
                    raise
        return self._told(document, variables, name, about)

    def _told(self, document: str, variables: Mapping[str, Any], name: str, about: str) -> Mapping[str, Any]:
        payload = self._ask(document, variables, write=True)[name]
        if errors := payload["userErrors"]:
            fields = ", ".join(sorted({".".join(error.get("field") or ()) for error in errors} - {""}))
            said = "; ".join(dict.fromkeys(str(error["message"])[:200] for error in errors))
            if any(error.get("code") in _BUSY for error in errors):
                raise RateLimited(
                    f"{self._connection.id} takes {about} later: {said}",
                    system=self._connection.id,
                    retry_after=timedelta(minutes=1),
                )
            raise NeedsPerson(
                f"{self._connection.id} refuses {about}: {said}" + (f" ({fields})" if fields else ""),
                remedy="correct it where it is owned, or in Shopify; then redrive",
                owner="storefront",
                code="refused",
            )
        found: Mapping[str, Any] = payload
        return found

    def _ask(self, document: str, variables: Mapping[str, Any], *, write: bool = False) -> Mapping[str, Any]:
        self._pause(document)
        answer = self._post(document, variables, self._api.write if write else self._api.read)
        try:
            return self._answered(document, answer)
        except SystemDown as down:
            if write:  # it failed inside: what it did before is unknown
                raise Unanswered(str(down), system=self._connection.id) from down
            raise

    def _answered(self, document: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        self._learn(document, answer)
        failure = _failure(answer, self._connection.id, self._wait(document))
        if failure:
            raise failure
        return _data(answer, self._connection.id)

    def _post(
        self, document: str, variables: Mapping[str, Any], send: Callable[..., httpx.Response]
    ) -> Mapping[str, Any]:
        try:
            response = send("POST", self._path, json={"query": document, "variables": dict(variables)})
        except Refused as refused:
            raise _refused(refused, self._connection.id) from refused
        return _json(response, self._connection.id)

    def _pause(self, document: str) -> None:
        """Wait before a request that the bucket could not pay for; give up where that would take too long."""
        wait = self._wait(document)
        if wait > LONGEST_WAIT:
            raise _throttled(self._connection.id, wait)
        if wait:
            self._connection.sleep(wait)

    def _wait(self, document: str) -> float:
        if self._bucket is None or document not in self._costs:
            return 0.0
        return self._bucket.wait(self._costs[document], self._connection.now())

    def _learn(self, document: str, answer: Mapping[str, Any]) -> None:
        cost = (answer.get("extensions") or {}).get("cost") or {}
        if cost.get("requestedQueryCost") is not None:
            self._costs[document] = Decimal(cost["requestedQueryCost"])
        status = cost.get("throttleStatus") or {}
        if "currentlyAvailable" in status:
            self._bucket = Bucket(
                Decimal(status["currentlyAvailable"]), Decimal(status.get("restoreRate", 0)), self._connection.now()
            )


def _json(response: httpx.Response, system: SystemId) -> Mapping[str, Any]:
    """The answer; decimals as Decimal, since rates and points are no floats here."""
    try:
        answer = response.json(parse_float=Decimal)
    except ValueError:
        raise SystemDown(f"{system} answered something else than JSON", system=system) from None
    if not isinstance(answer, dict):
        raise SystemDown(f"{system} answered JSON that is no object", system=system)
    return answer


def _data(answer: Mapping[str, Any], system: SystemId) -> Mapping[str, Any]:
    data = answer.get("data")
    if not isinstance(data, dict):
        raise SystemDown(f"{system} answered without data and without an error", system=system)
    return data


def _throttled(system: SystemId, wait: float) -> RateLimited:
    return RateLimited(
        f"{system} has no query points left", system=system, retry_after=timedelta(seconds=max(wait, 1.0))
    )


def _failure(answer: Mapping[str, Any], system: SystemId, wait: float) -> Fault | None:
    """The failure that the answer's `errors` tell of, the one that says most about what to do next first."""
    errors = [error for error in answer.get("errors") or [] if isinstance(error, dict)]
    if isinstance(answer.get("errors"), str):  # some refusals are a bare sentence
        errors = [{"message": answer["errors"]}]
    if not errors:
        return None
    by_code = {str((error.get("extensions") or {}).get("code", "")): error for error in reversed(errors)}
    if "THROTTLED" in by_code:
        return _throttled(system, wait)
    for code, make in _KINDS.items():
        if code in by_code:
            return make(by_code[code], system)
    message = str(errors[0].get("message", ""))[:300]
    return NeedsPerson(
        f"{system} did not understand a query of API version {documents.VERSION}: {message}",
        remedy="update Cashpath: its queries no longer fit what this shop's API answers",
        owner="storefront",
        code="query_refused",
    )


def _denied(error: Mapping[str, Any], system: SystemId) -> Fault:
    """The token lacks a scope. Shopify names it in words, in the message or as `requiredAccess`."""
    details = error.get("extensions") or {}
    wanted = details.get("requiredAccess") or error.get("message") or "a scope that it does not name"
    return CredentialsRefused(
        f"{system} does not let our app read this: {str(wanted)[:300]}",
        remedy=f"grant the app of {system} the access that is named, put its new token into the secret, then redrive",
        system=system,
        owner="storefront",
    )


def _down(error: Mapping[str, Any], system: SystemId) -> Fault:
    return SystemDown(f"{system} failed inside: {str(error.get('message', ''))[:200]}", system=system)


def _inactive(error: Mapping[str, Any], system: SystemId) -> Fault:
    return CredentialsRefused(
        f"the shop of {system} is not active: {str(error.get('message', ''))[:200]}",
        remedy="reopen the shop in Shopify, or switch the brand's flows off, then redrive",
        system=system,
        owner="storefront",
    )


_KINDS: Mapping[str, Callable[[Mapping[str, Any], SystemId], Fault]] = {
    "INTERNAL_SERVER_ERROR": _down,
    "TIMEOUT": _down,
    "ACCESS_DENIED": _denied,
    "SHOP_INACTIVE": _inactive,
}


def _refused(refused: Refused, system: SystemId) -> Fault:
    """What an HTTP 4xx means here (shopify.dev/docs/api/usage/response-codes)."""
    match refused.status:
        case 402 | 403 | 404 | 423:
            reason = {402: "is frozen for an unpaid bill", 423: "is locked"}.get(refused.status, "does not let us in")
            return CredentialsRefused(
                f"the shop of {system} {reason} (HTTP {refused.status})",
                remedy=f"check `url` and the access token of {system}, and that the shop is open, then redrive",
                system=system,
                owner="storefront",
            )
        case 430:  # Shopify's own: security rejection, it asks to slow down
            return RateLimited(f"{system} asks for fewer requests (HTTP 430)", system=system)
    return NeedsPerson(
        f"{system} refused a query: HTTP {refused.status}",
        remedy="update Cashpath: its queries no longer fit what this shop's API answers",
        owner="storefront",
        code="query_refused",
    )
