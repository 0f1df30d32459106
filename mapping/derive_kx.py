"""KX: the therapist states that the record supports treatment above the threshold."""

from mapping.codes import group
from mapping.day import Day, Line
from mapping.visit import Kx


def derive(day: Day, line: Line) -> tuple[str, str] | None:
    """KX on a therapy line of a claim that is over the threshold, where support is stated."""
    found = day.reckoning
    if found is None or found.state != "over" or "KX" in line.modifiers:
        return None
    stated = statement(day)
    if stated is None or not any(group(m) == "discipline" for m in line.modifiers):
        return None
    return "KX", (
        f"{found.bucket} {found.year} is over {found.threshold:.2f}; "
        f"{stated.supported_by} stated on {stated.date} that the record supports it"
    )


def statement(day: Day) -> Kx | None:
    """The statement of a therapist of the practice; an assistant's or unknown person's is none."""
    for visit in day.visits:
        person = day.person(visit.kx.supported_by) if visit.kx else None
        if person is not None and person.role == "therapist":
            return visit.kx
    return None
