"""What stops a claim, or is said about it: a tuple of checks of one shape.

``FACTS`` look at the day before anything is worked out, ``LINES`` at the lines that came of it;
``EDITS`` is both. An error holds the claim; the others go. To add a rule is to add a function.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping import before_billing, modifiers
from mapping.codes import CODES, DISCIPLINE_MODIFIERS, group, is_by_minutes
from mapping.day import Day, billed_under, block_minutes, note_of
from mapping.edit_assistants import (
    check_assistant_named,
    check_assistant_units,
    check_who_assisted,
)
from mapping.edit_day_limits import check_day_limits, check_evaluation, check_times_of_codes
from mapping.edit_found import hold, warn
from mapping.edit_limits import check_limits
from mapping.edit_modifier_use import check_modifier_use
from mapping.edit_overlap import check_overlap
from mapping.edit_own_rules import check_own_rules
from mapping.edit_pairs import check_pairs, uncovered
from mapping.edit_threshold import check_threshold
from mapping.edit_units import check_units
from mapping.structure import nearest, shown_key
from mapping.visit import Authorization, Procedure, Visit

SECOND_VISIT: Final = (
    "where the payer takes replacements: claimline correct CLAIM --visits FILE with all visits of "
    "the day; Part B cannot add lines: see the claim that was sent"
)
MOST_MINUTES: Final = 480  # of treatment in a day: more is a slipped digit

declare(
    {
        "hold.unknown-key": ("the visit names a payer, place or person the practice file lacks",
            "add it to the practice file or mend the visit"),
        "hold.missing": ("something a claim must have is missing", "add it to the visit"),
        "hold.policy-silent": ("nobody says what the payer wants",
            "add the key to the payer's policy in the practice file"),
        "hold.times": ("a block of time is none", "mend its start or end"),
        "hold.minutes": ("minutes and clock times do not agree", "mend the times or the minutes"),
        "hold.overlap": ("a minute is counted twice", "mend the times: they decide the units"),
        "hold.date": ("a date that cannot be", "mend the date"),
        "hold.units": ("there is no unit to bill, or units cannot be worked out",
            "take the code out, add minutes that were forgotten, or state units it has without"),
        "hold.units-stated": ("more units are stated than the minutes give",
            "mend units or minutes, or let a named person decide"),
        "hold.clinician": ("who treats or bills is none of the practice's clinicians",
            "name the therapist; who refers belongs into referring"),
        "hold.second-visit": ("the day was billed already, and units and pairs were decided then",
            SECOND_VISIT),
        "hold.modifiers": ("the modifiers do not fit the line", "mend the modifiers of the visit"),
        "hold.charge": ("there is no charge, none above 0, or two",
            "add the code to the fee schedule"),
        "hold.limits": ("more than a claim can carry", "split it by hand"),
        "hold.coverage": ("the coverage does not fit the day", "check eligibility"),
        "hold.waits": ("another visit of the same day is held", "mend that visit first"),
        "warn.evidence": ("a stated modifier is kept, but nothing in the visit shows it",
            "add what shows it, or take the modifier away"),
        "warn.minutes": ("more minutes than a day of treatment has", "look for a slipped digit"),
        "warn.units": ("units are stated or left out, look at them", "check the minutes"),
        "warn.missing": ("something the payer may ask for is missing", "add it where you can"),
        "warn.disagree": ("visits or tables do not agree", "check which is right"),
    }
)  # fmt: skip


def _people(visit: Visit) -> Iterator[tuple[str, str]]:
    yield "treating_clinician", visit.treating_clinician
    yield "billing_clinician", visit.billing_clinician
    yield "assistant", visit.assistant
    yield "referring.key", visit.referring.key if visit.referring else ""


def check_keys(day: Day) -> Iterator[Problem]:
    """Location and clinicians are in the practice file; visits of a day share a location."""
    for visit in day.visits:
        if visit.location not in day.practice.locations:
            hint = nearest(visit.location, day.practice.locations)
            yield hold(
                day, "unknown-key",
                f"location {shown_key(visit.location)} is not in the practice file{hint}", visit,
            )  # fmt: skip
        for name, key in _people(visit):
            if key and key not in day.practice.people:
                hint = nearest(key, day.practice.people)
                message = f"{name} {shown_key(key)} is not in the practice file{hint}"
                yield hold(day, "unknown-key", message, visit)
    places = dict.fromkeys(visit.location for visit in day.visits)
    if len(places) > 1:
        message = (
            f"visits of one day at {' and '.join(map(shown_key, places))} cannot share a claim"
        )
        yield hold(day, "limits", message)


def check_patient(day: Day) -> Iterator[Problem]:
    """The patient's address is whole (837P 2010BA or 2010CA N3, N4)."""
    patient = day.visits[0].patient
    address = patient.address
    lacking = [n for n in ("line1", "city", "state", "zip") if not getattr(address, n)]
    if lacking:
        yield hold(day, "missing", "the patient's address lacks " + ", ".join(lacking))


