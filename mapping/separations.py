"""Edit pairs among the codes of a day, and what shows that they were separate services."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from mapping.codes import group
from mapping.day import Day, Row, Separation
from mapping.visit import Block


def separations(day: Day, codes: Iterable[str]) -> Iterator[Separation]:
    """The edit pairs among the codes billed, each with what shows that they were separate."""
    if day.policy.ncci == "none":
        return
    for pair in day.reference.pairs(codes, day.date, day.policy.ncci or "") or ():
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
