"""Minutes of timed codes to units, with the reasoning kept.

``cms`` is the 8-minute rule: the minutes of all 15-minute codes are pooled, the total gives the
units, and spare units go to the largest remainders (CMS Pub. 100-04 ch. 5 sec. 20.2). ``midpoint``
counts each code by itself, 8 minutes to a unit (CPT time rule). ``full15`` wants 15 full minutes.
``hybrid`` is the smaller of cms and midpoint: a safe reading of payers that ask for both.

Untimed codes are one unit a day and never enter the total. Codes with a first unit and an add-on
(97129 and 97130) are counted by more than half of their own base, together. Where such a code, or
a choice of the provider, is not settled by the rule's own text, ``notes`` say so.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, get_args

from mapping.codes import CODES, TherapyCode
from mapping.policy import TieBreak, UnitRule
from mapping.unit_count import (
    HALF_UNIT_MINUTES,
    UNIT_MINUTES,
    Spent,
    Tally,
    UnitResult,
    each_code,
    first_and_further,
    pool,
    pooled,
    shown,
    split_pooled_pair,
)

__all__ = [
    "HALF_UNIT_MINUTES",
    "RULES",
    "UNIT_MINUTES",
    "UnitResult",
    "assign",
    "assign_rows",
    "compare",
    "pooled",
    "shown",
]

RULES: Final[tuple[UnitRule, ...]] = get_args(UnitRule)
COGNITIVE: Final = "97129"  # its minutes and its add-on's may join the pool, where a payer says so


def assign(
    minutes: Iterable[tuple[str, int]],
    rule: UnitRule,
    *,
    tie_break: TieBreak = "first listed",
    therapist_minutes: Mapping[str, int] | None = None,
    pool_cognitive: bool | None = None,
) -> UnitResult:
    """Units for each code from its minutes; rows of one code are summed.

    ``therapist_minutes`` by code decide ties under ``therapist first``; without them all minutes
    are the therapist's. ``pool_cognitive``: 97129 and 97130 join the pool of the cms rule;
    ``None`` where nobody says, which is noted.

    Raises:
        ValueError: for negative minutes.
    """
    summed: dict[str, int] = {}
    for code, spent in minutes:
        if spent < 0:
            raise ValueError(f"negative minutes for {code}")
        summed[code] = summed.get(code, 0) + spent
    own = therapist_minutes or summed
    listed = tuple([(c, m, own.get(c, 0)) for c, m in summed.items()])
    return _assign(listed, rule, tie_break, pool_cognitive)


@lru_cache(maxsize=65536)  # a practice's minutes repeat day after day
def assign_rows(
    rows: tuple[Spent, ...], rule: UnitRule, tie_break: TieBreak, pool_cognitive: bool | None
) -> UnitResult:
    """``assign`` for rows of code, minutes and the therapist's of them; none is negative."""
    summed: dict[str, tuple[int, int]] = {}
    for code, minutes, own in rows:
        before = summed.get(code, (0, 0))
        summed[code] = (before[0] + minutes, before[1] + own)
    listed = tuple((code, minutes, own) for code, (minutes, own) in summed.items())
    return _assign(listed, rule, tie_break, pool_cognitive)


def compare(
    minutes: Iterable[tuple[str, int]],
    *,
    tie_break: TieBreak = "first listed",
    therapist_minutes: Mapping[str, int] | None = None,
    pool_cognitive: bool | None = None,
) -> Mapping[UnitRule, UnitResult]:
    """What each rule gives, for showing side by side."""
    listed = tuple(minutes)
    return MappingProxyType(
        {
            rule: assign(
                listed,
                rule,
                tie_break=tie_break,
                therapist_minutes=therapist_minutes,
                pool_cognitive=pool_cognitive,
            )
            for rule in RULES
        }
    )


@lru_cache(maxsize=65536)  # a practice's minutes repeat day after day
def _assign(
    spent: tuple[Spent, ...], rule: UnitRule, tie_break: TieBreak, pool_cognitive: bool | None
) -> UnitResult:
    if rule == "hybrid":
        return _smaller(spent, tie_break, pool_cognitive)
    tally = Tally()
    timed: list[Spent] = []
    pairs: dict[str, list[Spent]] = {}
    for code, minutes, own in spent:
        known = CODES.get(code)
        if known is not None and known.shape == "timed":
            tally.units[code] = 0
            timed.append((code, minutes, own))
        elif known is not None and known.shape == "untimed":
            tally.units[code] = 1
            tally.because.append(f"{code} is untimed: 1 unit whatever the minutes")
        elif known is not None and known.shape in {"first", "further"}:
            tally.units[code] = 0
            first = code if known.shape == "first" else known.pair
            pairs.setdefault(first, []).append((code, minutes, own))
        else:
            tally.leave(code, _why_not(known))
    together = rule == "cms" and bool(pool_cognitive) and COGNITIVE in pairs
    if together:
        _, minutes, own = map(sum, zip(*[(0, m, o) for _, m, o in pairs[COGNITIVE]], strict=True))
        timed.append((COGNITIVE, minutes, own))
        tally.because.append("97129 and 97130 join the pool: the payer's policy says so")
    if timed and rule == "cms":
        pool(tally, timed, tie_break)
    else:
        each_code(tally, timed, midpoint=rule == "midpoint")
    for first, rows in pairs.items():
        if together and first == COGNITIVE:
            split_pooled_pair(tally, first, rows)
        else:
            first_and_further(tally, first, rows)
            _note_open(tally, first, rule, pool_cognitive)
    return tally.result(rule, sum(minutes for _, minutes, _ in timed))


def _note_open(tally: Tally, first: str, rule: UnitRule, pool_cognitive: bool | None) -> None:
    """That the rule's own text does not speak of a pair; the midpoint rule does."""
    if first in tally.unassigned or rule == "midpoint":
        return
    if first == COGNITIVE:
        if pool_cognitive is None:
            tally.notes.append(
                "97129 and 97130 are counted by themselves; whether they join the pool is the "
                "payer's to say (pool_cognitive)"
            )
        return
    tally.notes.append(
        f"{first}: counted by more than half of its own time; the {rule} rule's text is silent"
    )


def _smaller(
    spent: tuple[Spent, ...], tie_break: TieBreak, pool_cognitive: bool | None
) -> UnitResult:
    """The smaller of cms and midpoint.

    Both give their further units to the largest remainders first, so that the one with fewer
    units never gives a code more than the other.
    """
    cms = _assign(spent, "cms", tie_break, pool_cognitive)
    midpoint = _assign(spent, "midpoint", tie_break, pool_cognitive)
    totals = [sum(result.units.values()) for result in (cms, midpoint)]
    smaller = cms if totals[0] <= totals[1] else midpoint
    words = (
        f"hybrid rule, read safely as the smaller of two: cms gives {shown(totals[0])}, "
        f"midpoint {shown(totals[1])}; counted by {smaller.rule}"
    )
    return UnitResult(
        rule="hybrid",
        total_minutes=cms.total_minutes,
        units=smaller.units,
        because=(words, *smaller.because),
        unassigned=smaller.unassigned,
        notes=cms.notes,
        full=smaller.full,
        left=smaller.left,
        spare=smaller.spare,
    )


def _why_not(known: TherapyCode | None) -> str:
    if known is None:
        return "is not in the therapy table; state its units"
    if known.shape == "other":
        return f"({known.label}) is not counted by the 15-minute rules; state its units"
    return "is counted, not timed; state its units"
