"""The kinds of failure, by what to do next. Everything that goes wrong with a vendor or a record is one of these.

Fault
  Waits               sent again later; spends no retry budget
    RateLimited       the system asks for fewer requests   -> its brake, until `retry_after`
    SystemDown        the system does not answer           -> its brake, with backoff
    NotYet            what it depends on has not arrived
  NeedsPerson         goes to the dead-letter queue at once
    CredentialsRefused  one exception for the system       -> its brake
  Elsewhere           the record is another one: its root goes on with it
  Unanswered          a write may or may not have landed: the pass ends and its lease runs out
  Unsupported         the system has no such kind: a mistake in the wiring
"""

from datetime import timedelta

from cashpath.records.keys import RecordKey, Role, SystemId


class Fault(Exception):
    """A failure with a kind."""


class Waits(Fault):
    """The notice is sent again later. `retry_after` is how long the system asked to be left alone, where it did."""

    def __init__(self, message: str, *, system: SystemId | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.system = system
        self.retry_after = retry_after


class RateLimited(Waits):
    """The system refused the request before processing it: too many of them."""


class SystemDown(Waits):
    """The system did not answer, or answered that it cannot now."""


class NotYet(Waits):
    """A record that this one depends on, or the change that the notice tells of, is not there yet."""


class Missing(NotYet):
    """A record that some pass has read is not found. Found missing again a read lag later, it is gone."""


class NeedsPerson(Fault):
    """Only a person can settle this. The message is the cause in plain words.

    `owner` is the role whose people can fix it, `remedy` what they should do.
    """

    def __init__(self, cause: str, *, remedy: str, owner: Role | None = None, code: str = "needs_person") -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy
        self.owner = owner
        self.code = code


class CredentialsRefused(NeedsPerson):
    """The system refused our credentials, freshly read ones too."""

    def __init__(self, cause: str, *, remedy: str, system: SystemId, owner: Role | None = None) -> None:
        super().__init__(cause, remedy=remedy, owner=owner, code="credentials_refused")
        self.system = system


class Elsewhere(Fault):
    """The root turned out to be another record: it was merged into `at`, or `at` is the same and comes first. The
    root of `at` goes on, and absorbs this one."""

    def __init__(self, message: str, *, at: RecordKey) -> None:
        super().__init__(message)
        self.at = at


class Unanswered(Fault):
    """A write got no answer, so it may have landed, or may land later. Never retried in the same pass."""

    def __init__(self, message: str, *, system: SystemId) -> None:
        super().__init__(message)
        self.system = system


class Unsupported(Fault):
    """The system has no such kind or operation."""
