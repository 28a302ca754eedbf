"""Query points: a leaky bucket, as Shopify throttles Admin GraphQL by cost."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cashpath_sandbox.shopify.query import Refusal

LARGEST = 1000  # points that one query may ask for


@dataclass
class Points:
    """Starts as a large plan's bucket, so that a test is throttled only where it asks to be (`set`)."""

    most: int = 20_000
    restored: int = 1_000  # a second
    left: Decimal = Decimal(20_000)
    at: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    asked: int = 0

    def set(self, available: int, restored: int | None, now: datetime) -> None:
        """From now on, this many points are left."""
        self.left, self.at = Decimal(available), now
        self.restored = self.restored if restored is None else restored

    def take(self, cost: int, now: datetime) -> None:
        """Pay for a query. Raises Refusal where it asks for too much, or too few points are left."""
        self.asked = cost
        if cost > LARGEST:
            message = f"Query cost is {cost}, which exceeds the single query max cost limit ({LARGEST})."
            raise Refusal(message, "MAX_COST_EXCEEDED", cost=cost, maxCost=LARGEST)
        self._restore(now)
        if self.left < cost:
            raise Refusal("Throttled", "THROTTLED", documentation="rate limits")
        self.left -= cost

    def told(self, now: datetime, cost: int | None = None) -> dict[str, Any]:
        """The `extensions` of an answer. What the query asked for and did not cost is given back."""
        if cost is not None:
            self.left = min(self.left + max(self.asked - cost, 0), Decimal(self.most))
        status = {
            "maximumAvailable": self.most,
            "currentlyAvailable": int(self.left),
            "restoreRate": self.restored,
        }
        return {
            "extensions": {
                "cost": {"requestedQueryCost": self.asked, "actualQueryCost": cost, "throttleStatus": status}
            }
        }

    def _restore(self, now: datetime) -> None:
        seconds = Decimal(max((now - self.at).total_seconds(), 0)).quantize(Decimal("0.001"))
        self.left, self.at = min(self.left + seconds * self.restored, Decimal(self.most)), now