def check_coverage(day: Day) -> Iterator[Problem]:
    """The coverage holds on the day; its subscriber is given where not the patient."""
    coverage = day.coverage
    if coverage.relationship != "self" and coverage.subscriber is None:
        yield hold(day, "missing", "the patient is not the subscriber: say who is")
    first, last = coverage.effective_from, coverage.effective_until
    if (first and day.date < first) or (last and day.date > last):
        yield hold(day, "coverage", "the coverage was not effective on the day of service")
    if any(v.coverages[0].member_id != coverage.member_id for v in day.visits):
        yield hold(day, "coverage", "visits of one day name different member ids")


def check_minutes(day: Day) -> Iterator[Problem]:
    """Minutes equal the sum of the blocks, and are not more than a day of treatment has."""
    for visit in day.visits:
        for procedure in visit.procedures:
            if procedure.blocks:
                yield from _check_blocks(day, visit, procedure)
    spent = sum(row.minutes for row in day.rows)
    if spent > MOST_MINUTES:
        yield warn(day, "minutes", f"{spent} minutes in one day: a slipped digit?")


def _check_blocks(day: Day, visit: Visit, procedure: Procedure) -> Iterator[Problem]:
    for block in procedure.blocks:
        if block.end <= block.start:
            message = f"{procedure.code}: a block ends before it starts"
            yield hold(day, "times", message, visit)
            return
    clock = block_minutes(procedure.blocks)
    stated = (procedure.therapist_minutes, procedure.assistant_minutes)
    if any(stated) and stated != clock:
        message = (
            f"{procedure.code}: therapist {stated[0]} and assistant {stated[1]} minutes are "
            f"stated, the blocks give {clock[0]} and {clock[1]}"
        )
        yield hold(day, "minutes", message, visit)


def check_policy(day: Day) -> Iterator[Problem]:
    """Somebody says what the payer wants, wherever this claim depends on it."""
    policy, rows = day.policy, day.rows
    asked = {
        "unit_rule": any(is_by_minutes(row.code) for row in rows),
        "discipline_modifier": True,
        "assistant_modifiers": any(row.assistant_minutes for row in rows),
    }
    silent = [name for name, needed in asked.items() if needed and getattr(policy, name) is None]
    if silent and uncovered(day):
        yield hold(day, "policy-silent", uncovered(day))
        return
    for name in silent:
        message = (
            f"payer {day.payer.key}: say {name} in its policy; the family "
            f"{day.payer.family} has no default"
        )
        yield hold(day, "policy-silent", message)
    if policy.claim_per == "visit" and policy.pool == "day" and _of_the_day(day):
        yield hold(day, "policy-silent", f"payer {day.payer.key}: say pool = visit")


def _of_the_day(day: Day) -> bool:
    """Whether another visit of the day goes to the payer in the discipline, on its own claim."""
    ours = (day.payer.key, day.visits[0].discipline)
    return any((v.coverages[0].payer, v.discipline) == ours for v in day.siblings if v.coverages)


def check_clinicians(day: Day) -> Iterator[Problem]:
    """Who it is billed under has an NPI, a fitting discipline, a taxonomy where it is wanted."""
    for visit in day.visits:
        for name in ("treating_clinician", "billing_clinician"):
            key = getattr(visit, name)
            named = day.person(key)
            if named is not None and named.role == "referring":
                message = f"{name} {named.key} has the role referring and treats nobody here"
                yield hold(day, "clinician", message, visit)
        person = day.person(billed_under(visit))
        if person is None:
            continue  # check_keys says so
        if not person.npi:
            yield hold(day, "missing", f"{person.key} has no NPI and cannot be billed", visit)
        if person.role == "assistant" and day.payer.family == "medicare-b":
            message = f"{person.key} is an assistant; Part B is billed under the therapist"
            yield hold(day, "missing", message, visit)
        if person.discipline and person.discipline != visit.discipline:
            message = f"{person.key} is {person.discipline}, the plan of care {visit.discipline}"
            yield warn(day, "disagree", message, visit)
        yield from _demand(
            day, day.policy.taxonomy_required, not person.taxonomy, f"taxonomy of {person.key}",
            visit,
        )  # fmt: skip


