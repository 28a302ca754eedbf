"""What changed in a portal since a moment, found by HubSpot's search, past its limit of 10,000 results."""

from collections.abc import Iterator
from datetime import datetime

from cashpath.faults import NeedsPerson
from cashpath.records import RecordKey, SystemId
from cashpath.records.keys import Kind
from cashpath.systems.hubspot.calls import WINDOW, Calls
from cashpath.systems.hubspot.objects import ObjectType, spelled
from cashpath.systems.hubspot.refusals import explained
from cashpath.systems.hubspot.values import epoch_millis, millis
from cashpath.systems.port import Changed


def changed(calls: Calls, type: ObjectType, kind: Kind, since: datetime, system: SystemId) -> Iterator[Changed]:
    """The records of one type changed at or after `since`, oldest first, page by page.

    One query gives 10,000 results; the next one begins at the last moment seen, and what that moment already gave is
    passed over.
    """
    start = epoch_millis(since)
    given: set[tuple[str, int]] = set()
    while True:
        asked = {"propertyName": type.modified, "operator": "GTE", "value": str(start)}
        last, count = start, 0
        with explained(f"{type.name} changed since {start}"):
            for theirs in calls.search(type, [[asked]], (type.modified,), type.modified):
                count += 1
                last = millis(theirs.get(type.modified)) or last
                if (theirs.id, last) not in given:
                    given.add((theirs.id, last))
                    yield Changed(key=RecordKey(system, kind, spelled(type, theirs.id)), version=last)
        if count < WINDOW:
            return
        if last == start:
            raise NeedsPerson(
                f"{system}: 10,000 {type.name} or more changed in one millisecond, beyond what a search can list",
                remedy="redrive the notices of that import by its list of records",
                owner="crm",
            )
        given = {(id, at) for id, at in given if at == last}
        start = last
