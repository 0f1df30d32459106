"""The checks of assistants: who took part, what is stated against the minutes, what is open."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping.assistants import (
    BY_POLICY,
    FIRST_DAY,
    MIDPOINT_SINCE,
    VERSION,
    is_further,
    is_unclear,
    judge,
    minutes_by_code,
)
from mapping.codes import CODES, group
from mapping.day import Day, Line, minutes_of
from mapping.derive_assistant import ASSISTANT_MODIFIERS
from mapping.edit_found import hold, warn
from mapping.visit import Visit

declare(
    {
        "hold.assistant": ("which minutes are the assistant's cannot be told",
            "give each code's minutes to who furnished them"),
        "warn.assistant": ("which units carry CQ or CO is open, or is stated otherwise",
            "check the minutes of therapist and assistant"),
    }
)  # fmt: skip

_SPEECH: Final = "Medicare Benefit Policy Manual, chapter 15, section 230.3"


def check_assistant_named(day: Day) -> Iterator[Problem]:
    """Assistant's minutes go with an assistant's name."""
    for visit in day.visits:
        if not visit.assistant and any(minutes_of(p)[1] for p in visit.procedures):
            yield warn(day, "missing", "assistant's minutes, but no assistant is named", visit)


def check_assistant_units(day: Day) -> Iterator[Problem]:
    """Units that no CMS text decides are shown; so is what the visit states otherwise."""
    policy = day.policy.assistant_modifiers
    told: set[str] = set()
    for line in day.lines:
        stated = [m for m in line.row.explicit if group(m) == "assistant"]
        if stated:
            yield from _stated(day, line, stated[0])
        elif policy == "required" and any(BY_POLICY in reason for reason in line.because):
            told.add(line.row.code)
    for code in sorted(told):
        message = f"{code}: which units are the assistant's is {BY_POLICY}"
        yield warn(day, "assistant", message, source=VERSION)
    if policy == "required" and day.date >= FIRST_DAY:
        yield from _unclear_pairs(day)


def _stated(day: Day, line: Line, modifier: str) -> Iterator[Problem]:
    """CQ or CO of the visit's own against the payer and the minutes."""
    row = line.row
    if day.policy.assistant_modifiers == "none":
        message = f"{row.code}: {modifier} is stated, payer {day.payer.key} takes none"
        yield warn(day, "assistant", message)
    elif row.therapist_minutes:
        found = judge(
            row.code, row.therapist_minutes, row.assistant_minutes, line.units,
            modifier=modifier, midpoint=day.date >= MIDPOINT_SINCE,
        )  # fmt: skip
        if found.plain:
            message = (
                f"{row.code}: {modifier} is stated for all {line.units}, its minutes leave "
                f"{found.plain} plain ({found.because})"
            )
            yield warn(day, "assistant", message, source=VERSION)


def _unclear_pairs(day: Day) -> Iterator[Problem]:
    """An add-on's units that come from minutes given with its first code, of both clinicians."""
    billed: Counter[str] = Counter()
    for line in day.lines:
        if is_further(line.row.code) and line.row.units is None:
            billed[line.row.code] += line.units
    if not billed or day.visits[0].discipline not in ASSISTANT_MODIFIERS:
        return
    spent = minutes_by_code(day)
    for code, number in billed.items():
        if is_unclear(code, number, spent):
            message = (
                f"{code} gets its units from minutes given with {CODES[code].pair}, of "
                "therapist and assistant: which of them furnished it?"
            )
            yield hold(day, "assistant", message, source=VERSION)


def check_who_assisted(day: Day) -> Iterator[Problem]:
    """Whose minutes they are, where the payer pays less for an assistant's (SSA 1834(v))."""
    yield from _of_speech(day)
    wanted = day.policy.assistant_modifiers == "required" and day.date >= FIRST_DAY
    if not wanted or day.visits[0].discipline not in ASSISTANT_MODIFIERS:
        return
    for visit in day.visits:
        treated = day.person(visit.treating_clinician)
        if treated is not None and treated.role == "assistant" and _as_therapists(visit):
            message = (
                f"treating_clinician {treated.key} is an assistant, and minutes are given as a "
                "therapist's: name the therapist there, and give the assistant's minutes"
            )
            yield hold(day, "assistant", message, visit)
        if visit.assistant:
            yield from _named(day, visit)
            yield from _unsaid(day, visit)
        yield from _evaluated(day, visit)


def _of_speech(day: Day) -> Iterator[Problem]:
    """Part B covers no speech-language pathology assistant (Medicare Benefit Policy Manual 15)."""
    if "medicare-b" not in {day.payer.family, day.payer.group}:
        return
    for visit in day.visits:
        spent = ((p.code, minutes_of(p)) for p in visit.procedures)
        alone = [code for code, (own, other) in spent if other and not own]
        if visit.discipline == "SLP" and alone:
            message = (
                f"{', '.join(dict.fromkeys(alone))}: minutes of an assistant alone under an SLP "
                "plan; Part B does not cover speech-language pathology assistants"
            )
            yield warn(day, "assistant", message, visit, source=_SPEECH)


def _unsaid(day: Day, visit: Visit) -> Iterator[Problem]:
    """Each code but an evaluation says who furnished it, where an assistant was there."""
    unsaid = [
        p.code
        for p in visit.procedures
        if not any(minutes_of(p))
        and not any(group(m) == "assistant" for m in p.modifiers)
        and not is_further(p.code)
        and not ((known := CODES.get(p.code)) and known.evaluation)
    ]
    if unsaid:
        message = (
            f"{', '.join(unsaid)}: no minutes, so nobody says whether the therapist or assistant "
            f"{visit.assistant} furnished it: give the minutes of who did"
        )
        yield hold(day, "assistant", message, visit, source=VERSION)


def _evaluated(day: Day, visit: Visit) -> Iterator[Problem]:
    """An evaluation is a therapist's."""
    for procedure in visit.procedures:
        own, other = minutes_of(procedure)
        known = CODES.get(procedure.code)
        if other and not own and known is not None and known.evaluation:
            message = f"{procedure.code} is an evaluation and has an assistant's minutes only"
            yield warn(day, "assistant", message, visit)


def _as_therapists(visit: Visit) -> bool:
    """Whether minutes are given as the therapist's, with no CQ or CO stated for them."""
    return any(
        minutes_of(p)[0] and not any(group(m) == "assistant" for m in p.modifiers)
        for p in visit.procedures
    )


def _named(day: Day, visit: Visit) -> Iterator[Problem]:
    """The assistant named is one, of the plan's discipline, and took part."""
    named = day.person(visit.assistant)
    took_part = any(
        minutes_of(p)[1]
        or any(block.who == "both" for block in p.blocks)
        or any(group(m) == "assistant" for m in p.modifiers)
        for p in visit.procedures
    )
    if not took_part:
        message = (
            f"assistant {visit.assistant} is named and has no minutes: all units go as the "
            "therapist's"
        )
        yield warn(day, "assistant", message, visit, source=VERSION)
    elif named is not None and named.role != "assistant":
        message = f"assistant {named.key} has the role {named.role}: whose minutes are these?"
        yield hold(day, "assistant", message, visit)
    elif named is not None and named.discipline not in {"", visit.discipline}:
        message = f"{named.key} is {named.discipline}, the plan of care {visit.discipline}"
        yield warn(day, "disagree", message, visit)
