"""What a pass does besides when a person asks to be forgotten: it lists the wish, and in the end forgets them itself.

Called by the runner under the root's lease. Vendors are dealt with by the plan (`flows/parts/erasing.py`); here is what
Cashpath holds: the list of erasures, fingerprints, drift, exceptions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from cashpath.ledger.answers import Changes, Held
from cashpath.ledger.erasures import Erasure, Erasures
from cashpath.ledger.seen import ASKED, LISTED, Seen, asked_name, erased_name
from cashpath.plan import Erase, Plan
from cashpath.records import RecordKey, Role, SystemId
from cashpath.systems.desk import Links


class Exceptions(Protocol):
    """Where causes stand that may tell of a person."""

    def redact(self, records: Iterable[RecordKey]) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Forgetting:
    """`erasures` is the list that outlives the ledger; None where a function keeps none."""

    erasures: Erasures | None
    exceptions: Exceptions

    def is_over(self, asked: RecordKey, seen: Seen) -> bool:
        """Whether nothing is left to do. Not where the list was opened again, which is how a restored backup is put
        right."""
        if "erased" not in seen.milestones:
            return False
        listed = self.erasures.get(asked) if self.erasures else None
        return listed is None or listed.finished_at is not None

    def accept(self, asked: RecordKey, told: RecordKey | None, held: Held, brand: str) -> Erasure:
        """List the wish; `told` is `asked` where its own system told of it. What is known of the wish decides what is
        still to be done, not what the root remembers: the root may come from a backup."""
        if self.erasures is None:
            return Erasure(asked=asked, root=held.root, brand=brand, asked_at=0)
        return self.erasures.accept(asked, held.root, brand, told=told)

    def finish(
        self, wish: Erasure, records: Sequence[RecordKey], done: Sequence[RecordKey], seen: Seen, *, all_done: bool
    ) -> None:
        """Note what was erased of the person's `records`. Once that is all, nothing of them stays in any exception, and
        whatever else was asked for them is done too. The wish itself is noted last: until then it is carried out again,
        so that a pass that dies in here leaves nothing undone."""
        if all_done:
            self.exceptions.redact(records)
            self._note_others(wish, seen)
        if self.erasures is not None:
            self.erasures.note(wish, records, done, done=all_done)

    def _note_others(self, wish: Erasure, seen: Seen) -> None:
        named = [RecordKey.parse(name.removeprefix(ASKED)) for name in seen.milestones if name.startswith(ASKED)]
        for asked in named:
            other = self.erasures.get(asked) if self.erasures and asked != wish.asked else None
            if self.erasures and other:
                self.erasures.note(other, (), (), done=True)


def records_of(
    wish: Erasure, plan: Plan, links: Links, systems: Mapping[Role, SystemId], seen: Seen
) -> tuple[RecordKey, ...]:
    """All records of the person, as far as is known: linked, absorbed, to be erased, listed."""
    ids = [(write.role, write.id) for write in plan.writes if isinstance(write, Erase)]
    ids += [(role, id) for (key, role), id in links.items() if key == wish.root]
    here = [RecordKey(systems[role], "customer", id) for role, id in ids]
    return tuple(dict.fromkeys((wish.root, wish.asked, *here, *wish.where, *seen.absorbed)))


def as_listed(seen: Seen, wish: Erasure) -> Seen:
    """What was seen, with what is erased, and what is not yet, as the list says it."""
    others = {name: at for name, at in seen.milestones.items() if name != "erased"}
    listed = {erased_name(key) if at else f"{LISTED}{key}": at for key, at in wish.where.items()}
    return replace(seen, milestones={**others, **listed})


def forgotten(changes: Changes, held: Held, asked: RecordKey, now: int, *, all_done: bool) -> Changes:
    """What a pass learnt, where somebody is to be forgotten: from the first one on nobody writes of them, after the
    last one nothing made of their data is left."""
    said: dict[str, Any] = {"milestones": {"erasing": now, asked_name(asked): now, **changes.milestones}}
    if all_done:
        said["milestones"] |= {"erased": now}
        said |= {"fingerprints": dict.fromkeys(held.seen.fingerprints), "drift": {}}
    known = held.seen.milestones
    said["milestones"] = {name: at for name, at in said["milestones"].items() if name not in known}
    return replace(changes, **said)
