"""A day's rows worked out: units by the payer's rule, modifiers, charges, with every reason."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from mapping import modifiers, thresholds, units
from mapping.codes import is_timed
from mapping.day import Day, Line, Row, Share, changed, minutes_of
from mapping.policy import TieBreak, UnitRule
from mapping.separations import separations
from mapping.units import UnitResult
from mapping.visit import Visit

Step = Callable[[Day], Day]


def work_out(day: Day) -> Day:
    """The day with its units, edit pairs and lines. Rows without a unit give no line."""
    for step in STEPS:
        day = step(day)
    return day


def count(day: Day) -> Day:
    """Minutes to units by the payer's rule; each row with a unit is a share of its own."""
    result, counted = _count(day)
    shares = tuple(
        [
            Share(
                row=row,
                units=number,
                therapist_minutes=row.therapist_minutes,
                assistant_minutes=row.assistant_minutes,
            )
            for row, number in counted
            if number
        ]
    )
    return changed(day, result=result, shares=shares)


def price(day: Day) -> Day:
    """Edit pairs among the codes billed, then each share's modifiers and charge: the lines."""
    pairs = tuple(separations(day, (share.row.code for share in day.shares)))
    paired = changed(day, separations=pairs) if pairs else day
    return changed(paired, lines=tuple([_line(paired, share) for share in day.shares]))


# What a day goes through: the order is that of the reasons. Expected amounts and KX come last.
STEPS: Final[tuple[Step, ...]] = (
    count,
    price,
    thresholds.apply,
)


def minutes_by_code(day: Day) -> dict[str, int]:
    """Minutes of each code of the day, in the order listed."""
    spent: dict[str, int] = {}
    for row in day.rows:
        spent[row.code] = spent.get(row.code, 0) + row.minutes
    return spent


def _count(day: Day) -> tuple[UnitResult, list[tuple[Row, int]]]:
    """Units of each row."""
    rule = day.policy.unit_rule or "cms"  # without timed codes the rule does not matter
    own: dict[str, int] = {}
    for row in day.rows:
        own[row.code] = own.get(row.code, 0) + row.therapist_minutes
    tie_break = day.policy.tie_break
    if day.policy.pool == "day" or len(day.visits) == 1:
        result = units.assign(
            minutes_by_code(day).items(), rule, tie_break=tie_break, therapist_minutes=own
        )
    else:
        result = _by_visit(day, rule, tie_break)
    by_code: dict[str, list[Row]] = {}
    for row in day.rows:
        by_code.setdefault(row.code, []).append(row)
    shares = {
        code: iter(_shares(rows, result.units.get(code, 0))) for code, rows in by_code.items()
    }
    return result, [(row, next(shares[row.code])) for row in day.rows]


def _by_visit(day: Day, rule: UnitRule, tie_break: TieBreak) -> UnitResult:
    """Units counted for each visit by itself, then summed."""
    from_visits = [
        units.assign(
            ((p.code, sum(minutes_of(p))) for p in visit.procedures),
            rule,
            tie_break=tie_break,
            therapist_minutes=_therapist_minutes(visit),
        )
        for visit in day.visits
    ]
    total: dict[str, int] = {}
    for result in from_visits:
        for code, number in result.units.items():
            total[code] = total.get(code, 0) + number if is_timed(code) else number
    return UnitResult(
        rule=rule,
        total_minutes=sum(result.total_minutes for result in from_visits),
        units=total,
        because=tuple(
            f"visit {visit.visit_id}: {reason}"
            for visit, result in zip(day.visits, from_visits, strict=True)
            for reason in result.because
        ),
        unassigned={k: v for result in from_visits for k, v in result.unassigned.items()},
    )


def _therapist_minutes(visit: Visit) -> dict[str, int]:
    own: dict[str, int] = {}
    for procedure in visit.procedures:
        own[procedure.code] = own.get(procedure.code, 0) + minutes_of(procedure)[0]
    return own


def _shares(rows: Sequence[Row], number: int) -> list[int]:
    """A code's units over its rows: full units first, then the largest remainders.

    Units a row states itself stand; they are not taken from the others.
    """
    if len(rows) == 1:
        return [number if rows[0].units is None else rows[0].units]
    shares = [min(row.minutes // units.UNIT_MINUTES, number) for row in rows]
    spare = max(number - sum(shares), 0)
    ranked = sorted(range(len(rows)), key=lambda i: -(rows[i].minutes % units.UNIT_MINUTES))
    for i in ranked[:spare]:
        shares[i] += 1
    return [
        share if row.units is None else row.units for share, row in zip(shares, rows, strict=True)
    ]


def _line(day: Day, share: Share) -> Line:
    row, number = share.row, share.units
    found, reasons = modifiers.derive(day, share)
    charge, source = _charge(day, row, found)
    stated = "" if row.units is None else ", as stated in the visit"
    shown = "1 unit" if number == 1 else f"{number} units"
    words = f"{row.code}: {row.minutes} minutes, {shown}{stated}"
    total = None if charge is None else charge * number
    if total is not None:
        reasons = (*reasons, f"{number} x {charge} = {total} ({source})")
    return Line(
        row=row,
        units=number,
        therapist_minutes=share.therapist_minutes,
        assistant_minutes=share.assistant_minutes,
        modifiers=found,
        charge=total,
        because=(words, *share.because, *reasons),
        evidence=modifiers.evidence(day, share),
    )


def _charge(day: Day, row: Row, found: tuple[str, ...]) -> tuple[Decimal | None, str]:
    """The charge of one unit and where it stands."""
    if row.charges:
        return row.charges[0], "charge of the visit"
    listed = day.practice.charge(day.payer.key, row.code, found, day.date)
    return listed if listed is not None else (None, "")


def other_rules(day: Day) -> tuple[str, ...]:
    """What the other unit rules would have given, with the charge of their units."""
    if day.result is None or not day.result.total_minutes:
        return ()
    per_unit = {line.row.code: line.charge / line.units for line in day.lines if line.charge}
    timed = tuple(
        (code, minutes, per_unit.get(code) or _listed(day, code))
        for code, minutes in minutes_by_code(day).items()
        if is_timed(code)
    )
    return _others(timed, day.result.rule)


def _listed(day: Day, code: str) -> Decimal:
    listed = day.practice.charge(day.payer.key, code, (), day.date)
    return listed[0] if listed is not None else Decimal(0)


@lru_cache(maxsize=65536)  # a practice's minutes repeat day after day
def _others(timed: tuple[tuple[str, int, Decimal], ...], rule: UnitRule) -> tuple[str, ...]:
    told: list[str] = []
    for other in units.RULES:
        if other == rule:
            continue
        counted = units.assign([(code, minutes) for code, minutes, _ in timed], other).units
        words = ", ".join(f"{code} x{number}" for code, number in counted.items())
        money = sum((charge * counted[code] for code, _, charge in timed), start=Decimal(0))
        total = sum(counted.values())
        told.append(f"rule {other} would give {total} ({words}), charge {money:.2f}")
    return tuple(told)
