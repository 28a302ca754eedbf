"""Periods follow the calendar: who bought on the last of a month is charged on the last of the next."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashpath.records import Recurring
from cashpath.records.catalog import Interval
from cashpath.records.period import period_end

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("start", "interval", "count", "end"),
    [
        ((2026, 1, 31), "month", 1, (2026, 2, 28)),
        ((2028, 1, 31), "month", 1, (2028, 2, 29)),
        ((2026, 1, 30), "month", 1, (2026, 2, 28)),
        ((2026, 3, 31), "month", 1, (2026, 4, 30)),
        ((2026, 12, 31), "month", 1, (2027, 1, 31)),
        ((2026, 11, 30), "month", 3, (2027, 2, 28)),
        ((2026, 5, 15), "month", 12, (2027, 5, 15)),
        ((2028, 2, 29), "year", 1, (2029, 2, 28)),
        ((2028, 2, 29), "year", 4, (2032, 2, 29)),
        ((2026, 2, 27), "day", 3, (2026, 3, 2)),
        ((2026, 12, 28), "week", 2, (2027, 1, 11)),
    ],
)
def test_a_period_ends_on_the_same_day_or_the_months_last(
    start: tuple[int, int, int], interval: Interval, count: int, end: tuple[int, int, int]
) -> None:
    recurring = Recurring(interval=interval, count=count)
    assert period_end(datetime(*start, 10, 30, tzinfo=UTC), recurring) == datetime(*end, 10, 30, tzinfo=UTC)


def test_a_period_ends_at_the_time_of_day_and_in_the_zone_in_which_it_began() -> None:
    tokyo = timezone(timedelta(hours=9))
    end = period_end(datetime(2026, 1, 31, 23, 59, 59, 5, tzinfo=tokyo), Recurring(interval="month"))
    assert (end, end.tzinfo) == (datetime(2026, 2, 28, 23, 59, 59, 5, tzinfo=tokyo), tokyo)


@given(MOMENTS, st.integers(1, 36))
def test_so_many_months_later_is_that_month_and_never_a_later_day(start: datetime, months: int) -> None:
    end = period_end(start, Recurring(interval="month", count=months))
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day <= start.day
    assert end.time() == start.time()


@given(MOMENTS, st.integers(1, 3))
def test_a_year_is_twelve_months(start: datetime, years: int) -> None:
    by_year = period_end(start, Recurring(interval="year", count=years))
    assert by_year == period_end(start, Recurring(interval="month", count=12 * years))
