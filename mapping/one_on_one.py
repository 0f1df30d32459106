"""Minutes in which one clinician treats two patients one-on-one, found over all visits of a run.

One-on-one time is one patient's. Two patients in the same minutes are a group: 97150 for each
(CMS Pub. 100-02 ch. 15 sec. 230; CPT). Only visits with clock times can show it.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import field, frozen

from mapping.documentation import is_by_the_clock
from mapping.visit import Block, Visit

MOST: Final = 4  # visits named beside one: more patients at a time say nothing new
WORKERS: Final = {"therapist": (0,), "assistant": (1,), "both": (0, 1)}


@frozen(kw_only=True)
class Shared:
    """A block of a visit whose clinician treats another patient at the same time."""

    code: str
    times: str  # 09:00-09:15
    clinician: str  # key
    other_visit: str
    other_code: str


@frozen(kw_only=True)
class _Span:
    """A clinician's one-on-one block."""

    start: dt.time
    end: dt.time
    visit: str
    patient: str = field(repr=False)
    code: str

    def __str__(self) -> str:
        return f"{self.start.isoformat('minutes')}-{self.end.isoformat('minutes')}"


def shared_times(visits: Iterable[Visit]) -> Mapping[str, tuple[Shared, ...]]:
    """Blocks of timed codes that meet another patient's, by visit; visits without any are absent.

    Each pair of visits is named once on either side, by the first blocks that meet.
    """
    days: dict[tuple[str, dt.date], list[_Span]] = {}
    for visit in visits:
        for procedure in visit.procedures:
            if procedure.blocks and is_by_the_clock(procedure.code):
                for block in procedure.blocks:
                    span = _span(visit, procedure.code, block)
                    for clinician in _clinicians(visit, block):
                        days.setdefault((clinician, visit.date), []).append(span)
    found: dict[str, dict[str, Shared]] = {}
    for (clinician, _), spans in days.items():
        for one, other in _meetings(spans):
            for own, its in ((one, other), (other, one)):
                known = found.setdefault(own.visit, {})
                if its.visit not in known:
                    known[its.visit] = Shared(
                        code=own.code,
                        times=str(own),
                        clinician=clinician,
                        other_visit=its.visit,
                        other_code=its.code,
                    )
    return {visit: tuple(others.values()) for visit, others in found.items()}


def _span(visit: Visit, code: str, block: Block) -> _Span:
    return _Span(
        start=block.start,
        end=block.end,
        visit=visit.visit_id,
        patient=visit.patient.id,
        code=code,
    )


def _clinicians(visit: Visit, block: Block) -> tuple[str, ...]:
    both = (visit.treating_clinician, visit.assistant)
    return tuple(both[n] for n in WORKERS[block.who] if both[n])


def _meetings(spans: list[_Span]) -> Iterator[tuple[_Span, _Span]]:
    """Pairs of blocks of two patients that share a minute."""
    running: list[_Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        running = [one for one in running if one.end > span.start]
        for one in running[-MOST:]:
            if one.patient != span.patient:
                yield one, span
        running.append(span)
