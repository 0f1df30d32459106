"""Minutes of timed codes to units, with the reasoning kept.

``cms`` is the 8-minute rule: the minutes of all 15-minute codes are pooled, the total gives the
units, and spare units go to the largest remainders (CMS Pub. 100-04 ch. 5 sec. 20.2). ``midpoint``
counts each code by itself, 8 minutes to a unit (CPT time rule). ``full15`` wants 15 full minutes.
Untimed codes are one unit a day and never enter the total.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, get_args

from attrs import frozen

from mapping.codes import CODES
from mapping.policy import TieBreak, UnitRule

UNIT_MINUTES: Final = 15
HALF_UNIT_MINUTES: Final = 8
RULES: Final[tuple[UnitRule, ...]] = get_args(UnitRule)


@frozen(kw_only=True)
class UnitResult:
    """Units by code in the order given, zero where a code gets none, and why.

    ``unassigned`` holds codes whose units minutes alone do not tell, with the reason.
    """

    rule: UnitRule
    total_minutes: int  # of timed codes
    units: Mapping[str, int]
    because: tuple[str, ...]
    unassigned: Mapping[str, str]


def pooled(total_minutes: int) -> int:
    """Units that the total of timed minutes gives by the 8-minute rule.

    >>> [pooled(m) for m in (7, 8, 22, 23, 37, 38, 52, 53)]
    [0, 1, 1, 2, 2, 3, 3, 4]
    """
    if total_minutes < HALF_UNIT_MINUTES:
        return 0
    return (total_minutes + UNIT_MINUTES - HALF_UNIT_MINUTES) // UNIT_MINUTES


def assign(
    minutes: Iterable[tuple[str, int]],
    rule: UnitRule,
    *,
    tie_break: TieBreak = "first listed",
    therapist_minutes: Mapping[str, int] | None = None,
) -> UnitResult:
    """Units for each code from its minutes; rows of one code are summed.

    ``therapist_minutes`` by code decide ties under ``therapist first``; without them all minutes
    are the therapist's.

    Raises:
        ValueError: for negative minutes.
    """
    summed: dict[str, int] = {}
    for code, spent in minutes:
        if spent < 0:
            raise ValueError(f"negative minutes for {code}")
        summed[code] = summed.get(code, 0) + spent
    own = therapist_minutes or summed
    return _assign(tuple((c, m, own.get(c, 0)) for c, m in summed.items()), rule, tie_break)


def compare(minutes: Iterable[tuple[str, int]]) -> Mapping[UnitRule, UnitResult]:
    """What each rule gives, for showing side by side."""
    listed = tuple(minutes)
    return MappingProxyType({rule: assign(listed, rule) for rule in RULES})


@lru_cache(maxsize=65536)  # a practice's minutes repeat day after day
def _assign(
    spent: tuple[tuple[str, int, int], ...], rule: UnitRule, tie_break: TieBreak
) -> UnitResult:
    units: dict[str, int] = {}
    because: list[str] = []
    unassigned: dict[str, str] = {}
    timed: list[tuple[str, int, int]] = []
    for code, minutes, own in spent:
        known = CODES.get(code)
        if known is not None and known.shape == "timed":
            units[code] = 0
            timed.append((code, minutes, own))
        elif known is not None and known.shape == "untimed":
            units[code] = 1
            because.append(f"{code} is untimed: 1 unit whatever the minutes")
        else:
            unassigned[code] = _why_not(code)
            because.append(f"{code}: {unassigned[code]}")
    total = sum(minutes for _, minutes, _ in timed)
    if timed and rule == "cms":
        _pool(timed, total, tie_break, units, because)
    else:
        _each(timed, rule, units, because)
    return UnitResult(
        rule=rule,
        total_minutes=total,
        units=MappingProxyType(units),
        because=tuple(because),
        unassigned=MappingProxyType(unassigned),
    )


def _why_not(code: str) -> str:
    known = CODES.get(code)
    if known is None:
        return "is not in the therapy table; state its units"
    if known.shape == "other":
        return f"({known.label}) is not counted by the 15-minute rules; state its units"
    return "is counted, not timed; state its units"


def _each(
    timed: Sequence[tuple[str, int, int]], rule: UnitRule, units: dict[str, int], because: list[str]
) -> None:
    """Midpoint and full15: each code by itself."""
    for code, minutes, _ in timed:
        full, rest = divmod(minutes, UNIT_MINUTES)
        more = rule == "midpoint" and rest >= HALF_UNIT_MINUTES
        units[code] = full + more
        word = f"{code}: {minutes} minutes are {_count(full)} of 15"
        if rule == "midpoint":
            reach = "one more unit" if more else "less than 8, no further unit"
            word += f" and {rest} left: {reach}"
        because.append(word)


def _pool(
    timed: Sequence[tuple[str, int, int]],
    total: int,
    tie_break: TieBreak,
    units: dict[str, int],
    because: list[str],
) -> None:
    """The 8-minute rule: the total gives the units, remainders say who gets the spare ones."""
    cap = pooled(total)
    because.append(f"{total} timed minutes in all give {_count(cap)} (8-minute rule)")
    for code, minutes, _ in timed:
        units[code] = minutes // UNIT_MINUTES
        rest = minutes % UNIT_MINUTES
        because.append(f"{code}: {minutes} minutes are {_count(units[code])} of 15 and {rest} left")
    spare = cap - sum(units[code] for code, _, _ in timed)
    ranked = sorted(timed, key=_rank(tie_break))  # stable: first listed wins what is still equal
    for code, minutes, _ in ranked[:spare]:
        units[code] += 1
        rest = minutes % UNIT_MINUTES
        tied = [c for c, m, _ in timed if m % UNIT_MINUTES == rest and c != code]
        tie = f", equal with {' and '.join(tied)}: {tie_break}" if tied else ""
        because.append(f"a spare unit goes to {code} with {rest} minutes left{tie}")


def _rank(tie_break: TieBreak) -> Callable[[tuple[str, int, int]], tuple[int, int]]:
    """Largest remainder first; equal ones as the tie-break says, else in the order listed."""
    if tie_break == "more minutes":
        return lambda row: (-(row[1] % UNIT_MINUTES), -row[1])
    if tie_break == "therapist first":
        return lambda row: (-(row[1] % UNIT_MINUTES), -row[2])
    return lambda row: (-(row[1] % UNIT_MINUTES), 0)


def _count(units: int) -> str:
    return f"{units} unit" if units == 1 else f"{units} units"
