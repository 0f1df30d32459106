"""A day's rows worked out: units by the payer's rule, modifiers, charges, with every reason."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from attrs import evolve

from mapping import modifiers, units
from mapping.codes import is_timed
from mapping.day import Day, Line, Row, minutes_of
from mapping.policy import TieBreak, UnitRule
from mapping.units import UnitResult


def work_out(day: Day) -> Day:
    """The day with its units, edit pairs and lines. Rows without a unit give no line."""
    result, counted = _count(day)
    billed = [(row, number) for row, number in counted if number]
    separations = tuple(modifiers.separations(day, (row.code for row, _ in billed)))
    worked = evolve(day, result=result, separations=separations)
    return evolve(worked, lines=tuple(_line(worked, row, number) for row, number in billed))


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


def _line(day: Day, row: Row, number: int) -> Line:
    found, reasons, evidence = modifiers.derive(day, row)
    charge, source = _charge(day, row, found)
    because = [*_minutes_words(row, number), *reasons]
    if charge is not None:
        because.append(f"{number} x {charge} = {charge * number} ({source})")
    return Line(
        row=row,
        units=number,
        modifiers=found,
        charge=None if charge is None else charge * number,
        because=tuple(because),
        evidence=evidence,
    )


def _minutes_words(row: Row, number: int) -> Iterator[str]:
    stated = "" if row.units is None else ", as stated in the visit"
    shown = "1 unit" if number == 1 else f"{number} units"
    yield f"{row.code}: {row.minutes} minutes, {shown}{stated}"


def _charge(day: Day, row: Row, found: tuple[str, ...]) -> tuple[Decimal | None, str]:
    """The charge of one unit and where it stands."""
    if row.charges:
        return row.charges[0], "charge of the visit"
    listed = day.practice.charge(day.payer.key, row.code, found, day.date)
    return listed if listed is not None else (None, "")


def other_rules(day: Day) -> Iterator[str]:
    """What the other unit rules would have given, with the charge of their units."""
    if day.result is None or not day.result.total_minutes:
        return
    per_unit = {
        line.row.code: line.charge / line.units for line in day.lines if line.charge is not None
    }
    for rule, result in units.compare(minutes_by_code(day).items()).items():
        if rule == day.result.rule:
            continue
        counted: Mapping[str, int] = result.units
        timed = {code: number for code, number in counted.items() if is_timed(code)}
        words = ", ".join(f"{code} x{number}" for code, number in timed.items())
        total = sum(number for number in timed.values())
        money = sum(
            (_unit_charge(day, per_unit, code) * number for code, number in timed.items()),
            start=Decimal(0),
        )
        yield f"rule {rule} would give {total} ({words}), charge {money:.2f}"


def _unit_charge(day: Day, known: Mapping[str, Decimal], code: str) -> Decimal:
    if code in known:
        return known[code]
    listed = day.practice.charge(day.payer.key, code, (), day.date)
    return listed[0] if listed is not None else Decimal(0)
