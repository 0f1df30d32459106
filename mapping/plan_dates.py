"""Dates of a plan of care that cannot be: they are said, and do not count.

A plan follows its evaluation, so nobody signs or sends it before; an order stands before the
evaluation it asks for (42 CFR 424.24(c); CMS Pub. 100-02 ch. 15 sec. 220.1).
"""

import datetime as dt
from typing import Any

from attrs import evolve

from mapping.documentation import rule
from mapping.visit import PlanOfCare, Visit


def believable(
    visit: Visit, plan: PlanOfCare, today: dt.date | None
) -> tuple[PlanOfCare, tuple[str, ...]]:
    """The plan without the dates that cannot be, and what is said of each."""
    told: list[str] = []
    for name, why in (
        ("certified", _certified(visit, plan, today)),
        ("order_signed", _after(plan.order_signed, plan.evaluated, "the evaluation")),
        ("sent", _before(plan.sent, plan.evaluated, "the evaluation")),
    ):
        if why:
            told.append(f"{name} {getattr(plan, name)} is {why}: it does not count, check the date")
            without: dict[str, Any] = {name: None}
            plan = evolve(plan, **without)
    return plan, tuple(told)


def _certified(visit: Visit, plan: PlanOfCare, today: dt.date | None) -> str:
    """Why a signature cannot be of that day: before the evaluation, long before, in the future."""
    signed = plan.certified
    if signed is None:
        return ""
    if today is not None and signed > today:
        return f"after today, {today}"
    if not plan.recertified and plan.evaluated is not None:
        return _before(signed, plan.evaluated, "the evaluation")
    start = plan.certified_from or (None if plan.recertified else visit.first_treatment_date)
    lasts = rule("certified for days", visit.date)
    if start is not None and lasts and signed + dt.timedelta(lasts.number) < start:
        return f"more than {lasts.number} days before the treatment it is for, which began {start}"
    return ""


def _before(date: dt.date | None, other: dt.date | None, what: str) -> str:
    return f"before {what}, {other}" if date and other and date < other else ""


def _after(date: dt.date | None, other: dt.date | None, what: str) -> str:
    return f"after {what}, {other}" if date and other and date > other else ""
