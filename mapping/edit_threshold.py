"""The check of the therapy threshold: KX where it is due and supported, never below."""

from collections.abc import Iterator

from edi.problem import Problem, declare
from mapping.day import Day, Line
from mapping.derive_kx import statement
from mapping.edit_found import hold, warn
from mapping.thresholds import NEAR, accrues, figure_words
from mapping.totals import Reckoning

declare(
    {
        "hold.kx": (
            "over the therapy threshold, and nobody states that the record supports more",
            "let the therapist state it (kx of the visit): without KX the line is denied",
        ),
        "warn.kx": (
            "KX is stated where it is not due",
            "take it away: KX below the threshold is misuse",
        ),
        "warn.threshold": (
            "the therapy threshold is near, passed, or cannot be judged",
            "enter the patient's newest eligibility figure: claimline thresholds set",
        ),
    }
)


def check_threshold(day: Day) -> Iterator[Problem]:
    """KX is on every line of a claim over the threshold, and on none below it."""
    found = day.reckoning
    if found is None or found.state != "over":
        yield from _no_therapist(day)
    if found is None:
        yield from _never(day)
    elif found.state == "over":
        yield from _over(day, found)
    elif found.state == "under":
        yield from _under(day, found)
    else:
        yield warn(day, "threshold", found.because.removeprefix("KX: "))
    if found is not None and found.review is not None and found.after.at_least > found.review:
        message = (
            f"{found.bucket} {found.year} is over {found.review:.2f}, above which claims may be "
            "picked for medical review"
        )
        yield warn(day, "threshold", message)


def _no_therapist(day: Day) -> Iterator[Problem]:
    """A statement that would not count once KX is due is told at once."""
    for visit in day.visits:
        who = visit.kx.supported_by if visit.kx else ""
        person = day.person(who)
        if who and (person is None or person.role != "therapist"):
            role = "not in the practice file" if person is None else f"a {person.role}"
            message = f"kx.supported_by {who} is {role}: only a therapist's statement counts for KX"
            yield warn(day, "kx", message, visit)


def _stated(day: Day) -> str:
    """The codes for which the visit states KX itself."""
    return ", ".join(dict.fromkeys(ln.row.code for ln in day.lines if "KX" in ln.row.explicit))


def _never(day: Day) -> Iterator[Problem]:
    codes = _stated(day)
    if codes and day.policy.kx == "never":
        message = f"{codes}: KX is stated, but payer {day.payer.key} has no threshold"
        yield warn(day, "kx", message)


def _over(day: Day, found: Reckoning) -> Iterator[Problem]:
    lacking = [line for line in day.lines if _lacks(line)]
    if not lacking:
        return
    codes = ", ".join(dict.fromkeys(line.row.code for line in lacking))
    who = next((visit.kx.supported_by for visit in day.visits if visit.kx), "")
    why = (
        f"the statement must be a therapist's of the practice, {who} is none"
        if who and statement(day) is None
        else "nobody states that the record supports it"
    )
    words = found.because.removeprefix("KX: ").removesuffix(": KX is due")
    yield hold(day, "kx", f"{codes}: KX is due and {why}; {words}")


def _lacks(line: Line) -> bool:
    return accrues(line.modifiers) and "KX" not in line.modifiers


def _under(day: Day, found: Reckoning) -> Iterator[Problem]:
    codes = _stated(day)
    if codes:
        words = found.because.removeprefix("KX: ").removesuffix(": KX is not due")
        yield warn(day, "kx", f"{codes}: KX is stated below the threshold; {words}")
    elif found.threshold is not None and found.after.at_least > found.threshold * NEAR:
        left = found.threshold - found.after.at_least
        figure = (
            figure_words(found.after, day)
            if found.after.figure is not None
            else "own claims only, no eligibility figure entered"
        )
        message = f"{left:.2f} left to the threshold of {found.bucket} {found.year} ({figure})"
        yield warn(day, "threshold", message)
