"""Treatment days of a patient's plan since its last progress report, counted from the visits."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from mapping.day import patient_key
from mapping.draft import TreatedKey
from mapping.visit import Visit

NOTHING: Final[Mapping[TreatedKey, frozenset[dt.date]]] = MappingProxyType({})


def since_report(
    visits: Iterable[Visit], before: Mapping[TreatedKey, frozenset[dt.date]] = NOTHING
) -> Mapping[str, int]:
    """By visit id: which treatment day since the last progress report the visit is, at least.

    Only visits that name the day of the report. Days of one patient and discipline count, each
    once; visits that are neither among those given nor billed before do not, so the true number
    may be larger.

    Args:
        visits: of the run.
        before: the days billed in earlier runs.
    """
    listed = tuple(visits)
    asked = [v for v in listed if v.plan_of_care and v.plan_of_care.last_progress_report]
    if not asked:
        return {}
    days: dict[tuple[str, str], set[dt.date]] = {}
    for visit in listed:
        days.setdefault((visit.patient.id, visit.discipline), set()).add(visit.date)
    for visit in asked:
        own = days[visit.patient.id, visit.discipline]
        own |= before.get((patient_key(visit), visit.discipline), frozenset())
    ordered = {key: sorted(found) for key, found in days.items()}
    counted: dict[str, int] = {}
    for visit in asked:
        known = ordered[visit.patient.id, visit.discipline]
        assert visit.plan_of_care is not None
        report = visit.plan_of_care.last_progress_report
        assert report is not None
        counted[visit.visit_id] = bisect_right(known, visit.date) - bisect_right(known, report)
    return counted
