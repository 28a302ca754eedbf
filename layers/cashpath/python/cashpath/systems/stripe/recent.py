"""The customers that were created lately: listed once, and from then on only what came since.

Stripe's list reads its own writes, and its `created` filter (https://docs.stripe.com/api/customers/list) takes no
search that lags. During a backfill hundreds of customers are looked up at once, by what we left on them or by an
email address that the search may not know yet: one list answers for them all.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cashpath.systems.stripe.api import StripeApi
from cashpath.systems.stripe.records import ORIGIN

OVERLAP = timedelta(seconds=10)  # what is listed again: a customer may show up a little after its `created`
HEAD_START = timedelta(minutes=5)  # listed beyond what is asked, so that the next one who asks is served too
KEPT = timedelta(minutes=10)  # then all is forgotten, and listed anew


@dataclass(frozen=True)
class Seen:
    """What is remembered of one customer. `email` is as it was typed."""

    id: str
    created: int
    origin: str
    email: str


@dataclass
class Recent:
    """The customers created since a moment, as one connector has seen them."""

    api: StripeApi
    now: Callable[[], datetime]
    _seen: dict[str, Seen] = field(default_factory=dict)
    _since: int = 0
    _newest: int = 0
    _forget: datetime | None = None

    def since(self, moment: datetime) -> Collection[Seen]:
        """Those created at `moment` or later, and perhaps some from before."""
        now, from_ = self.now(), int(moment.timestamp())
        if self._forget is None or now >= self._forget or from_ < self._since:
            self._seen, self._forget = {}, now + KEPT
            self._since = self._newest = from_ - int(HEAD_START.total_seconds())
            start = self._since
        else:
            start = max(self._since, self._newest - int(OVERLAP.total_seconds()))
        for one in self.api.list("/v1/customers", **{"created[gte]": start}):
            email, origin = one["email"] or "", one["metadata"].get(ORIGIN, "")
            self._seen[one["id"]] = Seen(one["id"], one["created"], origin, email)
            self._newest = max(self._newest, one["created"])
        return self._seen.values()
