"""Exceptions as `record_exceptions` files them, and as finished passes close them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cashpath.notice import Notice
from cashpath.records import RecordKey, SystemId


@dataclass
class Filed:
    """What was given up and not finished since: by system and record."""

    given_up: list[tuple[Notice, Mapping[str, str]]]
    _closed: dict[tuple[str, str], int] = field(default_factory=dict)

    def close_if_covered(self, flow: str, system: SystemId, record: RecordKey, began: int) -> Any:
        name = (flow, str(record))
        self._closed[name] = max(self._closed.get(name, 0), began)

    def system_answered(self, system: SystemId, at: int) -> Any:
        """Refused credentials are not among the faults of these histories."""

    def open(self) -> dict[str, Mapping[str, str]]:
        """The exceptions that are open, by record."""
        found = {}
        for notice, cause in self.given_up:
            record = f"{notice.system}/{notice.kind}/{notice.id}"
            if self._closed.get((notice.flow, record), 0) <= notice.received:
                found[record] = cause
        return found
