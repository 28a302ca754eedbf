"""For vendors without a batch endpoint: many records one after the other, each with a result of its own."""

from collections.abc import Callable, Mapping, Sequence

from cashpath.faults import CredentialsRefused, Fault, RateLimited, SystemDown, Unanswered
from cashpath.records.keys import Kind
from cashpath.records.money import BadRecord
from cashpath.systems.port import Reading, Wanted, Written


def one_by_one(write: Callable[[Wanted], Written], wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
    """What `write` did with each of `wanted`, or why it could not. Once the system itself fails, no more is sent."""
    results: list[Written | Exception] = []
    for at, one in enumerate(wanted):
        try:
            results.append(write(one))
        except (RateLimited, SystemDown, CredentialsRefused) as failure:
            return [*results, *(failure for _ in wanted[at:])]
        except Unanswered as failure:
            rest = SystemDown(f"not sent: {failure}", system=failure.system)
            return [*results, failure, *(rest for _ in wanted[at + 1 :])]
        except (Fault, BadRecord) as failure:
            results.append(failure)
    return results


def each_read(read: Callable[[Kind, str], Reading | None], kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
    """Those of the records that exist, by id."""
    found = {id: read(kind, id) for id in dict.fromkeys(ids)}
    return {id: reading for id, reading in found.items() if reading is not None}


def readable(read: Callable[[Kind, str], Reading | None], kind: Kind, ids: Sequence[str]) -> Sequence[Reading]:
    """Those of the records that exist and can be read as this kind: one that cannot is never shown to be a match."""
    found: list[Reading] = []
    for id in ids:
        try:
            reading = read(kind, id)
        except BadRecord:
            continue
        found += [reading] if reading else []
    return found


def each_matched(
    candidates: Callable[[Kind, str], Sequence[Reading]], kind: Kind, criteria: Sequence[str]
) -> Mapping[str, Sequence[Reading]]:
    """The candidates for each criterion."""
    return {criterion: candidates(kind, criterion) for criterion in dict.fromkeys(criteria)}
