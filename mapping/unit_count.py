"""How the rules count: one function for each way, all writing into a ``Tally``.

See ``units`` for the rules themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from attrs import Factory, define, frozen

from mapping.codes import CODES, half
from mapping.policy import TieBreak, UnitRule

UNIT_MINUTES: Final = 15
HALF_UNIT_MINUTES: Final = 8
NOTHING_GIVEN: Final = "has neither minutes nor units"
Spent = tuple[str, int, int]  # code, minutes, the therapist's of them
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@frozen(kw_only=True)
class UnitResult:
    """Units by code in the order given, zero where a code gets none, and why.

    ``unassigned`` holds codes whose units minutes alone do not tell, with the reason. ``full`` are
    whole units of a code's own minutes, ``left`` the minutes beyond them, ``spare`` the codes that
    got a unit for those, with the reason. ``notes`` is what a biller should look at.
    """

    rule: UnitRule
    total_minutes: int  # of timed codes
    units: Mapping[str, int]
    because: tuple[str, ...]
    unassigned: Mapping[str, str]
    notes: tuple[str, ...] = ()
    full: Mapping[str, int] = _NOTHING
    left: Mapping[str, int] = _NOTHING
    spare: Mapping[str, str] = _NOTHING


@define
class Tally:
    """A result under way."""

    units: dict[str, int] = Factory(dict)
    because: list[str] = Factory(list)
    unassigned: dict[str, str] = Factory(dict)
    notes: list[str] = Factory(list)
    full: dict[str, int] = Factory(dict)
    left: dict[str, int] = Factory(dict)
    spare: dict[str, str] = Factory(dict)

    def leave(self, code: str, why: str) -> None:
        """A code without units, and why."""
        self.units.pop(code, None)
        self.unassigned[code] = why
        self.because.append(f"{code}: {why}")

    def result(self, rule: UnitRule, total_minutes: int) -> UnitResult:
        """The finished value."""
        return UnitResult(
            rule=rule,
            total_minutes=total_minutes,
            units=MappingProxyType(self.units),
            because=tuple(self.because),
            unassigned=MappingProxyType(self.unassigned),
            notes=tuple(self.notes),
            full=MappingProxyType(self.full),
            left=MappingProxyType(self.left),
            spare=MappingProxyType(self.spare),
        )


def pooled(total_minutes: int) -> int:
    """Units that the total of timed minutes gives by the 8-minute rule.

    >>> [pooled(m) for m in (7, 8, 22, 23, 37, 38, 52, 53)]
    [0, 1, 1, 2, 2, 3, 3, 4]
    """
    if total_minutes < HALF_UNIT_MINUTES:
        return 0
    return (total_minutes + UNIT_MINUTES - HALF_UNIT_MINUTES) // UNIT_MINUTES


def each_code(tally: Tally, timed: Sequence[Spent], *, midpoint: bool) -> None:
    """Midpoint and full15: each code by itself."""
    for code, minutes, _ in timed:
        full, rest = tally.full[code], tally.left[code] = divmod(minutes, UNIT_MINUTES)
        more = midpoint and rest >= HALF_UNIT_MINUTES
        tally.units[code] = full + more
        word = f"{code}: {minutes} minutes are {shown(full)} of 15"
        if midpoint:
            reach = "one more unit" if more else "less than 8, no further unit"
            word += f" and {rest} left: {reach}"
        if more:
            tally.spare[code] = f"{rest} minutes are more than half of 15"
        tally.because.append(word)


def pool(tally: Tally, timed: Sequence[Spent], tie_break: TieBreak) -> None:
    """The 8-minute rule: the total gives the units, remainders say who gets the spare ones."""
    total = sum(minutes for _, minutes, _ in timed)
    cap = pooled(total)
    tally.because.append(f"{total} timed minutes in all give {shown(cap)} (8-minute rule)")
    for code, minutes, _ in timed:
        full, rest = tally.full[code], tally.left[code] = divmod(minutes, UNIT_MINUTES)
        tally.units[code] = full
        tally.because.append(f"{code}: {minutes} minutes are {shown(full)} of 15 and {rest} left")
    spare = cap - sum(tally.full[code] for code, _, _ in timed)
    ranked = sorted(timed, key=_rank(tie_break))  # stable: first listed wins what is still equal
    for code, _, _ in ranked[:spare]:
        rest = tally.left[code]
        equal = [c for c, _, _ in ranked[spare:] if tally.left[c] == rest]
        tie = (
            f", equal with {' and '.join(equal)}: the provider may choose, here {tie_break}"
            if equal
            else ""
        )
        tally.units[code] += 1
        tally.spare[code] = f"{rest} minutes left{tie}"
        tally.because.append(f"a spare unit goes to {code} with {rest} minutes left{tie}")


def _rank(tie_break: TieBreak) -> Callable[[Spent], tuple[int, int]]:
    """Largest remainder first; equal ones as the tie-break says, else in the order listed."""
    if tie_break == "more minutes":
        return lambda row: (-(row[1] % UNIT_MINUTES), -row[1])
    if tie_break == "therapist first":
        return lambda row: (-(row[1] % UNIT_MINUTES), -row[2])
    return lambda row: (-(row[1] % UNIT_MINUTES), 0)


def first_and_further(tally: Tally, first: str, rows: Sequence[Spent]) -> None:
    """A first-unit code and its add-on by the minutes of both, each by more than half of its base.

    The first code is one unit at most; what is beyond its base is the add-on's (CPT: first 15
    minutes, each additional 15).
    """
    listed = [code for code, _, _ in rows]
    total = sum(minutes for _, minutes, _ in rows)
    if not total:
        for code in listed:
            tally.leave(code, NOTHING_GIVEN)
        return
    known, further = CODES[first], CODES[CODES[first].pair]
    base, more_base = known.base_minutes or UNIT_MINUTES, further.base_minutes or UNIT_MINUTES
    tally.because.append(f"{' and '.join(listed)}: {total} minutes")
    rest = total
    if first in listed:
        reached = total >= half(base)
        tally.units[first], rest = int(reached), max(total - base, 0)
        word = "1 unit" if reached else f"no unit, less than {half(base)}"
        tally.because.append(f"{first}: the first {base} minutes: {word}")
    more, left = divmod(rest, more_base)
    more += left >= half(more_base)
    _further(tally, further.code, listed, more, f"{rest} minutes beyond, {more_base} to a unit")


def split_pooled_pair(tally: Tally, first: str, rows: Sequence[Spent]) -> None:
    """The pooled units of a pair whose minutes joined the pool: one first unit, then add-ons."""
    listed = [code for code, _, _ in rows]
    if not any(minutes for _, minutes, _ in rows):
        tally.units.pop(first, None)
        for code in listed:
            tally.leave(code, NOTHING_GIVEN)
        return
    number = tally.units.get(first, 0)
    kept = min(number, 1) if first in listed else 0
    tally.units[first] = kept
    if first not in listed:
        del tally.units[first]
    _further(tally, CODES[first].pair, listed, number - kept, "units beyond the first")


def _further(tally: Tally, code: str, listed: Sequence[str], number: int, why: str) -> None:
    if code in listed:
        tally.units[code] = number
        tally.because.append(f"{code}: {why}: {shown(number)}")
    elif number:
        words = f"{shown(number)} of {code} could follow, which is not listed"
        tally.because.append(words)
        tally.notes.append(words)


def shown(number: int) -> str:
    """``1 unit``, ``2 units``."""
    return f"{number} unit" if number == 1 else f"{number} units"
