"""What a check of the mapper finds: a reason that holds the claim, or a warning."""

from edi.problem import Level, Place, Problem
from mapping.day import Day
from mapping.visit import Visit


def hold(day: Day, code: str, message: str, visit: Visit | None = None) -> Problem:
    """A reason that holds the claim; of the day's first visit where no other is named."""
    return _problem(day, f"hold.{code}", message, "error", visit)


def warn(day: Day, code: str, message: str, visit: Visit | None = None) -> Problem:
    """What is said of a claim that goes."""
    return _problem(day, f"warn.{code}", message, "warning", visit)


def _problem(day: Day, code: str, message: str, level: Level, visit: Visit | None) -> Problem:
    claim = (visit or day.visits[0]).visit_id
    return Problem(code=code, message=message, level=level, where=Place(claim=claim))
