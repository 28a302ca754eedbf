"""Takes one guard of the protocol out of the real code, for as long as a test lasts.

`without("lease")` and its siblings patch the very method that keeps the rule. The names are those of the model,
protocol.py, but for `claim_on_match`, since the model's customer has one key only, and for the last two, since the
model has no exceptions; docs/architecture.md says where each stands in the code.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from cashpath import apply, claims, runner
from cashpath.apply import Pass
from cashpath.brakes import millis
from cashpath.freshness import Freshness
from cashpath.ledger import roots
from cashpath.ledger.answers import Changes, Claimed, Held
from cashpath.ledger.ledger import Ledger
from cashpath.ledger.store import Op
from cashpath.notice import Notice
from cashpath.runner import Runner

SOON = 4_000  # ms that a claim stands where it does not outlast late creates
Guard = Callable[[], Any]


def _lease() -> Any:
    """Whoever comes gets the lease, held or not."""
    acquiring = roots.acquiring

    def free(key: Any, owner: str, until: int, now: int) -> Op:
        op = acquiring(key, owner, until, now)
        return replace(op, condition="attribute_exists(#fingerprints)", values={"me": owner, "until": until})

    return patch.object(roots, "acquiring", free)


@contextmanager
def _lease_outlasts_late_writes() -> Iterator[None]:
    """The lease ends with the function's time, and writes are begun until then."""
    slowest, work = runner.SLOWEST, Runner._work

    def with_old_claims(self: Runner, *args: Any) -> Pass:
        made = work(self, *args)
        return replace(made, claim_until=lambda: self._from_now(self._timeout + slowest))

    with patch.object(runner, "SLOWEST", 0), patch.object(Runner, "_work", with_old_claims):
        yield


def _claim() -> Any:
    """Whoever wants to create a record may."""

    def claim(self: Ledger, held: Held, *args: Any, until: int, **kwargs: Any) -> Claimed:
        return Claimed(until=until)

    return patch.object(Ledger, "claim", claim)


def _claim_on_match() -> Any:
    """A claim is on the record's key alone, not on what the record is matched by."""
    link = Ledger._link
    return patch.object(Ledger, "_link", lambda self, key, system, match, root: link(self, key, system, (), root))


def _claim_outlasts_late_creates() -> Any:
    """A claim runs out while its create may still land."""
    work = Runner._work

    def short(self: Runner, *args: Any) -> Pass:
        return replace(work(self, *args), claim_until=lambda: millis(self._now()) + SOON)

    return patch.object(Runner, "_work", short)


@contextmanager
def _claim_lookup() -> Iterator[None]:
    """Whoever takes over a claim that ran out does not look for what it may have created."""

    with (
        patch.object(claims, "made_of", lambda claim, system: None),
        patch.object(apply, "made_of", lambda claim, system: None),
    ):
        yield


def _covered(changed: Callable[[Notice, Any], Notice]) -> Any:
    covered = Freshness.covered
    return patch.object(Freshness, "covered", lambda self, notice, seen: covered(self, changed(notice, seen), seen))


def _covered_by_record() -> Any:
    """A pass that read any record of the root covers the notices of all."""
    return _covered(lambda notice, seen: replace(notice, system=seen.root.system, kind=seen.root.kind, id=seen.root.id))


def _covered_needs_version() -> Any:
    """A pass covers whatever was received before it, and never mind what it saw."""
    return _covered(lambda notice, seen: replace(notice, version=0))


def _covered_only_if_finished() -> Any:
    """A pass that left something waiting covers as well."""
    finish = Runner._finish

    class Marking:
        def __init__(self, ledger: Ledger, began: int) -> None:
            self._ledger, self._began = ledger, began

        def release(self, held: Held, changes: Changes) -> bool:
            reads = {name: replace(mark, began=self._began) for name, mark in changes.reads.items()}
            return self._ledger.release(held, replace(changes, reads=reads))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._ledger, name)

    def marked(self: Runner, *args: Any) -> Any:
        ledger: Any = self._ledger
        self._ledger = Marking(ledger, args[-1])  # type: ignore[assignment]  # a ledger but for its release
        try:
            return finish(self, *args)
        finally:
            self._ledger = ledger

    return patch.object(Runner, "_finish", marked)


def _unanswered_keeps_lease() -> Any:
    """The lease is given back although a write may still land."""
    release = Ledger.release
    return patch.object(
        Ledger, "release", lambda self, held, changes: release(self, held, replace(changes, keep_lease=False))
    )


def _unfinished_distrusts_fingerprints() -> Any:
    """Whoever takes over a lease that was never released believes its fingerprints."""

    held = roots.held

    def trusting(key: Any, owner: str, until: int, before: Mapping[str, Any], now: int) -> Held:
        return replace(held(key, owner, until, before, now), seen=roots.seen(key, before, trusted=True))

    return patch.object(roots, "held", trusting)


def _open_claims_settled() -> Any:
    """A pass pays no heed to the claims that its root left open."""
    return patch.object(runner, "settle", lambda *args: [])


def _versionless_waits_for_lag() -> Any:
    """A notice without a version is ended by any read, late or not."""
    return patch.object(Freshness, "lag", lambda self, notice: 0)


def _fingerprint_cleared_by_target_notice() -> Any:
    """A target's own notice does not make us look what it holds."""
    return patch.object(apply._Applying, "_told_of", lambda self, wanted, system: False)


def _trouble_counts_from_lease() -> Any:
    """A trouble counts from when its notice was received, so that a pass which read before it ends it."""
    give_up = Runner._give_up
    return patch.object(
        Runner, "_give_up", lambda self, notice, fault, since: give_up(self, notice, fault, notice.received)
    )


def _covered_closes_again() -> Any:
    """Only the pass that ends a trouble closes it."""
    close = Runner._close_ended

    def when_finished(self: Runner, notice: Notice, marks: Any, answered: Any = None) -> None:
        if answered is not None:
            close(self, notice, marks, answered)

    return patch.object(Runner, "_close_ended", when_finished)


GUARDS: Mapping[str, Guard] = {
    "lease": _lease,
    "lease_outlasts_late_writes": _lease_outlasts_late_writes,
    "claim": _claim,
    "claim_on_match": _claim_on_match,
    "claim_outlasts_late_creates": _claim_outlasts_late_creates,
    "claim_lookup": _claim_lookup,
    "covered_by_record": _covered_by_record,
    "covered_needs_version": _covered_needs_version,
    "covered_only_if_finished": _covered_only_if_finished,
    "unanswered_keeps_lease": _unanswered_keeps_lease,
    "unfinished_distrusts_fingerprints": _unfinished_distrusts_fingerprints,
    "open_claims_settled": _open_claims_settled,
    "versionless_waits_for_lag": _versionless_waits_for_lag,
    "fingerprint_cleared_by_target_notice": _fingerprint_cleared_by_target_notice,
    "trouble_counts_from_lease": _trouble_counts_from_lease,
    "covered_closes_again": _covered_closes_again,
}


def without(guard: str) -> Any:
    """A context in which the guard is out of the code."""
    return GUARDS[guard]()
