"""A day's rows worked out: units by the payer's rule, modifiers, charges, with every reason."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import cycle, islice
from typing import Final

from mapping import assistants, modifiers, thresholds, units
from mapping.codes import CODES, adds_up, is_by_minutes
from mapping.day import Day, Line, Row, Share, changed, joined, minutes_of
from mapping.expected import expect
from mapping.policy import Policy, TieBreak, UnitRule
from mapping.separations import separations
from mapping.unit_count import Spent
from mapping.units import UnitResult

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
    return changed(paired, lines=_merged([_line(paired, share) for share in day.shares], day))


def _merged(found: Sequence[Line], day: Day) -> tuple[Line, ...]:
    """Lines that came out the same are one: two of them would come back as a duplicate (OA-18).

    They stay apart where the payer wants a line for each visit, or their charges differ.
    """
    codes = {line.row.code for line in found}
    if len(codes) == len(found) or day.policy.same_code_lines == "split":
        return tuple(found)
    alike: dict[tuple[object, ...], list[Line]] = {}
    for line in found:
        row = line.row
        unit = None if line.charge is None else line.charge / line.units
        key = (row.code, line.modifiers, row.place_of_service, row.rendering, unit)
        alike.setdefault(key, []).append(line)
    return tuple(same[0] if len(same) == 1 else _one(same) for same in alike.values())


def _one(same: Sequence[Line]) -> Line:
    """Lines of one code, one set of modifiers and one charge as one line."""
    first, number = same[0], sum(line.units for line in same)
    rows = list({id(line.row): line.row for line in same}.values())
    charges = [line.charge for line in same if line.charge is not None]
    reasons = (reason for line in same for reason in line.because)
    return changed(
        first,
        row=joined(rows),
        units=number,
        therapist_minutes=sum(line.therapist_minutes for line in same),
        assistant_minutes=sum(line.assistant_minutes for line in same),
        charge=sum(charges, start=Decimal(0)) if charges else None,
        because=(
            *dict.fromkeys(reasons),
            f"{len(same)} rows of the code came out the same: one line of {units.shown(number)}",
        ),
        evidence=tuple(dict.fromkeys(text for line in same for text in line.evidence)),
    )


# What a day goes through: the order is that of the reasons. Expected amounts and KX come last.
STEPS: Final[tuple[Step, ...]] = (
    count,
    assistants.split,
    price,
    expect,
    thresholds.apply,
)


def _count(day: Day) -> tuple[UnitResult, list[tuple[Row, int]]]:
    """Units of each row."""
    rows = day.rows
    if day.policy.pool == "day" or len(day.visits) == 1:
        spent = [
            (r.code, r.therapist_minutes + r.assistant_minutes, r.therapist_minutes) for r in rows
        ]
        result = _assigned(day.policy, tuple(spent))
    else:
        result = _by_visit(day)
    by_code: dict[str, list[Row]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
    units_of = result.units
    if len(by_code) == len(rows):  # no code stands twice, which is so nearly always
        return result, [
            (row, units_of.get(row.code, 0) if row.units is None else row.units) for row in rows
        ]
    shares = {code: iter(_shares(some, units_of.get(code, 0))) for code, some in by_code.items()}
    return result, [(row, next(shares[row.code])) for row in rows]


def _assigned(policy: Policy, spent: tuple[Spent, ...]) -> UnitResult:
    rule = policy.unit_rule or "cms"  # without timed codes the rule does not matter
    return units.assign_rows(spent, rule, policy.tie_break, policy.pool_cognitive)


def _by_visit(day: Day) -> UnitResult:
    """Units counted for each visit by itself, then summed; a first unit is one a day."""
    from_visits = [
        _assigned(
            day.policy,
            tuple((p.code, sum(minutes_of(p)), minutes_of(p)[0]) for p in visit.procedures),
        )
        for visit in day.visits
    ]
    total: dict[str, int] = {}
    for result in from_visits:
        for code, number in result.units.items():
            total[code] = _with(total.get(code, 0), number, code)
    return UnitResult(
        rule=from_visits[0].rule,
        total_minutes=sum(result.total_minutes for result in from_visits),
        units=total,
        because=tuple(
            f"visit {visit.visit_id}: {reason}"
            for visit, result in zip(day.visits, from_visits, strict=True)
            for reason in result.because
        ),
        unassigned={k: v for result in from_visits for k, v in result.unassigned.items()},
        notes=tuple(dict.fromkeys(note for result in from_visits for note in result.notes)),
    )


def _shares(rows: Sequence[Row], number: int) -> list[int]:
    """A code's units over its rows: full units first, then the largest remainders.

    Units a row states itself stand; they are not taken from the others.
    """
    known = CODES.get(rows[0].code)
    base = (known.base_minutes if known else None) or units.UNIT_MINUTES
    shares: list[int] = []
    for row in rows:
        shares.append(min(row.minutes // base, number - sum(shares)))
    ranked = sorted(range(len(rows)), key=lambda i: -(rows[i].minutes % base))
    for i in islice(cycle(ranked), number - sum(shares)):
        shares[i] += 1
    return [
        share if row.units is None else row.units for share, row in zip(shares, rows, strict=True)
    ]


def _line(day: Day, share: Share) -> Line:
    row, number = share.row, share.units
    found, reasons = modifiers.derive(day, share)
    charge, source = _charge(day, row, found)
    stated = "" if row.units is None else ", as stated in the visit"
    shown = f"{number} of {units.shown(share.of_units)}" if share.of_units else units.shown(number)
    words = f"{row.code}: {row.minutes} minutes, {shown}{stated}"
    total = None
    if charge is not None:
        total = charge * number
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
    sessions: dict[str, dict[str, tuple[int, int]]] = {}
    by_visit = day.policy.pool == "visit"
    for visit in day.visits:
        spent = sessions.setdefault(visit.visit_id if by_visit else "", {})
        for procedure in visit.procedures:
            if is_by_minutes(procedure.code):
                own, other = minutes_of(procedure)
                minutes, therapist = spent.get(procedure.code, (0, 0))
                spent[procedure.code] = (minutes + own + other, therapist + own)
    timed = tuple(
        [
            tuple([(code, minutes, own) for code, (minutes, own) in spent.items()])
            for spent in sessions.values()
        ]
    )
    charges = tuple(
        [
            (code, per_unit.get(code) or _listed(day, code))
            for code in dict.fromkeys(code for spent in sessions.values() for code in spent)
        ]
    )
    return _others(timed, charges, day.result.rule, day.policy.tie_break, day.policy.pool_cognitive)


def _listed(day: Day, code: str) -> Decimal | None:
    listed = day.practice.charge(day.payer.key, code, (), day.date)
    return listed[0] if listed is not None else None


@lru_cache(maxsize=65536)  # a practice's minutes repeat day after day
def _others(
    sessions: tuple[tuple[Spent, ...], ...],
    charges: tuple[tuple[str, Decimal | None], ...],
    rule: UnitRule,
    tie_break: TieBreak,
    pool_cognitive: bool | None,
) -> tuple[str, ...]:
    told: list[str] = []
    for other in units.RULES:
        if other == rule:
            continue
        counted: dict[str, int] = {}
        for spent in sessions:
            found = units.assign_rows(spent, other, tie_break, pool_cognitive)
            for code, number in found.units.items():
                counted[code] = _with(counted.get(code, 0), number, code)
        words = ", ".join(f"{code} x{number}" for code, number in counted.items())
        total = sum(counted.values())
        told.append(f"rule {other} would give {total} ({words}), {_money(counted, charges)}")
    return tuple(told)


def _with(before: int, number: int, code: str) -> int:
    """Units of a code with those of one more session: a first unit is one a day."""
    return before + number if adds_up(code) else max(before, number)


def _money(counted: Mapping[str, int], charges: Iterable[tuple[str, Decimal | None]]) -> str:
    """What the units cost; where a code of them has no charge, that it is not known."""
    total = Decimal(0)
    for code, charge in charges:
        number = counted.get(code, 0)
        if number and charge is None:
            return f"charge not known: no charge of {code} is listed"
        total += (charge or Decimal(0)) * number
    return f"charge {total:.2f}"
