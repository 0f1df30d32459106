"""The checks of assistants: who took part, what is stated against the minutes, what is open."""

from collections.abc import Iterator

from edi.problem import Problem, declare
from mapping.assistants import BY_POLICY, FIRST_DAY, MIDPOINT_SINCE, VERSION, judge
from mapping.codes import CODES, group
from mapping.day import Day, Line, minutes_of
from mapping.derive_assistant import ASSISTANT_MODIFIERS
from mapping.edit_found import hold, warn

declare(
    {
        "hold.assistant": ("which minutes of two codes are the assistant's cannot be told",
            "give the minutes of the first code and of its add-on each by itself"),
        "warn.assistant": ("which units carry CQ or CO is open, or is stated otherwise",
            "check the minutes of therapist and assistant"),
    }
)  # fmt: skip


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
    if day.visits[0].discipline not in ASSISTANT_MODIFIERS:
        return
    minutes = {row.code: row for row in day.rows}
    for line in day.lines:
        known = CODES.get(line.row.code)
        if known is None or not known.pair or line.row.minutes or line.row.units is not None:
            continue
        other = minutes.get(known.pair)
        if other is not None and other.assistant_minutes and other.therapist_minutes:
            message = (
                f"{line.row.code} gets its units from minutes given with {known.pair}, of "
                "therapist and assistant: which of them furnished it?"
            )
            yield hold(day, "assistant", message)
