"""How far a backlog was fed, in the ledger, so that a feeder which is killed goes on where it was. Used by feeder."""

from datetime import UTC, datetime

from cashpath.brakes import millis
from cashpath.ledger.ledger import Ledger


class Progress:
    """Of the backlog that the ledger knows by `name` and that begins at `since`."""

    def __init__(self, ledger: Ledger, name: str, since: datetime) -> None:
        self._ledger = ledger
        self._at, self._ended = f"{name}/at", f"{name}/ended"
        self._since = millis(since)

    @property
    def at(self) -> datetime | None:
        """How far the last feeder came, where it came past the beginning."""
        at = self._ledger.cursor(self._at)
        return _moment(at) if at is not None and at > self._since else None

    @property
    def ended(self) -> datetime | None:
        """When all of it had been sent, where that is so."""
        at = self._ledger.cursor(self._ended)
        return _moment(at) if at else None

    def begin_anew(self) -> None:
        """Forget how far it came, and that it came to its end."""
        self.came_to(self._since)
        self._ledger.set_cursor(self._ended, 0)

    def came_to(self, at: int) -> None:
        """All that changed before `at` (epoch ms) was sent."""
        self._ledger.set_cursor(self._at, at)

    def end(self, now: datetime) -> None:
        """All of it was sent."""
        self._ledger.set_cursor(self._ended, millis(now))


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
