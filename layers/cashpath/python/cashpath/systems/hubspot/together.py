"""Many records written at once: new ones by batch upsert, known ones by batch update, a hundred of a type at a time.

Deals and orders are written one by one, since their line items take requests of their own. So are known records of
which only a part of some property is written, and the records of a batch that HubSpot refuses: the refusal is then
told of the one that it is about.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from cashpath.faults import CredentialsRefused, NeedsPerson, NotYet, RateLimited, SystemDown, Unanswered, Unsupported
from cashpath.records import BadRecord, Order
from cashpath.systems.http import Refused
from cashpath.systems.hubspot.belonging import Belonging
from cashpath.systems.hubspot.calls import Calls, hundreds
from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS, ObjectType, spelled
from cashpath.systems.hubspot.properties import ORIGIN
from cashpath.systems.hubspot.translation import Portal
from cashpath.systems.port import Wanted, Written
from cashpath.systems.single import one_by_one

Results = dict[int, Written | Exception]
Companies = Mapping[str, Sequence[str]]
LATELY = timedelta(minutes=2)  # from reading a hundred contacts to writing them; what changed meanwhile is told of


class Together:
    """`require` raises where a record cannot be written yet, `one` writes a single one."""

    def __init__(
        self,
        calls: Calls,
        portal: Portal,
        *,
        require: Callable[[Wanted], None],
        one: Callable[[Wanted], Written],
        now: Callable[[], datetime],
    ) -> None:
        self._calls = calls
        self._portal = portal
        self._require = require
        self._one = one
        self._now = now
        self._read: tuple[datetime, Companies] = (now(), {})

    def companies(self, ids: Sequence[str]) -> Companies:
        """The companies of these contacts, the primary one first; kept for the batch that writes them next, so that a
        bulk pass reads them once."""
        found = self._calls.associated(CONTACTS, COMPANIES, ids)
        self._read = self._now(), {id: found.get(id, ()) for id in ids}
        return self._read[1]

    def write(self, wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
        """See `System.write_many`."""
        results: Results = {}
        groups: dict[tuple[ObjectType, bool], list[int]] = {}
        for i, one in enumerate(wanted):
            if isinstance(one.record, Order) or (one.id is not None and self._portal.nests(one)):
                continue
            try:
                self._require(one)
                groups.setdefault((self._portal.type_of(one), one.id is None), []).append(i)
            except (NotYet, Unsupported) as fault:
                results[i] = fault
        for (type, new), places in groups.items():
            for some in hundreds(places):
                results |= self._batch(type, {i: wanted[i] for i in some}, new=new)
        rest = [i for i in range(len(wanted)) if i not in results]
        results |= dict(zip(rest, one_by_one(self._one, [wanted[i] for i in rest]), strict=True))
        return [results[i] for i in range(len(wanted))]

    def _batch(self, type: ObjectType, wanted: Mapping[int, Wanted], *, new: bool) -> Results:
        """The results of a batch; none where it is refused for the sake of some record in it."""
        try:
            ids = self._created(type, wanted) if new else self._changed(type, wanted)
            for anew in (True, False):
                if some := {ids[i].id: one for i, one in wanted.items() if ids[i].created is anew}:
                    self._belong(some, {} if anew else self._read_lately(some))
        except (RateLimited, SystemDown, CredentialsRefused, Unanswered) as fault:
            return dict.fromkeys(wanted, fault)
        except (Refused, NeedsPerson, NotYet, BadRecord):
            return {}
        return {i: Written(id=spelled(type, written.id), created=written.created) for i, written in ids.items()}

    def _created(self, type: ObjectType, wanted: Mapping[int, Wanted]) -> dict[int, Written]:
        records = [{ORIGIN: str(one.record.key), **self._portal.properties(one)} for one in wanted.values()]
        done = {theirs.get(ORIGIN): (theirs.id, new) for theirs, new in self._calls.upsert(type, ORIGIN, records)}
        made = {i: done[str(one.record.key)] for i, one in wanted.items()}
        return {i: Written(id=id, created=new) for i, (id, new) in made.items()}

    def _changed(self, type: ObjectType, wanted: Mapping[int, Wanted]) -> dict[int, Written]:
        numbers = {i: str(one.id).rpartition(":")[2] for i, one in wanted.items()}
        self._calls.update_many(type, {numbers[i]: self._portal.properties(one) for i, one in wanted.items()})
        return {i: Written(id=number, created=False) for i, number in numbers.items()}

    def _read_lately(self, people: Mapping[str, Wanted]) -> Companies | None:
        at, known = self._read
        self._read = at, {}  # what is written from here on is not known any more
        return known if self._now() - at < LATELY and people.keys() <= known.keys() else None

    def belong(self, wanted: Wanted, number: str, *, new: bool) -> None:
        """Bring the companies of one contact to what is wanted; who is new has none yet."""
        self._belong({number: wanted}, {} if new else None)

    def _belong(self, people: Mapping[str, Wanted], there: Companies | None) -> None:
        """Bring the companies of contacts, by the contacts' ids, from those that are `there` (None: to be read) to what
        is wanted."""
        wanted = {id: b for id, one in people.items() if (b := Belonging.of(one)).is_anything}
        if not wanted:
            return
        there = self._calls.associated(CONTACTS, COMPANIES, list(wanted)) if there is None else there
        changes = {id: one.change(there.get(id, ())) for id, one in wanted.items()}
        if primary := [(id, change.primary) for id, change in changes.items() if change.primary]:
            self._calls.make_primary(primary)
        if join := [(id, other) for id, change in changes.items() for other in change.join]:
            self._calls.associate(CONTACTS, COMPANIES, join)
        if leave := [(id, other) for id, change in changes.items() for other in change.leave]:
            self._calls.dissociate(CONTACTS, COMPANIES, leave)
