"""The check of units: they follow from minutes, or are stated; what gives no unit is said."""

from collections import Counter
from collections.abc import Iterable, Iterator

from edi.problem import Problem
from mapping.codes import group, is_by_minutes, is_timed
from mapping.day import Day, Row
from mapping.edit_found import hold, warn
from mapping.unit_count import NOTHING_GIVEN
from mapping.units import UnitResult, shown


def check_units(day: Day) -> Iterator[Problem]:
    """Units follow from minutes, or are stated; what gives no unit is said."""
    result = day.result
    if result is None:
        return
    for row in day.rows:
        if row.units is None and row.code in result.unassigned:
            yield hold(day, "units", f"{row.code} {result.unassigned[row.code]}")
        elif row.units is None and is_timed(row.code) and not row.minutes:
            yield hold(day, "units", f"{row.code} {NOTHING_GIVEN}")
    yield from _check_stated(day, result)
    billed = {line.row.code for line in day.lines}
    for code in dict.fromkeys(row.code for row in day.rows if row.minutes):
        if code not in billed and is_by_minutes(code):
            yield warn(day, "units", f"{code}: its minutes give no unit; it is not billed")
    yield from _modifier_lost(day, billed)
    if not day.lines:
        yield from _nothing_to_bill(day, result)
    stated = {row.code for row in day.rows if row.units is not None}
    for note in result.notes:
        if not any(code in note for code in stated):
            yield warn(day, "units", note)


def _modifier_lost(day: Day, billed: set[str]) -> Iterator[Problem]:
    """A row that states CQ or CO and gets no unit, while the code's other rows do."""
    counted = {id(share.row) for share in day.shares}
    for row in day.rows:
        stated = [m for m in row.explicit if group(m) == "assistant"]
        lost = row.minutes and row.units is None and id(row) not in counted
        if stated and lost and row.code in billed:
            message = (
                f"{row.code}: the row that states {stated[0]} ({row.minutes} minutes) gets no "
                f"unit: no line of it carries {stated[0]}"
            )
            yield warn(day, "units", message)


def _nothing_to_bill(day: Day, result: UnitResult) -> Iterator[Problem]:
    """A day without a line is held, whatever the reason: no visit goes missing."""
    spent = {code: minutes for code, minutes in _minutes(day.rows).items() if minutes}
    words = ", ".join(f"{code} {minutes}" for code, minutes in spent.items())
    if all(row.units is not None for row in day.rows):
        yield hold(day, "units", "no unit to bill: the visit states 0 units")
    elif spent:
        message = f"no unit to bill: rule {result.rule} gives none for the minutes {words}"
        yield hold(day, "units", message)
    elif not result.unassigned:
        yield hold(day, "units", "no unit to bill")


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
            message = f"{code}: you state {shown(number)} and no minutes"
            yield warn(day, "units", message)
            continue
        message = f"{code}: you state {shown(number)}, {_ruled(code, ruled, result)}"
        if number < ruled:
            yield warn(day, "units", message)
        elif not _may_choose(code, number, result):
            yield hold(day, "units-stated", message + _for_minutes(spent[code]))
        elif total <= most:
            yield warn(day, "units", message)
        else:
            rivals = " or ".join(_rivals(code, result))
            message += f"; to give {code} the spare unit, state the units of {rivals} too"
            yield hold(day, "units-stated", message)


def _for_minutes(spent: int) -> str:
    return f" for {spent} minutes" if spent else ""


def _ruled(code: str, ruled: int, result: UnitResult) -> str:
    if is_by_minutes(code):
        return f"rule {result.rule} gives {ruled}"
    return f"an untimed service is {ruled} a day"


def _may_choose(code: str, number: int, result: UnitResult) -> bool:
    """Whether the stated units are the rule's but for a spare unit that another equal code got.

    Which of two equal remainders gets the spare unit is the provider's choice.
    """
    if not is_timed(code) or number != result.full.get(code, number) + 1:
        return False
    return bool(_rivals(code, result))


def _rivals(code: str, result: UnitResult) -> list[str]:
    """Codes that got a spare unit for as many minutes left as this code has."""
    left = result.left.get(code, 0)
    return [other for other in result.spare if other != code and result.left[other] == left]
