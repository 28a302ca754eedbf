"""What a connector reads: what is there, what changed, and who matches exactly."""

import json
from dataclasses import asdict

import pytest

from cashpath.faults import Unsupported
from cashpath.records import Company, Customer, Record
from cashpath.systems.port import Lists
from cashpath_sandbox.trial import LEASE, Trial, Trials

NOBODY = "999999999"


@pytest.mark.rule("read-missing-is-none")
def test_a_record_that_is_not_there_reads_as_none(trials: Trials) -> None:
    for trial in trials.read():
        trial.there()
        assert trial.system.read(trial.kind, NOBODY) is None


@pytest.mark.rule("read-missing-is-none")
def test_a_record_that_is_not_there_holds_nothing(trials: Trials) -> None:
    for trial in trials.written():
        assert trial.system.held(trial.kind, NOBODY, trial.wanted(trial.sample())) is None


@pytest.mark.rule("candidates-match-exactly")
def test_a_candidate_matches_as_a_whole_and_never_by_a_part(trials: Trials) -> None:
    for trial in trials.matched():
        record, id = trial.there()
        other, _ = trial.there()
        trial.subject.settle_search()
        for name in sorted(trial.facts.matches):
            value = str(getattr(record, name))
            assert value, f"the sample {trial.kind} has no {name} to be matched by"
            assert _ids(trial, f"{name}:{value}") == [id]
            for variant in _spellings(name, value):
                assert _ids(trial, f"{name}:{variant}") == [id], f"{variant!r} is {value!r} to a person"
            for part in (value[:-1], value[1:], f"{value}x", value.split("@")[-1] if "@" in value else value[:2]):
                assert id not in _ids(trial, f"{name}:{part}"), f"{part!r} is not {value!r}"
            assert id not in _ids(trial, f"{name}:{getattr(other, name)}")


@pytest.mark.rule("what-is-not-supported-says-so")
def test_a_criterion_that_a_kind_does_not_declare_is_refused(trials: Trials) -> None:
    for trial in trials.read():
        with pytest.raises(Unsupported):
            trial.system.candidates(trial.kind, "shoe_size:42")


@pytest.mark.rule("changed-since-tells-of-creates-and-edits")
def test_what_was_created_or_edited_since_is_told(trials: Trials) -> None:
    for trial in trials.read():
        began = trial.subject.now()
        ids = {trial.there()[1] for _ in range(3)}
        trial.subject.settle_search()
        told = list(trial.system.changed_since(trial.kind, began))
        assert ids <= {changed.key.id for changed in told}
        assert {(changed.key.system, changed.key.kind) for changed in told} == {(trial.system.id, trial.kind)}
        if isinstance(trial.system, Lists):
            assert list(trial.system.listed_since(trial.kind, began)) == told
        trial.subject.now.move(LEASE)
        later = trial.subject.now()
        edited = sorted(ids)[0]
        trial.subject.edit_by_hand(trial.kind, edited)
        trial.subject.settle_search()
        since = began if trial.system.facts.polled else later
        assert edited in {changed.key.id for changed in trial.system.changed_since(trial.kind, since)}


@pytest.mark.rule("versions-never-go-back")
def test_an_edit_raises_the_version_that_a_read_tells(trials: Trials) -> None:
    for trial in trials.read():
        if trial.kind in trial.system.facts.unversioned:
            continue
        _, id = trial.there()
        before = trial.reading(id).version
        trial.subject.now.move(LEASE)
        trial.subject.edit_by_hand(trial.kind, id)
        after = trial.reading(id).version
        assert before is not None
        assert after is not None
        assert after > before


@pytest.mark.rule("erase-removes-personal-data")
def test_an_erased_customer_leaves_nothing_personal(trials: Trials) -> None:
    for trial in trials.read():
        if trial.kind != "customer":
            continue
        record, id = trial.there()
        trial.system.erase(trial.kind, id)
        reading = trial.system.read(trial.kind, id)
        left = json.dumps(asdict(reading.record), default=str) if reading else ""
        for word in _personal(record):
            assert word.casefold() not in left.casefold(), f"{word} is still there"
        trial.system.erase(trial.kind, id)


def _ids(trial: Trial, criterion: str) -> list[str]:
    return [reading.at.id for reading in trial.system.candidates(trial.kind, criterion)]


def _spellings(name: str, value: str) -> tuple[str, ...]:
    """What a person would call the same: an article number keeps its case, all else does not matter."""
    return (f" {value} ",) if name == "sku" else (f" {value} ", value.upper(), value.lower())


def _personal(record: Record) -> tuple[str, ...]:
    assert isinstance(record, Customer | Company)
    street = record.address.street if record.address else ""
    name = (record.email, record.first_name, record.last_name) if isinstance(record, Customer) else (record.name,)
    return tuple(word for word in (*name, record.phone, street) if word)
