"""Days from sending (or from the service) to the first payment of money, by group."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator

from attrs import define, field, frozen

from reconcile.reports.values import By, Case, group_of


@frozen(kw_only=True)
class DaysRow:
    """One group. ``median`` half of the claims were paid by then, ``most`` nine in ten."""

    group: str
    claims: int  # by code: lines
    median: int | None
    most: int | None
    longest: int | None
    unknown: int  # paid claims whose day of sending is not known
    before: int = 0  # of these, paid on a day before it: the payment cannot be for that sending


@define
class _Sums:
    days: Counter[int] = field(factory=Counter)
    unknown: int = 0
    before: int = 0


class DaysToPay:
    """Counts claims by the days until they were paid; keeps a count for each number of days."""

    def __init__(self, by: By, *, from_service: bool = False) -> None:
        self._by = by
        self._from_service = from_service
        self._groups: dict[str, _Sums] = {}

    def add(self, case: Case) -> None:
        """Add a claim, where any payer paid anything; by code, each line that was paid."""
        since = case.claim.date if self._from_service else case.sent
        for group, first in self._first_paid(case):
            sums = self._groups.setdefault(group, _Sums())
            if since is None:
                sums.unknown += 1
            elif first < since:
                sums.unknown += 1
                sums.before += 1
            else:
                sums.days[(first - since).days] += 1

    def _first_paid(self, case: Case) -> Iterator[tuple[str, dt.date]]:
        """On which day a claim, or each of its lines, was paid first, by group.

        By payer that is the payer who paid first.
        """
        paid = [a for a in case.answers if a.paid > 0 and not a.is_reversal]
        if not paid:
            return
        if self._by != "code":
            first = min(paid, key=lambda one: one.date)
            later = (t.payer for t in case.turns if (t.rank, t.key) == (first.rank, first.payer))
            group = next(later, case.payer) if self._by == "payer" else group_of(case, self._by)
            yield group, first.date
            return
        for line in case.claim.lines:
            days = [a.date for a in paid for s in a.lines if s.line == line.control and s.paid > 0]
            if days:
                yield line.code, min(days)

    def keep(self, wanted: Callable[[str], bool]) -> None:
        """Keep some groups only."""
        self._groups = {name: one for name, one in self._groups.items() if wanted(name)}

    def rows(self) -> tuple[DaysRow, ...]:
        """The groups in the order of their names."""
        return tuple(_row(group, sums) for group, sums in sorted(self._groups.items()))

    def total(self) -> DaysRow:
        """All groups together."""
        every = _Sums()
        for sums in self._groups.values():
            every.days += sums.days
            every.unknown += sums.unknown
            every.before += sums.before
        return _row("", every)


def _row(group: str, sums: _Sums) -> DaysRow:
    return DaysRow(
        group=group,
        claims=sums.days.total(),
        median=by_then(sums.days, 50),
        most=by_then(sums.days, 90),
        longest=max(sums.days, default=None),
        unknown=sums.unknown,
        before=sums.before,
    )


def by_then(days: Counter[int], percent: int) -> int | None:
    """The smallest number of days within which at least so many per cent were paid."""
    needed = days.total() * percent
    so_far = 0
    for number in sorted(days):
        so_far += days[number] * 100
        if so_far >= needed:
            return number
    return None


def day_of(moment: str, zone: dt.tzinfo) -> dt.date | None:
    """The day of a UTC moment as the tables have it, in a time zone; None for an empty one."""
    return dt.datetime.fromisoformat(moment).astimezone(zone).date() if moment else None
