"""Visits to claims: one per patient, day, payer and discipline unless the payer wants otherwise.

``draft`` gives drafts and holds; every visit is in exactly one of them. ``finish`` gives a draft
its numbers. No clock, number or file name is made here: they are arguments.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from attrs import evolve

from edi.claim import Claim, Diagnosis, Party, Procedure, Reference, ServiceLine
from edi.problem import Problem
from mapping import (
    before_billing,
    billed_as,
    claim_parts,
    edit_day_limits,
    edits,
    lines,
    parties,
    thresholds,
    treatment_days,
)
from mapping.authorizations import key_of, references, taken
from mapping.codes import CODES
from mapping.day import Day, Line, day_key, diagnoses_of, note_of, rows_of
from mapping.draft import NO_HISTORY, ClaimDraft, DayKey, Drafts, Held, History
from mapping.numbers import line_control_number
from mapping.parties import Constant
from mapping.practice_values import Practice
from mapping.reference import BilledLine, ReferenceTables
from mapping.secondary import with_further
from mapping.starter import STARTER
from mapping.totals import RunningTotal, TotalKey, bucket
from mapping.visit import Visit

MOST_LINES: Final = 50  # loop 2400
# Matters of judgement, which a named person may decide with a reason. Nobody's word replaces a
# charge, a provider number, or the units of a code, nor makes payable what never is (NCCI pairs
# with indicator 0, unit limits with MAI 2).
OVERRIDABLE: Final = (
    frozenset(
        {"hold.pair", "hold.second-visit", "hold.minutes", "hold.units-stated", "hold.own-rule"}
    )
    | frozenset({"hold.units-limit"})
    | before_billing.JUDGEMENT
    | edit_day_limits.JUDGEMENT
)
Waived = Mapping[str, frozenset[str]]  # visit id: problem codes
NOTHING_WAIVED: Final[Waived] = MappingProxyType({})
CAUSES: Final = {"auto": "AA", "employment": "EM", "other": "OA"}  # CLM11


def draft(
    visits: Iterable[Visit],
    practice: Practice,
    history: History = NO_HISTORY,
    *,
    waived: Waived = NOTHING_WAIVED,
    today: dt.date | None = None,
    reference: ReferenceTables = STARTER,
) -> Drafts:
    """Claims of the visits, and the visits that are held with the reasons.

    The order of drafts is that of each claim's first visit. Visits of one patient, day, payer and
    discipline must come in one call: units are counted over the day. ``waived`` names, by visit
    id, the problem codes a person has set aside; only those in ``OVERRIDABLE`` can be. A day of
    service after ``today`` is held; ``None`` asks for no such check. ``reference`` are the tables
    of code pairs, unit limits, fees and diagnoses that decide.
    """
    groups = tuple(_groups(visits, practice))
    listed = (visit for _, group in groups for visit in group)
    treated = treatment_days.since_report(listed, history.days)
    history = evolve(history, treated={**treated, **history.treated}) if treated else history
    drafter = Drafter(practice, history, waived, today, reference)
    drafts: list[ClaimDraft] = []
    held: list[Held] = []
    beside: dict[tuple[str, dt.date], list[Visit]] = {}
    for key, group in groups:
        beside.setdefault(key[:2], []).extend(group)
    for key, group in groups:
        around = beside[key[:2]]
        siblings = () if len(around) == len(group) else tuple(v for v in around if v not in group)
        for made in drafter.draft(key, group, siblings):
            if isinstance(made, Held):
                held.append(made)
            else:
                drafts.append(made)
    return Drafts(drafts=tuple(drafts), held=tuple(held))


def finish(given: ClaimDraft, control: str) -> Claim:
    """The claim with its patient control number, and each line with its line control number.

    ``control`` is at most 20 characters; a draft's claim is never sent without it.
    """
    return evolve(
        given.claim,
        control=control,
        lines=tuple(
            evolve(line, control=line_control_number(line.number, control))
            for line in given.claim.lines
        ),
    )


def _groups(
    visits: Iterable[Visit], practice: Practice
) -> Iterator[tuple[DayKey, tuple[Visit, ...]]]:
    """Visits that share a claim, in the order of their first."""
    groups: dict[tuple[DayKey, str], list[Visit]] = {}
    for visit in visits:
        key = day_key(visit)
        payer = key[2]
        alone = payer not in practice.payers or (
            practice.policy(payer, visit.date).claim_per == "visit"
        )
        groups.setdefault((key, visit.visit_id if alone else ""), []).append(visit)
    for (key, _), group in groups.items():
        yield key, tuple(group)


def _total_key(key: DayKey) -> TotalKey:
    return key[0], key[1].year, bucket(key[3])


class Drafter:
    """Drafts claims of a practice, remembering the parties that claims share."""

    def __init__(
        self,
        practice: Practice,
        history: History,
        waived: Waived = NOTHING_WAIVED,
        today: dt.date | None = None,
        reference: ReferenceTables = STARTER,
    ) -> None:
        self._today = today
        self._reference = reference
        self._drafted: dict[tuple[str, dt.date], tuple[BilledLine, ...]] = {}
        self._totals: dict[TotalKey, RunningTotal] = {}  # with the claims of this run
        self._practice = practice
        self._left = dict(history.deductibles)  # after the claims of this run
        self._authorized = dict(history.authorized)  # with the claims of this run
        self._history = evolve(
            history,
            deductibles=MappingProxyType(self._left),
            authorized=MappingProxyType(self._authorized),
        )
        self._waived = waived
        self._constants: dict[tuple[str, str], Constant] = {}
        self._clinicians: dict[tuple[str, str], Party | None] = {}
        self._referrers: dict[tuple[str, str], Party] = {}

    def draft(
        self, key: DayKey, visits: tuple[Visit, ...], siblings: tuple[Visit, ...] = ()
    ) -> Iterator[ClaimDraft | Held]:
        """The claims of one day, or the day held; ``siblings`` are its other visits of the run."""
        payer = self._practice.payers.get(key[2])
        if payer is None:
            yield claim_parts.unknown_payer(key, visits, self._practice)
            return
        day = self._day(key, visits, siblings)
        problems = self._unless_waived(edits.run(edits.FACTS, day), visits)
        if claim_parts.stops(before_billing.hindering(problems)):
            yield claim_parts.held(day, problems)
            return
        day = lines.work_out(day)
        problems += self._unless_waived(edits.run(edits.LINES, day), visits)
        if claim_parts.stops(problems):
            yield claim_parts.held(day, problems)
            return
        made = tuple(self._claims(day, tuple(problems)))
        self._drafted[key[:2]] = (
            *self._drafted.get(key[:2], ()),
            *claim_parts.billed_lines(day, made),
        )
        self._accrue(day)
        for given, use in taken(day):
            one = key_of(day, given)
            self._authorized[one] = (*self._authorized.get(one, ()), use)
        yield from made

    def _accrue(self, day: Day) -> None:
        """What the claims of a day use up of the patient's year: for those drafted after it."""
        if day.reckoning is None:
            return
        self._totals[_total_key(day.key)] = day.reckoning.after
        year = day.key[0], day.date.year
        if year in self._left:
            self._left[year] = self._left[year].less(thresholds.amounts(day)[0])

    def _unless_waived(self, problems: list[Problem], visits: tuple[Visit, ...]) -> list[Problem]:
        """The problems; those a person has set aside for a visit of the day only warn."""
        if not self._waived:
            return problems
        codes = OVERRIDABLE & {c for v in visits for c in self._waived.get(v.visit_id, ())}
        return [
            claim_parts.overridden(problem) if problem.code in codes else problem
            for problem in problems
        ]

    def _day(self, key: DayKey, visits: tuple[Visit, ...], siblings: tuple[Visit, ...] = ()) -> Day:
        first = visits[0]
        resolved = self._practice.resolve(key[2], first.date)
        visits = billed_as.applied(visits, self._practice, key[2], resolved.policy)
        location = self._practice.locations.get(first.location)
        diagnoses = diagnoses_of(visits)
        place = location.place_of_service if location is not None else ""
        return Day(
            key=key,
            date=first.date,
            visits=visits,
            practice=self._practice,
            payer=self._practice.payers[key[2]],
            policy=resolved.policy,
            version=resolved.version,
            coverage=first.coverages[0],
            location=location,
            rows=rows_of(
                visits, diagnoses, place, by_visit=resolved.policy.same_code_lines == "split"
            ),
            diagnoses=diagnoses,
            history=self._history,
            today=self._today,
            reference=self._reference,
            siblings=siblings,
            others=(*self._history.lines.get(key[:2], ()), *self._drafted.get(key[:2], ())),
            total=self._totals.get(_total_key(key)) or self._history.totals.get(_total_key(key)),
        )

    def _constant(self, day: Day) -> Constant:
        assert day.location is not None  # check_keys holds a day without a location
        key = (day.payer.key, day.location.key)
        if key not in self._constants:
            self._constants[key] = parties.constant(day, day.location)
        return self._constants[key]

    def _rendering(self, day: Day, line: Line, constant: Constant) -> Party | None:
        key = (line.row.rendering, constant.entity.key)
        if key not in self._clinicians:
            self._clinicians[key] = parties.rendering(day, line.row, constant.entity)
        return self._clinicians[key]

    def _referring(self, day: Day) -> dict[str, Party]:
        """Who referred, by role; the first visit that names one in a role decides."""
        found: dict[str, Party] = {}
        for visit in day.visits:
            given = visit.referring
            if given is None or given.qualifier in found:
                continue
            key = (given.key, given.qualifier)
            if not given.key or key not in self._referrers:
                self._referrers[key] = parties.referring(given, day.person(given.key))
            found[given.qualifier] = self._referrers[key]
        return found

    def _claims(self, day: Day, problems: tuple[Problem, ...]) -> Iterator[ClaimDraft]:
        """One claim, or several where there are more lines than a claim has."""
        reasons = (*claim_parts.reasons(day), *lines.other_rules(day))
        versions = claim_parts.versions(day)
        for start in range(0, len(day.lines), MOST_LINES):
            some = day.lines[start : start + MOST_LINES]
            constant = self._constant(day)
            claim = self._claim(day, some, constant, is_first=not start)
            yield ClaimDraft(
                visit_ids=tuple(visit.visit_id for visit in day.visits),
                patient=day.key[0],
                payer=day.payer.key,
                receiver=constant.receiver,
                entity=constant.entity.key,
                discipline=day.key[3],
                date=day.date,
                claim=claim,
                decisions=tuple(claim_parts.decision(n, line) for n, line in enumerate(some, 1)),
                because=reasons,
                versions=versions,
                warnings=problems,
                other_coverages=day.visits[0].coverages[1:],
                qmb=any(one.qmb for one in day.visits[0].coverages),
                location=day.visits[0].location,
                authorized=tuple((key_of(day, one), use) for one, use in taken(day, some)),
            )

    def _claim(
        self, day: Day, some: Sequence[Line], constant: Constant, *, is_first: bool
    ) -> Claim:
        chosen = claim_parts.diagnoses(day, some)
        claim_refs, line_refs = references(day, [line.row.code for line in some])
        main = some[0]
        rendering = self._rendering(day, main, constant)
        by_role = self._referring(day)
        service = tuple(
            self._line(
                day,
                line,
                number=n,
                main=main,
                chosen=chosen,
                constant=constant,
                refs=line_refs[n - 1],
                ordering=by_role.get("DK"),
            )
            for n, line in enumerate(some, 1)
        )
        accident = next((v.accident for v in day.visits if v.accident), None)
        made = Claim(
            control="",
            charge=sum((line.charge for line in service), start=Decimal(0)),
            place_of_service=main.row.place_of_service,
            related_causes=(CAUSES[accident.kind],) if accident else (),
            accident_state=accident.state if accident and accident.kind == "auto" else "",
            billing=constant.billing,
            pay_to=constant.pay_to,
            subscriber=parties.subscriber(day),
            patient=parties.patient(day),
            payer=constant.payer,
            diagnoses=tuple(
                Diagnosis(qualifier="ABF" if n else "ABK", code=day.diagnoses[index - 1])
                for n, index in enumerate(chosen)
            ),
            dates=tuple(claim_parts.dates(day)),
            references=claim_refs,
            amount_paid_by_patient=claim_parts.collected(day) if is_first else None,
            note=note_of(day.visits),
            referring=tuple(by_role[role] for role in ("DN", "P3") if role in by_role),
            rendering=rendering,
            facility=constant.facility,
            supervising=parties.supervising(day),
            property_casualty_claim=day.coverage.claim_number,
            lines=service,
        )
        if not day.policy.names_further_coverages:
            return made
        return with_further(made, day.visits[0].coverages[1:], self._practice.payers)

    def _line(
        self,
        day: Day,
        line: Line,
        *,
        number: int,
        main: Line,
        chosen: tuple[int, ...],
        constant: Constant,
        refs: tuple[Reference, ...],
        ordering: Party | None,
    ) -> ServiceLine:
        row = line.row
        assert line.charge is not None  # check_charges holds a day with a line without charge
        place = row.place_of_service
        known = CODES.get(row.code)
        return ServiceLine(
            number=number,
            procedure=Procedure(
                code=row.code,
                modifiers=line.modifiers,
                description=row.note if known and known.shape == "unlisted" else "",
            ),
            charge=line.charge,
            units=Decimal(line.units),
            place_of_service=place if place != main.row.place_of_service else "",
            pointers=tuple(chosen.index(pointer) + 1 for pointer in row.pointers),
            date=day.date,
            until=day.date,
            references=refs,
            note="" if known and known.shape == "unlisted" else row.note,
            rendering=(
                self._rendering(day, line, constant)
                if row.rendering != main.row.rendering
                else None
            ),
            ordering=ordering,
        )
