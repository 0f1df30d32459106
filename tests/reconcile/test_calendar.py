"""Business days: the published holidays of the Federal Reserve, and counting over them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.calendar import Calendar, holidays

DAYS = st.dates(min_value=dt.date(1990, 1, 1), max_value=dt.date(2060, 12, 31))


def _days(year: int, *said: str) -> set[dt.date]:
    return {dt.datetime.strptime(f"{year} {one} +0000", "%Y %b %d %z").date() for one in said}


@pytest.mark.parametrize(
    ("year", "said"),
    [
        (
            2025,
            "Jan 1,Jan 20,Feb 17,May 26,Jun 19,Jul 4,Sep 1,Oct 13,Nov 11,Nov 27,Dec 25",
        ),
        (2026, "Jan 1,Jan 19,Feb 16,May 25,Jun 19,Sep 7,Oct 12,Nov 11,Nov 26,Dec 25"),
        (2027, "Jan 1,Jan 18,Feb 15,May 31,Jul 5,Sep 6,Oct 11,Nov 11,Nov 25"),
        (2020, "Jan 1,Jan 20,Feb 17,May 25,Sep 7,Oct 12,Nov 11,Nov 26,Dec 25"),
    ],
    ids=["2025", "2026: July 4 is a Saturday", "2027: Sunday moves", "2020: before Juneteenth"],
)
def test_holidays_are_those_the_federal_reserve_keeps(year: int, said: str) -> None:
    """The rule gives the published weekdays, and a Saturday's holiday does not move."""
    assert holidays(year) == _days(year, *said.split(","))


@given(DAYS, st.integers(min_value=0, max_value=400))
def test_between_counts_what_one_would_count_by_hand(first: dt.date, length: int) -> None:
    """The formula is the same as going day by day."""
    calendar = Calendar(closed=frozenset({first + dt.timedelta(days=3)}))
    last = first + dt.timedelta(days=length)
    days = (first + dt.timedelta(days=n) for n in range(1, length + 1))
    assert calendar.between(first, last) == sum(calendar.is_business(day) for day in days)
    assert calendar.between(last, first) == -calendar.between(first, last)


@given(DAYS, st.integers(min_value=1, max_value=60))
def test_after_is_the_inverse_of_between(day: dt.date, count: int) -> None:
    """So many business days after a day lie between."""
    calendar = Calendar()
    assert calendar.between(day, calendar.after(day, count)) == count


@pytest.mark.parametrize(
    ("start", "cut_off", "due"),
    [
        ("2026-11-20T15:00", None, "2026-11-23T15:00"),
        ("2026-11-20T15:00", "17:00", "2026-11-23T15:00"),
        ("2026-11-20T17:30", "17:00", "2026-11-24T00:00"),
        ("2026-11-21T09:00", None, "2026-11-24T00:00"),
        ("2026-11-25T09:00", None, "2026-11-27T09:00"),
    ],
    ids=["Friday", "before the cut-off", "after the cut-off", "Saturday", "before Thanksgiving"],
)
def test_hours_are_those_of_business_days(start: str, cut_off: str | None, due: str) -> None:
    """24 hours pass over no weekend, holiday or missed cut-off."""
    at = dt.datetime.fromisoformat(start)
    limit = dt.time.fromisoformat(cut_off) if cut_off else None
    assert Calendar().after_hours(at, 24, cut_off=limit) == dt.datetime.fromisoformat(due)
