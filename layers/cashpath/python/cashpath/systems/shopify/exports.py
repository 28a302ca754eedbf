"""Lists all that changed in a shop by a bulk operation: for a backfill, which asks for everything. Beside `changes`.

Source: Shopify, "Perform bulk operations with the GraphQL Admin API" (shopify.dev/docs/api/usage/bulk-operations/
queries) and BulkOperation (shopify.dev/docs/api/admin-graphql/2026-07/objects/BulkOperation). Shopify runs a query on
its own side and puts the result, one JSON object a line, at an address that works for seven days. It takes no scope
that the same query does not take page by page.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from cashpath.faults import CredentialsRefused, NeedsPerson, NotYet, SystemDown, Unanswered
from cashpath.records import RecordKey
from cashpath.records.keys import Kind
from cashpath.systems.connection import Connection
from cashpath.systems.port import Changed
from cashpath.systems.shopify import documents
from cashpath.systems.shopify.amounts import Node, moment
from cashpath.systems.shopify.changes import LISTED, Changes, earliest, oldest_first, search
from cashpath.systems.shopify.graphql import Graph
from cashpath.systems.shopify.results import Marked, Results, Unusable

KEPT = timedelta(days=1)  # an older result is not used again, though Shopify keeps it for seven: too much changed since
OVERLAP = timedelta(minutes=2)  # as reconcile's: the search index lags by seconds, clocks differ by less
LOOKS = (1.0, 2.0, 4.0, 8.0, 15.0)  # seconds between two looks at an export that is under way; the last for all others
LONGEST_WAIT = 900.0  # seconds that one call waits for an export; then its caller is told how far it is
CANCELLED = "export_cancelled"
_GOING = ("CREATED", "RUNNING")
_SINCE = re.compile(r"updated_at:>='([^']+)'")


class Exports:
    """The exports of one shop.

    Their lines come in no order, so mark and id of all records are kept until they can be sorted: less than 200 bytes a
    record, 200 megabytes for a million, on the machine of the operator, whose backfill alone asks for exports.
    """

    def __init__(self, graph: Graph, connection: Connection, changes: Changes) -> None:
        self._graph = graph
        self._system = connection.id
        self._now = connection.now
        self._sleep = connection.sleep
        self._changes = changes
        self._results = Results(connection)

    def since(self, kind: Kind, since: datetime) -> Iterator[Changed]:
        """What changed at or after a moment, oldest first: a page where that is all, else an export, and then, page by
        page, what changed since it was begun. So an export that a killed feeder left may be used again.

        All is paged where Shopify refuses an export: an app of a partner has to be allowed bulk queries, and is no
        longer after 31 days without one (shopify.dev/changelog/partner-apps-must-enable-bulk-operations-before-use);
        a public one needs a list of its own addresses (shopify.dev/changelog/
        app-security-updates-thank-you-plus-what-s-required-next).

        Raises RateLimited where the app runs as many exports as it may, NotYet while one is under way for long,
        NeedsPerson where one was cancelled, SystemDown where one failed: what a failed one has found so far is not
        used, since nobody knows what is missing.
        """
        if kind not in LISTED:
            yield from self._changes.since(kind, since)
            return
        found, more = self._changes.page(kind, since)
        if more is None:
            yield from oldest_first(found)
            return
        try:
            exported, until = self._exported(kind, since)
        except NeedsPerson as refused:
            if refused.code == CANCELLED:
                raise
            yield from self._changes.since(kind, since)
            return
        for version, id in exported:
            if version < earliest(until):
                yield Changed(key=RecordKey(self._system, kind, id), version=version)
        yield from self._changes.since(kind, max(since, until))

    def _exported(self, kind: Kind, since: datetime) -> tuple[Sequence[Marked], datetime]:
        """What an export has found, oldest first, and until when that is all there is."""
        known = self._known(kind, since)
        if known is not None:
            with suppress(Unusable):
                return self._read(since, known)
        try:
            return self._read(since, self._begun(kind, since))
        except Unusable as unusable:
            raise SystemDown(str(unusable), system=self._system) from unusable

    def _read(self, since: datetime, operation: Node) -> tuple[Sequence[Marked], datetime]:
        done = self._done(operation)
        until = moment(operation["createdAt"]) - OVERLAP
        if done["url"] is None:  # it found nothing
            return [], until
        first = earliest(since)
        return sorted(each for each in self._results.lines(done["url"]) if each[0] >= first), until

    def _known(self, kind: Kind, since: datetime) -> Node | None:
        """The last of our exports that holds all that is asked for, under way or done."""
        nodes = self._graph.ask(documents.EXPORTS, {})["bulkOperations"]["nodes"]
        good = [node for node in nodes if node["status"] in (*_GOING, "COMPLETED") and self._holds(node, kind, since)]
        return max(good, key=lambda node: moment(node["createdAt"]), default=None)

    def _holds(self, node: Node, kind: Kind, since: datetime) -> bool:
        told = _SINCE.search(node["query"])
        old = moment(node["createdAt"]) < self._now() - KEPT
        if told is None or (old and node["status"] not in _GOING):
            return False
        began = moment(told[1])
        return bool(began <= since.astimezone(UTC) and node["query"].strip() == _query(kind, began))

    def _begun(self, kind: Kind, since: datetime) -> Node:
        """A new export. One whose start got no answer is found again by its query: that is no write that may land."""
        asked = {"query": _query(kind, since)}
        try:
            payload = self._graph.tell(documents.EXPORT_RUN, asked, "bulkOperationRunQuery", f"an export of {kind}s")
        except Unanswered as unanswered:
            raise SystemDown(str(unanswered), system=self._system) from unanswered
        begun: Node = payload["bulkOperation"]
        return begun

    def _done(self, operation: Node) -> Node:
        """The same export, once it is done."""
        waited, looks = 0.0, list(LOOKS)
        while operation["status"] in _GOING:
            if waited >= LONGEST_WAIT:
                raise NotYet(
                    f"{self._system} is still at work on its export, at {operation['objectCount']} records",
                    system=self._system,
                )
            pause = looks.pop(0) if len(looks) > 1 else looks[0]
            self._sleep(pause)
            waited += pause
            looked = self._graph.ask(documents.EXPORT, {"id": operation["id"]})["bulkOperation"]
            if looked is None:
                raise SystemDown(f"{self._system} does not know its export any more", system=self._system)
            operation = looked
        if operation["status"] != "COMPLETED":
            raise self._failure(operation)
        return operation

    def _failure(self, operation: Node) -> Exception:
        system, why = self._system, operation["errorCode"] or "it does not say why"
        if operation["status"] in ("CANCELED", "CANCELING"):
            return NeedsPerson(
                f"an export of {system} was cancelled in Shopify",
                remedy="run the same command again",
                owner="storefront",
                code=CANCELLED,
            )
        if why == "ACCESS_DENIED":
            remedy = f"allow the app of {system} bulk queries in Shopify's Partner Dashboard"
            return CredentialsRefused(f"{system} lets our app export nothing", remedy=remedy, system=system)
        return SystemDown(f"{system} failed to export: {operation['status']}, {why}", system=system)


def _query(kind: Kind, since: datetime) -> str:
    return documents.export(LISTED[kind][1], search(since))
