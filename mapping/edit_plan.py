"""Checks of the plan of care: certified for the day, progress reported in time, note signed.

The rules are Medicare's (42 CFR 424.24, CMS Pub. 100-02 ch. 15 sec. 220); other payers are judged
by the dates the visit states itself, as strictly as their policy says.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping.day import Day
from mapping.documentation import rule
from mapping.edit_found import hold, judged, warn
from mapping.plan_dates import believable
from mapping.visit import PlanOfCare, Visit

_PLAN: Final = "CMS Pub. 100-02 ch. 15 sec. 220.1.2"
_NOTE: Final = "CMS Pub. 100-02 ch. 15 sec. 220.3"
_CERTIFY: Final = "have the plan certified, or name the dates in plan_of_care; send the visit again"

declare(
    {
        "hold.certification": ("the plan of care is not certified for the day", _CERTIFY),
        "warn.certification": ("the plan of care may not be certified for the day", _CERTIFY),
        "hold.progress-report": ("the progress report is late, or not the therapist's",
            "have the therapist write it, then send the visit with its day"),
        "warn.progress-report": ("the progress report is late, or not the therapist's",
            "have the therapist write it"),
        "hold.documentation": ("something of the record that the payer wants is not in the visit",
            "add it to the visit, or set the policy key that the message names"),
        "warn.documentation": ("something of the record that the payer may want is missing",
            "add it to the visit where the record has it"),
    }
)  # fmt: skip


def check_plan(day: Day) -> Iterator[Problem]:
    """A plan of care is named where the payer wants one, and is certified for the day."""
    for visit in day.visits:
        plan = visit.plan_of_care
        if plan is None:
            message = "no plan of care is named in the visit (plan_of_care)"
            yield from judged(day, "plan_of_care", "documentation", message, visit, source=_PLAN)
        else:
            yield from _certification(day, visit, plan)


def _certification(day: Day, visit: Visit, plan: PlanOfCare) -> Iterator[Problem]:
    """The visit lies in the certification period, and the period is one."""
    through, lasts = plan.certified_through, rule("certified for days", visit.date)
    source = lasts.source if lasts else ""
    if through is not None and visit.date > through:
        message = f"the plan of care was certified through {through}: recertify it"
        yield from judged(day, "certification", "certification", message, visit, source=source)
        return
    if plan.certified_from is not None and visit.date < plan.certified_from:
        message = (
            f"the plan of care is certified from {plan.certified_from} on, after the day: name the "
            "period of the day"
        )
        yield from judged(day, "certification", "certification", message, visit, source=source)
        return
    if day.policy.certification_rule == "none":
        return
    plan, wrong = believable(visit, plan, day.today)
    if day.policy.certification != "no":
        for message in wrong:
            yield warn(day, "certification", message, visit, source=source)
    start = _began(visit, plan)
    if lasts and start is not None and visit.date > start + dt.timedelta(lasts.number):
        message = (
            f"the certification that began {start} ended after {lasts.number} days: recertify the "
            "plan of care"
        )
        yield from judged(day, "certification", "certification", message, visit, source=source)
    elif not plan.recertified:
        yield from _initial(day, visit, plan)
    elif plan.certified is None:
        message = (
            "the recertification is not signed (certified); an order and a sent plan stand for "
            "the first signature only"
        )
        yield from judged(day, "certification", "certification", message, visit, source=source)


def _began(visit: Visit, plan: PlanOfCare) -> dt.date | None:
    """The day from which the days of a certification count; its last day may come sooner."""
    if plan.certified_from is not None:
        return plan.certified_from
    if plan.recertified:
        return plan.certified
    return visit.first_treatment_date or plan.evaluated


def _initial(day: Day, visit: Visit, plan: PlanOfCare) -> Iterator[Problem]:
    """The initial certification: signed within 30 days, or since 2025 ordered and sent in time.

    A last day of the certification (certified_through) is no signature.
    """
    first = visit.first_treatment_date or plan.evaluated or plan.certified_from
    within = rule("certified within days of the first treatment", visit.date)
    if within is None or _excepted(plan, first or visit.date):
        return
    if first is None:
        if plan.certified is None and plan.certified_through is not None:
            message = (
                f"certified through {plan.certified_through}, but nothing shows a signature: give "
                "certified, or order_signed, sent and evaluated"
            )
            yield from judged(
                day, "certification", "certification", message, visit, source=within.source
            )
        return
    last = first + dt.timedelta(within.number)
    if plan.certified is not None and plan.certified > last:
        late = (plan.certified - first).days
        message = (
            f"the plan of care was certified {late} days after the first treatment, "
            f"{within.number} are given: the record must say why it was late"
        )
        if day.policy.certification != "no":
            yield warn(day, "certification", message, visit, source=within.source)
    elif plan.certified is None and visit.date > last:
        message = (
            f"the plan of care is not certified {within.number} days after the first treatment "
            f"({first}): have it signed, or show a signed order and the day the plan was sent"
        )
        yield from judged(
            day, "certification", "certification", message, visit, source=within.source
        )


def _excepted(plan: PlanOfCare, first: dt.date) -> bool:
    """Whether a signed order and a plan sent in time stand for the signature (since 2025)."""
    evaluated = plan.evaluated or first
    found = rule("order and plan sent within days of the evaluation", evaluated)
    return (
        found is not None
        and plan.order_signed is not None
        and plan.sent is not None
        and plan.sent <= evaluated + dt.timedelta(found.number)
    )


def check_episode(day: Day) -> Iterator[Problem]:
    """Onset, first treatment and the physician's visit are not after the day (837P 2300 DTP)."""
    for visit in day.visits:
        for name in ("onset_date", "first_treatment_date", "last_seen_date"):
            given = getattr(visit, name)
            if given is not None and given > visit.date:
                yield hold(day, "date", f"{name} is after the day of service", visit)


def check_progress(day: Day) -> Iterator[Problem]:
    """A therapist's progress report at least every 10 treatment days."""
    for visit in day.visits:
        plan, most = (
            visit.plan_of_care,
            rule("treatment days to a progress report", visit.date),
        )
        if plan is None or most is None:
            continue
        if plan.last_progress_report is not None and plan.last_progress_report > visit.date:
            message = "last_progress_report is after the day of service: give the one before it"
            if day.policy.progress_report != "no":
                yield warn(day, "progress-report", message, visit, source=most.source)
        number = max(plan.visit_number or 0, day.history.treated.get(visit.visit_id, 0))
        if number > most.number and plan.last_progress_report != visit.date:
            message = (
                f"treatment day {number} since the last progress report; one is due every "
                f"{most.number}"
            )
            yield from judged(
                day, "progress_report", "progress-report", message, visit, source=most.source
            )
        writer = day.person(plan.progress_report_by)
        if writer is not None and writer.role == "assistant":
            message = (
                f"the progress report is by {writer.key}, an assistant: the therapist's counts"
            )
            yield from judged(
                day, "progress_report", "progress-report", message, visit, source=most.source
            )


def check_note(day: Day) -> Iterator[Problem]:
    """The treatment note is signed where the payer wants it, and not before the treatment."""
    for visit in day.visits:
        signed = visit.note_signed
        if signed is None:
            message = "no day on which the treatment note was signed (note_signed)"
            yield from judged(day, "note_signed", "documentation", message, visit, source=_NOTE)
        elif day.today is not None and signed > day.today:
            message = f"the note is signed after today, {day.today}"
            yield hold(day, "date", message, visit, source=_NOTE)
        elif signed < visit.date:
            message = "the note was signed before the day of service"
            yield warn(day, "documentation", message, visit, source=_NOTE)
