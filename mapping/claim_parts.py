"""What drafts and holds are made of: reasons, decisions, dates, diagnoses, what was collected."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from attrs import evolve

from edi.claim import Dated
from edi.problem import Place, Problem
from mapping import assistants, billed_as, codes, edit_limits, separations, thresholds
from mapping.day import Day, Line
from mapping.draft import ClaimDraft, DayKey, Held, LineDecision
from mapping.practice_values import Practice
from mapping.reference import BilledLine, TableKind
from mapping.structure import nearest, shown_key
from mapping.user_rules import reasons as rule_reasons
from mapping.visit import Visit

MOST_DIAGNOSES: Final = 12  # HI
# What an override does not do, where people think it does.
OVERRIDE_NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hold.pair": "goes without a modifier; if the times were separate, put separate_block or "
        "the times into the visit and bill that instead"
    }
)


def billed_lines(day: Day, made: Sequence[ClaimDraft]) -> Iterator[BilledLine]:
    """The lines of drafted claims, as the next claims of the patient's day see them."""
    for one in made:
        for decision in one.decisions:
            yield BilledLine(
                claim="",
                payer=one.payer,
                entity=one.entity,
                discipline=one.discipline,
                code=decision.code,
                modifiers=decision.modifiers,
                units=Decimal(decision.units),
                charge=decision.charge,
                date=day.date,
                evidence=decision.evidence,
            )


def overridden(problem: Problem) -> Problem:
    """A problem that a person has set aside: it only warns, and says so."""
    note = OVERRIDE_NOTES.get(problem.code, "")
    words = f"overridden: {note}" if note else "overridden"
    return evolve(problem, level="warning", message=f"{problem.message} ({words})")


def stops(problems: Sequence[Problem]) -> bool:
    """Whether one of the problems holds the claim."""
    return any(problem.level == "error" for problem in problems)


def held(day: Day, problems: Sequence[Problem]) -> Held:
    """The day held; visits without a fault of their own are told which one they wait for."""
    faulty = {problem.where.claim for problem in problems if problem.level == "error"}
    waits = tuple(
        Problem(
            code="hold.waits",
            message=f"waits for visit {', '.join(sorted(faulty))} of the same day",
            where=Place(claim=visit.visit_id),
        )
        for visit in day.visits
        if visit.visit_id not in faulty
    )
    charges = [line.charge for line in day.lines]
    known = [charge for charge in charges if charge is not None]
    is_whole = len(known) == len(charges) and not any(p.code == "hold.units" for p in problems)
    return Held(
        visit_ids=tuple(visit.visit_id for visit in day.visits),
        patient=day.key[0],
        payer=day.payer.key,
        discipline=day.key[3],
        date=day.date,
        problems=(*problems, *waits),
        charge=sum(known, start=Decimal(0)) if known and is_whole else None,
    )


def unknown_payer(key: DayKey, visits: tuple[Visit, ...], practice: Practice) -> Held:
    """Visits whose payer is not in the practice file, or is not named."""
    if key[2]:
        hint = nearest(key[2], practice.payers)
        code, message = (
            "unknown-key",
            f"payer {shown_key(key[2])} is not in the practice file{hint}",
        )
    else:
        code, message = "missing", "no coverage"
    return Held(
        visit_ids=tuple(visit.visit_id for visit in visits),
        patient=key[0],
        payer=shown_key(key[2]) if key[2] else "",
        discipline=key[3],
        date=key[1],
        problems=tuple(
            Problem(code=f"hold.{code}", message=message, where=Place(claim=visit.visit_id))
            for visit in visits
        ),
    )


def reasons(day: Day) -> Iterator[str]:
    """The reasons of the claim as a whole."""
    if day.result is not None:
        if day.result.total_minutes:
            yield f"unit rule of {day.payer.key}: {day.result.rule}"
        yield from day.result.because
    yield from assistants.told(day)
    if len(day.visits) > 1:
        yield f"{len(day.visits)} visits of the day on one claim"
    for other in day.visits[0].coverages[1:]:
        yield f"further coverage {shown_key(other.payer)}: billed when this payer has answered"
    yield from billed_as.reasons(day)
    if day.reckoning is not None:
        yield day.reckoning.because
    yield from rule_reasons(day.practice.own_rules, day)


def versions(day: Day) -> tuple[str, ...]:
    """The tables and the policy that decided."""
    kx = () if day.reckoning is None else (thresholds.version(day),)
    own = day.practice.own_rules.version
    return (codes.VERSION, *_table_versions(day), *kx, day.version, *((own,) if own else ()))


def _table_versions(day: Day) -> Iterator[str]:
    """The tables of code pairs and unit limits that were asked."""
    asked: tuple[tuple[TableKind, str], ...] = (
        ("ptp", separations.table(day)),
        ("mue", edit_limits.table(day)),
    )
    for kind, name in asked:
        version = day.reference.version(kind, name, day.date) if name != "none" else ""
        if version:
            yield version


def decision(number: int, line: Line) -> LineDecision:
    """What is kept of a line: its numbers and its reasons."""
    assert line.charge is not None
    return LineDecision(
        number=number,
        code=line.row.code,
        modifiers=line.modifiers,
        therapist_minutes=line.therapist_minutes,
        assistant_minutes=line.assistant_minutes,
        units=line.units,
        charge=line.charge,
        because=line.because,
        evidence=line.evidence,
        expected=line.expected,
    )


def diagnoses(day: Day, some: Sequence[Line]) -> tuple[int, ...]:
    """Positions in the day's diagnoses that the claim carries: all, or those pointed to first."""
    count = len(day.diagnoses)
    if count <= MOST_DIAGNOSES:
        return tuple(range(1, count + 1))
    used = {1, *(pointer for line in some for pointer in line.row.pointers)}  # 1: principal
    room = MOST_DIAGNOSES - len(used)
    spare = [n for n in range(1, count + 1) if n not in used][: max(room, 0)]
    return tuple(sorted({*used, *spare}))


def dates(day: Day) -> Iterator[Dated]:
    """DTP 431 onset, 454 initial treatment, 304 last seen, 439 accident; the first visit's."""
    seen: set[str] = set()
    for visit in day.visits:
        injury = visit.accident.date if visit.accident else None
        for qualifier, date in (
            ("431", visit.onset_date),
            ("454", visit.first_treatment_date),
            ("304", visit.last_seen_date),
            ("439", injury),
        ):
            if date is not None and qualifier not in seen:
                seen.add(qualifier)
                yield Dated(qualifier=qualifier, date=date, until=date)


def collected(day: Day) -> Decimal | None:
    """AMT*F5: what the patient paid over the visits; nothing where nothing was."""
    given = [v.amount_collected for v in day.visits if v.amount_collected]
    return sum(given, start=Decimal(0)) if given else None
