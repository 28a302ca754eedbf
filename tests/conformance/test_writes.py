"""What a connector writes: found again by its origin, exactly as announced, once."""

from typing import Any

import pytest

from cashpath.faults import NotYet
from cashpath.records import RecordKey
from cashpath.systems.port import Wanted, Written
from cashpath_sandbox.trial import Trials


@pytest.mark.rule("create-carries-origin-and-is-found")
def test_a_record_that_we_created_carries_where_it_came_from(trials: Trials) -> None:
    for trial in trials.written():
        began, record = trial.subject.now(), trial.sample()
        written = trial.system.write(trial.wanted(record))
        assert written.created
        assert trial.find(record, began) == written.id
        if trial.facts.reads:
            assert trial.reading(written.id).origin == record.key


@pytest.mark.rule("create-carries-origin-and-is-found")
def test_a_record_that_nobody_created_is_not_found(trials: Trials) -> None:
    for trial in trials.written():
        began = trial.subject.now()
        trial.put(trial.sample())
        assert trial.find(trial.sample(), began) is None


@pytest.mark.rule("read-back-equals-normalised")
def test_the_vendor_holds_what_the_connector_said_it_would(trials: Trials) -> None:
    for trial in trials.written():
        for _ in range(3):
            record = trial.sample()
            assert trial.agrees(record, trial.put(record))


@pytest.mark.rule("read-back-equals-normalised")
def test_a_field_that_may_not_be_written_is_not_announced(trials: Trials) -> None:
    for trial in trials.written():
        everything = trial.wanted(trial.sample())
        one = sorted(everything.fields)[0]
        less = Wanted(**{**vars(everything), "fields": frozenset({one})})
        whole, part = trial.system.normalised(everything), trial.system.normalised(less)
        assert part.items() <= whole.items(), f"{trial.kind}: {one} alone announces something else"


@pytest.mark.rule("second-write-changes-nothing")
def test_a_second_write_makes_nothing_new(trials: Trials) -> None:
    for trial in trials.written():
        record = trial.sample()
        id = trial.put(record)
        answers: list[Written] = []
        again = trial.wanted(record, id)
        assert trial.added(lambda: answers.append(trial.system.write(again))) == {}  # noqa: B023 - called at once
        assert answers == [Written(id=id, created=False)]
        assert trial.agrees(record, id)


@pytest.mark.rule("edit-is-carried")
def test_an_edit_by_the_owner_reaches_the_vendor_and_back(trials: Trials) -> None:
    for trial in trials.written():
        record = trial.sample()
        id = trial.put(record)
        changed = trial.edited(record)
        before, after = trial.system.normalised(trial.wanted(record)), trial.system.normalised(trial.wanted(changed))
        assert before != after, f"the subject's edit of a {trial.kind} changes nothing that the connector writes"
        assert trial.put(changed, id) == id
        assert trial.agrees(changed, id)
        trial.put(record, id)
        assert trial.agrees(record, id)


@pytest.mark.rule("hand-edit-is-seen-by-held")
def test_an_edit_by_hand_is_seen_and_put_right(trials: Trials) -> None:
    for trial in trials.written():
        record = trial.sample()
        id = trial.put(record)
        trial.subject.edit_by_hand(trial.kind, id)
        wanted = trial.wanted(record, id)
        assert trial.system.held(trial.kind, id, wanted) != trial.system.normalised(wanted)
        trial.put(record, id)
        assert trial.agrees(record, id)


@pytest.mark.rule("write-waits-for-its-references")
def test_a_record_whose_references_are_not_there_waits_and_leaves_nothing(trials: Trials) -> None:
    for trial in trials.written():
        record = trial.sample()
        if not any(key.kind in trial.facts.references for key in record.references()):
            continue
        unresolved = Wanted(**{**vars(trial.wanted(record)), "refs": {}})
        began = trial.subject.now()
        with pytest.raises(NotYet):
            trial.system.write(unresolved)
        assert trial.find(record, began) is None


@pytest.mark.rule("write-many-equals-write")
def test_many_written_at_once_are_as_if_written_one_by_one(trials: Trials) -> None:
    for trial in trials.written():
        records = [trial.sample() for _ in range(3)]
        results = trial.system.write_many([trial.wanted(record) for record in records])
        assert [type(result) for result in results] == [Written] * 3
        for record, result in zip(records, results, strict=True):
            assert isinstance(result, Written)
            assert result.created
            assert trial.agrees(record, result.id)
        changed = [trial.edited(record) for record in records]
        ids = [result.id for result in results if isinstance(result, Written)]
        again = trial.system.write_many([trial.wanted(*pair) for pair in zip(changed, ids, strict=True)])
        assert again == [Written(id=id, created=False) for id in ids]
        assert all(trial.agrees(*pair) for pair in zip(changed, ids, strict=True))


@pytest.mark.rule("write-many-equals-write")
def test_one_of_many_that_cannot_be_written_does_not_stop_the_others(trials: Trials) -> None:
    for trial in trials.written():
        record, other = trial.sample(), trial.sample()
        if not any(key.kind in trial.facts.references for key in record.references()):
            continue
        fields: dict[str, Any] = {**vars(trial.wanted(record)), "refs": dict[RecordKey, str]()}
        failed, written = trial.system.write_many([Wanted(**fields), trial.wanted(other)])
        assert isinstance(failed, NotYet)
        assert isinstance(written, Written)
        assert trial.agrees(other, written.id)
