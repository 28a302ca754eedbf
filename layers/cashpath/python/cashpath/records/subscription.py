"""What is sold again and again, and charged by subscription billing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cashpath.records.catalog import Recurring
from cashpath.records.keys import RecordKey
from cashpath.records.money import Money
from cashpath.records.record import Record

SubscriptionState = Literal["active", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class SubscriptionItem:
    """One recurring line. `line` is the order line's key, `price` one unit's for one interval."""

    line: str
    variant: RecordKey
    quantity: int
    price: Money
    recurring: Recurring


@dataclass(frozen=True, kw_only=True)
class Subscription(Record):
    """A standing agreement to be charged. `charged_until` is the end of the period that checkout already charged:
    billing starts there, without proration. All items share one currency and one interval."""

    customer: RecordKey
    items: tuple[SubscriptionItem, ...]
    currency: str
    charged_until: datetime
    state: SubscriptionState = "active"
    order: RecordKey | None = None

    def references(self) -> tuple[RecordKey, ...]:
        """The customer who pays and the variants that recur."""
        return tuple(dict.fromkeys((self.customer, *(item.variant for item in self.items))))
