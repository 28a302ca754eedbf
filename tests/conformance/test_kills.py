"""A process may die before or after any request. Whoever takes over ends where an undisturbed run ends."""

from collections.abc import Iterator, Mapping

import pytest

from cashpath.faults import Unanswered
from cashpath.records import Record
from cashpath_sandbox.killable import Effect, Killed
from cashpath_sandbox.trial import LEASE, Trial, Trials

KILLS: tuple[Effect, ...] = ("kill_before", "kill_after")


@pytest.mark.rule("write-survives-a-kill")
def test_a_create_that_was_killed_ends_as_one_that_was_not(trials: Trials) -> None:
    for trial in trials.written():
        made, requests = _undisturbed(trial)
        for position, kill in _moments(requests):
            record = trial.sample()
            assert trial.added(lambda: _killed_create(trial, record, position, kill)) == made, (  # noqa: B023
                f"{trial.kind} {kill} request {position} of {requests}"
            )


@pytest.mark.rule("edit-survives-a-kill")
def test_an_edit_that_was_killed_ends_as_one_that_was_not(trials: Trials) -> None:
    for trial in trials.written():
        record = trial.sample()
        edit = trial.wanted(trial.edited(record), trial.put(record))
        requests = trial.requests(lambda: trial.system.write(edit))  # noqa: B023
        for position, kill in _moments(requests):
            record = trial.sample()
            id = trial.put(record)
            changed = trial.edited(record)
            trial.transport.reset()
            trial.transport.misbehave(position, kill)
            with pytest.raises(Killed):
                trial.put(changed, id)
            trial.transport.reset()
            trial.subject.now.move(LEASE)
            trial.put(changed, id)
            assert trial.agrees(changed, id), f"{trial.kind} {kill} request {position} of {requests}"


@pytest.mark.rule("unanswered-writes-are-reported")
def test_a_write_without_an_answer_is_reported_and_never_sent_again(trials: Trials) -> None:
    for trial in trials.written():
        _, requests = _undisturbed(trial)
        reported = 0
        for position in range(requests):
            record = trial.sample()
            trial.transport.reset()
            trial.transport.misbehave(position, "cut_after")
            id = _id_unless_unanswered(trial, record)
            if id is None:
                assert len(trial.transport.sent) == position + 1, "something was sent after a write without an answer"
                reported += 1
            else:
                assert trial.agrees(record, id)  # a read was cut: it was repeated, and the write came whole
        assert reported, f"no write of a {trial.kind} reports that its answer was lost"


def _id_unless_unanswered(trial: Trial, record: Record) -> str | None:
    try:
        return trial.put(record)
    except Unanswered:
        return None


def _undisturbed(trial: Trial) -> tuple[Mapping[str, int], int]:
    """What a clean create adds to the vendor, and how many requests it makes once the connector is warm."""
    trial.put(trial.sample())
    wanted = trial.wanted(trial.sample())
    trial.transport.reset()
    made = trial.added(lambda: trial.system.write(wanted))
    return made, len(trial.transport.sent)


def _moments(requests: int) -> Iterator[tuple[int, Effect]]:
    return ((position, kill) for position in range(requests) for kill in KILLS)


def _killed_create(trial: Trial, record: Record, position: int, kill: Effect) -> None:
    """Die once, let the claim expire, look the record up as the next pass does, and write it (again)."""
    began = trial.subject.now()
    trial.transport.reset()
    trial.transport.misbehave(position, kill)
    with pytest.raises(Killed):
        trial.system.write(trial.wanted(record))
    trial.transport.reset()
    trial.subject.now.move(LEASE)
    id = trial.put(record, trial.find(record, began))
    assert trial.agrees(record, id)
    assert trial.find(record, began) == id
