"""What claims take of authorizations, beside what each visit says was used before it."""

import datetime as dt
from collections.abc import Iterable

from attrs import frozen

AuthorizationKey = tuple[str, str, str, str]  # patient key, payer key, kind, number


@frozen(kw_only=True)
class Use:
    """What a claim takes of an authorization, and what was used before it as its visit says."""

    day: tuple[dt.date, str]  # day and discipline: one visit, however many sessions it had
    visits_used: int
    units_used: int
    units: int


def added(own: Use, others: Iterable[Use]) -> tuple[int, int]:
    """Visits and units that claims took and the visit's own figures do not count yet.

    A visit's figure is of some day. Where a later visit has a higher one, the earlier visits are
    in it; where several have the same, each of them comes on top. So the order does not matter.
    """
    visits: dict[int, set[tuple[dt.date, str]]] = {}
    units: dict[int, int] = {}
    for other in others:
        if other.day != own.day:
            visits.setdefault(other.visits_used, set()).add(other.day)
        units[other.units_used] = units.get(other.units_used, 0) + other.units
    counts = {stated: len(days) for stated, days in visits.items()}
    return _beyond(own.visits_used, counts), _beyond(own.units_used, units)


def _beyond(stated: int, taken_at: dict[int, int]) -> int:
    """The most by which an earlier figure and what was taken since exceed the stated one."""
    most = used = 0
    for figure in sorted((one for one in taken_at if one <= stated), reverse=True):
        used += taken_at[figure]
        most = max(most, figure + used - stated)
    return most
