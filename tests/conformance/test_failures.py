"""How a vendor that limits, is down or refuses us becomes a kind of failure, whatever was asked."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from cashpath.faults import CredentialsRefused, RateLimited, SystemDown, Unanswered
from cashpath_sandbox.trial import Trial, Trials


@pytest.mark.rule("rate-limit-is-a-kind")
def test_too_many_requests_is_a_rate_limit_with_its_pause(trials: Trials) -> None:
    for trial, act in _acts(trials):
        trial.transport.answer_always(trial.subject.throttled)
        with pytest.raises(RateLimited) as caught:
            act()
        assert caught.value.system == trial.system.id
        if "Retry-After" in trial.subject.throttled.headers:
            assert caught.value.retry_after == timedelta(seconds=30)


@pytest.mark.rule("down-is-a-kind")
def test_a_vendor_that_fails_is_down_or_a_write_to_it_unanswered(trials: Trials) -> None:
    for trial, act in _acts(trials):
        trial.transport.answer_always(trial.subject.down)
        with pytest.raises((SystemDown, Unanswered), match=str(trial.system.id)):
            act()


@pytest.mark.rule("down-is-a-kind")
def test_a_vendor_that_cannot_be_reached_is_down_and_nothing_is_unanswered(trials: Trials) -> None:
    for trial, act in _acts(trials):
        for position in range(20):
            trial.transport.misbehave(position, "cut_before")
        with pytest.raises(SystemDown) as caught:
            act()
        assert caught.value.system == trial.system.id


@pytest.mark.rule("down-is-a-kind")
def test_one_connection_that_is_refused_is_tried_again(trials: Trials) -> None:
    for trial, act in _acts(trials):
        trial.transport.misbehave(0, "cut_before")
        act()


@pytest.mark.rule("refused-credentials-are-read-again-once")
def test_credentials_that_were_replaced_are_read_again_and_work(trials: Trials) -> None:
    for trial, act in _acts(trials):
        trial.transport.answer(trial.subject.refusal)
        act()
        assert trial.subject.secrets_read.count(True) == 1


@pytest.mark.rule("refused-credentials-are-read-again-once")
def test_credentials_that_are_refused_for_good_are_one_exception_for_the_system(trials: Trials) -> None:
    for trial, act in _acts(trials):
        trial.transport.answer_always(trial.subject.refusal)
        with pytest.raises(CredentialsRefused) as caught:
            act()
        assert caught.value.system == trial.system.id
        assert caught.value.remedy
        assert trial.subject.secrets_read.count(True) == 1


def _acts(trials: Trials) -> list[tuple[Trial, Callable[[], object]]]:
    """A read, and a write of each kind that is written: by connectors that were used before, their requests at 0."""
    reading = trials.any()
    _, id = reading.there()
    reading.system.read(reading.kind, id)
    acts: list[tuple[Trial, Callable[[], object]]] = [(reading, partial(reading.system.read, reading.kind, id))]
    for trial in trials.written():
        trial.put(trial.sample())
        wanted = trial.wanted(trial.sample())
        acts.append((trial, partial(trial.system.write, wanted)))
    for trial, _ in acts:
        trial.transport.reset()
        trial.subject.secrets_read.clear()
    return acts
