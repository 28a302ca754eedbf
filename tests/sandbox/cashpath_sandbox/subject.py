"""What a connector brings to the conformance suite (`tests/conformance`), and the clock that the suite moves.

Each vendor's file `tests/conformance/subjects/<vendor>.py` has one function, `subject() -> Subject`, called for each
test: a connector over a fresh stand-in, or over a local server that is started once and shared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cashpath.records import BrandId, Kind, Record
from cashpath.systems.port import System
from cashpath_sandbox.killable import Answer, KillableTransport

REFUSAL = Answer(401)
THROTTLED = Answer(429, {"Retry-After": "30"})
DOWN = Answer(503)


@dataclass
class MovableClock:
    """A clock that moves only when told. `sleep` moves it instead of waiting."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.at += by

    def sleep(self, seconds: float) -> None:
        """What a connector is given as `Connection.sleep`."""
        self.at += timedelta(seconds=seconds)


@dataclass(kw_only=True)
class Subject:
    """One connector, ready to be tried.

    `samples`: for each kind that it writes, makes the n-th sample record of another system's key space, preceded by
    the records that it references, in dependency order; the last is of the kind. Different n never collide: neither
    in key nor in what they are matched by. A kind that is read only has a sample too where `make_by_hand` makes it.
    `edited`: the same record with something changed that the connector writes, as an owner would.
    `edit_by_hand`: somebody edits the vendor's record directly, in a field that the connector writes.
    `make_by_hand`: somebody creates the n-th record in the vendor directly (what `samples[kind](n)[-1]` says, without
    its origin) and it answers the id; for kinds that are read but not written, and for matches.
    `stock`: how many objects the vendor holds, for each of its own types, children included (`{"line_items": 3}`),
    read behind the connector's back: a clean write and a killed one must add the same.
    `settle_search`: let a lagging search catch up. `secrets_read`: each call of `Connection.secret`, oldest first:
    whether it asked for a fresh one (the subject's own secret function appends to it). `refusal`: how the vendor
    refuses credentials; `throttled`: how it asks for fewer requests; `down`: how it says that it cannot answer.
    """

    system: System
    brand: BrandId
    samples: Mapping[Kind, Callable[[int], tuple[Record, ...]]]
    edited: Mapping[Kind, Callable[[Record], Record]]
    transport: KillableTransport
    now: MovableClock
    edit_by_hand: Callable[[Kind, str], None]
    settle_search: Callable[[], None]
    stock: Callable[[], Mapping[str, int]]
    make_by_hand: Callable[[Kind, int], str] | None = None
    secrets_read: list[bool] = field(default_factory=list)
    refusal: Answer = REFUSAL
    throttled: Answer = THROTTLED
    down: Answer = DOWN
