"""A notice: 'record X of system S changed', for one flow. References only, no payload, no personal data.

It travels as JSON through the flow's queue. Readers accept every version up to their own; a new version ships to
readers a release before writers send it. Imports nothing but the standard library: the receiver depends on it.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

Trigger = Literal["webhook", "sweep", "redrive", "backfill"]
Wish = Literal["agree", "erase", "access"]
WISHES: tuple[Wish, ...] = ("agree", "erase", "access")
VERSION = 1
UNSAID = {"absorbs": "", "wish": "agree"}  # left out of the message, so that readers from before these can read it


@dataclass(frozen=True, kw_only=True)
class Waited:
    """How often a notice has waited for one kind of thing, and since when (epoch ms)."""

    kind: str
    times: int
    since: int


@dataclass(frozen=True, kw_only=True)
class Notice:
    """`system`, `kind` and `id` name the record as that system spells it; a deletion is a change like any other.

    `version` is the record's own modification mark (epoch ms) where the vendor names one, `received` when we heard
    of it (epoch ms), `attempt` counts redrives. `absorbs` is the key of a record that turned out to be this same one:
    merged into it, or found to match it. `wish` says what is asked for: agreement with all other systems, the erasure
    of a person's data, or access to it. `event` is the vendor's id of the delivery, for the log only.
    """

    flow: str
    system: str
    kind: str
    id: str
    received: int
    version: int | None = None
    trigger: Trigger = "webhook"
    attempt: int = 0
    waited: Waited | None = None
    event: str = ""
    absorbs: str = ""
    wish: Wish = "agree"
    v: int = field(default=VERSION)

    @property
    def is_told(self) -> bool:
        """Whether the record's own system told of it, a replay included: a sweep, and a list that is applied again, are
        Cashpath's own."""
        return self.trigger in ("webhook", "redrive")

    def to_json(self) -> str:
        """The message body."""
        said = {k: x for k, x in asdict(self).items() if x is not None and x != UNSAID.get(k)}
        return json.dumps(said, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The notice in a message body. Raises ValueError where it is none, or of a version this code cannot read."""
        body: dict[str, Any] = json.loads(text)
        if not isinstance(body, dict) or not 1 <= body.get("v", 0) <= VERSION:
            raise ValueError("not a notice that this release can read")
        waited = body.pop("waited", None)
        try:
            return cls(**body, waited=Waited(**waited) if waited else None)
        except TypeError as error:
            raise ValueError(f"not a notice: {error}") from error

    def waiting(self, kind: str, now: int) -> Self:
        """The same notice after one more wait for `kind`; waiting for something new starts a new count."""
        before = self.waited if self.waited and self.waited.kind == kind else Waited(kind=kind, times=0, since=now)
        return replace(self, waited=replace(before, times=before.times + 1))
