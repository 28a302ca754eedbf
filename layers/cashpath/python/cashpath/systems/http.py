"""HTTP to a vendor: timeouts, bounded retries, Retry-After, and answers turned into the shared kinds of failure.

Reads are retried, and requests that were refused before they were processed. A write that got no answer never is.
"""

import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx

from cashpath.faults import CredentialsRefused, Fault, RateLimited, SystemDown, Unanswered
from cashpath.records.keys import Role
from cashpath.systems.connection import Connection, Secret

ATTEMPTS = 3
LONGEST_PAUSE = 2.0  # seconds we wait inside a pass; a longer Retry-After becomes the system's brake
TIMEOUT = httpx.Timeout(10.0, connect=3.0)


class Refused(Fault):
    """The vendor answered a 4xx that is about this request. The connector says what it means."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status}: {body[:500]}")
        self.status = status
        self.body = body


@cache
def trusted() -> ssl.SSLContext:
    """Whom we trust, read from its file once for all vendors that a process talks to."""
    return httpx.create_ssl_context()


class Api:
    """One vendor's HTTP API. `authorise` turns the system's secret into headers."""

    def __init__(
        self,
        connection: Connection,
        url: str,
        *,
        role: Role,
        authorise: Callable[[Secret], Mapping[str, str]],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._connection = connection
        self._role = role
        self._authorise = authorise
        self._fresh_headers: Mapping[str, str] | None = None
        self._client = httpx.Client(
            base_url=url,
            timeout=TIMEOUT,
            headers=dict(headers or {}),
            transport=connection.transport,
            verify=trusted(),
        )

    def read(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request that changes nothing. Raises RateLimited, SystemDown, CredentialsRefused, Refused."""
        return self._send(method, path, request, safe=True)

    def write(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request that changes something. Raises as `read`, and Unanswered where it may have landed."""
        return self._send(method, path, request, safe=False)

    def _send(self, method: str, path: str, request: dict[str, Any], *, safe: bool) -> httpx.Response:
        extra = request.pop("headers", {})
        fresh = False
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = self._client.request(
                    method, path, headers={**self._credentials(fresh=fresh), **extra}, **request
                )
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                failure: Fault = SystemDown(f"{self._connection.id} cannot be reached", system=self._connection.id)
                failure.__cause__ = error
            except httpx.TransportError as error:
                failure = self._no_answer(f"{type(error).__name__} from {self._connection.id}", safe=safe)
                failure.__cause__ = error
            else:
                if response.is_success:
                    return response
                if response.status_code == httpx.codes.UNAUTHORIZED and not fresh:
                    fresh = True
                    continue
                failure = self._failure(response, safe=safe)
            pause = self._pause(failure, attempt)
            if pause is None:
                raise failure
            self._connection.sleep(pause)
        raise failure

    def _credentials(self, *, fresh: bool) -> Mapping[str, str]:
        if fresh or self._fresh_headers is None:
            self._fresh_headers = self._authorise(self._connection.secret(fresh=fresh))
        return self._fresh_headers

    def _failure(self, response: httpx.Response, *, safe: bool) -> Fault:
        system, status = self._connection.id, response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return RateLimited(
                f"{system} asks for fewer requests", system=system, retry_after=self.retry_after(response)
            )
        if status == httpx.codes.UNAUTHORIZED:
            return CredentialsRefused(
                f"{system} refuses our credentials",
                remedy=f"put a valid credential into the secret of {system}, then redrive",
                system=system,
                owner=self._role,
            )
        if response.is_server_error:
            return self._no_answer(f"{system} answered {status}", safe=safe, retry_after=self.retry_after(response))
        return Refused(status, response.text)

    def _no_answer(self, message: str, *, safe: bool, retry_after: timedelta | None = None) -> Fault:
        if safe:
            return SystemDown(message, system=self._connection.id, retry_after=retry_after)
        return Unanswered(message, system=self._connection.id)

    def _pause(self, failure: Fault, attempt: int) -> float | None:
        """Seconds until the next attempt; None where there is to be none."""
        if attempt == ATTEMPTS or not isinstance(failure, RateLimited | SystemDown):
            return None
        asked = failure.retry_after.total_seconds() if failure.retry_after is not None else 0.0
        pause = max(asked, self._connection.rng.uniform(0.1, 0.3) * 2**attempt)
        return pause if pause <= LONGEST_PAUSE else None

    def retry_after(self, response: httpx.Response) -> timedelta | None:
        """RFC 9110, 10.2.3: seconds, or a date."""
        value = response.headers.get("retry-after", "")
        if not value:
            return None
        try:
            return timedelta(seconds=max(0.0, float(value)))  # seconds, not money
        except ValueError:
            pass
        try:
            until: datetime = parsedate_to_datetime(value)
        except ValueError:
            return None
        return max(timedelta(0), until.astimezone(UTC) - self._connection.now())
