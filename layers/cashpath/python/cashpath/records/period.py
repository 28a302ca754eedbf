"""Calendar arithmetic for what recurs: when the period that begins at a moment ends."""

import calendar
from datetime import datetime, timedelta

from cashpath.records.catalog import Recurring


def period_end(start: datetime, recurring: Recurring) -> datetime:
    """The end of the period of `recurring` that begins at `start`, at the same time of day.

    Months and years are calendar ones: where the month has no such day its last day counts, so a month from
    31 January ends on 28 or 29 February.
    """
    match recurring.interval:
        case "day":
            return start + timedelta(days=recurring.count)
        case "week":
            return start + timedelta(weeks=recurring.count)
        case "month":
            return _months_on(start, recurring.count)
        case "year":
            return _months_on(start, 12 * recurring.count)


def _months_on(start: datetime, months: int) -> datetime:
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))
