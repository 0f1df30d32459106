"""Open amounts by their age, and those of claims that a person closed beside them.

Together they are what the claims' states say (``claim_state.open``).
"""

import datetime as dt
from typing import Final

from attrs import define, field, frozen

AGES: Final = ("0-30", "31-60", "61-90", "91-120", "120+")
_LAST: Final = (30, 60, 90, 120)  # days of each age but the last
NO_DAY: Final = "no day"  # from sending, of claims another system sent


@frozen(kw_only=True)
class AgingRow:
    """One group: how many claims are open, and their cents by age, in the order of ``AGES``."""

    group: str
    claims: int
    cents: tuple[int, ...]
    unknown: int = 0  # cents of claims whose day is not known
    closed: int = 0  # cents of claims that a person closed: open in the books, not in ``total``
    oldest: dt.date | None = None

    @property
    def total(self) -> int:
        """All open cents of the group that somebody waits for."""
        return sum(self.cents) + self.unknown


def age_of(days: int) -> int:
    """The place in ``AGES`` of so many days; a day to come counts as today."""
    return next((place for place, last in enumerate(_LAST) if days <= last), len(_LAST))


@define
class _Sums:
    claims: int = 0
    cents: list[int] = field(factory=lambda: [0] * len(AGES))
    unknown: int = 0
    closed: int = 0
    oldest: dt.date | None = None


class Aging:
    """Adds open amounts up by group and age."""

    def __init__(self, on: dt.date) -> None:
        self._on = on
        self._groups: dict[str, _Sums] = {}

    def add(self, group: str, since: dt.date | None, cents: int, claims: int = 1) -> None:
        """Add open cents of some claims since a day; None where that day is not known."""
        sums = self._groups.setdefault(group, _Sums())
        sums.claims += claims
        if since is None:
            sums.unknown += cents
            return
        sums.cents[age_of((self._on - since).days)] += cents
        sums.oldest = since if sums.oldest is None else min(sums.oldest, since)

    def add_closed(self, group: str, cents: int) -> None:
        """Add open cents of claims that a person closed: nobody is asked for them."""
        self._groups.setdefault(group, _Sums()).closed += cents

    def rows(self) -> tuple[AgingRow, ...]:
        """The groups in the order of their names."""
        return tuple(_row(group, sums) for group, sums in sorted(self._groups.items()))

    def total(self) -> AgingRow:
        """All groups together."""
        every = self._groups.values()
        return AgingRow(
            group="",
            claims=sum(one.claims for one in every),
            cents=tuple(sum(one.cents[place] for one in every) for place in range(len(AGES))),
            unknown=sum(one.unknown for one in every),
            closed=sum(one.closed for one in every),
            oldest=min((one.oldest for one in every if one.oldest), default=None),
        )


def _row(group: str, sums: _Sums) -> AgingRow:
    return AgingRow(
        group=group,
        claims=sums.claims,
        cents=tuple(sums.cents),
        unknown=sums.unknown,
        closed=sums.closed,
        oldest=sums.oldest,
    )
