"""Which modifiers a line carries, in which order, and what shows that they are true.

A modifier is derived only from facts in the visit; what the visit states itself is kept.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from mapping.codes import CODES, DISCIPLINE_MODIFIERS, MODIFIER_GROUPS
from mapping.day import Day, Row, Separation
from mapping.pairs import among
from mapping.policy import ModifierGroup
from mapping.visit import Block

MOST = 4  # SV101-3 to SV101-6


def group(modifier: str) -> ModifierGroup:
    """The group a modifier is ordered by."""
    return MODIFIER_GROUPS.get(modifier, "other")


def ordered(modifiers: Iterable[str], order: Sequence[ModifierGroup]) -> tuple[str, ...]:
    """Each modifier once, by group; within a group and for groups not listed, as they came.

    >>> ordered(("GP", "KX", "59"), ("distinct", "discipline", "kx"))
    ('59', 'GP', 'KX')
    """
    rank = {name: number for number, name in enumerate(order)}
    return tuple(sorted(dict.fromkeys(modifiers), key=lambda m: rank.get(group(m), len(rank))))


def discipline_modifier(day: Day, code: str) -> str:
    """GP, GO or GN of the plan of care, where the payer wants it on this code."""
    wanted = day.policy.discipline_modifier
    if wanted == "always" or (wanted == "therapy codes" and code in CODES):
        return DISCIPLINE_MODIFIERS[day.visits[0].discipline]
    return ""


def separations(day: Day, codes: Iterable[str]) -> Iterator[Separation]:
    """The edit pairs among the codes billed, each with what shows that they were separate."""
    if day.policy.ncci == "none":
        return
    for pair in among(codes, day.date):
        first = [row for row in day.rows if row.code == pair.column1]
        second = [row for row in day.rows if row.code == pair.column2]
        yield Separation(
            pair=pair,
            evidence=evidence(first, second),
            explicit=_states_distinct(second)
            or (day.policy.distinct_column == "either" and _states_distinct(first)),
        )


def _states_distinct(rows: Sequence[Row]) -> bool:
    """Whether all lines of the code carry a distinct modifier of the visit's own."""
    return all(any(group(m) == "distinct" for m in row.explicit) for row in rows)


def evidence(first: Sequence[Row], second: Sequence[Row]) -> str:
    """What shows that two codes were separate: the second's times, or an attestation.

    Times count when both codes have them throughout and none overlap; blocks may alternate
    (CMS paper on modifier 59).
    """
    if all(row.timed_throughout for row in (*first, *second)):
        ours = [block for row in second for block in row.blocks]
        theirs = [block for row in first for block in row.blocks]
        return "" if meet(ours, theirs) else times(ours)
    if all(row.separate for row in second) or all(row.separate for row in first):
        return "separate block attested"
    return ""


def meet(ours: Iterable[Block], theirs: Iterable[Block]) -> bool:
    """Whether a minute of the one lies in the other."""
    furthest = [dt.time.min, dt.time.min]  # end of the blocks before, of each side
    sides = [(block.start, block.end, 0) for block in ours]
    sides += [(block.start, block.end, 1) for block in theirs]
    for start, end, side in sorted(sides):
        if start < furthest[1 - side]:
            return True
        furthest[side] = max(furthest[side], end)
    return False


def times(blocks: Iterable[Block]) -> str:
    """``times 09:00-09:10, 09:25-09:30``: hours and minutes, nothing of the patient."""
    spans = sorted((b.start, b.end) for b in blocks)
    shown = (f"{start.isoformat('minutes')}-{end.isoformat('minutes')}" for start, end in spans)
    return "times " + ", ".join(shown)


Derived = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def derive(day: Day, row: Row, separations: Sequence[Separation]) -> Derived:
    """The modifiers of a row's line, the reasons, and the evidence to keep with it."""
    ours = [s for s in separations if s.evidence and s.pair.column2 == row.code]
    asked = next((s for s in ours if s.pair.decides and not s.explicit), None)
    wanted = day.policy.distinct_modifier
    distinct = why = ""
    if asked is not None and wanted is not None and wanted != "none":
        distinct, why = wanted, f"{row.code} with {asked.pair.column1}, {asked.evidence}"
    discipline = discipline_modifier(day, row.code)
    found, reasons = _arranged(row.explicit, distinct, discipline, day.policy.modifier_order)
    told = tuple(r if r != distinct else f"{distinct}: {why}" for r in reasons) if why else reasons
    if ours:
        return found, told, tuple(dict.fromkeys(s.evidence for s in ours))
    return found, told, (times(row.blocks),) if row.blocks else ()


@lru_cache(maxsize=4096)  # a few combinations make up all lines of a practice
def _arranged(
    explicit: tuple[str, ...], distinct: str, discipline: str, order: tuple[ModifierGroup, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Modifiers in order, with a reason for each; the distinct one's reason is its name."""
    found = list(explicit)
    reasons = [f"{m} as stated in the visit" for m in explicit]
    present = {group(m) for m in explicit}
    if distinct and "distinct" not in present:
        found.append(distinct)
        reasons.append(distinct)
    if discipline and "discipline" not in present:
        found.append(discipline)
        plan = next(k for k, m in DISCIPLINE_MODIFIERS.items() if m == discipline)
        reasons.append(f"{discipline}: {plan} plan of care")
    return ordered(found, order), tuple(reasons)