def _demand(day: Day, demand: str, lacking: bool, what: str, visit: Visit) -> Iterator[Problem]:
    if lacking and demand != "no":
        make = hold if demand == "hold" else warn
        yield make(day, "missing", f"payer {day.payer.key} wants the {what}", visit)


def check_referring(day: Day) -> Iterator[Problem]:
    """The referring provider is named with an NPI where the payer wants one."""
    for visit in day.visits:
        referring = visit.referring
        person = day.person(referring.key) if referring else None
        npi = (person.npi if person else referring.npi) if referring else ""
        yield from _demand(
            day, day.policy.referring_required, not npi, "referring provider's NPI", visit
        )
        if referring and not person and not referring.key and not (npi and referring.last_name):
            message = "the referring provider needs a key, or an NPI and a last name"
            yield hold(day, "missing", message, visit)


def check_diagnoses(day: Day) -> Iterator[Problem]:
    """There is a diagnosis, and every pointer leads to one."""
    for visit in day.visits:
        if not visit.diagnoses:
            yield hold(day, "missing", "no diagnosis", visit)
        for procedure in visit.procedures:
            if any(p > len(visit.diagnoses) for p in procedure.diagnosis_pointers):
                message = f"{procedure.code}: a diagnosis pointer leads to no diagnosis"
                yield hold(day, "missing", message, visit)
    used = {pointer for row in day.rows for pointer in row.pointers}
    if len(used) > 12:
        yield hold(day, "limits", "the lines point to more than 12 diagnoses")
    elif len(day.diagnoses) > 12:
        yield warn(day, "disagree", "more than 12 diagnoses: those no line points to stay out")


def check_accident(day: Day) -> Iterator[Problem]:
    """An auto accident has its state (CLM11-4); an injury payer has its accident."""
    for visit in day.visits:
        accident = visit.accident
        if accident and accident.kind == "auto" and not accident.state:
            yield hold(day, "missing", "an auto accident needs its state", visit)
        if accident and accident.date > visit.date:
            yield hold(day, "missing", "the accident is after the day of service", visit)
        if not accident and day.payer.family in {"workers-comp", "auto"}:
            yield warn(day, "missing", "no accident date for an injury claim", visit)


def check_notes(day: Day) -> Iterator[Problem]:
    """A note fits its place (NTE02, 80 characters)."""
    if len(note_of(day.visits)) > 80 or any(len(row.note) > 80 for row in day.rows):
        yield hold(day, "limits", "a note to the payer is longer than 80 characters")


def check_dates(day: Day) -> Iterator[Problem]:
    """Nobody is treated before birth or after today, which the caller tells."""
    for visit in day.visits:
        if day.today is not None and visit.date > day.today:
            yield hold(day, "date", f"the day of service is after today, {day.today}", visit)
        if visit.patient.birth_date > visit.date:
            yield hold(day, "date", "the patient is born after the day of service", visit)


def check_history(day: Day) -> Iterator[Problem]:
    """A later visit of a day already billed waits where no line can be added afterwards."""
    sent = day.history.billed.get(day.key, ())
    if not sent:
        return
    message = f"this day was billed to {day.payer.key} already, in claim {', '.join(sent)}"
    if day.policy.one_claim_per_day:
        yield hold(day, "second-visit", f"{message}; the payer adds no lines afterwards")
    elif day.policy.claim_per == "visit":
        yield warn(day, "disagree", message)
    else:
        road = "; the payer takes a replacement for it" if day.policy.takes_replacement else ""
        why = f"{message}; its units and pairs did not count this visit{road}"
        yield hold(day, "second-visit", why)


def check_procedures(day: Day) -> Iterator[Problem]:
    """Every visit has a procedure; a code is known for the day, or its units are stated."""
    for visit in day.visits:
        if not visit.procedures:
            yield hold(day, "missing", "no procedure", visit)
    for row in day.rows:
        known = CODES.get(row.code)
        if known is not None and not known.span.holds(day.date):
            yield hold(day, "units", f"{row.code} is not a code of this day ({known.span})")
        if known is not None and known.shape == "unlisted" and not row.note:
            yield hold(day, "missing", f"{row.code} is unlisted: describe it in its note")
        if row.units_mixed:
            message = f"{row.code}: units are stated on some of its rows only"
            yield hold(day, "units", message)
        if len(row.charges) > 1:
            yield hold(day, "charge", f"{row.code}: two charges are stated for one unit")
        elif row.charges_mixed:
            message = f"{row.code}: a charge of its own is stated on some of its rows only"
            yield hold(day, "charge", message)


