"""Reads the result of an export from where Shopify put it: ids and marks, line by line. Between `exports` and the wire.

That is another host than the shop's (the address is signed), so our access token is not sent there.
"""

import json
from collections.abc import Iterator
from functools import cached_property

import httpx

from cashpath.faults import Fault, RateLimited, SystemDown
from cashpath.systems.connection import Connection
from cashpath.systems.http import TIMEOUT, trusted
from cashpath.systems.shopify.amounts import mark, number

Marked = tuple[int, str]  # the modification mark of a record, and its id


class Unusable(Fault):
    """There is no result at the address (any more), or none that can be read."""


class Results:
    """The results of one shop's exports."""

    def __init__(self, connection: Connection) -> None:
        self._system = connection.id
        self._transport = connection.transport

    @cached_property
    def _client(self) -> httpx.Client:
        """Made on first use: a flow's function has none to fetch."""
        return httpx.Client(timeout=TIMEOUT, transport=self._transport, verify=trusted())

    def lines(self, url: str) -> Iterator[Marked]:
        """Mark and id of each record, as they come.

        Raises Unusable, also for a line that is none, RateLimited and SystemDown.
        """
        try:
            with self._client.stream("GET", url) as response:
                self._good(response)
                for n, line in enumerate(response.iter_lines(), 1):
                    yield self._record(n, line)
        except httpx.RequestError as error:
            raise SystemDown(f"the export of {self._system} cannot be fetched", system=self._system) from error

    def _good(self, response: httpx.Response) -> None:
        status = response.status_code
        if response.is_success:
            return
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise RateLimited(
                f"where the export of {self._system} lies, fewer requests are asked for", system=self._system
            )
        if response.is_client_error:
            raise Unusable(f"where the export of {self._system} lies, {status} was answered")
        raise SystemDown(f"where the export of {self._system} lies, {status} was answered", system=self._system)

    def _record(self, n: int, line: str) -> Marked:
        try:
            told = json.loads(line)
            return mark(told["updatedAt"]), number(told["id"])
        except (ValueError, TypeError, KeyError) as error:
            raise Unusable(f"line {n} of the export of {self._system} cannot be read") from error
