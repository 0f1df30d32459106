"""Business days: weekdays that are no federal holiday, and hours counted on them.

Holidays are computed by the rule of 5 U.S.C. 6103(a), as the Federal Reserve Banks keep them: one
that falls on a Sunday moves to Monday, one on a Saturday does not move. Payments by ACH settle on
these days. A day that a payer or clearinghouse is closed beside can be named.
"""

import datetime as dt
from functools import lru_cache
from typing import Final

from attrs import frozen

MONDAY: Final = 0
THURSDAY: Final = 3
SATURDAY: Final = 5
SUNDAY: Final = 6
_WEEK: Final = 7
_LAST: Final = -1
# (month, day) of those that keep their date; (month, weekday, which of the month) of the others.
FIXED: Final = ((1, 1, 1), (6, 19, 2021), (7, 4, 1), (11, 11, 1), (12, 25, 1))  # and since when
MOVING: Final = (
    (1, MONDAY, 3),  # Birthday of Martin Luther King, Jr.
    (2, MONDAY, 3),  # Washington's Birthday
    (5, MONDAY, _LAST),  # Memorial Day
    (9, MONDAY, 1),  # Labor Day
    (10, MONDAY, 2),  # Columbus Day
    (11, THURSDAY, 4),  # Thanksgiving Day
)


@lru_cache(maxsize=256)
def holidays(year: int) -> frozenset[dt.date]:
    """The weekdays of a year on which the Federal Reserve Banks are closed."""
    fixed = (dt.date(year, month, day) for month, day, since in FIXED if year >= since)
    moved = (day + dt.timedelta(days=day.weekday() == SUNDAY) for day in fixed)
    found = {day for day in moved if day.weekday() < SATURDAY}
    return frozenset(found | {_nth(year, *rule) for rule in MOVING})


def _nth(year: int, month: int, weekday: int, which: int) -> dt.date:
    """The n-th such weekday of a month, or its last one."""
    if which == _LAST:
        end = dt.date(year, month + 1, 1) - dt.timedelta(days=1)
        return end - dt.timedelta(days=(end.weekday() - weekday) % _WEEK)
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(weekday - first.weekday()) % _WEEK + _WEEK * (which - 1))


@frozen(kw_only=True)
class Calendar:
    """Which days count. ``closed`` are further days that do not, beside the holidays."""

    closed: frozenset[dt.date] = frozenset()

    def is_business(self, day: dt.date) -> bool:
        """Whether the day counts."""
        return day.weekday() < SATURDAY and day not in holidays(day.year) and day not in self.closed

    def on_or_after(self, day: dt.date) -> dt.date:
        """The day itself where it counts, else the next one that does."""
        while not self.is_business(day):
            day += dt.timedelta(days=1)
        return day

    def after(self, day: dt.date, count: int) -> dt.date:
        """The ``count``-th business day after a day; with 0 the day itself."""
        for _ in range(count):
            day = self.on_or_after(day + dt.timedelta(days=1))
        return day

    def before(self, day: dt.date, count: int) -> dt.date:
        """The ``count``-th business day before a day; with 0 the day itself."""
        for _ in range(count):
            day -= dt.timedelta(days=1)
            while not self.is_business(day):
                day -= dt.timedelta(days=1)
        return day

    def between(self, first: dt.date, last: dt.date) -> int:
        """How many business days come after ``first`` up to ``last``; negative where it is before.

        >>> Calendar().between(dt.date(2026, 11, 25), dt.date(2026, 11, 30))  # over Thanksgiving
        2
        """
        if last < first:
            return -self.between(last, first)
        count = _weekdays(last.toordinal()) - _weekdays(first.toordinal())
        off = set().union(*(holidays(year) for year in range(first.year, last.year + 1)))
        off |= {day for day in self.closed if day.weekday() < SATURDAY}
        return count - sum(first < day <= last for day in off)

    def after_hours(
        self, start: dt.datetime, hours: int, *, cut_off: dt.time | None = None
    ) -> dt.datetime:
        """When so many hours of business days have passed, in the local time of ``start``.

        What comes after the cut-off, or on a day that does not count, begins with the next one.
        """
        late = cut_off is not None and start.time() > cut_off
        if late or not self.is_business(start.date()):
            start = self._morning(start.date() + dt.timedelta(days=1))
        left = dt.timedelta(hours=hours)
        while True:
            midnight = dt.datetime.combine(start.date() + dt.timedelta(days=1), dt.time())
            if left <= midnight - start:
                return start + left
            left -= midnight - start
            start = self._morning(midnight.date())

    def _morning(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(self.on_or_after(day), dt.time())


def _weekdays(ordinal: int) -> int:
    """Weekdays among the first ``ordinal`` days of the calendar; 0001-01-01 was a Monday."""
    weeks, rest = divmod(ordinal, _WEEK)
    return weeks * SATURDAY + min(rest, SATURDAY)