def check_modifiers(day: Day) -> Iterator[Problem]:
    """At most four; CQ with GP, CO with GO; what is stated is shown by the visit."""
    paired = {found.pair.column2 for found in day.separations}
    if day.policy.distinct_column == "either":
        paired |= {found.pair.column1 for found in day.separations}
    for line in day.lines:
        code, found = line.row.code, line.modifiers
        if len(found) > modifiers.MOST:
            message = f"{code} would carry {len(found)} modifiers ({' '.join(found)}), 4 fit"
            yield hold(day, "modifiers", message)
        for assistant, plan in (("CQ", "GP"), ("CO", "GO")):
            if assistant in found and plan not in found:
                yield hold(day, "modifiers", f"{code}: {assistant} goes with {plan} only")
        stated = [m for m in line.row.explicit if group(m) == "discipline"]
        wanted = DISCIPLINE_MODIFIERS[day.visits[0].discipline]
        if len(stated) > 1 or any(m != wanted for m in stated):
            message = f"{code} states {' '.join(stated)}, the plan of care says {wanted}"
            yield hold(day, "modifiers", message)
        for modifier in line.row.explicit:
            lacking = _unshown(day, modifier, code in paired)
            if lacking:
                yield warn(day, "evidence", f"{code}: {modifier} is stated, but {lacking}")


def _unshown(day: Day, modifier: str, paired: bool) -> str:
    """What is missing for a stated modifier, or nothing."""
    visits = day.visits
    lacking = {
        "distinct": ("no edit pair asks for it", paired),
        "kx": ("no one states that the record supports it", any(v.kx for v in visits)),
        "telehealth": ("the visit was in person", any(v.telehealth for v in visits)),
        "assistant": (
            "no assistant's minutes are given",
            any(row.assistant_minutes for row in day.rows),
        ),
    }
    if modifier in {"GA", "GX"}:
        return "" if any(v.abn for v in visits) else "no advance notice is in the visit"
    words, is_shown = lacking.get(group(modifier), ("", True))
    return "" if is_shown else words


def check_charges(day: Day) -> Iterator[Problem]:
    """Every line has a charge."""
    for code in dict.fromkeys(line.row.code for line in day.lines if line.charge is None):
        message = f"{code}: no fee schedule of the day has a charge for payer {day.payer.key}"
        yield hold(day, "charge", message)
    for code in dict.fromkeys(line.row.code for line in day.lines if line.charge == 0):
        yield hold(day, "charge", f"{code}: the charge is 0.00")


def check_authorizations(day: Day) -> Iterator[Problem]:
    """A number that is not good for the day or the codes is left out, and that is said."""
    for visit in day.visits:
        good = {a.kind for a in visit.authorizations if _holds(a, day.date)}
        for kind in dict.fromkeys(a.kind for a in visit.authorizations if a.kind not in good):
            message = f"the {kind} is not good for the day of service: its number is left out"
            yield warn(day, "missing", message, visit)


def _holds(given: Authorization, day: dt.date) -> bool:
    return (given.valid_from is None or given.valid_from <= day) and (
        given.valid_until is None or day <= given.valid_until
    )


def check_lines(day: Day) -> Iterator[Problem]:
    """More than 50 lines split into claims, but not where a payer takes one claim a day."""
    if len(day.lines) > 50 and day.policy.one_claim_per_day:
        yield hold(day, "limits", f"{len(day.lines)} lines; a claim has 50, and one claim a day")


Check = Callable[[Day], Iterator[Problem]]
FACTS: Final[tuple[Check, ...]] = (
    check_keys,
    check_patient,
    check_coverage,
    check_minutes,
    check_overlap,
    check_policy,
    check_assistant_named,
    check_clinicians,
    check_referring,
    check_diagnoses,
    check_accident,
    check_notes,
    check_dates,
    check_history,
    check_procedures,
    *before_billing.FACTS,
)
LINES: Final[tuple[Check, ...]] = (
    check_units,
    check_assistant_units,
    check_who_assisted,
    check_day_limits,
    check_times_of_codes,
    check_evaluation,
    check_pairs,
    check_limits,
    check_modifiers,
    check_modifier_use,
    check_threshold,
    check_charges,
    check_authorizations,
    check_lines,
    *before_billing.LINES,
    check_own_rules,
)
EDITS: Final = FACTS + LINES


def run(checks: tuple[Check, ...], day: Day) -> list[Problem]:
    """All that the checks find, each once: a code on two lines is told of once."""
    return list(dict.fromkeys(problem for check in checks for problem in check(day)))
