"""An exception as it is kept: a notice that could not be finished, why, who can fix it, and its replay. Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from cashpath.ledger.seen import ReadMark
from cashpath.ledger.values import Values
from cashpath.notice import Notice, Wish

EVERY_FLOW = "all"  # the flow of an exception that is a system's own: refused credentials


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why a notice could not be finished: `code` for counting, `cause` in plain words, `remedy` what to do, `owner`
    the role whose people can do it ('' where none is named)."""

    code: str
    cause: str
    remedy: str
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What an exception is about: the flow, the system, and the record as that system names it (`order/123`; '' for
    the system itself). `wish`: what a person asked for is an exception of its own, which no other of the record
    hides."""

    flow: str
    system: str
    record: str = ""
    wish: Wish = "agree"

    @property
    def id(self) -> str:
        """The exception's name: `create_orders:shop/order/123`, `sync_customers:shop/customer/7:erase`."""
        asked = "" if self.wish == "agree" else f":{self.wish}"
        return f"{self.flow}:{self.system}/{self.record}{asked}" if self.record else f"{self.flow}:{self.system}"


@dataclass(frozen=True, kw_only=True)
class Filed:
    """One exception. `notice` is the newest that failed, for the replay; None where no notice could be read: then
    `evidence` holds what is known of the message. Times are epoch ms; `since` is when the last pass that failed had
    taken its lease, `version` the newest that the notices name."""

    about: Subject
    cause: Cause
    notice: Notice | None = None
    brand: str = ""
    count: int = 0
    first_seen: int = 0
    last_seen: int = 0
    since: int = 0
    version: int | None = None
    closed: int | None = None
    message: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    edition: int = 0

    @property
    def id(self) -> str:
        """The exception's name."""
        return self.about.id

    @property
    def attempt(self) -> int:
        """How many redrives the notice has behind it."""
        return self.notice.attempt if self.notice else 0

    def ended_by(self, mark: ReadMark) -> bool:
        """Whether it is over, by what a finished pass has left on its record."""
        return self.closed is None and mark.ends(self.since, self.version)

    def replay(self, now: int) -> Notice | None:
        """The notice as a redrive sends it: a new attempt, received now, with no waiting behind it."""
        if self.notice is None:
            return None
        return replace(self.notice, trigger="redrive", attempt=self.notice.attempt + 1, received=now, waited=None)

    def item(self) -> dict[str, Any]:
        """The exception as its table keeps it."""
        return {
            "flow": self.about.flow,
            "system": self.about.system,
            "record": self.about.record,
            "code": self.cause.code,
            "cause": self.cause.cause,
            "remedy": self.cause.remedy,
            "owner": self.cause.owner,
            "notice": self.notice.to_json() if self.notice else "",
            "brand": self.brand,
            "count": self.count,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
            "received": self.since,  # what 0.1.0 reads
            "since": self.since,
            "version": self.version,
            "closed": self.closed,
            "message": self.message,
            "evidence": self.evidence,
            "edition": self.edition,
        }

    @classmethod
    def of(cls, item: Values) -> Self:
        """The exception behind an item."""
        notice = Notice.from_json(item["notice"]) if item["notice"] else None
        wish = notice.wish if notice and item["record"] else "agree"
        return cls(
            about=Subject(flow=item["flow"], system=item["system"], record=item["record"], wish=wish),
            cause=Cause(code=item["code"], cause=item["cause"], remedy=item["remedy"], owner=item["owner"]),
            notice=notice,
            **{name: item[name] for name in _PLAIN},
            since=item.get("since", item.get("received", 0)),  # 0.1.0 kept when its notice was received
            version=item.get("version"),
        )


_PLAIN = ("brand", "count", "first_seen", "last_seen", "closed", "message", "evidence", "edition")
