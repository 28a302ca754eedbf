"""What a connector is given when it is built: its place in the stage, its secret, and a clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from cashpath.records.keys import RecordKey, SystemId
from cashpath.systems.mapping import NOTHING_MAPPED, FieldMap

Secret = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Connection:
    """`options` is the system's table of the stage's TOML (`url`, `shop`, `portal`, …), checked at synthesis.

    `mapping` are the fields that brands map for themselves. `secret(fresh)` gives the system's secret; with
    `fresh=True` it is read again, which a connector does once when the vendor refuses it. `now` and `sleep` are the
    clock, so that a test can move it; `rng` draws the pauses between retries. `transport` is an httpx transport, for
    tests in process.
    """

    id: SystemId
    options: Mapping[str, Any]
    secret: Callable[..., Secret]
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    rng: Random = field(default_factory=Random)
    transport: Any = None
    mapping: FieldMap = NOTHING_MAPPED


def origin_of(text: str | None) -> RecordKey | None:
    """The canonical key that Cashpath left on a vendor's record, or None where it left none or someone changed it."""
    try:
        return RecordKey.parse(text) if text else None
    except ValueError:
        return None
