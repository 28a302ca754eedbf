"""For vendors without a batch endpoint: many records one after the other, each with a result of its own."""

from collections.abc import Callable, Mapping, Sequence

from cashpath.faults import Fault
from cashpath.records.keys import Kind
from cashpath.records.money import BadRecord
from cashpath.systems.port import Reading, Wanted, Written


def one_by_one(write: Callable[[Wanted], Written], wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
    """What `write` did with each of `wanted`, or why it could not."""
    results: list[Written | Exception] = []
    for one in wanted:
        try:
            results.append(write(one))
        except (Fault, BadRecord) as failure:
            results.append(failure)
    return results


def each_read(read: Callable[[Kind, str], Reading | None], kind: Kind, ids: Sequence[str]) -> Mapping[str, Reading]:
    """Those of the records that exist, by id."""
    found = {id: read(kind, id) for id in dict.fromkeys(ids)}
    return {id: reading for id, reading in found.items() if reading is not None}


def each_matched(
    candidates: Callable[[Kind, str], Sequence[Reading]], kind: Kind, criteria: Sequence[str]
) -> Mapping[str, Sequence[Reading]]:
    """The candidates for each criterion."""
    return {criterion: candidates(kind, criterion) for criterion in dict.fromkeys(criteria)}
