"""The check of units: they follow from minutes, or are stated; what gives no unit is said."""

from collections import Counter
from collections.abc import Iterable, Iterator

from edi.problem import Problem
from mapping.codes import is_by_minutes, is_timed
from mapping.day import Day, Row
from mapping.edit_found import hold, warn
from mapping.units import UNIT_MINUTES, UnitResult


def check_units(day: Day) -> Iterator[Problem]:
    """Units follow from minutes, or are stated; what gives no unit is said."""
    result = day.result
    if result is None:
        return
    for row in day.rows:
        if row.units is None and row.code in result.unassigned:
            yield hold(day, "units", f"{row.code} {result.unassigned[row.code]}")
        elif row.units is None and is_timed(row.code) and not row.minutes:
            yield hold(day, "units", f"{row.code} has neither minutes nor units")
    yield from _check_stated(day, result)
    billed = {line.row.code for line in day.lines}
    for code in dict.fromkeys(row.code for row in day.rows if row.minutes):
        if code not in billed and is_by_minutes(code):
            yield warn(day, "units", f"{code}: its minutes give no unit; it is not billed")
    if not day.lines and not result.unassigned and any(row.minutes for row in day.rows):
        spent = ", ".join(f"{code} {minutes}" for code, minutes in _minutes(day.rows).items())
        message = f"no unit to bill: rule {result.rule} gives none for the minutes {spent}"
        yield hold(day, "units", message)
    stated = {row.code for row in day.rows if row.units is not None}
    for note in result.notes:
        if not any(code in note for code in stated):
            yield warn(day, "units", note)


def _minutes(rows: Iterable[Row]) -> Counter[str]:
    spent: Counter[str] = Counter()
    for row in rows:
        spent[row.code] += row.minutes
    return spent


def _check_stated(day: Day, result: UnitResult) -> Iterator[Problem]:
    """Units the visit states against those of the rule: more than the minutes give are held."""
    states = dict.fromkeys(row.code for row in day.rows if row.units is not None)
    if not states:
        return
    billed: Counter[str] = Counter()
    for line in day.lines:
        billed[line.row.code] += line.units
    spent = _minutes(day.rows)
    total = sum(number for code, number in billed.items() if is_timed(code))
    most = sum(number for code, number in result.units.items() if is_timed(code))
    for code in states:
        ruled, number = result.units.get(code), billed[code]
        if ruled is None or ruled == number:
            continue
        if is_by_minutes(code) and not spent[code]:
            yield warn(day, "units", f"{code}: you state {number} units and no minutes")
            continue
        message = f"{code}: you state {number} units, rule {result.rule} gives {ruled}"
        # Which of two equal remainders gets the spare unit is the provider's choice.
        tied = result.rule in {"cms", "hybrid"} and total <= most and _is_tied(code, spent)
        if is_by_minutes(code) and number > ruled and not tied:
            yield hold(day, "units-stated", f"{message} for {spent[code]} minutes")
        else:
            yield warn(day, "units", message)


def _is_tied(code: str, spent: Counter[str]) -> bool:
    rest = spent[code] % UNIT_MINUTES
    return any(
        other != code and is_timed(other) and minutes % UNIT_MINUTES == rest
        for other, minutes in spent.items()
    )
