"""Checks of the treatment itself: one patient at a time, one bill for a minute, what 97530 is."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping.day import Day
from mapping.documentation import is_by_the_clock, passive
from mapping.edit_found import judged, warn
from mapping.visit import Procedure, Visit

FUNCTIONAL: Final = frozenset({"97530"})  # dynamic activities toward a functional goal
_ONE: Final = "CMS Pub. 100-02 ch. 15 sec. 230; CPT: 97150 for two or more patients"
_TWICE: Final = "CMS Pub. 100-04 ch. 5 sec. 20.2: a minute of treatment is billed once"
_GOAL: Final = "CPT 97530: dynamic activities to improve functional performance"
_TIMES: Final = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")

declare(
    {
        "hold.one-on-one": ("one clinician treats two patients one-on-one in the same minutes",
            "bill 97150 for each, or mend the times"),
        "warn.one-on-one": ("one clinician may treat two patients in the same minutes",
            "check the times; together it is 97150 for each"),
        "hold.cotreatment": ("minutes of the day are billed on another claim too",
            "split the minutes between the two, or bill them on one"),
        "warn.cotreatment": ("minutes of the day may be billed on another claim too",
            "check the times of both visits"),
        "hold.duplicate": ("the visit looks like another one of the day",
            "leave one out, or name their sessions (session) if both took place"),
        "warn.duplicate": ("the visit looks like another one of the day",
            "check whether one was entered twice; name their sessions if both took place"),
        "hold.passive": ("97530 reads like passive care", "bill the code that was done"),
        "warn.passive": ("97530 reads like passive care", "bill the code that was done"),
    }
)  # fmt: skip


def check_one_on_one(day: Day) -> Iterator[Problem]:
    """Nobody treats two patients one-on-one in the same minutes."""
    shared = day.history.shared
    if not shared:
        return
    for visit in day.visits:
        for one in shared.get(visit.visit_id, ()):
            message = (
                f"{one.code} {one.times}: {one.clinician} treats another patient in these minutes "
                f"(visit {one.other_visit}, {one.other_code})"
            )
            yield from judged(day, "one_on_one", "one-on-one", message, visit, source=_ONE)


Span = tuple[dt.time, dt.time, str]  # start, end, whose it is in words


def check_cotreatment(day: Day) -> Iterator[Problem]:
    """Minutes billed here are not billed on another claim of the patient's day."""
    if not day.siblings and not any(other.claim for other in day.others):
        return
    theirs = [*_spans(day.siblings), *_sent(day)]
    if not theirs:
        return
    for visit in day.visits:
        told: set[str] = set()
        for start, end, code in _blocks(visit.procedures):
            for begun, ended, whose in theirs:
                if start < ended and begun < end and whose not in told:
                    told.add(whose)
                    message = (
                        f"{code} {_clock(start)}-{_clock(end)} shares minutes with {whose}, "
                        f"{_clock(begun)}-{_clock(ended)}: a minute is billed once"
                    )
                    yield from judged(
                        day, "cotreatment", "cotreatment", message, visit, source=_TWICE
                    )


def _clock(time: dt.time) -> str:
    return time.isoformat("minutes")


def _blocks(procedures: Iterable[Procedure]) -> Iterator[Span]:
    for procedure in procedures:
        if procedure.blocks and is_by_the_clock(procedure.code):
            for block in procedure.blocks:
                yield block.start, block.end, procedure.code


def _spans(visits: Iterable[Visit]) -> Iterator[Span]:
    for visit in visits:
        for start, end, code in _blocks(visit.procedures):
            yield start, end, f"{code} of visit {visit.visit_id} ({visit.discipline})"


def _sent(day: Day) -> Iterator[Span]:
    """Times kept as evidence with lines sent before."""
    for line in day.others:
        if line.claim and is_by_the_clock(line.code):
            for kept in line.evidence:
                for start, end in _TIMES.findall(kept):
                    whose = f"{line.code} of claim {line.claim} ({line.discipline})"
                    yield dt.time.fromisoformat(start), dt.time.fromisoformat(end), whose


def check_function(day: Day) -> Iterator[Problem]:
    """97530 names its goal and activity where the payer wants them, and is no passive care."""
    for visit in day.visits:
        for procedure in visit.procedures:
            if procedure.code not in FUNCTIONAL:
                continue
            lacking = [name for name in ("goal", "activity") if not getattr(procedure, name)]
            if lacking and day.policy.functional_goal != "no":
                message = f"{procedure.code}: no functional {' and '.join(lacking)} in the visit"
                yield from judged(
                    day, "functional_goal", "documentation", message, visit, source=_GOAL
                )
            found = passive(procedure.activity) if procedure.activity else None
            if found is not None:
                words, source = found
                message = f"{procedure.code}: its activity names passive care ({words})"
                yield from judged(day, "passive_content", "passive", message, visit, source=source)


def check_duplicates(day: Day) -> Iterator[Problem]:
    """No two visits of the day have the same codes and minutes by the same clinician."""
    if len(day.visits) + len(day.siblings) == 1:
        return
    payer = day.payer.key
    theirs = (v for v in day.siblings if v.coverages and v.coverages[0].payer == payer)
    around = (*day.visits, *theirs)
    counted = Counter(map(_content, around))
    told: set[tuple[object, ...]] = set()
    for visit in day.visits:
        content = _content(visit)
        if counted[content] == 1 or content in told:
            continue
        same = [other.visit_id for other in around if _is_twin(visit, other)]
        if same:
            told.add(content)
            names = " and ".join((visit.visit_id, *same))
            message = f"visits {names} have the same codes and minutes: was one entered twice?"
            yield from judged(day, "duplicates", "duplicate", message, visit)


def _content(visit: Visit) -> tuple[object, ...]:
    """What makes two visits of a day look alike."""
    done = sorted(
        (p.code, p.therapist_minutes, p.assistant_minutes, p.units or 0, str(p.blocks))
        for p in visit.procedures
    )
    return visit.discipline, visit.treating_clinician, tuple(done)


def _is_twin(visit: Visit, other: Visit) -> bool:
    return (
        other.visit_id != visit.visit_id
        and _content(other) == _content(visit)
        and not (visit.session and other.session and visit.session != other.session)
    )


def check_sent_again(day: Day) -> Iterator[Problem]:
    """No claim sent before has the same codes and units of the day, discipline and payer."""
    claims: dict[str, Counter[str]] = {}
    for line in day.others:
        if line.claim and (line.payer, line.discipline) == (day.payer.key, day.key[3]):
            claims.setdefault(line.claim, Counter())[line.code] += int(line.units)
    if not claims:
        return
    ours: Counter[str] = Counter()
    for own in day.lines:
        ours[own.row.code] += own.units
    for claim in (claim for claim, sent in claims.items() if sent == ours):
        message = f"claim {claim} of the day was sent with the same codes and units"
        if not all(visit.session for visit in day.visits):
            yield from judged(day, "duplicates", "duplicate", message)
        elif day.policy.duplicates != "no":
            yield warn(day, "duplicate", message)  # a session of its own: the payer may still ask
