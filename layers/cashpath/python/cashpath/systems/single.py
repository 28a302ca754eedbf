"""For vendors without a batch endpoint: many records written one after the other, each with a result of its own."""

from collections.abc import Callable, Sequence

from cashpath.faults import Fault
from cashpath.records.money import BadRecord
from cashpath.systems.port import Wanted, Written


def one_by_one(write: Callable[[Wanted], Written], wanted: Sequence[Wanted]) -> Sequence[Written | Exception]:
    """What `write` did with each of `wanted`, or why it could not."""
    results: list[Written | Exception] = []
    for one in wanted:
        try:
            results.append(write(one))
        except (Fault, BadRecord) as failure:
            results.append(failure)
    return results
