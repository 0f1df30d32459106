"""Treatment days of a patient's plan since its last progress report, counted from the visits."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mapping.visit import Visit

if TYPE_CHECKING:
    import datetime as dt


def since_report(visits: Iterable[Visit]) -> Mapping[str, int]:
    """By visit id: which treatment day since the last progress report the visit is, at least.

    Only visits that name the day of the report. Days of one patient and discipline count, each
    once; visits that are not among those given do not, so the true number may be larger.
    """
    listed = tuple(visits)
    asked = [v for v in listed if v.plan_of_care and v.plan_of_care.last_progress_report]
    if not asked:
        return {}
    days: dict[tuple[str, str], set[dt.date]] = {}
    for visit in listed:
        days.setdefault((visit.patient.id, visit.discipline), set()).add(visit.date)
    ordered = {key: sorted(found) for key, found in days.items()}
    counted: dict[str, int] = {}
    for visit in asked:
        known = ordered[visit.patient.id, visit.discipline]
        assert visit.plan_of_care is not None
        report = visit.plan_of_care.last_progress_report
        assert report is not None
        counted[visit.visit_id] = bisect_right(known, visit.date) - bisect_right(known, report)
    return counted
