"""What a check of the mapper finds: a reason that holds the claim, or a warning."""

from collections.abc import Iterator

from edi.problem import Level, Place, Problem
from mapping.day import Day
from mapping.visit import Visit


def hold(
    day: Day, code: str, message: str, visit: Visit | None = None, *, source: str = ""
) -> Problem:
    """A reason that holds the claim; of the day's first visit where no other is named."""
    return _problem(day, f"hold.{code}", message, "error", visit, source=source)


def warn(
    day: Day, code: str, message: str, visit: Visit | None = None, *, source: str = ""
) -> Problem:
    """What is said of a claim that goes."""
    return _problem(day, f"warn.{code}", message, "warning", visit, source=source)


def judged(
    day: Day, key: str, code: str, message: str, visit: Visit | None = None, *, source: str = ""
) -> Iterator[Problem]:
    """What a check found, as strict as the policy key says: held, warned of, or not looked at.

    The source of the problem names the rule's own source and the policy that set the key.
    """
    demand = getattr(day.policy, key)
    if demand == "no":
        return
    origin = day.practice.resolve(day.payer.key, day.date).origin.get(key, "default")
    origin = origin.partition(" (")[0] if source else origin  # the rule's own source says more
    cited = "; ".join(part for part in (source, f"{key} = {demand} ({origin})") if part)
    yield (hold if demand == "hold" else warn)(day, code, message, visit, source=cited)


def _problem(
    day: Day, code: str, message: str, level: Level, visit: Visit | None, *, source: str
) -> Problem:
    claim = (visit or day.visits[0]).visit_id
    return Problem(code=code, message=message, level=level, where=Place(claim=claim), source=source)
