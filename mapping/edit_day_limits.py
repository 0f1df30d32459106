"""The checks of what a payer takes in a day: units, minutes, times of codes, evaluations."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping.codes import CODES, is_by_minutes, is_timed
from mapping.day import Day
from mapping.edit_found import hold, judged, warn

declare(
    {
        "hold.day-limit": ("more than the payer takes in a day",
            "bill what the payer's limit allows, or ask the payer first"),
        "hold.evaluation": ("an evaluation and treatment on one day, which the payer does not pay",
            "see the payer's rule; bill them on their own days from now on"),
        "hold.times-of-code": ("the payer wants start and end times of every timed code",
            "add the times to the visit"),
        "warn.evaluation": ("an evaluation and treatment on one day", "check the payer's rule"),
        "warn.times-of-code": ("the payer may ask for the times of every timed code",
            "add the times where you have them"),
    }
)  # fmt: skip
# A payer's own limits: a named person may decide to send the claim all the same.
JUDGEMENT: Final = frozenset({"hold.day-limit", "hold.evaluation", "hold.times-of-code"})


def check_day_limits(day: Day) -> Iterator[Problem]:
    """Units and minutes of a day under the payer's caps, other claims of the discipline counted."""
    policy = day.policy
    if (policy.max_units_per_day, policy.max_minutes_per_day, policy.max_units_of_code) == (
        None, None, None,
    ):  # fmt: skip
        return
    counts = policy.capped_codes or None
    units: Counter[str] = Counter()
    for line in day.lines:
        units[line.row.code] += line.units
    for sent in day.others:
        if (sent.payer, sent.discipline) == (day.payer.key, day.visits[0].discipline):
            units[sent.code] += int(sent.units)
    capped = {c: n for c, n in units.items() if (c in counts if counts else is_timed(c))}
    minutes = sum(row.minutes for row in day.rows if row.code in capped)
    yield from _more(day, "timed units", sum(capped.values()), "max_units_per_day")
    yield from _more(day, "timed minutes", minutes, "max_minutes_per_day")
    for code, number in capped.items():
        yield from _more(day, f"units of {code}", number, "max_units_of_code")


def _more(day: Day, what: str, number: int, key: str) -> Iterator[Problem]:
    most = getattr(day.policy, key)
    if most is not None and number > most:
        message = f"{number} {what}, payer {day.payer.key} takes {most} a day"
        yield hold(day, "day-limit", message, source=f"{key} = {most} ({day.version})")


def check_times_of_codes(day: Day) -> Iterator[Problem]:
    """Every timed code has its start and end times, where the payer wants them."""
    if day.policy.times_per_code_required == "no":
        return
    lacking = dict.fromkeys(
        row.code for row in day.rows if is_by_minutes(row.code) and not row.timed_throughout
    )
    if lacking:
        message = f"{', '.join(lacking)}: no start and end times of all minutes"
        yield from judged(day, "times_per_code_required", "times-of-code", message)


def check_evaluation(day: Day) -> Iterator[Problem]:
    """An evaluation and treatment of one day, where the payer does not simply pay both."""
    wanted = day.policy.evaluation_with_treatment
    if wanted == "pays":
        return
    codes = dict.fromkeys(line.row.code for line in day.lines)
    evaluations = [code for code in codes if (known := CODES.get(code)) and known.evaluation]
    treatments = [code for code in codes if code not in evaluations]
    if evaluations and treatments:
        message = f"{', '.join(evaluations)} on one day with {', '.join(treatments)}"
        make = hold if wanted == "hold" else warn
        source = f"evaluation_with_treatment = {wanted} ({day.version})"
        yield make(day, "evaluation", message, source=source)
